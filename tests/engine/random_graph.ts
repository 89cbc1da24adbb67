// Small graphs of every shape: random operations on odd sizes, strides and paddings.
import fc from "fast-check";
import { inferShapes } from "../../lib/graph/analysis.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import type { Graph, OpAttributes, OpName, Padding, Shape } from "../../lib/graph/graph.ts";
import { type NdArray, sizeOf } from "../../lib/numbers/nd_array.ts";
import { Random } from "../../lib/numbers/random.ts";

/** The operations that the engine computes. */
export const ENGINE_OPS = [
  "conv",
  "depthwiseConv",
  "maxPool",
  "batchNorm",
  "groupNorm",
  "relu",
  "relu6",
  "sigmoid",
  "add",
  "concat",
  "upsample",
  "resizeLike",
] as const satisfies readonly OpName[];

type EngineOp = typeof ENGINE_OPS[number];

/** A graph and the size of an image for it. */
export interface GraphCase {
  readonly graph: Graph;
  readonly shape: Shape;
}

/** Adds nodes to a graph, drawing what is free about them. */
class Grower {
  readonly #builder = new GraphBuilder().part("p");
  readonly #random: Random;
  readonly #input: Shape;
  #names: string[];

  constructor(random: Random, input: Shape) {
    this.#random = random;
    this.#input = input;
    this.#names = [this.#builder.add("input", "image", [], { channels: input[2] })];
  }

  #between(low: number, high: number): number {
    return low + this.#random.integer(high - low + 1);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.integer(items.length)]!;
  }

  #shape(name: string, size = { width: this.#input[1], height: this.#input[0] }): Shape {
    return inferShapes(this.#builder.finish({}), size).get(name)!;
  }

  /** Mostly the newest node, so that chains come about; sometimes one that is read before. */
  #operand(): string {
    return this.#random.chance(0.7) ? this.#names.at(-1)! : this.#pick(this.#names);
  }

  #padding(kernel: number): Padding {
    const side = () => this.#between(0, Math.floor(kernel / 2));
    return this.#random.chance(0.5) ? "same" : [side(), side(), side(), side()];
  }

  /** Nodes of x's shape, at the size at which weights are counted, too. */
  #alike(x: string): string[] {
    const large = { width: 512, height: 512 };
    const shapesOf = (name: string) => `${this.#shape(name)} ${this.#shape(name, large)}`;
    return this.#names.filter((name) => shapesOf(name) === shapesOf(x));
  }

  /** A window that fits. */
  #window(x: string, kernels: readonly number[]) {
    const [height, width] = this.#shape(x);
    const kernel = this.#pick(kernels.filter((k) => k <= Math.min(height, width)));
    return { kernel, stride: this.#between(1, 3), padding: this.#padding(kernel) };
  }

  #add<Op extends EngineOp>(
    op: Op,
    inputs: readonly string[],
    attributes: OpAttributes[Op],
  ): string {
    const name = `n${this.#names.length}_${op}`;
    this.#builder.add(op, name, inputs, attributes);
    this.#names.push(name);
    return name;
  }

  /** A convolution of x that keeps its height and width and gives so many channels. */
  #sideways(x: string, filters: number): string {
    const kernel = this.#pick([1, 3]);
    return this.#add("conv", [x], { kernel, filters, stride: 1, padding: "same", bias: true });
  }

  add(op: EngineOp): void {
    const x = this.#operand(), channels = this.#shape(x)[2];
    switch (op) {
      case "conv": {
        const filters = this.#between(1, 20), bias = this.#random.chance(0.5);
        this.#add(op, [x], { ...this.#window(x, [1, 1, 3, 5]), filters, bias });
        break;
      }
      case "depthwiseConv":
        this.#add(op, [x], this.#window(x, [1, 3, 3, 3, 5]));
        break;
      case "maxPool":
        this.#add(op, [x], this.#window(x, [1, 2, 3]));
        break;
      case "batchNorm":
        this.#add(op, [x], { epsilon: 1e-3, momentum: 0.9 });
        break;
      case "groupNorm": {
        const divisors = [1, 2, 3, 4, 8].filter((groups) => channels % groups === 0);
        this.#add(op, [x], { groups: this.#pick(divisors), epsilon: 1e-3 });
        break;
      }
      case "relu":
      case "relu6":
      case "sigmoid":
        this.#add(op, [x], {});
        break;
      case "add": {
        const other = this.#random.chance(0.5)
          ? this.#pick(this.#alike(x))
          : this.#sideways(x, channels);
        this.#add(op, this.#random.chance(0.5) ? [x, other] : [other, x], {});
        break;
      }
      case "concat":
        this.#add(op, [x, this.#sideways(x, this.#between(1, 9)), x], {});
        break;
      case "upsample":
        this.#add(op, [x], { factor: this.#between(1, 3) });
        break;
      case "resizeLike": {
        const method = this.#pick(["bilinear", "nearest"] as const);
        this.#add(op, [x, this.#pick(this.#names)], { method });
        break;
      }
    }
  }

  /** Adds a layer that reads the newest node alone, and perhaps what is fused with it. */
  addLayer(): void {
    const x = this.#names.at(-1)!, [height, width] = this.#shape(x);
    const op = this.#pick(["conv", "depthwiseConv", "depthwiseConv", "maxPool", "add"] as const);
    if (op === "maxPool") {
      this.#add(op, [x], { kernel: 2, stride: 2, padding: "same" });
      return;
    }
    let end = x;
    if (op === "conv") {
      const filters = this.#between(1, 20), bias = this.#random.chance(0.5);
      end = this.#add(op, [x], { kernel: 1, stride: 1, padding: "same", filters, bias });
    } else if (op === "add") {
      end = this.#add(op, [x, this.#pick(this.#alike(x))], {});
    } else {
      const kernel = Math.min(height, width) < 3 ? 1 : 3, stride = this.#between(1, 2);
      end = this.#add(op, [x], { kernel, stride, padding: this.#padding(kernel) });
    }
    const after = this.#pick(["none", "batchNorm", "relu", "relu6"] as const);
    if (after === "batchNorm") this.#add(after, [end], { epsilon: 1e-3, momentum: 0.9 });
    else if (after !== "none") this.#add(after, [end], {});
  }

  /** All that nobody reads comes out, and now and then something that is read. */
  finish(): Graph {
    const { nodes } = this.#builder.finish({});
    const read = new Set(nodes.flatMap(({ inputs }) => inputs));
    const out = this.#names.filter((name) => !read.has(name) || this.#random.chance(0.1));
    return this.#builder.finish(Object.fromEntries(out.map((name) => [`out_${name}`, name])));
  }
}

