/**
 * The training loop: steps, validation after each epoch, what is logged and what is kept.
 *
 * Everything that happens depends on the config alone; `resume` continues an interrupted run to the
 * same weights, bit for bit, on the same backend.
 *
 * @module
 */
import { predict, toActivations } from "../detector/predict.ts";
import { tf } from "../deps/tfjs.ts";
import { createValidation } from "../evaluation/validation.ts";
import { TfNetwork } from "../executors/tf_network.ts";
import type { Store } from "../files/store.ts";
import { weightsOf } from "../graph/analysis.ts";
import type { Detections } from "../models/detector_model.ts";
import type { TrainableModel } from "../models/trainable_model.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { encodeModel } from "../weights/model_file.ts";
import { type Checkpoint, type RunState, writeCheckpoint } from "./checkpoint.ts";
import { checkpointName } from "./checkpoint_name.ts";
import type { BestSpec, TrainConfig } from "./config.ts";
import { measurePhotoMs } from "./cost.ts";
import { EarlyStopping } from "./early_stopping.ts";
import { improves } from "./improvement.ts";
import type { InputSource, StepInputs } from "./inputs.ts";
import { createOptimizer, type Optimizer } from "./optimizer.ts";
import { ReduceOnPlateau } from "./plateau.ts";
import { type Remote, WorkerLostError } from "./remote.ts";
import { type ReplicaMethods, Replicas } from "./replicas.ts";
import { learningRate } from "./schedule.ts";
import { toTensors } from "./shard_gradients.ts";
import { trainedParts } from "./trained_parts.ts";
import { isAverage, WeightAverages } from "./weight_averages.ts";

/** Numbers by name, as they are logged. */
export type Metrics = Readonly<Record<string, number>>;

/** What the loop tells while it runs; none of it changes the result. */
export interface TrainingEvents {
  /** After each step: its loss terms, their sum `loss`, the rate, and times in milliseconds. */
  onStep?(at: RunState, metrics: Metrics): void | Promise<void>;
  /** After each epoch: means of the training terms, validation metrics, rate. */
  onEpoch?(at: RunState, metrics: Metrics): void | Promise<void>;
  /** The first validation photos and what was found in them, after each epoch. */
  onValidationPhotos?(at: RunState, photos: readonly ValidationPhoto[]): void | Promise<void>;
  /** One sentence worth printing. */
  onMessage?(text: string): void;
}

/** A validation photo: its place in the set, and what was found before NMS. */
export interface ValidationPhoto {
  /** Number of the photo in the validation set. */
  readonly index: number;
  /** In pixels of the network input. */
  readonly detections: Detections;
}

/** What {@linkcode Trainer} needs. */
export interface TrainerOptions {
  /** The config; saved beside what comes out. */
  readonly config: TrainConfig;
  /** The model, built from it. */
  readonly model: TrainableModel;
  /** Weights to start from. */
  readonly weights: ReadonlyMap<string, NdArray>;
  /** Batches to learn from; made for the network that the trainer owns. */
  readonly train: (network: TfNetwork) => InputSource;
  /** Batches to measure with; `null` = there are none, and the training loss decides. */
  readonly validation: ((network: TfNetwork) => InputSource) | null;
  /** Where checkpoints go. */
  readonly store: Store;
  /** Folder of the run. */
  readonly folder: string;
  /** A checkpoint to go on from. */
  readonly resume?: Pick<Checkpoint, "state" | "slots">;
  /** Threads that share the work of a step; the result is the same without them. Default: none. */
  readonly threads?: readonly Remote<ReplicaMethods>[];
}

/** Name of the file that a run resumes from. */
export const CHECKPOINT_FILE = "checkpoint.safetensors";

/** What counts when there is nothing to validate on. */
const BEST_BY_LOSS: BestSpec = { metric: "loss", mode: "min", name: "model-{loss:.4f}" };

const START: RunState = {
  epoch: 0,
  batch: 0,
  step: 0,
  sums: {},
  plateau: null,
  earlyStopping: null,
  best: null,
  stoppedEarly: false,
};

/** One training run. It owns a network and an optimizer: call {@linkcode Trainer.dispose}. */
export class Trainer implements Disposable {
  #options: TrainerOptions;
  #network: TfNetwork;
  #replicas: Replicas;
  #optimizer: Optimizer;
  #averages: WeightAverages | null;
  #train: InputSource;
  #validation: InputSource | null;
  #best: BestSpec;
  #plateau: ReduceOnPlateau | null;
  #earlyStopping: EarlyStopping | null;
  #state: RunState;
  #events: TrainingEvents = {};

