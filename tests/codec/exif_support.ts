// EXIF blocks for tests.

/** A TIFF block with the orientation tag (0x0112) alone, as EXIF wants it. */
export function orientationTiff(orientation: number): Uint8Array {
  return Uint8Array.of(
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8], // big-endian TIFF, first directory at byte 8
    ...[0, 1], // one entry: tag, type SHORT, count 1, value
    ...[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0],
    ...[0, 0, 0, 0], // no further directory
  );
}

/** The JPEG file with an EXIF segment that states this orientation. */
export function withOrientation(
  jpeg: Uint8Array,
  orientation: number,
): Uint8Array<ArrayBuffer> {
  const exif = [...new TextEncoder().encode("Exif\0\0"), ...orientationTiff(orientation)];
  const length = exif.length + 2;
  const segment = [0xff, 0xe1, length >> 8, length & 255, ...exif];
  const result = new Uint8Array(jpeg.length + segment.length);
  result.set(jpeg.subarray(0, 2));
  result.set(segment, 2);
  result.set(jpeg.subarray(2), 2 + segment.length);
  return result;
}

/** The WebP file, converted to its extended form, with an EXIF chunk of this orientation. */
export function webpWithOrientation(
  webp: Uint8Array,
  { width, height }: { width: number; height: number },
  orientation: number,
): Uint8Array<ArrayBuffer> {
  const little = (value: number, bytes: number) =>
    Array.from({ length: bytes }, (_, i) => value >>> 8 * i & 255);
  const chunk = (name: string, payload: ArrayLike<number>) => [
    ...new TextEncoder().encode(name),
    ...little(payload.length, 4),
    ...Array.from(payload),
    ...(payload.length % 2 ? [0] : []),
  ];
  const body = [
    ...new TextEncoder().encode("WEBP"),
    ...chunk("VP8X", [8, 0, 0, 0, ...little(width - 1, 3), ...little(height - 1, 3)]),
    ...webp.subarray(12),
    ...chunk("EXIF", orientationTiff(orientation)),
  ];
  return Uint8Array.of(...chunk("RIFF", body));
}
