// Files that PyTorch and h5py wrote; see tests/fixtures/weights/make_fixtures.py.

/** Bytes of a file in tests/fixtures/weights. */
export function weightFixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(`../fixtures/weights/${name}`, import.meta.url));
}

/** sin 0, sin 1, sin 2, … */
export function sines(count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.sin(i));
}
