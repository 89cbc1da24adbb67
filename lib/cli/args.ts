/**
 * Command lines from a table: one description of the options gives the typed values, the checks and
 * the `--help` text. The only module that reads arguments.
 *
 * Option names are camelCase in the table and kebab-case on the command line: `maxSide` is
 * `--max-side`.
 *
 * @module
 */
import { CliError, EXIT } from "./exit_codes.ts";
import { parseArgs } from "./parse_args.ts";
import { suggest } from "./suggest.ts";

interface OptionBase {
  /** What it is for, with its unit. */
  readonly help: string;
  /** One-letter form, without the dash. */
  readonly alias?: string;
}

/** `--name` or `--no-name`. */
export interface BooleanOption extends OptionBase {
  /** Kind of value. */
  readonly type: "boolean";
  /** The value when it is not given. Default: `undefined`. */
  readonly default?: boolean;
}

/** `--name text`. */
export interface StringOption extends OptionBase {
  /** Kind of value. */
  readonly type: "string";
  /** Shown in the help for the value: `--output <file>`. Default: "text". */
  readonly placeholder?: string;
  /** The only values that are allowed. */
  readonly choices?: readonly string[];
  /** The value when it is not given. Default: `undefined`. */
  readonly default?: string;
  /** May be given several times; the values come as a list, empty when it is not given. */
  readonly multiple?: true;
}

/** `--name 0.5`. */
export interface NumberOption extends OptionBase {
  /** Kind of value. */
  readonly type: "number";
  /** Shown in the help for the value: `--max-side <px>`. Default: "number". */
  readonly placeholder?: string;
  /** The smallest value allowed. */
  readonly min?: number;
  /** The largest value allowed. */
  readonly max?: number;
  /** Only whole numbers are allowed. */
  readonly integer?: true;
  /** The value when it is not given. Default: `undefined`. */
  readonly default?: number;
}

/** One option of a command. */
export type Option = BooleanOption | StringOption | NumberOption;

/** The options of a command by name. */
export type OptionTable = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends BooleanOption ? boolean
  : O extends NumberOption ? number
  : O extends { choices: readonly (infer Choice)[] } ? Choice
  : string;

/** The values that a table's options have after parsing. */
export type Values<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends { multiple: true } ? ValueOf<Table[Name]>[]
    : Table[Name] extends { default: boolean | number | string } ? ValueOf<Table[Name]>
    : ValueOf<Table[Name]> | undefined;
};

/** A command as its user sees it. */
export interface Command<Table extends OptionTable = OptionTable> {
  /** How it is called: "deno task detect". */
  readonly name: string;
  /** What follows the name: "[options] <photo or folder>…". */
  readonly usage: string;
  /** What it does, in one sentence. */
  readonly summary: string;
  /** Command lines worth copying, each with what it does. */
  readonly examples: readonly (readonly [commandLine: string, what: string])[];
  /** Its options. `--help` (`-h`) is added to them. */
  readonly options: Table;
}

/** A parsed command line. */
export interface Arguments<Table extends OptionTable> {
  /** Whether `--help` was given. */
  readonly help: boolean;
  /** The options' values. */
  readonly options: Values<Table>;
  /** The other arguments, always as text. */
  readonly positionals: string[];
}

const HELP: OptionTable = {
  help: { type: "boolean", alias: "h", help: "Show this text", default: false },
};

