/**
 * Writes Protocol Buffers messages: as many of the wire types as event files and ONNX models need. A
 * message is the concatenation of its fields.
 *
 * Reference: protobuf.dev/programming-guides/encoding
 *
 * @module
 */

/** Puts pieces of bytes one after the other. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}

/** Seven bits a byte, least significant first; `value` is a whole number from 0 to 2⁵³ − 1. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 | 0x80);
  return Uint8Array.of(...bytes, rest);
}

const WIRE_TYPE = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

function key(field: number, type: keyof typeof WIRE_TYPE): Uint8Array {
  return varint(field << 3 | WIRE_TYPE[type]);
}

/** A field of type int32, int64 or an enum; `value` is a whole number from 0 to 2⁵³ − 1. */
export function intField(field: number, value: number): Uint8Array {
  return joinBytes([key(field, "varint"), varint(value)]);
}

/** A field of type double. */
export function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return joinBytes([key(field, "fixed64"), bytes]);
}

/** A field of type float. */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joinBytes([key(field, "fixed32"), bytes]);
}

/** A field of type bytes or string (as UTF-8). */
export function bytesField(field: number, value: Uint8Array | string): Uint8Array {
  return messageField(field, typeof value === "string" ? new TextEncoder().encode(value) : value);
}

/** A field that holds a message of these fields. */
export function messageField(field: number, ...fields: Uint8Array[]): Uint8Array {
  const length = fields.reduce((sum, { length }) => sum + length, 0);
  return joinBytes([key(field, "lengthDelimited"), varint(length), ...fields]);
}
