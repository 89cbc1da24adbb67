/**
 * One photo with whichever detector is free.
 *
 * @module
 */
import type { PhotoDetector } from "./photo_detector.ts";
import type { Photo } from "./photos.ts";
import type { Pool } from "./pool.ts";
import { failureOf, type Product } from "./process_photo.ts";
import type { PhotoReport } from "./report.ts";

/** What came of a photo. */
export interface TimedReport {
  readonly report: PhotoReport;
  /** Time from the end of reading to the answer, waiting for a detector not counted. */
  readonly ms: number;
}

/** Reads a photo and has it processed. One that cannot be read is reported as that. */
export async function reportOn(
  photo: Photo,
  product: Product,
  detectors: Pool<PhotoDetector>,
): Promise<TimedReport> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await photo.read();
  } catch (error) {
    return { report: failureOf(photo, error as Error), ms: 0 };
  }
  return await detectors.use(async (detector) => {
    const start = performance.now();
    const report = await detector.process({ id: photo.id, path: photo.path, bytes }, product);
    return { report, ms: performance.now() - start };
  });
}
