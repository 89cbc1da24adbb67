// The module's exports. Plain functions over pointers into an imported memory: nothing is
// allocated, there is no static data, and all buffers are the caller's.
export { resizeNearest } from "../../kernels/assembly/resize";
export { runChain } from "./chain";
export { add, copyChannels, scaleShift, sigmoid } from "./elementwise";
export { resampleColumns, resampleRows } from "./resample";
export { groupMoments, maxPool, resizeBilinear } from "./window";
