/**
 * Reads Protocol Buffers messages; `protobuf.ts` writes them.
 *
 * @module
 */

/** A field of a message: numbers as they are, the rest as bytes. */
export interface Field {
  /** Which field. */
  readonly number: number;
  /** Its number; NaN where it is made of bytes. */
  readonly value: number;
  /** Its bytes, as a view of the message; empty where it is a number. */
  readonly bytes: Uint8Array;
}

const NONE = new Uint8Array();

/**
 * The fields of a message, in their order. Negative numbers come out as 2⁶⁴ more, about.
 *
 * Throws a `RangeError` where the message is cut off or no message.
 */
export function* fieldsOf(message: Uint8Array): Generator<Field, void, void> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1;; scale *= 0x80) {
      const byte = view.getUint8(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = varint(), number = Math.floor(key / 8), type = key % 8;
    if (type === 0) yield { number, value: varint(), bytes: NONE };
    else if (type === 1) {
      yield { number, value: view.getFloat64((at += 8) - 8, true), bytes: NONE };
    } else if (type === 5) {
      yield { number, value: view.getFloat32((at += 4) - 4, true), bytes: NONE };
    } else if (type === 2) {
      const length = varint();
      if (at + length > message.length) throw new RangeError("it is cut off");
      yield { number, value: NaN, bytes: message.subarray(at, at += length) };
    } else throw new RangeError(`wire type ${type} is unknown`);
  }
}
