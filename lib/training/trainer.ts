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
import type { Detections, TrainableModel } from "../models/detector_model.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { encodeModel } from "../weights/model_file.ts";
import { type Checkpoint, type RunState, writeCheckpoint } from "./checkpoint.ts";
import { checkpointName } from "./checkpoint_name.ts";
import type { BestSpec, TrainConfig } from "./config.ts";
import { EarlyStopping } from "./early_stopping.ts";
import { improves } from "./improvement.ts";
import type { InputSource, StepInputs } from "./inputs.ts";
import { createOptimizer, type Optimizer } from "./optimizer.ts";
import { ReduceOnPlateau } from "./plateau.ts";
import { learningRate } from "./schedule.ts";

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
  #optimizer: Optimizer;
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
    const { config, model, weights, resume } = options;
    const parts = [...new Set(model.graph.nodes.map(({ part }) => part))];
    const unknown = config.frozen.find((part) => !parts.includes(part));
    if (unknown !== undefined) {
      throw new RangeError(
        `Cannot freeze part "${unknown}": model "${model.name}" has "${parts.join('", "')}"`,
      );
    }
    const trained = parts.filter((part) => !config.frozen.includes(part));
    if (trained.length === 0) throw new RangeError("Cannot train: all parts are frozen");
    this.#network = new TfNetwork(model.graph, weights, trained);
    const decayed = weightsOf(model.graph).filter(({ kind }) => kind === "decayed");
    this.#optimizer = createOptimizer(
      config.optimizer,
      this.#network.trained,
      new Set(decayed.map(({ name }) => name)),
    );
    this.#state = resume?.state ?? START;
    if (resume) this.#optimizer.restore(resume.state.step, resume.slots);
    this.#train = options.train(this.#network);
    this.#validation = options.validation?.(this.#network) ?? null;
    this.#best = this.#validation === null ? BEST_BY_LOSS : config.best;
    const { plateau, earlyStopping } = this.#state, { mode } = this.#best;
    this.#plateau = config.plateau &&
      new ReduceOnPlateau({ ...config.plateau, mode }, plateau ?? config.schedule.base);
    this.#earlyStopping = config.earlyStopping &&
      new EarlyStopping({ ...config.earlyStopping, mode }, earlyStopping ?? undefined);
  }

  /** Where the run stands. */
  get state(): RunState {
    return this.#state;
  }

  /** Whether the training has come to its end. */
  get finished(): boolean {
    return this.#state.stoppedEarly || this.#state.epoch >= this.#options.config.epochs;
  }

  /** Steps in an epoch. */
  get stepsPerEpoch(): number {
    return this.#train.length;
  }

  /**
   * Trains until the config's end, early stopping, or the signal; saves a checkpoint in each case.
   *
   * @param options.signal When aborted, the batch in work is finished, and the run can be resumed.
   * @param options.events Listeners.
   * @returns Where the run stands then.
   */
  async run(
    { signal, events = {} }: { signal?: AbortSignal; events?: TrainingEvents } = {},
  ): Promise<RunState> {
    this.#events = events;
    while (!this.finished && !signal?.aborted) {
      if (await this.#trainEpoch(signal)) await this.#endEpoch();
      await this.#save();
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

  async #step({ inputs, targets }: StepInputs): Promise<{ loss: Metrics; rate: number }> {
    const { model } = this.#options;
    const rate = this.#rate();
    const activations = toActivations(inputs), wanted = toTensors(targets);
    const { terms, gradients, statistics } = this.#network.gradients(
      activations,
      (outputs) => model.loss(outputs, wanted),
    );
    this.#optimizer.apply(gradients, rate);
    this.#network.updateAverages(statistics);
    const loss = await readTerms(terms);
    tf.dispose([activations, wanted, terms, gradients, statistics] as tf.TensorContainer);
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
    const { batches = 1, ...sums } = this.#state.sums;
    const means = Object.fromEntries(
      Object.entries(sums).map(([name, sum]) => [name, sum / batches]),
    );
    const rate = this.#rate();
    this.#state = { ...this.#state, epoch: this.#state.epoch + 1, batch: 0, sums: {} };
    const metrics: Metrics = { ...means, ...await this.#validate(), rate };

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

  async #validate(): Promise<Metrics> {
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
    await this.#events.onValidationPhotos?.(this.#state, photos);
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
    const bytes = encodeModel(model, await this.#network.weights(), { notes });
    await store.write(`${folder}/${file}`, bytes);
    const previous = this.#state.best?.file;
    if (previous !== undefined && previous !== file) await store.remove(`${folder}/${previous}`);
    this.#state = { ...this.#state, best: { value, file } };
  }

  async #save(): Promise<void> {
    const { config, store, folder } = this.#options;
    const slots = new Map<string, NdArray>();
    for (const [name, variable] of this.#optimizer.state()) {
      slots.set(name, { shape: variable.shape, data: await variable.data<"float32">() });
    }
    await writeCheckpoint(store, `${folder}/${CHECKPOINT_FILE}`, {
      config,
      state: this.#state,
      weights: await this.#network.weights(),
      slots,
    });
  }

  /** Frees network and optimizer. */
  dispose(): void {
    this.#optimizer.dispose();
    this.#network.dispose();
  }

  /** Frees network and optimizer at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function toTensors(arrays: Readonly<Record<string, NdArray>>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]),
  );
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
