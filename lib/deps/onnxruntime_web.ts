// ONNX Runtime as WebAssembly: runs other people's detectors, to measure against (bench/ only).
export * as ort from "npm:onnxruntime-web@1.30.0/wasm";
