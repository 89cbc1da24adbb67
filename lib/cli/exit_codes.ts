/**
 * How every command of the project ends: with a documented exit code and, when something is wrong,
 * one sentence on stderr.
 *
 * @module
 */
import { readVariable } from "./variable.ts";

/** Exit codes of all commands. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** Some inputs failed; the others are done. */
  someFailed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The model or its weights cannot be loaded. */
  model: 3,
  /** No device can run the model. */
  backend: 4,
  /** Stopped by Ctrl-C; what could be saved is saved. */
  interrupted: 130,
} as const;

/** One of the {@linkcode EXIT} codes. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];

/** What ends a command early: a sentence for the user and the exit code. */
export class CliError extends Error {
  /** The class's name. */
  override readonly name = "CliError";
  /** What the process exits with. */
  readonly exitCode: ExitCode;

  /**
   * @param exitCode What the process exits with.
   * @param sentence What is wrong, in one sentence: "Cannot read "x.jpg": there is no such file".
   * @param options The error beneath, if any.
   */
  constructor(exitCode: ExitCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.exitCode = exitCode;
  }
}

/** Errors of the library that have an exit code of their own, by class name. */
const EXIT_BY_NAME: Readonly<Record<string, ExitCode>> = {
  WeightsMismatchError: EXIT.model,
  DeviceUnavailableError: EXIT.backend,
};

function exitCodeOf(error: Error): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  return EXIT_BY_NAME[error.name] ?? EXIT.someFailed;
}

/**
 * Runs a command: sets the exit code to what `main` returns, or turns what it throws into one line
 * on stderr and an exit code. With `TINYFACE_DEBUG` set (and `--allow-env`) the stack follows.
 *
 * Sets `Deno.exitCode` and does not exit, so that `finally` blocks and pending output are done.
 */
export async function runCommand(main: () => Promise<ExitCode | void>): Promise<void> {
  try {
    Deno.exitCode = await main() ?? EXIT.ok;
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (error instanceof Deno.errors.BrokenPipe) return; // the reader of stdout has seen enough
    Deno.exitCode = exitCodeOf(error);
    console.error(`error: ${error.message.split("\n")[0]}`);
    if (readVariable("TINYFACE_DEBUG") !== undefined) console.error(error.stack);
  }
}
