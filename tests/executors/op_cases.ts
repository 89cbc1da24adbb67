// Every operation of a graph with inputs to try it on, and its value and gradients as tfjs gives them.
import { tf } from "../../lib/deps/tfjs.ts";
import { computeNode } from "../../lib/executors/tf_ops.ts";
import type { AnyNode, OpAttributes, OpName, Shape } from "../../lib/graph/graph.ts";
import { definitionOf } from "../../lib/graph/ops.ts";
import { type NdArray, sizeOf } from "../../lib/numbers/nd_array.ts";
import { Random } from "../../lib/numbers/random.ts";

/** One operation with attributes and inputs. */
export interface OpCase {
  /** The node; its inputs do not matter. */
  readonly node: AnyNode;
  /** Images at once. */
  readonly batch: number;
  /** Shapes of the inputs, without the batch. */
  readonly shapes: readonly Shape[];
  /** Whether batch norm normalises with the batch's own moments. */
  readonly training: boolean;
  /** For the message. */
  readonly title: string;
}

const ODD: Shape = [7, 5, 3], EVEN: Shape = [6, 8, 5], WIDE: Shape = [4, 5, 9];
const NO_PADDING = [0, 0, 0, 0] as const;

type Attempt<Op extends OpName> = readonly [OpAttributes[Op], ...Shape[]];

const conv = { kernel: 3, filters: 6, stride: 1, padding: "same", bias: false } as const;
const depthwise = { kernel: 3, stride: 1, padding: "same" } as const;
const deform = { kernel: 3, filters: 4, stride: 1, padding: [1, 1, 1, 1], bias: false } as const;
const pool = { kernel: 3, stride: 2, padding: [1, 1, 1, 1] } as const;
const elementwise = [[{}, ODD], [{}, EVEN]] as const;

/** What each operation is tried on; `input` is not computed. */
const ATTEMPTS: { readonly [Op in Exclude<OpName, "input">]: readonly Attempt<Op>[] } = {
  conv: [
    [conv, ODD],
    [{ ...conv, bias: true }, EVEN],
    [{ ...conv, stride: 2 }, ODD],
    [{ ...conv, stride: 2 }, EVEN],
    [{ ...conv, stride: 2, padding: [1, 1, 1, 1] }, EVEN],
    [{ ...conv, padding: [0, 2, 1, 0], bias: true }, ODD],
    [{ ...conv, stride: 2, padding: NO_PADDING }, ODD],
    [{ ...conv, kernel: 1, filters: 7 }, WIDE],
    [{ ...conv, kernel: 1, stride: 2 }, EVEN],
    [{ ...conv, kernel: 5, filters: 4 }, EVEN],
    [{ ...conv, kernel: 7, stride: 2, padding: [3, 3, 3, 3], filters: 2 }, EVEN],
  ],
  depthwiseConv: [
    [depthwise, ODD],
    [depthwise, EVEN],
    [depthwise, WIDE],
    [{ ...depthwise, stride: 2 }, ODD],
    [{ ...depthwise, stride: 2 }, EVEN],
    [{ ...depthwise, stride: 2, padding: [1, 1, 1, 1] }, EVEN],
    [{ ...depthwise, padding: [0, 2, 1, 0] }, ODD],
    [{ ...depthwise, kernel: 5 }, EVEN],
  ],
  deformConv: [
    [deform, ODD, [7, 5, 18]],
    [{ ...deform, bias: true, padding: "same" }, EVEN, [6, 8, 18]],
    [{ ...deform, stride: 2 }, EVEN, [3, 4, 18]],
    [{ ...deform, stride: 2, padding: "same" }, EVEN, [3, 4, 18]],
    [{ ...deform, padding: [0, 2, 1, 0] }, ODD, [7, 4, 18]],
    [{ ...deform, kernel: 1, padding: NO_PADDING }, WIDE, [4, 5, 2]],
  ],
  maxPool: [
    [pool, ODD],
    [pool, EVEN],
    [{ ...pool, padding: "same" }, EVEN],
    [{ ...pool, stride: 1 }, ODD],
    [{ ...pool, padding: [0, 1, 2, 0] }, ODD],
    [{ kernel: 2, stride: 2, padding: NO_PADDING }, EVEN],
  ],
  batchNorm: [[{ epsilon: 1e-3, momentum: 0.9 }, ODD], [{ epsilon: 1e-5, momentum: 0 }, WIDE]],
  groupNorm: [
    [{ groups: 3, epsilon: 1e-5 }, WIDE],
    [{ groups: 1, epsilon: 1e-3 }, ODD],
    [{ groups: 5, epsilon: 1e-5 }, EVEN],
    [{ groups: 4, epsilon: 1e-5 }, [3, 5, 16]],
  ],
  relu: elementwise,
  relu6: elementwise,
  sigmoid: elementwise,
  add: [[{}, ODD, ODD], [{}, EVEN, EVEN]],
  concat: [[{}, ODD, [7, 5, 1]], [{}, EVEN, EVEN, [6, 8, 2]]],
  upsample: [[{ factor: 2 }, ODD], [{ factor: 3 }, EVEN], [{ factor: 2 }, [1, 1, 4]]],
  resizeLike: (["bilinear", "nearest"] as const).flatMap((method) => [
    [{ method }, ODD, [14, 10, 1]],
    [{ method }, EVEN, [11, 15, 2]],
    [{ method }, ODD, [4, 3, 1]],
    [{ method }, [1, 1, 4], EVEN],
  ]),
};

