// The page without a network. Keeps the files of one version, whole or not at all, and answers with them; the page itself is asked of the host
// first, so that a new version is there at the next load. A page says its version whenever it asks for a file, so that no two versions mix:
// what is open still gets the files that it began with.
// `web/service.sh` writes the version and the hashes of its files by their names in place of the nothing.
const version = "";
const files = new Map([]);

const base = new URL("./", location.href).href;
// Another page of the same host may keep something, too.
const family = `plateau ${base} `;
const own = family + version;

// A file of this version; the browser refuses one of another. The page itself, whose name is empty, is asked for without a version.
const ask = (name, cache) => fetch(base + name + (name && "?v=" + version), { cache, integrity: files.get(name) });

const keep = async () => {
  const cache = await caches.open(own);
  for (const name of files.keys()) {
    // The page has just loaded most of them, and the browser has them still. Where those are of another version, the host is asked.
    const found = await ask(name, "force-cache").catch(() => ask(name, "reload"));
    const headers = new Headers(found.headers);
    // What concerned the way from the host.
    for (const header of ["Content-Encoding", "Content-Length", "Vary"]) headers.delete(header);
    await cache.put(base + name, new Response(found.body, { headers }));
  }
};

self.oninstall = (event) => event.waitUntil(keep().then(() => self.skipWaiting(), async (error) => {
  await caches.delete(own);
  throw error;
}));

// Of the earlier versions only the last ones may be open still.
self.onactivate = (event) => event.waitUntil((async () => {
  const earlier = (await caches.keys()).filter((name) => name.startsWith(family) && name !== own);
  for (const name of earlier.slice(0, -3)) await caches.delete(name);
})());

const answer = async (name, wanted) => {
  const kept = await caches.match(base + name, { cacheName: family + wanted });
  // Another version may be that of the host.
  return kept ?? (wanted === version ? ask(name, "default") : fetch(base + name + "?v=" + wanted));
};

// The page itself: the host's, so that a later version comes with the next load (browsers look for one when they like, and not while the
// page is open); where the host does not answer in time, the kept one.
const patience = 2500;
const page = async () => {
  const late = new Promise((_, give) => setTimeout(give, patience));
  const found = await Promise.race([fetch(base, { cache: "no-cache" }), late]).catch(() => {});
  return found?.ok ? found : answer("", version);
};

self.onfetch = (event) => {
  const { origin, pathname, searchParams } = new URL(event.request.url);
  const path = origin + pathname;
  if (event.request.method !== "GET" || !path.startsWith(base)) return;
  const name = path.slice(base.length).replace(/^index\.html$/, "");
  const wanted = (name && searchParams.get("v")) || version;
  // Those of an earlier version lie at the top, too; what lies below may be another page.
  if (files.has(name) || (wanted !== version && !name.includes("/"))) event.respondWith(name ? answer(name, wanted) : page());
};

// A page that the host sent says its version, and is answered from here from now on if it is this one.
self.onmessage = (event) => {
  if (event.data === version) event.waitUntil(self.clients.claim());
};
