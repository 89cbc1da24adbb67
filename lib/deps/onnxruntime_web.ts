// ONNX Runtime as WebAssembly: runs other people's detectors, to measure against (bench/), and ours, to
// hold exported files against (tests/). No user of the package loads it.
export * as ort from "npm:onnxruntime-web@1.30.0/wasm";
