// ONNX Runtime as a native add-on on one thread, for comparison; not a part of the project, so:
//
//     npm install --prefix /tmp/native onnxruntime-node@1.22.0
//     NODE_PATH=/tmp/native/node_modules node bench/native_onnxruntime.mjs model.onnx…
import { createRequire } from "node:module";
import process from "node:process";

const ort = createRequire(import.meta.url)("onnxruntime-node");
const ROUNDS = 30;

for (const file of process.argv.slice(2)) {
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const [{ name, shape }] = session.inputMetadata;
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, Math.random);
  const feeds = { [name]: new ort.Tensor("float32", data, shape) };
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await session.run(feeds);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  console.log(`${file}: median ${times[ROUNDS / 2].toFixed(2)} ms, fastest ${times[0].toFixed(2)}`);
}
