/**
 * Dividing photos among machines that know nothing of each other.
 *
 * @module
 */
import { crc32c } from "../../numbers/crc32.ts";
import { CliError, EXIT } from "../exit_codes.ts";

/** One of `count` parts. */
export interface Shard {
  /** Which one, from 0 to `count` − 1. */
  readonly index: number;
  /** How many there are. */
  readonly count: number;
}

const EXPECTED = "expected i/n with 1 ≤ i ≤ n, or env:NAME/n";

function shardError(text: string, problem: string): CliError {
  return new CliError(EXIT.usage, `Cannot use --shard: it is "${text}", ${problem}`);
}

/** The index, from 0 on, that a scheduler gives a task: `env:JOB_COMPLETION_INDEX`. */
function indexFrom(
  name: string,
  text: string,
  readVariable: (name: string) => string | undefined,
): number {
  const value = readVariable(name);
  if (value !== undefined && /^\d+$/.test(value)) return Number(value);
  const found = value === undefined ? "is not set" : `is "${value}", not a whole number`;
  throw shardError(text, `and ${name} ${found}`);
}

/**
 * Reads `3/8` (the third of eight) or `env:JOB_COMPLETION_INDEX/8` (the environment says which,
 * counting from 0, as Kubernetes, Slurm and AWS Batch do).
 *
 * Throws a usage {@linkcode CliError} for anything else.
 *
 * @param readVariable Reads the environment.
 */
export function parseShard(
  text: string,
  readVariable: (name: string) => string | undefined,
): Shard {
  const match = /^(?:(?<number>\d+)|env:(?<name>\w+))\/(?<count>\d+)$/.exec(text);
  if (match === null) throw shardError(text, EXPECTED);
  const { number, name, count } = match.groups as Record<string, string | undefined>;
  const shard = {
    index: number === undefined ? indexFrom(name!, text, readVariable) : Number(number) - 1,
    count: Number(count),
  };
  if (shard.index < 0 || shard.index >= shard.count) throw shardError(text, EXPECTED);
  return shard;
}

/**
 * Whether a photo belongs to a shard: CRC-32C of its path (or id) as UTF-8, modulo the count. It is
 * in exactly one, and stays there when other photos come or go.
 */
export function isInShard(key: string, { index, count }: Shard): boolean {
  return crc32c(new TextEncoder().encode(key)) % count === index;
}
