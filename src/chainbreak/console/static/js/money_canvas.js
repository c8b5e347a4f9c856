// The money canvas: the slider steps through moments, a touched account opens beside the picture and its way lights up,
// arrow keys walk from account to account. Without this script the same addresses and forms do the same.
/* global htmx */
import { say } from "./requests.js";

const SLIDER_WAIT_MS = 120;
const main = document.getElementById("money-main");
const detail = document.getElementById("detail");
const nodes = () => [...document.querySelectorAll("svg.money a.node")];

/** Light up an account and the way to it. @param {string} account @param {string[]} way */
function light(account, way) {
  const picture = document.querySelector("svg.money");
  if (!picture) return;
  const on = new Set([account, ...way]);
  picture.classList.toggle("is-lit", Boolean(account));
  for (const node of picture.querySelectorAll(".node")) {
    node.classList.toggle("is-chosen", Boolean(account) && node.dataset.account === account);
    node.classList.toggle("is-way", on.has(node.dataset.account));
  }
  for (const flow of picture.querySelectorAll(".flow, .stay")) {
    const { src, dst } = flow.dataset;
    const isStay = dst === undefined && src === account;
    flow.classList.toggle("is-way", isStay || (on.has(src) && on.has(dst)));
  }
}

/** What the panel shows decides what is lit. */
function follow() {
  const head = detail?.querySelector("[data-account][data-way]");
  light(head?.dataset.account ?? "", (head?.dataset.way ?? "").split(" ").filter(Boolean));
  const png = document.querySelector("[data-png]");
  if (png) png.hidden = false;
}

/** Open an account beside the picture. @param {SVGAElement} node */
function open(node) {
  const address = node.getAttribute("href");
  const [path, query] = address.split("?");
  htmx.ajax("GET", `${path}/account?${query ?? ""}`, { target: "#detail" });
  history.replaceState(null, "", address);
}

/** The account next to this one: in another column for left and right, in this one's row order for up and down. */
function neighbour(node, key) {
  const at = node.querySelector(".stem").getBoundingClientRect();
  const from = { x: at.x, y: at.y + at.height / 2 };
  let best = null, least = Infinity;
  for (const other of nodes()) {
    if (other === node) continue;
    const box = other.querySelector(".stem").getBoundingClientRect();
    const dx = box.x - from.x, dy = box.y + box.height / 2 - from.y;
    const [along, across] = { ArrowRight: [dx, dy], ArrowLeft: [-dx, dy], ArrowDown: [dy, dx], ArrowUp: [-dy, dx] }[key];
    const far = along + 2.5 * Math.abs(across) * (key === "ArrowUp" || key === "ArrowDown" ? 0.1 : 1);
    if (along > 1 && far < least) [best, least] = [other, far];
  }
  return best;
}

let asking = new AbortController();

/** Ask for the picture after a step of the slider; a newer step forgets the older one. @param {HTMLInputElement} slider */
async function step(slider) {
  const form = slider.form;
  const at = slider.value === form.dataset.last ? "" : `step=${slider.value}`;
  const query = [form.dataset.query, at].filter(Boolean).join("&");
  asking.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(`${form.dataset.canvas}?${query}`, { headers: { "HX-Request": "true" }, signal: asking.signal });
    if (!answer.ok) return say(document.querySelector(".frame").dataset.lost);
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    main.replaceChildren(...part.body.childNodes);
  } catch (error) {
    return error.name === "AbortError" ? undefined : say(document.querySelector(".frame").dataset.lost);
  }
  htmx.process(main);
  document.getElementById("step")?.focus(); // within the same turn: no key is lost between the old slider and the new
  follow();
  history.replaceState(null, "", `${form.getAttribute("action")}?${query}`);
}

/** Save the picture as PNG, twice as fine as the screen. @param {HTMLElement} button */
function png(button) {
  const image = new Image();
  image.onload = () => {
    const board = document.createElement("canvas");
    [board.width, board.height] = [image.naturalWidth * 2, image.naturalHeight * 2];
    board.getContext("2d").drawImage(image, 0, 0, board.width, board.height);
    const link = document.createElement("a");
    link.href = board.toDataURL("image/png");
    link.download = button.dataset.name;
    link.click();
  };
  image.src = button.dataset.png;
}

let timer = 0;
main?.addEventListener("input", (event) => {
  if (event.target.id !== "step") return;
  clearTimeout(timer);
  timer = setTimeout(() => step(event.target), SLIDER_WAIT_MS);
});
main?.addEventListener("click", (event) => {
  const node = event.target.closest?.("a.node[data-account]");
  const button = event.target.closest?.("[data-png]");
  if (button) png(button);
  if (!node || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(node);
});
main?.addEventListener("keydown", (event) => {
  const node = event.target.closest?.("a.node");
  if (!node || !event.key.startsWith("Arrow")) return;
  event.preventDefault();
  neighbour(node, event.key)?.focus();
});
if (detail) {
  new MutationObserver(follow).observe(detail, { childList: true });
  follow();
}
