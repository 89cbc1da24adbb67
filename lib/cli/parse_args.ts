/**
 * `parseArgs` with the call and the result of `jsr:@std/cli/parse-args` (as much of it as
 * `args.ts` uses), on `node:util`, because JSR is out of reach for the machines that test this. With
 * JSR at hand the whole file may read `export { parseArgs } from "jsr:@std/cli@^1/parse-args";`.
 *
 * @module
 */
import { parseArgs as nodeParseArgs } from "node:util";

/** What the arguments may be. */
export interface ParseOptions {
  /** Flags without a value; `--no-<flag>` negates those in `negatable`. */
  readonly boolean: string[];
  /** Flags whose value is kept as text; `_` stands for the positional arguments. */
  readonly string: string[];
  /** Flags that may be given several times; their values become a list. */
  readonly collect: string[];
  /** Boolean flags that have a `--no-` form. */
  readonly negatable: string[];
  /** One-letter forms. */
  readonly alias: Record<string, string>;
  /** Told about each flag that is none of these; returns `false` to leave it out. */
  readonly unknown: (argument: string, key?: string) => unknown;
}

/** `--x -1` and `--x -` are values, `--x --y` is a flag without one. */
function isValue(text: string | undefined): text is string {
  return text !== undefined && (!text.startsWith("-") || /^-(\.?\d|$)/.test(text));
}

/** Flags by name (a flag that lacks its value is `""`), and the positional arguments as `_`. */
export function parseArgs(
  args: string[],
  options: ParseOptions,
): Record<string, unknown> & { _: string[] } {
  const flags = [
    ...options.boolean.map((name) => [name, "boolean"] as const),
    ...options.string.map((name) => [name, "string"] as const),
  ].filter(([name]) => name !== "_");
  const known = new Map(flags);
  const { tokens } = nodeParseArgs({
    args,
    options: Object.fromEntries(
      flags.map(([name, type]) => {
        const short = options.alias[name];
        return [name, short === undefined ? { type } : { type, short }];
      }),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const result: Record<string, unknown> & { _: string[] } = { _: [] };
  for (const token of tokens) {
    if (token.kind === "positional") result._.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    const positive = name.replace(/^no-/, "");
    if (known.get(name) === "string") {
      const text = inlineValue || isValue(value) ? value : "";
      if (options.collect.includes(name)) ((result[name] ??= []) as unknown[]).push(text);
      else result[name] = text;
    } else if (known.has(name)) {
      result[name] = value === undefined ? true : value === "true";
    } else if (options.negatable.includes(positive)) {
      result[positive] = false;
    } else {
      options.unknown(rawName, name);
    }
  }
  return result;
}
