// Runs ONNX files in ONNX Runtime: reads jobs as JSON from standard input, writes their outputs.
//
// A process of its own, so that the package stays out of this project's lock file.
import { ort } from "../../lib/deps/onnxruntime_web.ts";
import type { Job, Tensor } from "./onnxruntime.ts";

const floats = (text: string) => new Float32Array(Uint8Array.fromBase64(text).buffer);

async function run({ model, inputs }: Job): Promise<Record<string, Tensor> | string> {
  try {
    const session = await ort.InferenceSession.create(await Deno.readFile(model));
    const feeds = Object.entries(inputs).map(([name, { dims, data }]) =>
      [name, new ort.Tensor("float32", floats(data), dims)] as const
    );
    const results = await session.run(Object.fromEntries(feeds));
    await session.release();
    const outputs = Object.entries(results).map(([name, { dims, data }]) => {
      const { buffer, byteOffset, byteLength } = data as Float32Array<ArrayBuffer>;
      return [
        name,
        { dims: [...dims], data: new Uint8Array(buffer, byteOffset, byteLength).toBase64() },
      ] as const;
    });
    return Object.fromEntries(outputs);
  } catch (error) {
    return String(error);
  }
}

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";
const jobs: Job[] = await new Response(Deno.stdin.readable).json();
const results = [];
for (const job of jobs) results.push(await run(job));
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(results)));
