import assert from "node:assert/strict";
import { CliError, EXIT, type ExitCode, runCommand } from "../../lib/cli/exit_codes.ts";

/** Runs a command in this process; gives its exit code and what it wrote to stderr. */
async function run(main: () => Promise<ExitCode | void>): Promise<[number, string[]]> {
  const lines: string[] = [], original = console.error;
  console.error = (line: string) => void lines.push(line);
  try {
    await runCommand(main);
    return [Deno.exitCode, lines];
  } finally {
    console.error = original;
    Deno.exitCode = 0;
  }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

Deno.test("runCommand() exits with what the command returns, 0 for nothing", async () => {
  assert.deepEqual(await run(() => Promise.resolve(EXIT.someFailed)), [1, []]);
  assert.deepEqual(await run(() => Promise.resolve(EXIT.interrupted)), [130, []]);
  assert.deepEqual(await run(() => Promise.resolve()), [0, []]);
});

Deno.test("runCommand() turns errors into one line and their exit code", async () => {
  const cases: readonly (readonly [unknown, number, string])[] = [
    [new CliError(EXIT.usage, "Cannot do it"), 2, "error: Cannot do it"],
    [named("WeightsMismatchError", "Cannot use it"), 3, "error: Cannot use it"],
    [named("DeviceUnavailableError", "Cannot find it"), 4, "error: Cannot find it"],
    [new TypeError("first\nsecond"), 1, "error: first"],
    ["a string", 1, "error: a string"],
  ];
  for (const [thrown, code, line] of cases) {
    assert.deepEqual(await run(() => Promise.reject(thrown)), [code, [line]]);
  }
});

Deno.test("runCommand() is silent when the reader of stdout has gone", async () => {
  assert.deepEqual(await run(() => Promise.reject(new Deno.errors.BrokenPipe())), [0, []]);
});
