/**
 * Half-precision numbers (IEEE 754 binary16) as they lie in weight files. `Float16Array` is in Deno,
 * but not yet in every runtime that the detector is meant for.
 *
 * @module
 */

/** The values of halfs given by their bits. */
export function float16ToFloat32(halfs: Uint16Array): Float32Array {
  const values = new Float32Array(halfs.length), bits = new Uint32Array(values.buffer);
  for (let i = 0; i < halfs.length; i++) {
    const half = halfs[i]!, exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
    const sign = (half & 0x8000) << 16;
    // Exponents are 112 apart; infinity and NaN have all of its bits, and 0 means no leading 1.
    if (exponent === 31) bits[i] = sign | 0x7f800000 | fraction << 13;
    else if (exponent > 0) bits[i] = sign | exponent + 112 << 23 | fraction << 13;
    else values[i] = (sign ? -1 : 1) * fraction * 2 ** -24;
  }
  return values;
}

/** Bits of the halfs nearest to the values (ties to even; too large ones become infinite). */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, encode);
}

function encode(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00; // half-way between the largest half and the next step
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const steps = roundToEven(size / 2 ** (exponent - 10));
  // Adding instead of composing lets a fraction that rounds up carry into the exponent.
  return size === 0 ? sign : sign | (exponent + 14 << 10) + steps;
}

function roundToEven(x: number): number {
  const floor = Math.floor(x), rest = x - floor;
  return rest > 0.5 || rest === 0.5 && floor % 2 === 1 ? floor + 1 : floor;
}
