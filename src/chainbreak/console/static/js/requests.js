// htmx requests: every one carries the session's token, a lost connection is said, messages fade after a while.

const SHOWN_MS = 8000;

/** Show one line in the corner notice. @param {string} text */
export function say(text) {
  const notice = document.getElementById("notice");
  if (!notice) return;
  const line = document.createElement("div");
  line.textContent = text;
  notice.replaceChildren(line);
}

export function startRequests() {
  const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRF-Token"] = csrf;
  });
  const notice = document.getElementById("notice");
  if (!notice) return;
  let timer = 0;
  new MutationObserver(() => {
    clearTimeout(timer);
    if (notice.childElementCount) timer = setTimeout(() => notice.replaceChildren(), SHOWN_MS);
  }).observe(notice, { childList: true });
  document.addEventListener("htmx:error", () => say(document.querySelector(".frame").dataset.lost));
}
