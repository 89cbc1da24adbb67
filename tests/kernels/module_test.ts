// The compiled kernels by themselves, over a memory of their own: against the definition of a
// convolution in double precision, and with NaN around every array, so that a read that counts or a
// write outside of them shows.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type KernelBuild, loadKernels, supportedBuild } from "../../lib/kernels/module.ts";
import { noise } from "./comparison.ts";

const memory = new WebAssembly.Memory({ initial: 64 });
const GUARD_FLOATS = 64;

/** Lays arrays out one after the other with guards between; pointers in the order given. */
function place(arrays: readonly Float32Array[]): number[] {
  const heap = new Float32Array(memory.buffer);
  let at = GUARD_FLOATS;
  const pointers: number[] = [];
  for (const array of arrays) {
    heap.fill(NaN, at - GUARD_FLOATS, at);
    heap.set(array, at);
    pointers.push(at * 4);
    at += array.length + GUARD_FLOATS;
  }
  heap.fill(NaN, at - GUARD_FLOATS, at);
  return pointers;
}

const read = (pointer: number, length: number): Float32Array =>
  new Float32Array(memory.buffer, pointer, length).slice();

/** Fails when a kernel wrote between the arrays. */
function assertGuards(pointers: readonly number[], arrays: readonly Float32Array[]): void {
  pointers.forEach((pointer, i) => {
    const after = read(pointer + arrays[i]!.length * 4, GUARD_FLOATS);
    assert.ok(after.every(Number.isNaN), `array ${i} was overrun`);
    assert.ok(read(pointer - GUARD_FLOATS * 4, GUARD_FLOATS).every(Number.isNaN), `array ${i}`);
  });
}

function assertNear(actual: Float32Array, expected: Float64Array): void {
  actual.forEach((value, i) => {
    const error = Math.abs(value - expected[i]!);
    assert.ok(error < 1e-4, `element ${i}: ${value}, expected ${expected[i]}`);
  });
}

interface Geometry {
  readonly batch: number;
  readonly size: readonly [number, number];
  readonly channels: number;
  readonly out: number;
  readonly filter: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Top, bottom, left, right. */
  readonly pad: readonly [number, number, number, number];
}

const small = (max: number) => fc.integer({ min: 1, max });
const geometries: fc.Arbitrary<Geometry> = fc.record({
  batch: small(3),
  size: fc.tuple(small(9), small(13)),
  channels: small(10),
  out: small(18),
  filter: fc.constantFrom([1, 1], [3, 3], [3, 3], [5, 5], [2, 3]) as fc.Arbitrary<[number, number]>,
  stride: fc.tuple(small(2), small(3)),
  pad: fc.tuple(...Array.from({ length: 4 }, () => fc.nat(2))) as fc.Arbitrary<
    [number, number, number, number]
  >,
});

function outSize({ size, filter, stride, pad }: Geometry): [number, number] {
  return [
    Math.floor((size[0] + pad[0] + pad[1] - filter[0]) / stride[0]) + 1,
    Math.floor((size[1] + pad[2] + pad[3] - filter[1]) / stride[1]) + 1,
  ];
}

/** Calls `visit` with the indices into x, filter and y of each product of the convolution. */
function eachProduct(
  g: Geometry,
  depthwise: boolean,
  visit: (x: number, filter: number, y: number) => void,
): void {
  const [outHeight, outWidth] = outSize(g), out = depthwise ? g.channels : g.out;
  for (let pixel = 0; pixel < g.batch * outHeight * outWidth; pixel++) {
    const column = pixel % outWidth, row = Math.floor(pixel / outWidth) % outHeight;
    const image = Math.floor(pixel / outWidth / outHeight);
    for (let ky = 0; ky < g.filter[0]; ky++) {
      for (let kx = 0; kx < g.filter[1]; kx++) {
        const y = row * g.stride[0] + ky - g.pad[0], x = column * g.stride[1] + kx - g.pad[2];
        if (y < 0 || x < 0 || y >= g.size[0] || x >= g.size[1]) continue;
        const from = ((image * g.size[0] + y) * g.size[1] + x) * g.channels;
        const tap = (ky * g.filter[1] + kx) * g.channels;
        for (let c = 0; c < g.channels; c++) {
          if (depthwise) visit(from + c, tap + c, pixel * out + c);
          else for (let o = 0; o < out; o++) visit(from + c, (tap + c) * out + o, pixel * out + o);
        }
      }
    }
  }
}

