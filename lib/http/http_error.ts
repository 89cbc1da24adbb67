/**
 * What is answered when something is wrong.
 *
 * @module
 */

/** A failure that has an answer of its own. */
export class HttpError extends Error {
  /** The class's name. */
  override readonly name = "HttpError";

  /**
   * @param status HTTP status of the answer.
   * @param code What is wrong, for programs: `"too_large"`.
   * @param message What is wrong, in one sentence.
   * @param headers Headers of the answer.
   */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The answer to a failure: `{"error": {"code", "message"}}`. */
export function errorResponse(error: unknown): Response {
  // What was not foreseen is not told to strangers.
  const { status, code, message, headers } = error instanceof HttpError
    ? error
    : new HttpError(500, "internal", "Cannot answer: the server has a fault");
  return Response.json({ error: { code, message } }, { status, headers });
}