  /** Throws a `RangeError` when nothing is left to train, a `TypeError` when `resume` does not fit. */
  constructor(options: TrainerOptions) {
    this.#options = options;
    const { config, model, weights, resume, threads = [] } = options;
    this.#network = new TfNetwork(model.graph, weights, trainedParts(model, config.frozen));
    this.#replicas = new Replicas({ network: this.#network, model, config, threads });
    const decayed = weightsOf(model.graph).filter(({ kind }) => kind === "decayed");
    this.#optimizer = createOptimizer(
      config.optimizer,
      this.#network.trained,
      new Set(decayed.map(({ name }) => name)),
    );
    // Checkpoints from before there were averages do not say so.
    const averaging = config.averaging ?? null;
    this.#averages = averaging === null
      ? null
      : new WeightAverages(this.#network.changing, averaging);
    this.#state = resume?.state ?? START;
    if (resume) this.#restore(resume);
    this.#train = options.train(this.#network);
    this.#validation = options.validation?.(this.#network) ?? null;
    this.#best = this.#validation === null ? BEST_BY_LOSS : config.best;
    const { plateau, earlyStopping } = this.#state, { mode } = this.#best;
    this.#plateau = config.plateau &&
      new ReduceOnPlateau({ ...config.plateau, mode }, plateau ?? config.schedule.base);
    this.#earlyStopping = config.earlyStopping &&
      new EarlyStopping({ ...config.earlyStopping, mode }, earlyStopping ?? undefined);
  }

