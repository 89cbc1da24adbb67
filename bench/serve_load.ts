/**
 * The web service under load: a server in a process of its own, so many clients here that each send
 * a photo as soon as they have their answer.
 *
 *     deno run --allow-run=deno,ps --allow-net=127.0.0.1 --allow-read bench/serve_load.ts --clients 4
 *
 * @module
 */
import { helpText, parseArguments } from "../lib/cli/args.ts";
import { runCommand } from "../lib/cli/exit_codes.ts";
import { table } from "../lib/cli/table.ts";
import { memoryOf } from "./memory_of.ts";

const COMMAND = {
  name: "bench/serve_load.ts",
  usage: "[options]",
  summary: "Measures handler.ts on loopback: latency, throughput, memory.",
  examples: [["bench/serve_load.ts --clients 1,4,32", "one client, four, more than may wait"]],
  options: {
    clients: { type: "string", default: "1,4,32", help: "How many clients, one run each" },
    seconds: { type: "number", min: 1, default: 10, help: "Length of a run" },
    photo: { type: "string", default: "data/samples/sample1.jpg", help: "What they send" },
    output: { type: "string", choices: ["json", "annotated"], default: "json", help: "Answer" },
    port: { type: "number", integer: true, default: 8321, help: "Port of the server" },
  },
} as const;

interface Run {
  /** Milliseconds of each answer, in order of length. */
  readonly latencies: number[];
  /** Milliseconds of it all: the last answers come after the end. */
  elapsed: number;
  refused: number;
  failed: number;
}

async function load(url: string, photo: Uint8Array<ArrayBuffer>, clients: number, seconds: number) {
  const run: Run = { latencies: [], elapsed: 0, refused: 0, failed: 0 };
  const begin = performance.now(), end = begin + 1e3 * seconds;
  const client = async () => {
    while (performance.now() < end) {
      const start = performance.now();
      const headers = { "content-type": "image/jpeg" };
      const response = await fetch(url, { method: "POST", body: photo, headers });
      await response.arrayBuffer();
      if (response.ok) run.latencies.push(performance.now() - start);
      else if (response.status === 503) run.refused++;
      else run.failed++;
      // What is refused comes back, as it was told to, but ten times too early.
      if (response.status === 503) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  run.elapsed = performance.now() - begin;
  run.latencies.sort((a, b) => a - b);
  return run;
}

async function untilHealthy(address: string): Promise<void> {
  for (let tries = 100; tries > 0; tries--) {
    const response = await fetch(`${address}/health`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Cannot reach the server at "${address}"`);
}

async function main(): Promise<void> {
  const { help, options } = parseArguments(COMMAND, Deno.args);
  if (help) return console.log(helpText(COMMAND));
  const { port, output, seconds } = options, host = "127.0.0.1";
  const photo = await Deno.readFile(options.photo);
  const server = new Deno.Command("deno", {
    args: ["serve", "-P=serve", "--host", host, "--port", String(port), "handler.ts"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await untilHealthy(`http://${host}:${port}`);
    const rows = [["clients", "answers/s", "p50 ms", "p95 ms", "refused", "failed", "memory MB"]];
    for (const clients of options.clients.split(",").map(Number)) {
      const url = `http://${host}:${port}/?output=${output}`;
      const { latencies, elapsed, refused, failed } = await load(url, photo, clients, seconds);
      const at = (part: number) =>
        latencies[Math.floor(part * latencies.length)]?.toFixed(0) ?? "–";
      rows.push([
        String(clients),
        (1e3 * latencies.length / elapsed).toFixed(1),
        at(0.5),
        at(0.95),
        String(refused),
        String(failed),
        (await memoryOf(server.pid)).toFixed(0),
      ]);
    }
    console.log(table(rows));
  } finally {
    server.kill();
    await server.status;
  }
}

await runCommand(main);
