// Keyboard: Ctrl-K always; single letters only outside fields and when the person has them on (WCAG 2.1.4).
import { toggleChosen } from "./leads.js";
import { open } from "./palette.js";
import { move, openChosen } from "./rows.js";

const GO_WITHIN_MS = 1500;

const inField = (target) => target.closest?.("input, select, textarea, [contenteditable]") !== null;

/** Press the control that has this key on it, if the page shows one. @param {string} key */
function press(key) {
  const control = document.querySelector(`[data-key="${key}"]:not([disabled])`);
  control?.click();
  return control !== null;
}

export function startKeys() {
  const lettersOn = document.querySelector(".frame")?.dataset.keys === "on";
  let goSince = -GO_WITHIN_MS;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open("palette");
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target) || document.querySelector("dialog[open]")) {
      if (event.key === "Escape" && inField(event.target)) event.target.blur();
      return;
    }
    if (!lettersOn) return;
    if (event.timeStamp - goSince < GO_WITHIN_MS) {
      goSince = -GO_WITHIN_MS;
      document.querySelector(`[data-go="${event.key}"]`)?.click();
    } else if (event.key === "g") goSince = event.timeStamp;
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "Enter" && event.target === document.body) { if (!openChosen()) return; }
    else if (event.key === "x") toggleChosen();
    else if (event.key === "?") open("help");
    else if (event.key === "/") document.querySelector("[data-search]")?.focus();
    else if (!(event.key.length === 1 && press(event.key))) return;
    event.preventDefault();
  });
}
