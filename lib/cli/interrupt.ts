/**
 * Ctrl-C and SIGTERM as a wish to come to an end.
 *
 * @module
 */

/** Windows knows no SIGTERM. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** A wish to stop, and the end of listening for it. */
export interface Interrupt extends Disposable {
  /** Aborted by the first Ctrl-C or SIGTERM; the second one ends the process at once. */
  readonly signal: AbortSignal;
}

/**
 * Listens until it is disposed.
 *
 * @param sentence What the user is told: what happens now, and what a second one would do.
 */
export function listenForInterrupt(sentence: string): Interrupt {
  const controller = new AbortController();
  const stopListening = () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
  };
  const onSignal = () => {
    console.error(`\n${sentence}`);
    stopListening();
    controller.abort();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      if (!controller.signal.aborted) stopListening();
    },
  };
}
