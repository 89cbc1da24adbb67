// Ground truth for tests.
import type { WiderTruth } from "../../lib/evaluation/wider_ground_truth.ts";

interface Face {
  readonly box: readonly [x: number, y: number, width: number, height: number];
  /** The selections it belongs to. Default: all. */
  readonly counts?: readonly ("easy" | "medium" | "hard")[];
  /** Attributes that are not 0. */
  readonly attributes?: Partial<Record<keyof WiderTruth["attributes"], number>>;
}

/** The truth of one photo. */
export function truthOf(id: string, faces: readonly Face[]): WiderTruth {
  const column = (name: keyof WiderTruth["attributes"]) =>
    Uint8Array.from(faces, ({ attributes }) => attributes?.[name] ?? 0);
  const flags = (name: "easy" | "medium" | "hard") =>
    Uint8Array.from(faces, ({ counts }) => counts === undefined || counts.includes(name) ? 1 : 0);
  return {
    id,
    boxes: Float64Array.from(faces.flatMap(({ box }) => box)),
    counts: { easy: flags("easy"), medium: flags("medium"), hard: flags("hard") },
    attributes: {
      blur: column("blur"),
      expression: column("expression"),
      illumination: column("illumination"),
      invalid: column("invalid"),
      occlusion: column("occlusion"),
      pose: column("pose"),
    },
  };
}
