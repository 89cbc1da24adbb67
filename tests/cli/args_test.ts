import assert from "node:assert/strict";
import { briefHelpText, type Command, helpText, parseArguments } from "../../lib/cli/args.ts";
import { CliError, EXIT } from "../../lib/cli/exit_codes.ts";

const COMMAND = {
  name: "sharpen",
  usage: "[options] <pencil>…",
  summary: "Sharpens pencils.",
  examples: [["sharpen hb", "Sharpen one"]],
  options: {
    angle: { type: "number", min: 10, max: 90, alias: "a", default: 30, help: "Degrees" },
    maxTurns: { type: "number", min: -1, integer: true, help: "Turns" },
    color: { type: "string", choices: ["red", "blue"], help: "Which" },
    tag: { type: "string", multiple: true, placeholder: "word", help: "Tags" },
    dust: { type: "boolean", default: true, help: "Leave dust" },
    quiet: { type: "boolean", default: false, alias: "q", help: "No noise" },
  },
} as const satisfies Command;

function optionsOf(...args: string[]) {
  return parseArguments(COMMAND, args).options;
}

function assertUsageError(args: string[], message: string): void {
  assert.throws(() => parseArguments(COMMAND, args), (error) => {
    assert.ok(error instanceof CliError);
    assert.deepEqual([error.exitCode, error.message], [EXIT.usage, message]);
    return true;
  });
}

Deno.test("parseArguments() gives typed values and defaults", () => {
  const parsed = parseArguments(COMMAND, []);
  assert.deepEqual(parsed, {
    help: false,
    options: {
      angle: 30,
      maxTurns: undefined,
      color: undefined,
      tag: [],
      dust: true,
      quiet: false,
    },
    positionals: [],
  });
  const angle: number = parsed.options.angle;
  const color: "red" | "blue" | undefined = parsed.options.color;
  const tags: string[] = parsed.options.tag;
  assert.deepEqual([angle, color, tags], [30, undefined, []]);
});

Deno.test("parseArguments() reads long, short, joined and repeated options", () => {
  assert.deepEqual(
    optionsOf("-a", "12.5", "--max-turns=-1", "--tag", "x", "--tag=y", "-q", "--color", "blue"),
    { angle: 12.5, maxTurns: -1, color: "blue", tag: ["x", "y"], dust: true, quiet: true },
  );
  assert.equal(optionsOf("--max-turns", "-1").maxTurns, -1);
  assert.equal(optionsOf("--angle", "1e1").angle, 10);
  assert.equal(optionsOf("--angle", "20", "--angle", "40").angle, 40);
});

Deno.test("parseArguments() negates booleans", () => {
  assert.equal(optionsOf("--no-dust").dust, false);
  assert.equal(optionsOf("--no-dust", "--dust").dust, true);
  assert.equal(optionsOf("--quiet=false").quiet, false);
});

Deno.test("parseArguments() keeps positional arguments as text, a dash among them", () => {
  const { positionals, help } = parseArguments(COMMAND, [
    "0012",
    "-",
    "-h",
    "--",
    "--angle",
    "1e3",
  ]);
  assert.deepEqual(positionals, ["0012", "-", "--angle", "1e3"]);
  assert.equal(help, true);
});

Deno.test("parseArguments() asks back about unknown options", () => {
  assertUsageError(
    ["--angel", "3"],
    'Cannot use "--angel": there is no such option, did you mean --angle',
  );
  assertUsageError(
    ["--maxturns=3"],
    'Cannot use "--maxturns": there is no such option, did you mean --max-turns',
  );
  assertUsageError(["-x"], 'Cannot use "-x": there is no such option, --help lists the options');
  assertUsageError(
    ["--no-color"],
    'Cannot use "--no-color": there is no such option, did you mean --color',
  );
});

Deno.test("parseArguments() checks values", () => {
  assertUsageError(
    ["--angle", "9"],
    'Cannot use --angle: it is "9", expected a number from 10 to 90',
  );
  for (const text of ["steep", "NaN", "1e999", " "]) {
    assertUsageError(
      [`--angle=${text}`],
      `Cannot use --angle: it is "${text}", expected a number from 10 to 90`,
    );
  }
  assertUsageError(
    ["--max-turns", "1.5"],
    'Cannot use --max-turns: it is "1.5", expected a whole number of at least -1',
  );
  assertUsageError(["--color", "gray"], 'Cannot use --color: it is "gray", expected red, blue');
  for (const args of [["--tag"], ["--tag", "--quiet"], ["--tag", "x", "--tag="]]) {
    assertUsageError(args, "Cannot use --tag: its value is missing");
  }
  assertUsageError(["--angle"], "Cannot use --angle: its value is missing");
});

Deno.test("helpText() shows usage, examples and every option with its default", () => {
  assert.equal(
    helpText(COMMAND),
    `Sharpens pencils.

Usage: sharpen [options] <pencil>…

Examples:
  # Sharpen one
  sharpen hb

Options:
  -a, --angle <number>          Degrees [default: 30]
      --max-turns <number>      Turns
      --color <red|blue>        Which
      --tag <word>              Tags
      --no-dust                 Leave dust
  -q, --quiet                   No noise
  -h, --help                    Show this text`,
  );
  assert.ok(helpText(COMMAND).startsWith(briefHelpText(COMMAND)));
});
