// Run by workerd: answers a posted PNG with its faces, found with the options that the address names,
// as in "?scoreThreshold=0.1". The kernels are a module of their own, since Workers may not compile
// WebAssembly.
import module from "engine.wasm";
import { createDetector } from "./tinyface.js";

let detector;

export default {
  async fetch(request) {
    detector ??= await createDetector({ engineModule: module });
    const parameters = [...new URL(request.url).searchParams];
    const options = Object.fromEntries(parameters.map(([name, value]) => [name, Number(value)]));
    try {
      const faces = await detector.detect(request, options);
      return Response.json({ device: detector.device, faces });
    } catch ({ name, message }) {
      return Response.json({ error: `${name}: ${message}` }, { status: 422 });
    }
  },
};
