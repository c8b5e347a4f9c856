// A visit on a phone: steps and results also without a network, the address hidden when its time is over.
// What is kept here: a visit's id, answers, times and the code that was said. Never an address, a name or a number.

const OUTBOX = "visit-outbox";
const words = document.querySelector(".phone")?.dataset ?? {};
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";
const shell = document.querySelector("[data-shell]");
const form = document.querySelector("[data-result]");
const visit = document.querySelector("[data-visit]")?.dataset.visit
  ?? (shell ? decodeURIComponent(location.pathname.split("/").pop()) : "");

const read = (key, otherwise) => JSON.parse(localStorage.getItem(key) ?? "null") ?? otherwise;
const keep = (key, value) => localStorage.setItem(key, JSON.stringify(value));
const draftKey = (id) => `visit:${id}`;
const nowUs = () => Date.now() * 1000;

/** One line under the top bar; "" takes it away. @param {string} text @param {boolean} fine */
function tell(text, fine = false) {
  const net = document.getElementById("net");
  net.textContent = text;
  net.hidden = !text;
  net.classList.toggle("is-fine", fine);
}

/** POST to the API; rejects when there is no network. @returns {Promise<Response>} */
function post(path, key, body) {
  const headers = { "content-type": "application/json", "x-csrf-token": csrf, "idempotency-key": key };
  return fetch(`/api/v1/visits/${path}`, { method: "POST", headers, body: JSON.stringify(body), redirect: "manual" });
}

/** What the form says now. */
function answersOf() {
  const data = new FormData(form);
  const answers = {};
  for (const [name, value] of data) if (name.startsWith("answer_")) answers[name.slice(7)] = value;
  return { entry: data.get("entry"), outcome: data.get("outcome"), card_left: data.get("card_left") === "1", answers,
    code: data.get("code") ?? "" };
}

function fillFrom(draft) {
  const choose = (name, value) => {
    const field = [...form.elements].find((one) => one.name === name && one.value === value && !one.matches(":disabled"));
    if (field) field.checked = true;
  };
  choose("entry", draft.entry);
  choose("outcome", draft.outcome);
  for (const [name, value] of Object.entries(draft.answers ?? {})) choose(`answer_${name}`, value);
  if (form.elements.card_left) form.elements.card_left.checked = Boolean(draft.card_left);
  if (draft.code) form.elements.code.value = draft.code;
}

/** What depends on a choice: the card when nobody was met, the call when money was sent. */
function follow() {
  const { entry, outcome } = answersOf();
  form.querySelector("[data-unless]").hidden = !entry || entry === "met";
  form.querySelector("[data-if]").hidden = outcome !== "money_sent";
}

function showStep(name) {
  document.querySelector(`[data-step-name="${name}"]`)?.classList.add("is-done-step");
  const next = { leave: "arrive", arrive: "" }[name];
  for (const one of document.querySelectorAll("[data-step]")) one.hidden = one.dataset.step !== next;
  document.querySelector("[data-send]").classList.toggle("primary", name === "arrive");
}

async function step(event) {
  event.preventDefault();
  const name = event.target.dataset.step;
  const draft = read(draftKey(visit), {});
  keep(draftKey(visit), { ...draft, [name === "leave" ? "left_at_us" : "arrived_at_us"]: nowUs() });
  showStep(name);
  try {
    const answer = await post(`${visit}/${name}`, crypto.randomUUID(), {});
    if (answer.status === 403 || answer.status === 409) location.reload();
  } catch {
    tell(words.offline);
  }
}

function finish(event) {
  event.preventDefault();
  const draft = read(draftKey(visit), {});
  const { code, ...said } = answersOf();
  const body = { ...said, left_at_us: draft.left_at_us ?? null, arrived_at_us: draft.arrived_at_us ?? null,
    ended_at_us: nowUs() };
  const key = draft.key ?? form.elements.client_key?.value ?? crypto.randomUUID();
  keep(OUTBOX, [...read(OUTBOX, []).filter((one) => one.key !== key), { visit, key, code, body }]);
  localStorage.removeItem(draftKey(visit));
  hideAddress();
  closeForm();
  tell(words.kept);
  flush();
}

function closeForm() {
  for (const one of form.elements) one.disabled = true;
  document.querySelector(".thumb").hidden = true;
}

