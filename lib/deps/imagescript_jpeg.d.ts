// What imagescript 1.3.1's `jpeg.wasm` exports, as far as encoding goes.

/** Its memory; grows, which detaches earlier buffers. */
export const memory: WebAssembly.Memory;
/** Reserves bytes and gives their address. */
export function walloc(bytes: number): number;
/** Gives bytes back. */
export function wfree(address: number, bytes: number): void;
/** Length of the last result, in bytes. */
export function wlen(): number;
/** Encodes RGBA pixels, which it frees; gives the address of the file. Quality is 1 … 100. */
export function encode(address: number, width: number, height: number, quality: number): number;
