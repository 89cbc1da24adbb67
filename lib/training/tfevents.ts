/**
 * TensorBoard event files, as bytes.
 *
 * A file is a sequence of TFRecords, each holding one `Event` message; the first states the version.
 *
 *     record = u64 length, u32 masked CRC-32C of the length, data, u32 masked CRC-32C of the data
 *
 * Reference: tensorflow/tensorboard, `compat/proto/{event,summary,tensor}.proto`;
 * tensorflow/tensorflow, `core/lib/io/record_writer.h`. Numbers are little-endian.
 *
 * @module
 */
import type { Size } from "../image/image.ts";
import { crc32c } from "../numbers/crc32.ts";
import {
  bytesField,
  doubleField,
  floatField,
  intField,
  joinBytes,
  messageField,
} from "../files/protobuf.ts";

/** A picture for TensorBoard. */
export interface EventImage extends Size {
  /** The picture as a PNG file. */
  readonly png: Uint8Array;
}

/** When something was logged. */
export interface EventTime {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** Updates made so far: TensorBoard's x axis. */
  readonly step: number;
}

/** CRC-32C, masked, so that the checksum of data that hold checksums stays a good one. */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (crc >>> 15 | crc << 17) + 0xa282ead8 >>> 0;
}

/** Frames data as one TFRecord. */
export function encodeRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(12 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

function encodeEvent({ wallTime, step }: EventTime, what: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeRecord(joinBytes([doubleField(1, wallTime), intField(2, step), what]));
}

/** The first record of a file. */
export function encodeFileVersion(wallTime: number): Uint8Array<ArrayBuffer> {
  return encodeRecord(joinBytes([doubleField(1, wallTime), bytesField(3, "brain.Event:2")]));
}

/** Tells TensorBoard that a run goes on at `at.step`: what earlier files say from there on is void. */
export function encodeSessionStart(at: EventTime): Uint8Array<ArrayBuffer> {
  const start = intField(1, 1); // SessionLog.status = START
  return encodeEvent(at, messageField(7, start));
}

/** Numbers by tag. */
export function encodeScalars(
  at: EventTime,
  scalars: Readonly<Record<string, number>>,
): Uint8Array<ArrayBuffer> {
  const values = Object.entries(scalars)
    .map(([tag, value]) => messageField(1, bytesField(1, tag), floatField(2, value)));
  return encodeEvent(at, messageField(5, ...values));
}

/** One picture. */
export function encodeImage(
  at: EventTime,
  tag: string,
  { width, height, png }: EventImage,
): Uint8Array<ArrayBuffer> {
  const rgb = intField(3, 3);
  const image = messageField(4, intField(1, height), intField(2, width), rgb, bytesField(4, png));
  return encodeEvent(at, messageField(5, messageField(1, bytesField(1, tag), image)));
}

/** One text, which TensorBoard shows as Markdown. */
export function encodeText(at: EventTime, tag: string, text: string): Uint8Array<ArrayBuffer> {
  const plugin = messageField(1, bytesField(1, "text"));
  const dtypeString = intField(1, 7);
  const shapeOne = messageField(2, messageField(2, intField(1, 1)));
  const tensor = messageField(8, dtypeString, shapeOne, bytesField(8, text));
  const value = messageField(1, bytesField(1, tag), tensor, messageField(9, plugin));
  return encodeEvent(at, messageField(5, value));
}
