// The module's exports. Plain functions over pointers into an imported memory: nothing is
// allocated, there is no static data, and scratch is the caller's, sized by the `…Bytes` functions.
export { clampGradient } from "./activation";
export {
  convolutionScratchBytes,
  convolve,
  convolveFilterGradient,
  convolveInputGradient,
} from "./convolution";
export {
  depthwise,
  depthwiseFilterGradient,
  depthwiseInputGradient,
  depthwiseScratchBytes,
} from "./depthwise";
export { normalizationScratchBytes, normalize, normalizeGradient } from "./normalization";
export { maxPoolGradient } from "./pooling";
export { resizeBilinearGradient, resizeNearest } from "./resize";
export { segmentSum } from "./segment_sum";
export { updateAdam, updateAverage, updateMomentum } from "./update";
