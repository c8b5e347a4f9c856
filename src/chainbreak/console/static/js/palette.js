// Ctrl-K: jump to a page by name, or to a finding or an order by its id (the form goes to /go).

/** @param {string} name */
export function open(name) {
  const dialog = document.getElementById(name);
  if (dialog && !dialog.open) dialog.showModal();
}

export function startPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const links = [...dialog.querySelectorAll("li a")];
  const shown = () => links.filter((link) => !link.parentElement.hidden);
  const mark = (link) => links.forEach((other) => other.setAttribute("aria-selected", String(other === link)));

  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const link of links) link.parentElement.hidden = !link.textContent.toLowerCase().includes(wanted);
    mark(shown()[0]);
  });
  dialog.addEventListener("keydown", (event) => {
    const at = shown().findIndex((link) => link.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const list = shown();
      mark(list[(at + (event.key === "ArrowDown" ? 1 : list.length - 1)) % list.length]);
    } else if (event.key === "Enter" && shown().length) {
      event.preventDefault();
      (shown()[at] ?? shown()[0]).click();
    }
  });
  dialog.addEventListener("close", () => { field.value = ""; field.dispatchEvent(new Event("input")); });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-open]");
    if (opener) open(opener.dataset.open);
  });
}