/** Graphs in which an operation stands somewhere among others. */
export function graphsWith(op: EngineOp): fc.Arbitrary<GraphCase> {
  const some = fc.array(fc.constantFrom(...ENGINE_OPS), { maxLength: 4 });
  return fc.record({
    seed: fc.nat(),
    height: fc.integer({ min: 1, max: 14 }),
    width: fc.integer({ min: 1, max: 14 }),
    channels: fc.integer({ min: 1, max: 9 }),
    before: some,
    after: some,
  }).map(({ seed, height, width, channels, before, after }) => {
    const shape = [height, width, channels] as const;
    const grower = new Grower(new Random([seed, "graph"]), shape);
    for (const each of [...before, op, ...after]) grower.add(each);
    return { graph: grower.finish(), shape };
  });
}

/** Graphs in which every layer reads only the one before, on images of many rows. */
export function chainGraphs(): fc.Arbitrary<GraphCase> {
  return fc.record({
    seed: fc.nat(),
    height: fc.integer({ min: 1, max: 50 }),
    width: fc.integer({ min: 1, max: 20 }),
    channels: fc.integer({ min: 1, max: 9 }),
    layers: fc.integer({ min: 2, max: 9 }),
  }).map(({ seed, height, width, channels, layers }) => {
    const shape = [height, width, channels] as const;
    const grower = new Grower(new Random([seed, "chain"]), shape);
    for (let i = 0; i < layers; i++) grower.addLayer();
    return { graph: grower.finish(), shape };
  });
}

/** An image of random numbers, some of them beyond 6. */
export function noiseImage(shape: Shape): NdArray {
  const random = new Random(["image", ...shape]);
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => 3 * random.normal()) };
}
