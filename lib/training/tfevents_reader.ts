/**
 * Reads TensorBoard event files, also while they grow; `tfevents.ts` writes them and says how they
 * are laid out.
 *
 * @module
 */
import { fieldsOf } from "../files/protobuf_reader.ts";
import type { Size } from "../image/image.ts";
import { type EventTime, maskedCrc } from "./tfevents.ts";

/** A picture of an event file. */
export interface LoggedImage extends Size {
  /** The picture as it was encoded, mostly PNG. */
  readonly bytes: Uint8Array;
}

/** What an event says; texts, histograms and the like are passed over. */
export interface LoggedEvent extends EventTime {
  /** Whether a run goes on here: what was said of this step and later ones is void. */
  readonly isSessionStart: boolean;
  /** Numbers by tag. */
  readonly scalars: ReadonlyMap<string, number>;
  /** Pictures by tag. */
  readonly images: ReadonlyMap<string, LoggedImage>;
}

/** Events, and where the first one that is not all there begins. */
export interface ReadEvents {
  /** In the order of the file. */
  readonly events: LoggedEvent[];
  /** Offset behind the last whole record. */
  readonly end: number;
}

/** Length and its checksum before the data, the checksum of the data behind them. */
const HEADER_BYTES = 12, FOOTER_BYTES = 4;
/** A longer record is taken for a damaged length. */
const MAX_RECORD_BYTES = 2 ** 30;

/** The one number in a tensor, as TensorFlow 2 logs scalars; `undefined` for any other tensor. */
function scalarOf(tensor: Uint8Array): number | undefined {
  for (const { number, value, bytes } of fieldsOf(tensor)) {
    const isFloat = bytes.length === 4;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (number === 4) return isFloat ? view.getFloat32(0, true) : undefined; // tensor_content
    if (number === 5) return isFloat ? view.getFloat32(0, true) : value; // float_val
  }
  return undefined;
}

function imageOf(message: Uint8Array): LoggedImage {
  let width = 0, height = 0, encoded: Uint8Array = new Uint8Array();
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) height = value;
    if (number === 2) width = value;
    if (number === 4) encoded = bytes;
  }
  return { width, height, bytes: encoded };
}

function eventOf(message: Uint8Array): LoggedEvent {
  const scalars = new Map<string, number>(), images = new Map<string, LoggedImage>();
  let wallTime = NaN, step = 0, isSessionStart = false;
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) wallTime = value;
    if (number === 2) step = value;
    if (number === 7) {
      isSessionStart = [...fieldsOf(bytes)].some((f) => f.number === 1 && f.value === 1);
    }
    if (number !== 5) continue;
    for (const summary of fieldsOf(bytes)) {
      if (summary.number !== 1) continue;
      const fields = [...fieldsOf(summary.bytes)];
      const field = (wanted: number) => fields.find(({ number }) => number === wanted);
      const tag = new TextDecoder().decode(field(1)?.bytes);
      const image = field(4), tensor = field(8);
      const scalar = field(2)?.value ?? (tensor && scalarOf(tensor.bytes));
      if (scalar !== undefined) scalars.set(tag, scalar);
      if (image !== undefined) images.set(tag, imageOf(image.bytes));
    }
  }
  return { wallTime, step, isSessionStart, scalars, images };
}

/**
 * Reads the events in a piece of a file that begins with a record. A record that is not all there yet
 * is left for the next time.
 *
 * Throws a `SyntaxError` when a checksum is wrong or a record is no event.
 */
export function readEvents(bytes: Uint8Array): ReadEvents {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: LoggedEvent[] = [];
  let at = 0;
  while (bytes.length - at >= HEADER_BYTES) {
    const length = Number(view.getBigUint64(at, true)), data = at + HEADER_BYTES;
    const isHeaderGood = maskedCrc(bytes.subarray(at, at + 8)) === view.getUint32(at + 8, true);
    if (!isHeaderGood || length > MAX_RECORD_BYTES) {
      throw new SyntaxError(`Cannot read the events: the record at byte ${at} is damaged`);
    }
    if (bytes.length < data + length + FOOTER_BYTES) break;
    const message = bytes.subarray(data, data + length);
    if (maskedCrc(message) !== view.getUint32(data + length, true)) {
      throw new SyntaxError(`Cannot read the events: the record at byte ${at} is damaged`);
    }
    try {
      events.push(eventOf(message));
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new SyntaxError(`Cannot read the event: ${cause.message}`, { cause });
    }
    at = data + length + FOOTER_BYTES;
  }
  return { events, end: at };
}
