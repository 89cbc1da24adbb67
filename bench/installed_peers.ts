/**
 * Packages of others that nothing here depends on, in a folder of their own that git ignores:
 *
 *     npm install --prefix .runtimes/peers --no-save --ignore-scripts \
 *       @vladmandic/human@3.3.6 @vladmandic/face-api@1.7.15 onnxruntime-node@1.22.0 \
 *       @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
 *
 * @module
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../.runtimes/peers/", import.meta.url));

/** Path of a package's file; there is none if nobody has installed it. */
export function pathOfPeer(file: string): string {
  return `${FOLDER}node_modules/${file}`;
}

/** Loads a package by its name, or a file by its path. */
export const requirePeer = createRequire(FOLDER);
