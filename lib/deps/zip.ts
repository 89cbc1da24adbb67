/**
 * Reading zip archives, for `lib/cli/unzip.ts` (and writing them, for its tests).
 *
 * @module
 */
export {
  configure,
  Reader,
  TextReader,
  Uint8ArrayWriter,
  ZipReader,
  ZipWriter,
} from "npm:@zip.js/zip.js@2.24.0";
