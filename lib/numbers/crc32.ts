/**
 * Checksums of 32 bits: CRC-32 (PNG, zip, gzip) and CRC-32C (TFRecord files).
 *
 * Reference: W3C PNG, annex D, polynomial 0x04c11db7, reflected 0xedb88320; RFC 3720, appendix B.4,
 * polynomial 0x1edc6f41, reflected 0x82f63b78.
 *
 * @module
 */

/** The checksum by a reflected polynomial. */
function checksum(polynomial: number): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? polynomial : 0);
    return crc;
  });
  return (bytes) => {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = crc >>> 8 ^ table[(crc ^ byte) & 0xff]!;
    return ~crc >>> 0;
  };
}

/** The CRC-32 of some bytes, as an unsigned 32-bit number. */
export const crc32: (bytes: Uint8Array) => number = checksum(0xedb88320);

/** The CRC-32C (Castagnoli) of some bytes, as an unsigned 32-bit number. */
export const crc32c: (bytes: Uint8Array) => number = checksum(0x82f63b78);
