/**
 * What a run tells while it trains: a progress line, a line an epoch, metrics as JSONL, and
 * TensorBoard's event file.
 *
 * @module
 */
import { decodePhoto } from "../../codec/decode_photo.ts";
import { encodePng } from "../../codec/encode.ts";
import { readPhoto } from "../../datasets/photo_file.ts";
import type { Dataset } from "../../datasets/sample.ts";
import type { Store } from "../../files/store.ts";
import { takeBoxes } from "../../geometry/boxes.ts";
import { letterbox } from "../../geometry/letterbox.ts";
import { nms } from "../../geometry/nms.ts";
import { drawBoxes } from "../../image/draw.ts";
import { resample } from "../../image/resample.ts";
import type { InferenceModel } from "../../models/detector_model.ts";
import type { RunState } from "../../training/checkpoint.ts";
import { EventWriter } from "../../training/event_writer.ts";
import { appendMetrics, truncateMetrics } from "../../training/metrics_log.ts";
import type { Metrics, TrainingEvents, ValidationPhoto } from "../../training/trainer.ts";
import { formatDuration, Progress, type ProgressOutput } from "../progress.ts";

/** Where a run's logs go and what they are about. */
export interface TrainLogOptions {
  /** Where files go. */
  readonly store: Store;
  /** Folder of the run, for `metrics.jsonl`. */
  readonly folder: string;
  /** Folder of the event file. */
  readonly logFolder: string;
  /** Where the run stands as it starts. */
  readonly start: RunState;
  /** Steps in an epoch. */
  readonly stepsPerEpoch: number;
  /** Epochs of the run. */
  readonly epochs: number;
  /** The model, for drawing what it found. */
  readonly model: InferenceModel;
  /** The photos that are drawn; `null` = there are none. */
  readonly validation: Dataset | null;
  /** Takes lines. */
  readonly print: (line: string) => void;
  /** Takes the progress line. */
  readonly progress: ProgressOutput;
}

/** TensorBoard's names: a group in front makes it put the curves together. */
function tagOf(metric: string): string {
  return metric.replace(/^(loss|val)_/, "$1/");
}

/** Boxes drawn for TensorBoard: those a user would see at the detector's default threshold. */
const DRAWN = { scoreThreshold: 0.5, iouThreshold: 0.45, maxBoxes: 100 };

/** How much of the old speed goes on in the speed shown. */
const SPEED_MEMORY = 0.9;

/** Starts the logs of a run; a resumed run drops what its files say beyond its checkpoint. */
export async function trainLog(options: TrainLogOptions): Promise<TrainingEvents> {
  const { store, folder, logFolder, start, stepsPerEpoch, epochs, model, print } = options;
  const metricsPath = `${folder}/metrics.jsonl`;
  await truncateMetrics(store, metricsPath, start.step);
  const events = new EventWriter(store, logFolder, {
    host: "tinyface",
    startStep: start.step === 0 ? 0 : start.step + 1,
  });
  const progress = new Progress(options.progress);
  const speed = new Speed();

  return {
    onStep({ epoch, batch, step }, { loss, rate, photos = 0, waitMs = 0, stepMs = 0, ...terms }) {
      speed.add(photos, waitMs, stepMs);
      const left = (epochs - epoch) * stepsPerEpoch - batch;
      progress.show(
        `epoch ${epoch + 1}/${epochs}  ${batch}/${stepsPerEpoch}  loss ${loss!.toFixed(3)}  ` +
          `${speed.photosPerSecond.toFixed(1)} photos/s  ${
            formatDuration(left * speed.msPerStep)
          } left`,
      );
      const scalars = {
        loss: loss!,
        ...terms,
        rate: rate!,
        photos_per_second: speed.photosPerSecond,
      };
      events.scalars(step, byTag(scalars));
    },

    async onEpoch({ epoch, step, best }, metrics) {
      const validation = Object.entries(metrics).filter(([name]) => name.startsWith("val_"));
      events.scalars(step, byTag(Object.fromEntries(validation)));
      await events.flush();
      const seconds = {
        wait_share: round(speed.waitShare),
        photos_per_second: round(speed.photosPerSecond),
      };
      await appendMetrics(store, metricsPath, { step, epoch, ...metrics, ...seconds });
      progress.clear();
      const shown = ["loss", "val_loss", "val_iou", "val_mse", "val_ap50"]
        .filter((name) => name in metrics)
        .map((name) => `${name} ${metrics[name]!.toFixed(4)}`);
      print(
        `epoch ${epoch}/${epochs}  ${shown.join("  ")}  ${
          speed.photosPerSecond.toFixed(1)
        } photos/s` +
          `  ${(100 * speed.waitShare).toFixed(0)} % waiting  best ${best?.file ?? "none"}`,
      );
    },

    async onValidationPhotos({ step }, photos) {
      for (const photo of photos) await logPhoto(photo, step);
    },

    onMessage(text) {
      progress.clear();
      print(text);
    },
  };

  async function logPhoto({ index, detections }: ValidationPhoto, step: number): Promise<void> {
    const sample = options.validation?.samples[index];
    if (sample === undefined) return;
    const { size, fill } = model.input;
    const { orientation } = sample;
    const image = await decodePhoto(await readPhoto(store, sample), { orientation });
    const frame = resample(image, letterbox(image, size), fill);
    const kept = nms(detections.boxes, detections.scores, DRAWN);
    const labels = kept.map((i) => detections.scores[i]!.toFixed(2));
    const drawn = drawBoxes(frame, takeBoxes(detections.boxes, kept), { labels });
    events.image(step, `validation/${index}`, { ...size, png: await encodePng(drawn) });
  }
}

/** Speed as it was lately. */
class Speed {
  #photos = 0;
  #waitMs = 0;
  #stepMs = 0;
  #steps = 0;

  add(photos: number, waitMs: number, stepMs: number): void {
    this.#photos = SPEED_MEMORY * this.#photos + photos;
    this.#waitMs = SPEED_MEMORY * this.#waitMs + waitMs;
    this.#stepMs = SPEED_MEMORY * this.#stepMs + stepMs;
    this.#steps = SPEED_MEMORY * this.#steps + 1;
  }

  get msPerStep(): number {
    return (this.#waitMs + this.#stepMs) / this.#steps;
  }

  get photosPerSecond(): number {
    return 1000 * this.#photos / (this.#waitMs + this.#stepMs);
  }

  /** Part of the time that steps wait for their photos, in [0, 1]. */
  get waitShare(): number {
    return this.#waitMs / (this.#waitMs + this.#stepMs);
  }
}

function byTag(metrics: Metrics): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [tagOf(name), value]));
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
