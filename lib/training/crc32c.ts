/**
 * CRC-32C (Castagnoli), the checksum of TFRecord files.
 *
 * Reference: RFC 3720, appendix B.4; polynomial 0x1edc6f41, reflected 0x82f63b78.
 *
 * @module
 */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

/** The CRC-32C of some bytes, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crc >>> 8 ^ TABLE[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}
