/**
 * The command lines of `worker`.
 *
 * @module
 */
import type { Command } from "../args.ts";
import { CliError, EXIT } from "../exit_codes.ts";
import { DETECT } from "../detect/options.ts";
import type { QueueAddress } from "./queue.ts";

const ADDRESS = {
  nats: {
    type: "string",
    placeholder: "url",
    help: "NATS server: nats://[user:password@]host:4222, tls://…; several with commas between",
  },
  queue: {
    type: "string",
    placeholder: "name",
    default: "faces",
    help: "Name of the queue; its streams are <name>-jobs, <name>-answers and <name>-parked",
  },
  creds: { type: "string", placeholder: "file", help: "Credentials for the server" },
  ackWait: {
    type: "number",
    min: 1,
    placeholder: "s",
    default: 30,
    help: "A job whose worker has been silent for so long goes to another one",
  },
} as const satisfies Command["options"];

const { threshold, nms, maxDetections, maxSide, model, weights, device, jobs, stats } =
  DETECT.options;

/** `deno task worker`. */
export const WORK = {
  name: "deno task worker",
  usage: "--nats <url> [options], or submit|collect|state",
  summary: "Finds the faces in the photos of a queue (NATS JetStream) that many machines share.",
  examples: [
    ["deno task worker --nats nats://queue:4222", "Work until it is stopped"],
    ["deno task worker submit --nats nats://queue:4222 archive/", "Put photos into the queue"],
    ["deno task worker collect --nats nats://queue:4222 > faces.jsonl", "All answers so far"],
    ["deno task worker state --nats nats://queue:4222", "How full it is"],
  ],
  options: {
    ...ADDRESS,
    tries: {
      type: "number",
      min: 1,
      integer: true,
      default: 3,
      help: "A job that fails, or kills its worker, so often is parked",
    },
    untilEmpty: { type: "boolean", default: false, help: "End when the queue is empty" },
    ...{ jobs, stats, threshold, nms, maxDetections, maxSide, model, weights, device },
  },
} as const satisfies Command;

/** `deno task worker submit`. */
export const SUBMIT = {
  name: "deno task worker submit",
  usage: "--nats <url> <photo, folder or glob>…",
  summary:
    "Puts photos into a queue, by their path: workers must see them under the same one. A job that is in it already is not put in twice.",
  examples: [
    ["deno task worker submit --nats nats://queue:4222 /archive", "A folder"],
    ["deno task worker submit --nats nats://queue:4222 - < jobs.jsonl", "Jobs, one a line"],
  ],
  options: ADDRESS,
} as const satisfies Command;

/** `deno task worker collect`. */
export const COLLECT = {
  name: "deno task worker collect",
  usage: "--nats <url>",
  summary: "Prints the answers of a queue, one a job, in the order in which they came.",
  examples: [["deno task worker collect --nats nats://queue:4222 > faces.jsonl", "All so far"]],
  options: ADDRESS,
} as const satisfies Command;

/** `deno task worker state`. */
export const STATE = {
  name: "deno task worker state",
  usage: "--nats <url>",
  summary: "Prints how many jobs of a queue are waiting, in hand, answered and parked.",
  examples: [["deno task worker state --nats nats://queue:4222", "As JSON"]],
  options: ADDRESS,
} as const satisfies Command;

/** Throws a usage {@linkcode CliError} for what is no address. */
export function queueAddress(
  { nats, queue, creds, ackWait }: {
    readonly nats: string | undefined;
    readonly queue: string;
    readonly creds: string | undefined;
    readonly ackWait: number;
  },
): QueueAddress {
  if (nats === undefined) {
    throw new CliError(EXIT.usage, "Cannot find the queue: --nats names no server");
  }
  for (const url of nats.split(",")) {
    if (!["nats:", "tls:"].includes(URL.parse(url)?.protocol ?? "")) {
      const problem = `it is "${url}", expected nats://host:4222 or tls://host:4222`;
      throw new CliError(EXIT.usage, `Cannot use --nats: ${problem}`);
    }
  }
  // What the names of streams and subjects may hold.
  if (!/^[\w-]+$/.test(queue)) {
    const problem = `it is "${queue}", expected letters, digits, - and _`;
    throw new CliError(EXIT.usage, `Cannot use --queue: ${problem}`);
  }
  return { nats, queue, creds, ackWaitMs: 1000 * ackWait };
}
