/**
 * How often a detector gets to see each photo, on command lines.
 *
 * @module
 */
import type { LookOptions } from "../detector/looks.ts";
import type { OptionTable, Values } from "./args.ts";
import { CliError, EXIT } from "./exit_codes.ts";

/** The flags. */
export const LOOK_FLAGS = {
  tile: {
    type: "string",
    placeholder: "px",
    help:
      "Look at large photos in overlapping tiles of this side, too, or auto: finds small faces, takes longer",
  },
  scales: {
    type: "string",
    placeholder: "1,2",
    help: "Look at photos at several sizes, as factors, and let the boxes vote",
  },
  flip: { type: "boolean", help: "Look at photos mirrored, too", default: false },
} as const satisfies OptionTable;

/** Their values; a command may do without them. */
export type LookFlags = Partial<Values<typeof LOOK_FLAGS>>;

/** Which looks are taken at a photo. Throws a {@linkcode CliError} for a value that cannot be. */
export function looksOf({ tile, scales, flip }: LookFlags): LookOptions {
  const wrong = (flag: string, value: string, expected: string) =>
    new CliError(EXIT.usage, `Cannot use ${flag} "${value}": expected ${expected}`);
  if (tile !== undefined && tile !== "auto" && !/^[1-9]\d*$/.test(tile)) {
    throw wrong("--tile", tile, 'a number of pixels or "auto"');
  }
  const factors = scales?.split(",").map(Number);
  if (factors?.some((factor) => !(factor > 0))) {
    throw wrong("--scales", scales!, 'factors above 0, such as "1,2"');
  }
  return {
    ...(tile === undefined ? {} : { tile: tile === "auto" ? tile : Number(tile) }),
    ...(factors === undefined ? {} : { scales: factors }),
    ...(flip ? { flip } : {}),
  };
}
