// Matching paths with globs, for the command line.

// @ts-types="./picomatch.d.ts"
export { default as picomatch } from "npm:picomatch@4.0.7";