/** Send what waits. What is taken or kept as a conflict leaves the phone; what is refused stays and is said. */
async function flush() {
  const waiting = read(OUTBOX, []);
  if (!waiting.length) return;
  if (!csrf) return;
  for (const item of waiting.filter((one) => !one.refused)) {
    let answer;
    try {
      answer = await post(`${item.visit}/result`, item.key, { ...item.body, code: item.code });
    } catch {
      tell(`${words.kept} ${read(OUTBOX, []).length} ${words.waiting}`);
      return;
    }
    if (answer.status >= 500 || answer.status === 429) return;
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      tell(words.signIn);
      return;
    }
    const rest = read(OUTBOX, []).filter((one) => one.key !== item.key);
    if (answer.ok) {
      keep(OUTBOX, rest);
      const sent = (await answer.json()).item;
      const said = sent.code === "wrong" ? "wrong_code" : sent.standing;
      if (item.visit === visit) location.replace(`/visits/${visit}?said=${said}`);
      else tell(words.sent, true);
    } else {
      const code = (await answer.json()).error?.code ?? String(answer.status);
      if (code === "CB-UI-002") {
        tell(words.signIn);
        return;
      }
      keep(OUTBOX, [...rest, { ...item, refused: code }]);
    }
  }
  const refused = read(OUTBOX, []).find((one) => one.refused);
  if (refused) tell(`${words.refused} ${refused.visit} ${refused.refused}`);
}

function hideAddress() {
  for (const shown of document.querySelectorAll(".address-shown")) shown.remove();
}

/** The address goes when its time is over, however the page was left and found again. */
function watchAddress() {
  setInterval(() => {
    for (const shown of document.querySelectorAll(".address-shown")) {
      if (Date.now() < Number(shown.dataset.untilMs)) continue;
      const line = document.createElement("p");
      line.textContent = shown.dataset.closed;
      shown.replaceWith(line);
    }
  }, 1000);
  addEventListener("pageshow", (event) => { if (event.persisted) hideAddress(); });
}

function openShell() {
  const draft = read(draftKey(visit), null);
  document.querySelector("[data-shell-id]").textContent = visit;
  tell(words.offline);
  const list = draft && document.querySelector(`fieldset[data-list="${CSS.escape(draft.list)}"]`);
  document.querySelector("[data-no-draft]").hidden = Boolean(list) || read(OUTBOX, []).some((one) => one.visit === visit);
  addEventListener("online", () => location.reload());
  if (!list) return;
  // Lists share the names of their answers: only the one of this visit may stay.
  for (const other of form.querySelectorAll("fieldset[data-list]")) if (other !== list) other.remove();
  list.hidden = list.disabled = false;
  for (const field of list.querySelectorAll('input[value="unasked"]')) field.checked = true;
  form.hidden = document.querySelector("[data-shell-thumb]").hidden = false;
  if (draft.left_at_us) showStep("leave");
  if (draft.arrived_at_us) showStep("arrive");
}

function openForm() {
  const draft = read(draftKey(visit), {});
  const list = document.querySelector("[data-visit]")?.dataset.list ?? draft.list;
  keep(draftKey(visit), { key: form.elements.client_key?.value ?? crypto.randomUUID(), ...draft, list });
  fillFrom(draft);
  follow();
  form.addEventListener("change", () => {
    keep(draftKey(visit), { ...read(draftKey(visit), {}), ...answersOf() });
    follow();
  });
  form.addEventListener("submit", finish);
  for (const one of document.querySelectorAll("[data-step]")) one.addEventListener("submit", step);
}

function askPlace(event) {
  if (event.target.elements.lat.value) return;
  event.preventDefault();
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    event.target.elements.lat.value = coords.latitude;
    event.target.elements.lon.value = coords.longitude;
    event.target.requestSubmit();
  }, () => tell(words.lost), { timeout: 20_000 });
}

if (shell) openShell();
if (form && read(OUTBOX, []).some((one) => one.visit === visit)) closeForm();
else if (form && !form.hidden) openForm();
else if (visit && !shell) localStorage.removeItem(draftKey(visit));
document.querySelector("[data-locate]")?.addEventListener("submit", askPlace);
watchAddress();
flush();
addEventListener("online", () => { tell(""); flush(); });
addEventListener("offline", () => tell(words.offline));
if (form && csrf && navigator.serviceWorker) {
  navigator.serviceWorker.register(`/visits/worker.js?lang=${words.lang}`, { scope: "/visits/" });
}
