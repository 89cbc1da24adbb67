/**
 * Registers the gradients of all tfjs ops. tfjs-core's Node build leaves them out, and they cannot be
 * imported from it one by one; the layers package brings them along. Not in `tfjs.ts`, because who
 * only detects has no use for it.
 */
export const loadGradients = () => import("npm:@tensorflow/tfjs-layers@4.22.0");