function toFlag(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function rangeText({ min, max, integer }: NumberOption): string {
  const kind = integer ? "a whole number" : "a number";
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
  if (min !== undefined) return `${kind} of at least ${min}`;
  return max === undefined ? kind : `${kind} of at most ${max}`;
}

function usageError(flag: string, text: string, expected: string): CliError {
  return new CliError(EXIT.usage, `Cannot use --${flag}: it is "${text}", expected ${expected}`);
}

function readNumber(flag: string, text: string, option: NumberOption): number {
  const value = Number(text);
  const { min = -Infinity, max = Infinity, integer = false } = option;
  const allowed = text.trim() !== "" && value >= min && value <= max && Number.isFinite(value) &&
    (!integer || Number.isInteger(value));
  if (!allowed) throw usageError(flag, text, rangeText(option));
  return value;
}

function readString(flag: string, text: string, option: StringOption): string {
  if (option.choices?.includes(text) === false) {
    throw usageError(flag, text, option.choices.join(", "));
  }
  return text;
}

function readValue(flag: string, given: unknown, option: Option): unknown {
  if (given === undefined) {
    return option.default ?? (option.type === "string" && option.multiple ? [] : undefined);
  }
  if (option.type === "boolean") return given;
  if ([given].flat().includes("")) {
    throw new CliError(EXIT.usage, `Cannot use --${flag}: its value is missing`);
  }
  if (option.type === "number") return readNumber(flag, String(given), option);
  if (Array.isArray(given)) return given.map((text) => readString(flag, text, option));
  return readString(flag, String(given), option);
}

/**
 * Parses a command line.
 *
 * Throws a {@linkcode CliError} with the usage exit code for an unknown option, a missing value or
 * one that the table does not allow.
 */
export function parseArguments<const Table extends OptionTable>(
  command: Command<Table>,
  args: readonly string[],
): Arguments<Table> {
  const options = Object.entries<Option>({ ...command.options, ...HELP })
    .map(([name, option]) => ({ name, flag: toFlag(name), option }));
  const flagsOf = (test: (option: Option) => boolean) =>
    options.filter(({ option }) => test(option)).map(({ flag }) => flag);

  const given = parseArgs([...args], {
    boolean: flagsOf((option) => option.type === "boolean"),
    negatable: flagsOf((option) => option.type === "boolean"),
    string: [...flagsOf((option) => option.type !== "boolean"), "_"],
    collect: flagsOf((option) => option.type === "string" && option.multiple === true),
    alias: Object.fromEntries(
      options.flatMap(({ flag, option }) => option.alias ? [[flag, option.alias]] : []),
    ),
    unknown: (argument, key) => {
      if (key === undefined) return;
      const similar = suggest(key, options.map(({ flag }) => flag));
      const hint = similar === undefined ? "--help lists the options" : `did you mean --${similar}`;
      throw new CliError(EXIT.usage, `Cannot use "${argument}": there is no such option, ${hint}`);
    },
  });
  const { help, ...values } = Object.fromEntries(
    options.map(({ name, flag, option }) => [name, readValue(flag, given[flag], option)]),
  );
  return { help: help === true, options: values as Values<Table>, positionals: given._ };
}

function flagText(name: string, option: Option): string {
  const alias = option.alias === undefined ? "    " : `-${option.alias}, `;
  if (option.type === "boolean") {
    return `${alias}--${option.default === true ? "no-" : ""}${toFlag(name)}`;
  }
  const value = option.type === "string" && option.choices?.join("|") ||
    (option.placeholder ?? (option.type === "number" ? "number" : "text"));
  return `${alias}--${toFlag(name)} <${value}>`;
}

function helpLine(name: string, option: Option, column: number): string {
  const flag = `  ${flagText(name, option)}`;
  const value = option.type === "boolean" || option.default === undefined
    ? ""
    : ` [default: ${option.default}]`;
  const gap = flag.length < column ? " ".repeat(column - flag.length) : `\n${" ".repeat(column)}`;
  return `${flag}${gap}${option.help}${value}`;
}

/** What `--help` prints: summary, usage, examples, options. */
export function helpText(command: Command): string {
  const entries = Object.entries<Option>({ ...command.options, ...HELP });
  return [
    briefHelpText(command),
    "Options:",
    ...entries.map(([name, option]) => helpLine(name, option, 32)),
  ].join("\n");
}

/** What a command prints when it is called without arguments. */
export function briefHelpText(command: Command): string {
  return [
    command.summary,
    "",
    `Usage: ${command.name} ${command.usage}`,
    "",
    "Examples:",
    ...command.examples.flatMap(([line, what]) => [`  # ${what}`, `  ${line}`]),
    "",
  ].join("\n");
}
