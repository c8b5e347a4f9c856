// Leads: choosing rows for a batch by key, how many are chosen, forms that open with their first field ready.
import { chosen } from "./rows.js";

/** Choose or leave out the row that is marked; with none marked nothing happens. */
export function toggleChosen() {
  chosen()?.querySelector('input[type="checkbox"]')?.click();
}

export function startLeads() {
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.('input[name="lead"]')) return;
    const count = document.querySelector("[data-count]");
    if (count) count.textContent = String(document.querySelectorAll('input[name="lead"]:checked').length);
  });
  document.addEventListener("toggle", (event) => {
    const pop = event.target;
    if (!pop.matches?.("details.pop[open]")) return;
    for (const other of document.querySelectorAll("details.pop[open]")) if (other !== pop) other.open = false;
    pop.querySelector("select, textarea, input:not([type=hidden])")?.focus();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const pop of document.querySelectorAll("details.pop[open]")) pop.open = false;
  });
  // On a narrow screen the detail stands below the list: what was opened comes into sight.
  const detail = document.querySelector(".leads #detail");
  if (detail && matchMedia("(max-width: 900px)").matches) {
    new MutationObserver(() => detail.scrollIntoView({ block: "start" })).observe(detail, { childList: true });
  }
}
