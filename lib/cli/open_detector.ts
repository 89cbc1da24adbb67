/**
 * The detector that a command line asks for.
 *
 * @module
 */
import { DeviceUnavailableError } from "../backends/active_device.ts";
import type { Detector, DetectorOptions } from "../detector/detector.ts";
import type { ReadableStore } from "../files/store.ts";
import { CliError, EXIT } from "./exit_codes.ts";

/** Makes a detector: `createDetector`, unless it is a test. */
export type CreateDetector<D> = (options: DetectorOptions) => Promise<D>;

/** What is asked for; what is absent or `undefined` takes the detector's default. */
export type DetectorRequest =
  & { readonly [K in Exclude<keyof DetectorOptions, "weights">]?: DetectorOptions[K] | undefined }
  & {
    /** Path of a weight file. Default: the weights that ship with the model. */
    readonly weights?: string | undefined;
  };

function asCliError(cause: Error, weights: string | undefined): CliError {
  const { message } = cause;
  if (cause instanceof DeviceUnavailableError) {
    return new CliError(EXIT.backend, message, { cause });
  }
  const isNamed = weights === undefined || message.includes(weights);
  return new CliError(EXIT.model, isNamed ? message : `${weights}: ${message}`, { cause });
}

/**
 * Makes a detector; the caller disposes it.
 *
 * Throws a {@linkcode CliError} with the exit code for models or for devices; it names the weight
 * file.
 */
export async function openDetector<D = Detector>(
  store: ReadableStore,
  create: CreateDetector<D>,
  { weights, ...request }: DetectorRequest,
): Promise<D> {
  const options = Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined),
  );
  try {
    return await create(
      weights === undefined ? options : { ...options, weights: await store.read(weights) },
    );
  } catch (error) {
    throw asCliError(error as Error, weights);
  }
}
