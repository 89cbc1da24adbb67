/**
 * Runs a graph with tfjs, for inference and for training, on whichever backend is current.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import { type NamedWeight, weightsOf } from "../graph/analysis.ts";
import { foldBatchNorms, type FoldedConv } from "../graph/folding.ts";
import { type ActivationNode, fusedActivations } from "../graph/fusion.ts";
import { ancestors, type AnyNode, type Graph } from "../graph/graph.ts";
import { inPlaceUpdates } from "../kernels/updates.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { computeFolded, computeNode } from "./tf_ops.ts";

/** Activations by name, each `[B, H, W, C]`. */
export type Activations = Record<string, tf.Tensor4D>;

/** What {@linkcode TfNetwork.gradients} gives; all tensors are owned by the caller. */
export interface Gradients {
  /** Terms of the loss by name. */
  readonly terms: Record<string, tf.Scalar>;
  /** Gradient of the sum of the terms, by weight name. */
  readonly gradients: Record<string, tf.Tensor>;
  /** Mean and variance of the batch, by batch norm node. */
  readonly statistics: Record<string, BatchStatistics>;
}

/** What a batch norm saw in a batch. */
export interface BatchStatistics {
  /** Mean by channel, `[C]`. */
  readonly mean: tf.Tensor1D;
  /** Biased variance by channel, `[C]`. */
  readonly variance: tf.Tensor1D;
}

/** What differs from inference while a network is trained. */
interface TrainingRun {
  /** Told what a batch norm saw. */
  readonly onStatistics?: (name: string, mean: tf.Tensor1D, variance: tf.Tensor1D) => void;
  /** What is read instead of a node's activation, by node name. */
  readonly forced?: Activations;
}

/** A folded convolution on the device. */
interface FoldedTensors {
  readonly folded: FoldedConv;
  /** What is computed on the way to its result: never seen, unless someone asks for it. */
  readonly steps: readonly string[];
  readonly kernel: tf.Tensor4D;
  readonly bias: tf.Tensor1D;
}

/**
 * A graph with weights on a device. It owns its weights: call {@linkcode TfNetwork.dispose}.
 *
 * Parts of the graph that are not trained run as at inference: their weights stay, and their batch
 * norms use the moving averages, folded into the convolutions before them.
 */
export class TfNetwork implements Disposable {
  /** The graph it runs. */
  readonly graph: Graph;
  #weights: ReadonlyMap<string, tf.Variable>;
  #specs: readonly NamedWeight[];
  #trainedParts: ReadonlySet<string>;
  #fused: ReadonlyMap<string, ActivationNode>;
  #folded: ReadonlyMap<string, FoldedTensors>;

