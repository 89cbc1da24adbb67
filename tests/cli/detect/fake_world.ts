// `detect` with a detector that finds what it is told to, and a world that notes what it is told.
import assert from "node:assert/strict";
import { detectCommand } from "../../../lib/cli/detect/command.ts";
import type { FaceDetector } from "../../../lib/cli/detect/photo_detector.ts";
import type { DetectWorld } from "../../../lib/cli/detect/world.ts";
import { CliError, type ExitCode } from "../../../lib/cli/exit_codes.ts";
import type { DetectOptions, DetectorOptions, Face } from "../../../lib/detector/detector.ts";

/** A world whose detector finds one face in every photo. */
export function fakeWorld(face: Face) {
  const said = {
    out: [] as string[],
    err: [] as string[],
    options: undefined as DetectorOptions | undefined,
    asked: [] as (DetectOptions | undefined)[],
    disposed: 0,
    writesForbidden: 0,
  };
  const detector: FaceDetector = {
    model: "tiny",
    device: { name: "cpu", reason: "it is a fake" },
    detect: (_, options) => Promise.resolve((said.asked.push(options), [face])),
    dispose: () => void said.disposed++,
  };
  const world: DetectWorld = {
    createDetector: (options) => {
      said.options = options;
      return Promise.resolve(detector);
    },
    print: (line) => Promise.resolve(void said.out.push(line)),
    warn: (line) => void said.err.push(line),
    progress: { isTerminal: false, columns: () => 80, write: () => {}, now: () => 0 },
    startWorker: () => Promise.reject(new Error("there are no threads in this test")),
    readVariable: () => undefined,
    signal: new AbortController().signal,
    willNotWrite: () => Promise.resolve(void said.writesForbidden++),
  };
  return { said, world };
}

/** Runs the command; `code` is what the process would exit with, `problem` what stopped it. */
export async function runDetectOn(face: Face, args: readonly string[]) {
  const { said, world } = fakeWorld(face);
  let code: ExitCode, problem = "";
  try {
    code = await detectCommand(args, world);
  } catch (error) {
    assert.ok(error instanceof CliError, String(error));
    [code, problem] = [error.exitCode, error.message];
  }
  return { ...said, code, problem };
}
