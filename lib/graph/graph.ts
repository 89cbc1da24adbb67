/**
 * A network as plain data: named nodes in the order they are computed. Nothing here names a
 * backend; executors, the summary and the exporters all read the same graph.
 *
 * Layout is NHWC throughout; shapes are written without the batch axis.
 *
 * @module
 */

/** Height, width and channels of one activation. */
export type Shape = readonly [height: number, width: number, channels: number];

/**
 * Zeros around an image before a window slides over it. `"same"` is TensorFlow's: the output has
 * ⌈size / stride⌉ rows, an odd rest goes to the bottom and the right. PyTorch's `padding=1` on a
 * stride of 2 differs from it on even sizes, hence explicit numbers.
 */
export type Padding =
  | "same"
  | readonly [top: number, bottom: number, left: number, right: number];

/**
 * How a weight starts when there is no file to load it from: a number everywhere, a normal
 * distribution of this deviation, or one that suits the number of inputs (He et al. 2015) or of
 * inputs and outputs (Glorot and Bengio 2010).
 */
export type Initializer = number | { readonly normal: number } | "heNormal" | "xavierUniform";

/** The attributes of each operation, by name. Operations without attributes have an empty record. */
export interface OpAttributes {
  /** The photo: normalised RGB. */
  readonly input: { readonly channels: number };
  /** Convolution over a window of `kernel` × `kernel`. */
  readonly conv: {
    readonly kernel: number;
    readonly filters: number;
    readonly stride: number;
    readonly padding: Padding;
    readonly bias: boolean;
    /** Start values. Default: `heNormal` and 0. */
    readonly init?: { readonly kernel: Initializer; readonly bias?: number };
  };
  /** One filter a channel. */
  readonly depthwiseConv: {
    readonly kernel: number;
    readonly stride: number;
    readonly padding: Padding;
  };
  /**
   * Convolution that samples its input where a second input says: `[H', W', 2 · kernel²]` holds, at
   * channels 2t and 2t + 1, how many pixels tap t (row by row) looks further down and to the right.
   */
  readonly deformConv: {
    readonly kernel: number;
    readonly filters: number;
    readonly stride: number;
    readonly padding: Padding;
    readonly bias: boolean;
  };
  /** Largest value in a window of `kernel` × `kernel`; padding never wins. */
  readonly maxPool: {
    readonly kernel: number;
    readonly stride: number;
    readonly padding: Padding;
  };
  /** Normalisation by channel; `momentum` is the part of the moving averages that stays. */
  readonly batchNorm: { readonly epsilon: number; readonly momentum: number };
  /** Normalisation of each image by itself, over `groups` runs of neighbouring channels. */
  readonly groupNorm: { readonly groups: number; readonly epsilon: number };
  /** max(x, 0). */
  readonly relu: Empty;
  /** min(max(x, 0), 6). */
  readonly relu6: Empty;
  /** 1 / (1 + e^−x). */
  readonly sigmoid: Empty;
  /** Sum of two activations of one shape. */
  readonly add: Empty;
  /** Activations of one height and width, channels behind each other. */
  readonly concat: Empty;
  /** Each pixel repeated `factor` × `factor` times. */
  readonly upsample: { readonly factor: number };
  /** The first input at the height and width of the second; pixels are aligned by their area. */
  readonly resizeLike: { readonly method: "bilinear" | "nearest" };
}

type Empty = Readonly<Record<never, never>>;

/** Name of an operation. */
export type OpName = keyof OpAttributes;

/** One step of the network. */
export interface Node<Op extends OpName = OpName> {
  /** Unique in the graph. */
  readonly name: string;
  /** Its weights are called `<weights>/<role>`: its own name, or that of a node it shares them with. */
  readonly weights: string;
  /** What is computed. */
  readonly op: Op;
  /** Names of the nodes it reads, all of which stand before it. */
  readonly inputs: readonly string[];
  /** Parameters of the operation. */
  readonly attributes: OpAttributes[Op];
  /** The part of the network it belongs to, such as `"backbone"`; parts are frozen as a whole. */
  readonly part: string;
}

/** A node of any operation, such that checking `op` narrows `attributes`. */
export type AnyNode = { [Op in OpName]: Node<Op> }[OpName];

/** A network. */
export interface Graph {
  /** The nodes, each after the ones it reads; the first is the only `input`. */
  readonly nodes: readonly AnyNode[];
  /** What the network gives: output name → node name. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * The nodes that the given ones depend on (themselves included), in the order of the graph. Nodes
 * in `known` and what only they need are left out: their values are there already.
 */
export function ancestors(
  graph: Graph,
  targets: Iterable<string>,
  known: ReadonlySet<string> = new Set(),
): AnyNode[] {
  const needed = new Set(targets);
  const picked: AnyNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node.name) || known.has(node.name)) continue;
    picked.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  return picked.reverse();
}
