/**
 * Annotations in JSON, as far as every format needs it.
 *
 * @module
 */

/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses JSON. Throws a `SyntaxError` that names the file when it is none; Python writes `NaN` into
 * JSON, which does not know it, so that gets a sentence of its own.
 */
export function readJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const word = /[[:,]\s*(-?(?:NaN|Infinity))\b/.exec(text)?.[1];
    const reason = word === undefined
      ? "it is not JSON"
      : `it has "${word}" where a number must be`;
    throw new SyntaxError(`Cannot read "${name}": ${reason}`);
  }
}
