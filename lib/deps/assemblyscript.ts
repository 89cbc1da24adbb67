/**
 * The AssemblyScript compiler, for `lib/cli/build_kernels.ts` alone: no user of the package loads it.
 *
 * @module
 */
export { main as asc } from "npm:assemblyscript@0.28.20/asc";