/** The cases of an operation; a `RangeError` when nobody has thought of any. */
export function casesOf(op: OpName): OpCase[] {
  const attempts = (ATTEMPTS as Partial<Record<OpName, readonly Attempt<OpName>[]>>)[op];
  if (!attempts) throw new RangeError(`Cannot test op "${op}": add a case to op_cases.ts`);
  return attempts.flatMap(([attributes, ...shapes], i) =>
    variantsOf(op, i === 0).map(({ batch, training }) => ({
      node: {
        name: "n",
        weights: "n",
        op,
        inputs: [],
        attributes,
        part: "p",
      } as unknown as AnyNode,
      batch,
      shapes,
      training,
      title: `${op} ${JSON.stringify(attributes)} of ${batch} × [${shapes.join("] [")}]` +
        (training ? " in training" : ""),
    }))
  );
}

/** Batches of two and, once an operation, of one; batch norm in training too. */
function variantsOf(op: OpName, first: boolean): Pick<OpCase, "batch" | "training">[] {
  const batches = first ? [1, 2] : [2], trainings = op === "batchNorm" ? [true, false] : [false];
  return batches.flatMap((batch) => trainings.map((training) => ({ batch, training })));
}

/** How many inputs have a gradient, where it is not all: the rest only gives a size. */
const INPUTS_WITH_GRADIENT: Partial<Record<OpName, number>> = { resizeLike: 1 };

/** Arrays that go into an operation, by name; `others` and `fixed` ones have no gradient. */
export interface Operands {
  readonly inputs: readonly NdArray[];
  readonly others: readonly NdArray[];
  readonly learned: Readonly<Record<string, NdArray>>;
  readonly fixed: Readonly<Record<string, NdArray>>;
}

/**
 * Numbers of both signs and, if asked for, some beyond 6, none within 0.05 of 0 or 6, where relu and
 * relu6 have no derivative.
 */
function noise(shape: readonly number[], key: string, spread = 1): NdArray {
  const random = new Random(["op", key]);
  const away = (value: number): number =>
    Math.abs(value) < 0.05 || Math.abs(value - 6) < 0.05 ? value + 0.1 : value;
  const draw = () => away(spread * random.normal());
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, draw) };
}

/** Moves numbers so that no kink of an operation is nearer than 0.05, or two numbers than that. */
const AWAY_FROM_KINKS: Partial<
  Record<OpName, (data: Float32Array, input: number) => Float32Array>
