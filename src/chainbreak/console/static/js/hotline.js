// The hotline's desk: clocks that count down, fields that a key reaches, and the next card after the wrap-up.

const TICK_MS = 1000;
const desk = document.querySelector(".hotline");
const inField = (target) => target.closest?.("input, select, textarea") !== null;
const twoDigits = (n) => String(n).padStart(2, "0");

/** Minutes and seconds, hours where there are any. @param {number} s */
function clock(s) {
  const [h, m] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)];
  return `${h ? `${h}:${twoDigits(m)}` : m}:${twoDigits(s % 60)}`;
}

/** What is left until a deadline, or how long it is past. @param {HTMLElement} timer */
function count(timer) {
  const left = Math.round((Number(timer.dataset.dueMs) - Date.now()) / 1000);
  timer.classList.toggle("is-late", left < 0);
  timer.querySelector("span").textContent = left < 0 ? timer.dataset.late : timer.dataset.left;
  timer.querySelector("strong").textContent = clock(Math.abs(left));
}

/** One second of the wrap-up; at its end the next card is taken. @param {HTMLElement} done */
function wrapUp(done) {
  const left = Number(done.dataset.wrapS) - 1;
  if (left < 0) return;
  done.dataset.wrapS = String(left);
  done.querySelector("[data-count]").textContent = String(left);
  if (left === 0) done.querySelector("[data-then]").click();
}

function tick() {
  for (const timer of desk.querySelectorAll("[data-due-ms]")) count(timer);
  const done = desk.querySelector("[data-wrap-s]:not([data-paused])");
  if (done) wrapUp(done);
  for (const shown of desk.querySelectorAll("[data-until-ms]")) if (Date.now() > Number(shown.dataset.untilMs)) shown.remove();
}

/** A new card is said once to who listens, not each second of its clocks. */
function tell() {
  const told = desk.querySelector("[data-told]")?.dataset.told ?? "";
  const status = document.querySelector("[data-tell]");
  if (status.textContent !== told) status.textContent = told;
}

desk.addEventListener("click", (event) => {
  const pause = event.target.closest("[data-pause]");
  if (!pause) return;
  pause.closest("[data-wrap-s]").toggleAttribute("data-paused");
  pause.setAttribute("aria-pressed", String(pause.closest("[data-wrap-s]").hasAttribute("data-paused")));
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-focus]")) {
    event.preventDefault(); // no outcome is chosen by an Enter too many
    event.target.blur();
    return;
  }
  const keysOn = document.querySelector(".frame").dataset.keys === "on";
  const plain = !(event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"));
  const field = keysOn && plain && !inField(event.target) && desk.querySelector(`[data-focus="${CSS.escape(event.key)}"]`);
  if (!field) return;
  event.preventDefault();
  field.focus();
});

/** A card that was asked for by its code is here: keys work on it again. */
function leaveSearch() {
  const search = document.querySelector("[data-search]");
  if (document.activeElement !== search) return;
  search.value = "";
  search.blur();
}

new MutationObserver(() => { tick(); tell(); leaveSearch(); }).observe(desk, { childList: true });
setInterval(tick, TICK_MS);
tick();
tell();
