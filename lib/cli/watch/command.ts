/**
 * `watch`: a live page of a training.
 *
 * @module
 */
import { type Command, helpText, parseArguments } from "../args.ts";
import { denoStore } from "../deno_store.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { eventFiles, EventFollower } from "./follow.ts";
import { RunHistory } from "./history.ts";
import { watchHandler } from "./server.ts";

const WATCH = {
  name: "deno task watch",
  usage: "[run] [options]",
  summary: "Shows a training while it goes on, as a page on this machine. TensorBoard's files.",
  examples: [
    ["deno task watch", "The run that began last"],
    ["deno task watch runs/20260131-120000", "A run by its folder"],
    ["deno task watch logs/fit/other", "Any folder of event files"],
  ],
  options: {
    port: {
      type: "number",
      min: 0,
      max: 65_535,
      integer: true,
      default: 6007,
      help: "Port; 0 = any",
    },
    logs: { type: "string", placeholder: "folder", default: "logs/fit", help: "Where runs log" },
  },
} as const satisfies Command;

/** What the command needs of its surroundings. */
export interface WatchIo {
  /** Takes lines. */
  readonly print: (line: string) => void;
  /** Takes what is wrong but not fatal. */
  readonly warn: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

const POLL_MS = 1_000;

/** The folder of event files that is meant. */
async function logFolder(run: string | undefined, logs: string): Promise<string> {
  const latest = run ?? (await denoStore.list(logs)).at(-1);
  if (latest === undefined) {
    throw new CliError(EXIT.usage, `Cannot watch a training: "${logs}" has none, name a run`);
  }
  const name = latest.replace(/\/+$/, "").split("/").at(-1)!;
  for (
    const folder of [
      ...(run === undefined ? [] : [run.replace(/(?<=.)\/+$/, "")]),
      `${logs}/${name}`,
    ]
  ) {
    if ((await eventFiles(folder).catch(() => [])).length > 0) return folder;
  }
  throw new CliError(
    EXIT.usage,
    `Cannot watch "${latest}": it has logged nothing, nor has "${logs}/${name}"`,
  );
}

/** Serves the page until it is stopped. Throws a {@linkcode CliError}. */
export async function watchCommand(args: readonly string[], io: WatchIo): Promise<ExitCode> {
  const { help, options, positionals } = parseArguments(WATCH, args);
  if (help) return io.print(helpText(WATCH)), EXIT.ok;
  if (positionals.length > 1) throw new CliError(EXIT.usage, "Cannot watch more than one run");
  const folder = await logFolder(positionals[0], options.logs);
  const history = new RunHistory(folder.split("/").at(-1)!), follower = new EventFollower(folder);
  history.add(await follower.next());
  const server = serve(options.port, history, io);
  while (!io.signal.aborted) {
    await pause(POLL_MS, io.signal);
    try {
      history.add(await follower.next());
    } catch (error) {
      io.warn(`error: ${(error as Error).message}`);
    }
  }
  await server.shutdown();
  return EXIT.ok;
}

function serve(port: number, history: RunHistory, { print }: WatchIo): Deno.HttpServer {
  try {
    const onListen = ({ port }: Deno.NetAddr) =>
      print(`http://127.0.0.1:${port}/ (Ctrl-C ends it)`);
    return Deno.serve({ hostname: "127.0.0.1", port, onListen }, watchHandler(history));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    const problem = `Cannot listen on port ${port}: it is in use, see --port`;
    throw new CliError(EXIT.usage, problem, { cause });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
