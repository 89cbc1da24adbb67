// Run by workerd: answers a posted PNG with its faces. The kernels are a module of their own, since
// Workers may not compile WebAssembly.
import module from "engine.wasm";
import { createDetector } from "./tinyface.js";

let detector;

export default {
  async fetch(request) {
    detector ??= await createDetector({ engineModule: module });
    try {
      return Response.json({ device: detector.device, faces: await detector.detect(request) });
    } catch ({ name, message }) {
      return Response.json({ error: `${name}: ${message}` }, { status: 422 });
    }
  },
};
