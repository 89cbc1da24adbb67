// Keeps the page's files, so that it also opens without a network. What is served is taken first.
const CACHE = "tinyface-demo";
const FILES = [
  "./",
  "icon.svg",
  "style.css",
  "page.js",
  "card.js",
  "drawing.js",
  "finder.js",
  "worker.js",
  "tinyface.js",
];

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(FILES);
    await skipWaiting();
  })());
});

addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    try {
      const response = await fetch(event.request);
      if (response.ok) await cache.put(event.request, response.clone());
      return response;
    } catch {
      return await cache.match(event.request, { ignoreSearch: true }) ?? Response.error();
    }
  })());
});