> = {
  // The largest of a window must stay the largest.
  maxPool: (data) => {
    const ranks = data.map((_, i) => i).sort((a, b) => data[a]! - data[b]!);
    const spread = new Float32Array(data.length);
    ranks.forEach((i, rank) => spread[i] = 0.05 * (rank - data.length / 2));
    return spread;
  },
  // Samples must stay between the same pixels.
  deformConv: (data, input) =>
    input === 0 ? data : data.map((v) => Math.floor(v) + 0.05 + 0.9 * (v - Math.floor(v))),
};

/** What a case is computed from, always the same numbers. */
export function operandsOf({ node, batch, shapes, title, training }: OpCase): Operands {
  const spread = node.op === "relu6" ? 5 : 1;
  const move = AWAY_FROM_KINKS[node.op] ?? ((data: Float32Array) => data);
  const drawnInputs = shapes.map((shape, i) => {
    const { shape: full, data } = noise([batch, ...shape], `${title}${i}`, spread);
    return { shape: full, data: move(data, i) };
  });
  const count = INPUTS_WITH_GRADIENT[node.op] ?? shapes.length;
  const inputs = drawnInputs.slice(0, count), others = drawnInputs.slice(count);
  const specs = definitionOf(node).weights?.(node.attributes, shapes) ?? [];
  const drawn = specs.map(({ role, shape, kind }) => {
    const { data } = noise(shape, `${title}${role}`, 0.5);
    const positive = role === "moving_variance" ? data.map((value) => value ** 2 + 0.2) : data;
    return { kind, role, array: { shape, data: positive } };
  });
  const pick = (averaged: boolean) =>
    Object.fromEntries(
      drawn.filter(({ kind }) => (kind === "averaged") === averaged)
        .map(({ role, array }) => [role, array]),
    );
  return { inputs, others, learned: pick(false), fixed: training ? {} : pick(true) };
}

const toTensor = ({ data, shape }: NdArray) => tf.tensor(data, [...shape]);

/** Computes a case on tensors: the inputs, then the learned weights in their order. */
function compute(opCase: OpCase, operands: Operands, tensors: readonly tf.Tensor[]): tf.Tensor4D {
  const count = operands.inputs.length;
  const roles = Object.keys(operands.learned);
  const weight = (role: string) =>
    roles.includes(role) ? tensors[count + roles.indexOf(role)]! : toTensor(operands.fixed[role]!);
  const context = opCase.training ? { weight, onBatchStatistics: () => {} } : { weight };
  const inputs = [...tensors.slice(0, count), ...operands.others.map(toTensor)] as tf.Tensor4D[];
  return computeNode(opCase.node, inputs, context);
}

/** All arrays that have a gradient, by name. */
export function differentiable({ inputs, learned }: Operands): [string, NdArray][] {
  return [
    ...inputs.map((array, i): [string, NdArray] => [`input ${i}`, array]),
    ...Object.entries(learned),
  ];
}

/** Value of a case on the current backend. */
export async function valueOf(opCase: OpCase, operands: Operands): Promise<NdArray> {
  const y = tf.tidy(() =>
    compute(opCase, operands, differentiable(operands).map(([, array]) => toTensor(array)))
  );
  const value = { shape: y.shape, data: await y.data<"float32">() };
  y.dispose();
  return value;
}

/** The weights with which the numbers of a result enter the scalar that is differentiated. */
export function cotangent({ title }: OpCase, { shape }: NdArray): NdArray {
  return noise(shape, `dy ${title}`);
}

/** Value of a case, and the gradients of `Σ value · cotangent` by operand, on the current backend. */
export async function valueAndGradients(opCase: OpCase): Promise<Record<string, Float32Array>> {
  const operands = operandsOf(opCase), named = differentiable(operands);
  const value = await valueOf(opCase, operands);
  const gradients = tf.tidy(() =>
    tf.grads((...tensors) => compute(opCase, operands, tensors))(
      named.map(([, array]) => toTensor(array)),
      toTensor(cotangent(opCase, value)),
    )
  );
  const result: Record<string, Float32Array> = { value: value.data };
  for (const [i, [name]] of named.entries()) {
    result[`gradient of ${name}`] = await gradients[i]!.data<"float32">();
  }
  tf.dispose(gradients);
  return result;
}
