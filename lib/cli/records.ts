/**
 * Streams of bytes cut into records: lines, or what `find -print0` writes.
 *
 * @module
 */
import { joinBytes } from "../files/protobuf.ts";

/** A record of a stream. */
export interface StreamRecord {
  /** Its bytes, without the separator. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the separator followed; only the last record can lack it. */
  readonly isWhole: boolean;
}

/** What ends a record, as a byte. */
export const SEPARATOR = { newline: 0x0a, nul: 0x00 } as const;

/** A longer record is taken for something else than text: V8 has no strings of 512 MiB. */
const MAX_RECORD_BYTES = 256 * 2 ** 20;

/**
 * Cuts a stream into its records; one that is empty is given, too. A stream that ends with a
 * separator has no empty record behind it.
 *
 * @param separator The byte that ends a record.
 * Throws a `RangeError` for a record of more than 256 MiB.
 */
export async function* recordsOf(
  stream: AsyncIterable<Uint8Array<ArrayBuffer>>,
  separator: number = SEPARATOR.newline,
): AsyncGenerator<StreamRecord, void, void> {
  let begun: Uint8Array<ArrayBuffer>[] = [], length = 0, number = 1;
  for await (const chunk of stream) {
    let from = 0;
    for (let end; (end = chunk.indexOf(separator, from)) >= 0; from = end + 1) {
      const rest = chunk.subarray(from, end);
      yield { bytes: begun.length === 0 ? rest : joinBytes([...begun, rest]), isWhole: true };
      [begun, length] = [[], 0];
      number++;
    }
    if (from === chunk.length) continue;
    begun.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > MAX_RECORD_BYTES) {
      throw new RangeError(
        `Cannot read line ${number}: it has more than ${MAX_RECORD_BYTES} bytes`,
      );
    }
  }
  if (begun.length > 0) yield { bytes: joinBytes(begun), isWhole: false };
}

/** The records of a stream as text. */
export async function* textsOf(
  stream: AsyncIterable<Uint8Array<ArrayBuffer>>,
  separator: number = SEPARATOR.newline,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  for await (const { bytes } of recordsOf(stream, separator)) yield decoder.decode(bytes);
}
