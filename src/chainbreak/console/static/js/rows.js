// The list beside the detail: which row is chosen, moving by key, what a verdict did to a row.

const STACKED = "(max-width: 900px)"; // the detail stands below the list

const ROWS = "tr[data-row]";

/** @returns {HTMLTableRowElement | null} */
export const chosen = () => document.querySelector(`${ROWS}[aria-selected="true"]`);

/** Mark one row and keep it in sight. @param {Element | null} row */
export function choose(row) {
  for (const other of document.querySelectorAll(`${ROWS}[aria-selected="true"]`)) other.removeAttribute("aria-selected");
  if (!row) return;
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
}

/** Go `step` rows on; where a detail stands beside the list it follows, elsewhere Enter opens. @param {number} step */
export function move(step) {
  const rows = [...document.querySelectorAll(ROWS)];
  const at = rows.indexOf(chosen());
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
  if (!next || next === rows[at]) return;
  choose(next);
  const link = next.querySelector("a.row");
  if (link?.hasAttribute("hx-get")) link.click();
}

/** Open the chosen row. @returns {boolean} whether there was one */
export function openChosen() {
  const link = chosen()?.querySelector("a.row");
  link?.click();
  return Boolean(link);
}

export function startRows() {
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.(ROWS);
    if (!row) return;
    choose(row);
    // The whole row opens, not only the words in its first cell.
    if (!event.target.closest("a, button, input")) row.querySelector("a.row")?.click();
  });
  const detail = document.getElementById("detail");
  if (detail) new MutationObserver(() => follow(detail)).observe(detail, { childList: true });
}

/** The server says on each detail which row it belongs to and what its state is now. @param {HTMLElement} detail */
function follow(detail) {
  const { shown, word, hue, shape } = detail.querySelector("[data-shown]")?.dataset ?? {};
  if (!shown) return;
  const row = document.getElementById(`row-${shown}`);
  choose(row);
  if (matchMedia(STACKED).matches) detail.scrollIntoView();
  const cell = row?.querySelector("[data-state]");
  if (!cell || !word) return;
  cell.className = `state is-${hue}`;
  const mark = document.createElement("span");
  mark.className = "shape";
  mark.textContent = shape;
  cell.replaceChildren(mark, word);
}
