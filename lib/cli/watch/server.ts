/**
 * The page of a run and its data, over HTTP on this machine only.
 *
 * @module
 */
import type { RunHistory } from "./history.ts";
import page from "./page.html" with { type: "text" };

const HEADERS = {
  // Nothing from elsewhere, and nobody else's frame.
  "content-security-policy":
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

/** Names that this machine calls itself by: a page from elsewhere cannot pretend to be one of them. */
const LOCAL_NAMES = ["127.0.0.1", "localhost"];

function answer(body: BodyInit | null, type: string, status = 200): Response {
  return new Response(body, { status, headers: { ...HEADERS, "content-type": type } });
}

/** Answers requests for the page (`/`), the data (`/data`) and pictures (`/image?tag=…`). */
export function watchHandler(history: RunHistory): (request: Request) => Response {
  return (request) => {
    const { pathname, searchParams, hostname } = new URL(request.url);
    if (!LOCAL_NAMES.includes(hostname)) return answer("Not this host", "text/plain", 403);
    if (pathname === "/") return answer(page, "text/html; charset=utf-8");
    if (pathname === "/data") {
      const snapshot = history.snapshot();
      return String(snapshot.version) === searchParams.get("version")
        ? new Response(null, { status: 204, headers: HEADERS })
        : answer(JSON.stringify(snapshot), "application/json");
    }
    const image = pathname === "/image" && history.image(searchParams.get("tag") ?? "");
    if (image) return answer(new Uint8Array(image.bytes), "image/png");
    return answer("There is no such page", "text/plain", 404);
  };
}