  /**
   * @param weights All weights of the graph (`matchWeights` checks them); copied to the device.
   * @param trainedParts Parts of the graph that training changes. Default: none.
   */
  constructor(
    graph: Graph,
    weights: ReadonlyMap<string, NdArray>,
    trainedParts: Iterable<string> = [],
  ) {
    this.graph = graph;
    this.#specs = weightsOf(graph);
    this.#trainedParts = new Set(trainedParts);
    this.#fused = fusedActivations(graph);
    this.#weights = new Map(this.#specs.map(({ name }) => {
      const { shape, data } = weights.get(name)!;
      return [name, variableOf(data, shape)];
    }));
    this.#folded = foldedTensors(graph, weights, (node) => !this.#isTrained(node));
  }

  /** The weights that a gradient changes: learned ones in trained parts. The network owns them. */
  get trained(): Map<string, tf.Variable> {
    return new Map(
      this.#specs
        .filter(({ node, kind }) => kind !== "averaged" && this.#trainedParts.has(node.part))
        .map(({ name }) => [name, this.#weights.get(name)!]),
    );
  }

  /** All weights of trained parts, the averages of their batch norms included. The network owns them. */
  get changing(): Map<string, tf.Variable> {
    return new Map(
      this.#specs.filter(({ node }) => this.#isTrained(node))
        .map(({ name }) => [name, this.#weights.get(name)!]),
    );
  }

  /**
   * The nodes at which frozen and trained parts meet: what a frozen backbone gives to its head.
   * Their activations depend on the photo alone and can be kept between epochs.
   */
  get frontier(): string[] {
    const fixed = new Set<string>();
    for (const node of this.graph.nodes) {
      const isFixed = !this.#isTrained(node) && node.inputs.every((name) => fixed.has(name));
      if (isFixed) fixed.add(node.name);
    }
    const read = this.graph.nodes.filter(({ name }) => !fixed.has(name))
      .flatMap(({ inputs }) => inputs);
    return [...new Set(read.filter((name) => fixed.has(name)))];
  }

  #isTrained(node: AnyNode): boolean {
    return this.#trainedParts.has(node.part);
  }

  /**
   * Runs the network as at inference.
   *
   * @param inputs As for {@linkcode TfNetwork.gradients}.
   * @param targets Nodes to give back, by node name. Default: the outputs, by output name.
   * @returns Activations, owned by the caller.
   */
  predict(inputs: Activations, targets?: readonly string[]): Activations {
    const wanted = targets ? Object.fromEntries(targets.map((t) => [t, t])) : this.graph.outputs;
    return tf.tidy(() => this.#run(inputs, wanted));
  }

  /**
   * One forward and backward pass through the trained parts, after a forward one up to them.
   *
   * @param inputs Normalised images under the name of the input node, or activations of the
   * {@linkcode TfNetwork.frontier}; each `[B, H, W, C]`.
   * @param loss Terms of the loss from the outputs; runs inside a `tf.tidy`.
   * @param forced What is read instead of a node's activation, by node name. Default: nothing.
   */
  gradients(
    inputs: Activations,
    loss: (outputs: Activations) => Record<string, tf.Scalar>,
    forced: Activations = {},
  ): Gradients {
    const terms: Record<string, tf.Scalar> = {};
    const statistics: Record<string, BatchStatistics> = {};
    const onStatistics: TrainingRun["onStatistics"] = (name, mean, variance) => {
      statistics[name] = { mean: tf.keep(mean), variance: tf.keep(variance) };
    };
    const trained = this.trained;
    const missing = this.frontier.filter((name) => !Object.hasOwn(inputs, name));
    const before = this.predict(inputs, missing);
    const { value, grads } = tf.variableGrads(() => {
      const given = { ...inputs, ...before };
      const outputs = this.#run(given, this.graph.outputs, { onStatistics, forced });
      for (const [name, term] of Object.entries(loss(outputs))) terms[name] = tf.keep(term);
      return tf.addN(Object.values(terms)) as tf.Scalar;
    }, [...trained.values()]);
    tf.dispose([value, before]);
    const gradients = Object.fromEntries(
      [...trained].map(([name, variable]) => [name, grads[variable.name]!]),
    );
    return { terms, gradients, statistics };
  }

  /** Moves the moving averages towards the statistics of a batch. Leaves the statistics alone. */
  updateAverages(statistics: Readonly<Record<string, BatchStatistics>>): void {
    for (const node of this.graph.nodes) {
      const seen = statistics[node.name];
      if (node.op !== "batchNorm" || seen === undefined) continue;
      const { momentum } = node.attributes;
      this.#moveTowards(`${node.weights}/moving_mean`, seen.mean, momentum);
      this.#moveTowards(`${node.weights}/moving_variance`, seen.variance, momentum);
    }
  }

  #moveTowards(name: string, value: tf.Tensor1D, momentum: number): void {
    const average = this.#weights.get(name)!;
    const inPlace = inPlaceUpdates();
    if (inPlace) return inPlace.average({ variable: average, value }, { keep: momentum });
    tf.tidy(() => {
      average.assign(tf.add(tf.mul(average, momentum), tf.mul(value, 1 - momentum)));
    });
  }

  /** Computes nodes; in training when batch norms have someone to report to. */
  #run(
    inputs: Activations,
    wanted: Readonly<Record<string, string>>,
    { onStatistics, forced = {} }: TrainingRun = {},
  ): Activations {
    const values = new Map(Object.entries(inputs)), asked = new Set(Object.values(wanted));
    for (const node of ancestors(this.graph, Object.values(wanted), new Set(values.keys()))) {
      const read = node.inputs.map((name) => forced[name] ?? values.get(name)!);
      const weight = (role: string) => this.#weights.get(`${node.weights}/${role}`)!;
      if (values.has(node.name)) continue; // computed along with one before it
      const folded = this.#folded.get(node.name);
      if (folded && !folded.steps.some((name) => asked.has(name))) {
        const y = computeFolded(folded.folded, read[0]!, folded);
        for (const name of [...folded.steps, folded.folded.result]) values.set(name, y);
        continue;
      }
      if (node.op !== "batchNorm" || onStatistics === undefined || !this.#isTrained(node)) {
        values.set(node.name, computeNode(node, read, { weight }));
        continue;
      }
      const activation = this.#fused.get(node.name);
      const result = computeNode(node, read, {
        weight,
        activation: activation?.op ?? "none",
        onBatchStatistics: (mean, variance) => onStatistics(node.name, mean, variance),
      });
      values.set(activation?.name ?? node.name, result);
    }
    return Object.fromEntries(
      Object.entries(wanted).map(([name, node]) => [name, values.get(node)!]),
    );
  }

  /** Copies all weights off the device. */
  async weights(): Promise<Map<string, NdArray>> {
    const arrays = new Map<string, NdArray>();
    for (const [name, variable] of this.#weights) {
      arrays.set(name, { shape: variable.shape, data: await variable.data<"float32">() });
    }
    return arrays;
  }

  /** Frees the weights. */
  dispose(): void {
    for (const variable of this.#weights.values()) variable.dispose();
    for (const { kernel, bias } of this.#folded.values()) tf.dispose([kernel, bias]);
  }

  /** Frees the weights at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function foldedTensors(
  graph: Graph,
  weights: ReadonlyMap<string, NdArray>,
  isFixed: (node: AnyNode) => boolean,
): Map<string, FoldedTensors> {
  const onDevice = ({ shape, data }: NdArray) => tf.tensor(data, [...shape]);
  return new Map(
    [...foldBatchNorms(graph, weights, isFixed)].map(([name, folded]) => [name, {
      folded,
      steps: [name, ...folded.activation?.inputs ?? []],
      kernel: onDevice(folded.kernel) as tf.Tensor4D,
      bias: onDevice(folded.bias) as tf.Tensor1D,
    }]),
  );
}

function variableOf(data: Float32Array, shape: readonly number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(data, [...shape])));
}
