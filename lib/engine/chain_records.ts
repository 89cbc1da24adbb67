/**
 * What `assembly/chain.ts` reads about a chain, and the memory that it needs meanwhile.
 *
 * @module
 */
import type { Shape } from "../graph/graph.ts";
import { FLOAT_BYTES } from "./arena.ts";
import { type Context, type Scratch, scratchKey } from "./context.ts";
import { WORD_BYTES } from "./records.ts";
import { isPointwise, type Layer } from "./steps.ts";
import { type Flow, type Stream, windowsOf } from "./streams.ts";
import { windowOf } from "./windows.ts";

/** Bytes of unrolled patches. */
const PATCH_BYTES = 96 << 10;
/** Rows of a register tile, as in `assembly/gemm.ts`. */
const TILE_ROWS = 4;

/** What a layer does, in the order of the constants in `assembly/layer.ts`. */
const LAYER_OPS = ["pointwise", "dense", "depthwise", "sum"] as const;

function layerOp({ node }: Layer): typeof LAYER_OPS[number] {
  switch (node.op) {
    case "conv":
      return isPointwise(node) ? "pointwise" : "dense";
    case "depthwiseConv":
      return "depthwise";
    case "add":
      return "sum";
  }
}

/** Names the packed weights of a layer. */
export function weightKey({ node, norm }: Layer): string {
  return norm ? `${node.weights}*${norm.weights}` : node.weights;
}

function patchesOf(layer: Layer, input: Shape): { pixels: number; bytes: number } {
  if (layerOp(layer) !== "dense") return { pixels: 0, bytes: 0 };
  const patchBytes = windowsOf(layer).kernel ** 2 * input[2] * FLOAT_BYTES;
  const pixels = Math.max(1, Math.floor(PATCH_BYTES / patchBytes / TILE_ROWS)) * TILE_ROWS;
  return { pixels, bytes: pixels * patchBytes };
}

/** The most that any depthwise convolution of a chain needs of something; 0 without one. */
function mostOf({ layers }: Stream, need: (layer: Layer) => number): number {
  return Math.max(0, ...layers.filter(({ node }) => node.op === "depthwiseConv").map(need));
}

/** Bytes of the longest row that a depthwise convolution reads. */
function zeroBytesOf(stream: Stream, shapes: Context["shapes"]): number {
  return mostOf(stream, ({ node }) => {
    const [, width, channels] = shapes.get(node.inputs[0]!)!;
    return width * channels * FLOAT_BYTES;
  });
}

/**
 * Names where the rows lie that a layer gives to the next one. If that needs none but the newest ones,
 * the next but one can write to the same place.
 */
function placeOf(layers: readonly Layer[], i: number): string {
  return windowsOf(layers[i + 1]!).kernel === 1 ? `turn ${i % 2}` : `ring ${i}`;
}

/** The buffers that a chain needs. */
export function chainScratch(stream: Stream, shapes: Context["shapes"]): Scratch {
  const { layers, flows, inputs: [input] } = stream;
  const rows = (layer: Layer) => windowsOf(layer).kernel + windowsOf(layer).stride;
  const scratch: Record<string, number> = {
    patches: patchesOf(layers[0]!, shapes.get(input!)!).bytes,
    table: mostOf(stream, rows) * WORD_BYTES,
    zeros: zeroBytesOf(stream, shapes),
  };
  for (const [i, { bytes }] of flows.slice(0, -1).entries()) {
    const place = placeOf(layers, i);
    scratch[place] = Math.max(scratch[place] ?? 0, bytes);
  }
  return scratch;
}

/** Writes the record of a layer, in the order of `Layer` in `assembly/layer.ts`. Returns its address. */
function layerRecord(layer: Layer, flow: Flow, output: number, context: Context): number {
  const { node, added, clamp } = layer, { shapes, constants, records, at } = context;
  const input = shapes.get(node.inputs[0]!)!, ready = 0;
  return records.add([
    LAYER_OPS.indexOf(layerOp(layer)),
    ...windowOf(windowsOf(layer), input),
    ...input,
    ...shapes.get(node.name)!,
    constants.get(weightKey(layer))!,
    added === undefined ? 0 : at(added),
    output,
    flow.places,
    layer.pool ? 1 : 0,
    flow.rows,
    ready,
  ], [clamp.low, clamp.high]);
}

/**
 * Writes the records of a chain, the last of them in the order of `Chain` in `assembly/chain.ts`.
 * Returns its address.
 */
export function chainRecord(stream: Stream, context: Context): number {
  const { layers, flows, inputs: [input], output } = stream, { shapes, at } = context;
  const scratch = (name: string) => at(scratchKey(output, name));
  const [first] = layers.map((layer, i) => {
    const to = i + 1 < layers.length ? scratch(placeOf(layers, i)) : at(output);
    return layerRecord(layer, flows[i]!, to, context);
  });
  return context.records.add([
    first!,
    layers.length,
    at(input!),
    scratch("patches"),
    patchesOf(layers[0]!, shapes.get(input!)!).pixels,
    scratch("table"),
    scratch("zeros"),
    zeroBytesOf(stream, shapes),
  ]);
}
