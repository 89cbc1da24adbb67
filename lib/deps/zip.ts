/**
 * Reading zip archives, for `lib/cli/unzip.ts` and PyTorch's checkpoints (and writing them, for tests).
 *
 * @module
 */
export {
  configure,
  Reader,
  TextReader,
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipReader,
  ZipWriter,
} from "npm:@zip.js/zip.js@2.24.0";