  /** Goes on where another run stood; frees everything when that does not fit. */
  #restore({ state, slots }: Pick<Checkpoint, "state" | "slots">): void {
    try {
      const remembered = new Map([...slots].filter(([name]) => !isAverage(name)));
      this.#optimizer.restore(state.step, remembered);
      this.#averages?.restore(slots);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Where the run stands. */
  get state(): RunState {
    return this.#state;
  }

  /** Whether the training has come to its end. */
  get finished(): boolean {
    return this.#state.stoppedEarly || this.#state.epoch >= this.#options.config.epochs;
  }

  /** Milliseconds that one photo costs in a step on this device, about; measured, changes nothing. */
  measurePhotoMs(): Promise<number> {
    return measurePhotoMs(this.#network, this.#options.model);
  }

  /** Steps in an epoch. */
  get stepsPerEpoch(): number {
    return this.#train.length;
  }

  /**
   * Trains until the config's end, early stopping, or the signal; saves a checkpoint in each case, and
   * when a thread dies.
   *
   * @param options.signal When aborted, the batch in work is finished, and the run can be resumed.
   * @param options.events Listeners.
   * @returns Where the run stands then.
   */
  async run(
    { signal, events = {} }: { signal?: AbortSignal; events?: TrainingEvents } = {},
  ): Promise<RunState> {
    this.#events = events;
    try {
      while (!this.finished && !signal?.aborted) {
        if (await this.#trainEpoch(signal)) await this.#endEpoch();
        await this.#save();
      }
    } catch (error) {
      // Threads give what a step needs, so one that dies leaves the step before as it was.
      if (error instanceof WorkerLostError) await this.#save();
      throw error;
    }
    return this.#state;
  }

  /** Goes on with the current epoch; `false` when it was interrupted. */
  async #trainEpoch(signal?: AbortSignal): Promise<boolean> {
    const { epoch, batch: start } = this.#state;
    let asked = performance.now();
    for await (const inputs of this.#train.batches(epoch, start)) {
      const began = performance.now();
      const { loss, rate } = await this.#step(inputs);
      const ended = performance.now();
      const { sums, batch } = this.#state;
      this.#state = {
        ...this.#state,
        batch: batch + 1,
        step: this.#optimizer.step,
        sums: addTo(sums, { ...loss, batches: 1 }),
      };
      await this.#events.onStep?.(this.#state, {
        ...loss,
        rate,
        photos: inputs.truths.length,
        waitMs: began - asked,
        stepMs: ended - began,
      });
      if (signal?.aborted) return false;
      asked = performance.now();
    }
    return true;
  }

  async #step(batch: StepInputs): Promise<{ loss: Metrics; rate: number }> {
    const rate = this.#rate();
    const { terms, gradients, statistics } = await this.#replicas.gradients(batch);
    this.#optimizer.apply(gradients, rate);
    this.#network.updateAverages(statistics);
    this.#averages?.update(this.#optimizer.step);
    const loss = await readTerms(terms);
    tf.dispose([terms, gradients, statistics] as unknown as tf.TensorContainer);
    if (!Number.isFinite(loss.loss)) {
      throw new RangeError(
        `Cannot go on training: the loss is "${loss.loss}"; a lower learning rate may help`,
      );
    }
    return { loss, rate };
  }

  #rate(): number {
    const { config } = this.#options;
    const base = this.#plateau?.rate ?? config.schedule.base;
    return learningRate({ ...config.schedule, base }, {
      step: this.#optimizer.step,
      epoch: this.#state.epoch,
      stepsPerEpoch: this.#train.length,
      epochs: config.epochs,
    });
  }

  async #endEpoch(): Promise<void> {
    const { config } = this.#options;
    this.#averages?.swap();
    const { metrics, watched } = await this.#judge().finally(() => this.#averages?.swap());
    if (this.#plateau?.update(watched)) {
      this.#events.onMessage?.(`no progress: learning rate lowered to ${this.#plateau.rate}`);
    }
    const stop = this.#earlyStopping?.update(watched) ?? false;
    if (stop) {
      this.#events.onMessage?.(
        `no progress in ${config.earlyStopping!.patience} epochs: stopped early`,
      );
    }
    this.#state = {
      ...this.#state,
      plateau: this.#plateau?.state ?? null,
      earlyStopping: this.#earlyStopping?.state ?? null,
      stoppedEarly: stop,
    };
    await this.#events.onEpoch?.(this.#state, metrics);
  }

  /** Measures the weights at the end of an epoch, and keeps them if they are the best so far. */
  async #judge(): Promise<{ metrics: Metrics; watched: number }> {
    const { batches = 1, ...sums } = this.#state.sums;
    const means = Object.fromEntries(
      Object.entries(sums).map(([name, sum]) => [name, sum / batches]),
    );
    const rate = this.#rate();
    const next = { ...this.#state, epoch: this.#state.epoch + 1, batch: 0, sums: {} };
    const metrics: Metrics = { ...means, ...await this.#validate(next), rate };
    this.#state = next; // not before: a run that ends in the middle of it validates again

    const { metric, mode } = this.#best;
    const watched = metrics[metric];
    if (watched === undefined) {
      throw new RangeError(
        `Cannot choose the best model: metric "${metric}" is not among ${Object.keys(metrics)}`,
      );
    }
    if (improves(watched, this.#state.best?.value ?? null, { mode, minDelta: 0 })) {
      await this.#keepBest(watched, metrics);
    }
    return { metrics, watched };
  }

  async #validate(at: RunState): Promise<Metrics> {
    if (this.#validation === null) return {};
    const { model, config } = this.#options;
    const frame = model.input.size;
    const validation = createValidation();
    const photos: ValidationPhoto[] = [];
    let index = 0, lossSum = 0, batches = 0;
    for await (const { inputs, targets, truths } of this.#validation.batches(0)) {
      const found = await predict(this.#network, model, inputs, frame);
      found.forEach((detections, i) => {
        validation.add(truths[i]!, detections, frame);
        if (index < config.drawnPhotos) photos.push({ index, detections });
        index++;
      });
      lossSum += await this.#validationLoss({ inputs, targets, truths });
      batches++;
    }
    await this.#events.onValidationPhotos?.(at, photos);
    const { iou, mse, ap50, ap50Large } = validation.metrics();
    return {
      val_loss: lossSum / batches,
      val_iou: iou,
      val_mse: mse,
      val_ap50: ap50,
      val_ap50_large: ap50Large,
    };
  }

  async #validationLoss({ inputs, targets }: StepInputs): Promise<number> {
    const terms = tf.tidy(() =>
      this.#options.model.loss(this.#network.predict(toActivations(inputs)), toTensors(targets))
    );
    const { loss } = await readTerms(terms);
    tf.dispose(terms);
    return loss;
  }

  /** Writes the model under the name of its metrics and removes the one it beats. */
  async #keepBest(value: number, metrics: Metrics): Promise<void> {
    const { model, store, folder } = this.#options;
    const file = `${checkpointName(this.#best.name, metrics)}.safetensors`;
    const notes = { epoch: String(this.#state.epoch), metrics: JSON.stringify(metrics) };
    const bytes = encodeModel(model, await this.#weights(), { notes });
    await store.write(`${folder}/${file}`, bytes);
    const previous = this.#state.best?.file;
    if (previous !== undefined && previous !== file) await store.remove(`${folder}/${previous}`);
    this.#state = { ...this.#state, best: { value, file } };
  }

  /** The weights to be kept. Throws a `RangeError` when they are lost, so that no file is. */
  async #weights(): Promise<Map<string, NdArray>> {
    const weights = await this.#network.weights();
    // The loss does not show it: an activation can clamp what is not a number to one.
    const lost = [...weights].find(([, { data }]) => !data.every(Number.isFinite));
    if (lost) {
      throw new RangeError(
        `Cannot go on training: weight "${lost[0]}" is not finite; a lower learning rate may help`,
      );
    }
    return weights;
  }

  async #save(): Promise<void> {
    const { config, store, folder } = this.#options;
    const slots = new Map<string, NdArray>();
    const remembered = [...this.#optimizer.state(), ...this.#averages?.state() ?? []];
    for (const [name, variable] of remembered) {
      slots.set(name, { shape: variable.shape, data: await variable.data<"float32">() });
    }
    await writeCheckpoint(store, `${folder}/${CHECKPOINT_FILE}`, {
      config,
      state: this.#state,
      weights: await this.#weights(),
      slots,
    });
  }

  /** Frees network and optimizer. */
  dispose(): void {
    this.#optimizer.dispose();
    this.#averages?.dispose();
    this.#network.dispose();
  }

  /** Frees network and optimizer at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The terms as numbers, and their sum as `loss`. */
async function readTerms(
  terms: Readonly<Record<string, tf.Scalar>>,
): Promise<Record<string, number> & { loss: number }> {
  const numbers: Record<string, number> = {};
  let loss = 0;
  for (const [name, term] of Object.entries(terms)) {
    const [value] = await term.data();
    numbers[`loss_${name}`] = value!;
    loss += value!;
  }
  return { ...numbers, loss };
}

function addTo(sums: Metrics, values: Metrics): Metrics {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, (sums[name] ?? 0) + value]),
  );
}
