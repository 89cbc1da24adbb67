/**
 * `deno task demo`: serves the page in `demo/` and the bundle it is built on, on this machine only.
 *
 * @module
 */

const ROOT = new URL("../../../", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Says to the browser what the page promises: nothing leaves it. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
  "style-src 'self'; img-src 'self' blob: data:; media-src blob:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The file that an address means; `undefined` for none of the page's. */
function fileOf(pathname: string): URL | undefined {
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  if (!/^\w+\.\w+$/.test(name)) return undefined;
  return new URL(name === "tinyface.js" ? `dist/${name}` : `demo/${name}`, ROOT);
}

/** Answers with a file of the page. */
export async function serveDemo(request: Request): Promise<Response> {
  const file = fileOf(new URL(request.url).pathname);
  const bytes = file && await Deno.readFile(file).catch(() => undefined);
  if (bytes === undefined) return new Response("Not found", { status: 404 });
  const type = TYPES[file!.pathname.split(".").at(-1)!] ?? "application/octet-stream";
  return new Response(bytes, {
    headers: {
      "content-type": type,
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    },
  });
}

if (import.meta.main) {
  const port = Number(Deno.args[0] ?? 8080);
  Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen: () => console.log(`The demo is on http://localhost:${port} until Ctrl-C`),
  }, serveDemo);
}
