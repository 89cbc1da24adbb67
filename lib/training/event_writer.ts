/**
 * Logs a run for TensorBoard: one event file below the run's folder.
 *
 * @module
 */
import { joinBytes } from "../files/protobuf.ts";
import type { Store } from "../files/store.ts";
import {
  encodeFileVersion,
  encodeImage,
  encodeScalars,
  encodeSessionStart,
  encodeText,
  type EventImage,
} from "./tfevents.ts";

/** How an {@linkcode EventWriter} names and starts its file. */
export interface EventWriterOptions {
  /** Name of the machine, the last part of the file's name. */
  readonly host: string;
  /** The first step that a resumed run logs; what earlier files say from there on is void. Default 0. */
  readonly startStep?: number;
  /** Seconds since 1970. Default: the system's clock. */
  readonly clock?: () => number;
}

/** Collects events in memory and adds them to its file when told to. */
export class EventWriter {
  /** The file. */
  readonly path: string;
  readonly #store: Store;
  readonly #clock: () => number;
  #pending: Uint8Array[] = [];
  #written: Promise<void> = Promise.resolve();

  /** @param folder The run's folder, e.g. `logs/fit/20260131-120000`. */
  constructor(
    store: Store,
    folder: string,
    { host, startStep = 0, clock = () => Date.now() / 1000 }: EventWriterOptions,
  ) {
    const now = clock();
    this.path = `${folder}/events.out.tfevents.${Math.floor(now)}.${host}`;
    this.#store = store;
    this.#clock = clock;
    this.#pending.push(encodeFileVersion(now));
    if (startStep > 0) {
      this.#pending.push(encodeSessionStart({ wallTime: now, step: startStep }));
    }
  }

  /** Logs numbers by tag, such as `{"loss": 0.5, "val/iou": 0.6}`. */
  scalars(step: number, scalars: Readonly<Record<string, number>>): void {
    this.#pending.push(encodeScalars(this.#at(step), scalars));
  }

  /** Logs a picture. */
  image(step: number, tag: string, image: EventImage): void {
    this.#pending.push(encodeImage(this.#at(step), tag, image));
  }

  /** Logs a text, which TensorBoard shows as Markdown. */
  text(step: number, tag: string, text: string): void {
    this.#pending.push(encodeText(this.#at(step), tag, text));
  }

  /** Adds what was collected to the file. Throws what the store throws; nothing is lost then. */
  flush(): Promise<void> {
    this.#written = this.#written.catch(() => {}).then(async () => {
      const batch = this.#pending;
      this.#pending = [];
      if (batch.length === 0) return;
      try {
        await this.#store.append(this.path, joinBytes(batch));
      } catch (error) {
        this.#pending = [...batch, ...this.#pending];
        throw error;
      }
    });
    return this.#written;
  }

  #at(step: number) {
    return { wallTime: this.#clock(), step };
  }
}
