// ONNX Runtime as the outside reference of what an ONNX file computes, where it is there.
import type { NdArray } from "../../lib/numbers/nd_array.ts";

/** Numbers on their way between processes. */
export interface Tensor {
  readonly dims: readonly number[];
  /** 32-bit floats as base64. */
  readonly data: string;
}

/** A file to run and what to feed it. */
export interface Job {
  readonly model: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
}

/** A model to run, and arrays by the names of its inputs. */
export interface OnnxRun {
  readonly file: Uint8Array;
  readonly inputs: Readonly<Record<string, NdArray>>;
}

/** Arrays by the names of the outputs, or why the model could not be run. */
export type OnnxResult = Readonly<Record<string, NdArray>> | string;

const SCRIPT = new URL("run_onnx.ts", import.meta.url);
// The registry is left alone: a test does not install anything.
const RUN = ["run", "--no-lock", "--cached-only", "--allow-read", "--allow-env"];

async function start(input: string): Promise<Deno.CommandOutput> {
  const process = new Deno.Command("deno", {
    args: [...RUN, SCRIPT.href],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = process.output();
  const writer = process.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch { // it did not start: its exit code tells
    await writer.abort().catch(() => {});
  }
  return await output;
}

/** Why there is no ONNX Runtime here, or `null` when there is. */
export const onnxRuntimeMissing: string | null = (await start("[]")).success
  ? null
  : "onnxruntime-web is not installed: deno cache --no-lock lib/deps/onnxruntime_web.ts";

/** A test that runs ONNX files; skipped, with the reason in its name, where nothing runs them. */
export function testOnOnnxRuntime(name: string, fn: () => Promise<void>): void {
  const reason = onnxRuntimeMissing;
  Deno.test({
    name: reason === null ? name : `${name} (skipped: ${reason})`,
    ignore: reason !== null,
    fn,
  });
}

function toTensor({ shape, data }: NdArray): Tensor {
  return { dims: shape, data: new Uint8Array(data.slice().buffer).toBase64() };
}

function fromTensor({ dims, data }: Tensor): NdArray {
  return { shape: dims, data: new Float32Array(Uint8Array.fromBase64(data).buffer) };
}

/** Runs models, one after another, in one process. */
export async function runOnnx(runs: readonly OnnxRun[]): Promise<OnnxResult[]> {
  const folder = await Deno.makeTempDir();
  try {
    const jobs = await Promise.all(runs.map(async ({ file, inputs }, i): Promise<Job> => {
      const model = `${folder}/${i}.onnx`;
      await Deno.writeFile(model, file);
      const tensors = Object.entries(inputs).map(([name, array]) => [name, toTensor(array)]);
      return { model, inputs: Object.fromEntries(tensors) };
    }));
    const { success, stdout, stderr } = await start(JSON.stringify(jobs));
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const results: (Record<string, Tensor> | string)[] = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    return results.map((result) =>
      typeof result === "string" ? result : Object.fromEntries(
        Object.entries(result).map(([name, tensor]) => [name, fromTensor(tensor)]),
      )
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
