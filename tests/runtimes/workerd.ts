// Starting workerd.
import { DIST } from "./bundle.ts";
import { WORKERD } from "./runtimes.ts";

const HERE = new URL("./", import.meta.url);

/** A server that works for longer hangs. */
const PATIENCE_MS = 120_000;

/** Starts workerd with one of the scripts here, and hands over its address. */
export async function withWorkerd(
  script: string,
  body: (address: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.copyFile(new URL(script, HERE), `${folder}/worker.js`);
  await Deno.copyFile(new URL("workerd.capnp", HERE), `${folder}/workerd.capnp`);
  for (const name of ["tinyface.js", "handler.js"]) {
    await Deno.copyFile(new URL(name, DIST), `${folder}/${name}`);
  }
  await Deno.copyFile(new URL("engine_relaxed.wasm", DIST), `${folder}/engine.wasm`);
  const { promise: port, resolve, reject } = Promise.withResolvers<number>();
  const server = new Deno.Command(WORKERD, {
    args: ["serve", "--control-fd=1", `${folder}/workerd.capnp`],
    ...{ stdout: "piped", stderr: "piped" } as const,
  }).spawn();
  const late = setTimeout(() => server.kill("SIGKILL"), PATIENCE_MS);
  const errors = new Response(server.stderr).text();
  const listening = (async () => {
    for await (const line of server.stdout.pipeThrough(new TextDecoderStream())) {
      const found = /"port":(\d+)/.exec(line);
      if (found) resolve(Number(found[1]));
    }
    reject(new Error(`workerd does not listen: ${await errors}`));
  })();
  try {
    await body(`http://127.0.0.1:${await port}/`);
  } finally {
    clearTimeout(late);
    server.kill("SIGKILL");
    await server.status;
    await listening;
    await Deno.remove(folder, { recursive: true });
  }
}
