// Idle lock: a desk left alone leaves the page before the server's session ends, so that nothing stays readable.

export function startIdleLock() {
  const seconds = Number(document.querySelector(".frame")?.dataset.idleS);
  if (!seconds) return;
  let last = Date.now();
  for (const kind of ["pointerdown", "keydown", "scroll"]) {
    document.addEventListener(kind, () => { last = Date.now(); }, { passive: true, capture: true });
  }
  setInterval(() => {
    if (Date.now() - last < seconds * 1000) return;
    const back = encodeURIComponent(location.pathname + location.search);
    location.replace(`/sign-in?idle=1&back=${back}`);
  }, 5000);
}