/** Every build that this runtime can run. */
const builds: readonly KernelBuild[] = supportedBuild() === "relaxed"
  ? ["relaxed", "simd"]
  : ["simd"];

for (const build of builds) {
  const kernels = await loadKernels(memory, build);
  for (const depthwise of [false, true]) {
    const name = depthwise ? "depthwise" : "convolve";
    Deno.test(`${name} and its gradients (${build}) are those of the definition`, () => {
      fc.assert(
        fc.property(geometries, (g) => {
          const [outHeight, outWidth] = outSize(g);
          fc.pre(outHeight > 0 && outWidth > 0);
          const [height, width] = g.size, [filterHeight, filterWidth] = g.filter;
          const out = depthwise ? g.channels : g.out;
          const x = noise([g.batch, height, width, g.channels], 1).data;
          const filter =
            noise([filterHeight, filterWidth, g.channels, depthwise ? 1 : out], 2).data;
          const dy = noise([g.batch, outHeight, outWidth, out], 3).data;
          const y = new Float64Array(dy.length), dx = new Float64Array(x.length);
          const dfilter = new Float64Array(filter.length);
          eachProduct(g, depthwise, (i, j, o) => {
            y[o]! += x[i]! * filter[j]!;
            dx[i]! += dy[o]! * filter[j]!;
            dfilter[j]! += x[i]! * dy[o]!;
          });

          const sizes = [
            ...[g.batch, height, width, g.channels, ...(depthwise ? [] : [out])],
            ...[filterHeight, filterWidth, ...g.stride, g.pad[0], g.pad[2], outHeight, outWidth],
          ];
          const scratchBytes = depthwise
            ? kernels.depthwiseScratchBytes(
              width,
              outWidth,
              g.channels,
              filterHeight,
              filterWidth,
              g.stride[1],
            )
            : kernels.convolutionScratchBytes(filterHeight, filterWidth, g.channels, out);
          const runs = [
            [name, x, filter, y],
            [`${name}InputGradient`, dy, filter, dx],
            [`${name}FilterGradient`, x, dy, dfilter],
          ] as const;
          for (const [kernel, a, b, expected] of runs) {
            const result = new Float32Array(expected.length).fill(NaN);
            const arrays = [a, b, result, new Float32Array(Math.ceil(scratchBytes / 4)).fill(NaN)];
            const pointers = place(arrays);
            kernels[kernel as "convolve"](...pointers.slice(0, 3), ...sizes, pointers[3]!);
            assertNear(read(pointers[2]!, result.length), expected);
            assertGuards(pointers, arrays);
          }
        }),
        { numRuns: 150 },
      );
    });
  }

  Deno.test(`normalize (${build}) keeps to its memory and gives mean 0, variance 1`, () => {
    fc.assert(
      fc.property(
        small(3),
        fc.integer({ min: 2, max: 60 }),
        small(40),
        (batch, pixels, channels) => {
          const x = noise([batch, pixels, channels], 4).data;
          const length = { x: x.length, c: channels, m: batch * channels };
          const empty = (count: number) => new Float32Array(count).fill(NaN);
          const arrays = [
            ...[x, empty(length.x), empty(length.c).fill(1), empty(length.c).fill(0)],
            ...[empty(length.m), empty(length.m)],
            empty(Math.ceil(kernels.normalizationScratchBytes(channels) / 4)),
          ];
          const pointers = place(arrays);
          const [from, y, gamma, beta, mean, variance, scratch] = pointers as [
            ...[number, number, number, number, number, number, number],
          ];
          kernels.normalize(
            ...[from, y, batch, pixels, channels, channels, gamma, beta, 0],
            ...[-Infinity, Infinity, mean, variance, scratch],
          );
          assertGuards(pointers, arrays);
          const result = read(y, x.length);
          for (let image = 0; image < batch; image++) {
            for (let c = 0; c < channels; c++) {
              let sum = 0, squares = 0;
              for (let i = 0; i < pixels; i++) {
                const value = result[(image * pixels + i) * channels + c]!;
                sum += value, squares += value * value;
              }
              assert.ok(Math.abs(sum / pixels) < 1e-3);
              assert.ok(Math.abs(squares / pixels - 1) < 1e-3);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
}
