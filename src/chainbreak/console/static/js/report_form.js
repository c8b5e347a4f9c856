// The form of a new report: Ctrl-Enter saves from any field, Enter adds an identifier, × or Delete takes one away.

const form = document.getElementById("take");

/** Say that a mention is no identifier, and keep the keyboard where it was. @param {Element} control */
function takeAway(control) {
  const select = control.closest("li").querySelector("select");
  select.value = select.value === "" ? select.closest("li").querySelector('input[type="hidden"]').value : "";
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(document.getElementById("save"));
  } else if (event.key === "Enter" && event.target.id === "add") {
    event.preventDefault();
    if (event.target.value.trim()) document.getElementById("add-go").click();
  } else if (event.key === "Enter" && event.target.matches("input, select")) {
    event.preventDefault(); // an unfinished form is not sent by an Enter too many
  } else if (event.key === "Delete" && event.target.matches("select[data-role]")) {
    event.preventDefault();
    takeAway(event.target);
  }
});

form?.addEventListener("click", (event) => {
  if (event.target.closest("[data-away]")) takeAway(event.target);
});

form?.addEventListener("change", (event) => {
  if (!event.target.matches("select[data-role]")) return;
  const row = event.target.closest("li");
  row.classList.toggle("is-away", event.target.value === "");
  row.classList.toggle("is-aside", !["suspect", "unknown", ""].includes(event.target.value));
});

// The same report must not be sent twice while the first is on its way.
const saves = [...document.querySelectorAll("#save, #save-money")];
// Not on "formdata": each reading of the story gathers the form as well. The timeout lets the data be gathered first, since
// a disabled button would not say which of the two was pressed.
form?.addEventListener("submit", () => setTimeout(() => saves.forEach((save) => { save.disabled = true; })));
addEventListener("pageshow", () => saves.forEach((save) => { save.disabled = false; }));
