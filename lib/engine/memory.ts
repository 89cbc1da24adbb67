/**
 * The memory that kernels work in.
 *
 * @module
 */

/** Bytes of a page of WebAssembly memory. */
export const PAGE_BYTES = 65536;

/**
 * Pages that the kernels' modules say there are at least. Where a runtime compares every address with
 * the memory's size, as Deno does, it need not compare an instruction's constant offset as well then.
 */
export const LEAST_PAGES = 1;

/** Memory of at least so many bytes. Throws a `RangeError` where there is not so much. */
export function createMemory(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({
    initial: Math.max(LEAST_PAGES, Math.ceil(bytes / PAGE_BYTES)),
  });
}
