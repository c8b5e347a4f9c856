// Without a network a visit's page is answered by a page that knows nobody: the form and every checklist.
// Nothing else is kept: no page of a visit, no answer of the API.

const CACHE = "visits";
const lang = new URL(self.location.href).searchParams.get("lang") === "en" ? "en" : "zh";
const SHELL = `/visits/offline?lang=${lang}`;

/** Fetch the page and the files it names; a person's cookies go with neither. */
async function fill() {
  const page = await fetch(SHELL, { credentials: "omit" });
  if (!page.ok) return;
  const text = await page.clone().text();
  const cache = await caches.open(CACHE);
  const files = [...text.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)].map((found) => found[1].replaceAll("&amp;", "&"));
  const known = new Set((await cache.keys()).map((request) => new URL(request.url).pathname + new URL(request.url).search));
  await cache.addAll(files.filter((file) => !known.has(file)));
  await cache.put(SHELL, page);
  for (const old of known) if (old !== SHELL && !files.includes(old)) await cache.delete(old);
}

self.addEventListener("install", (event) => { event.waitUntil(fill().then(() => self.skipWaiting())); });
self.addEventListener("activate", (event) => { event.waitUntil(self.clients.claim()); });

async function pageOf(event) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(fill().catch(() => undefined));
    return answer;
  } catch {
    return (await caches.match(SHELL)) ?? Response.error();
  }
}

async function fileOf(request) {
  return (await caches.match(request)) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname.startsWith("/visits/V-")) event.respondWith(pageOf(event));
  else if (url.pathname.startsWith("/static/")) event.respondWith(fileOf(event.request));
});
