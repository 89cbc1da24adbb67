/**
 * The backbone of the edge detector: separable convolutions with residuals, most of the work at
 * stride 4, where faces of ten pixels are told apart; as YuNet does, whose stage there is as wide.
 *
 * @module
 */
import type { GraphBuilder } from "../../graph/builder.ts";
import { addConv } from "../layers.ts";
import { addSeparable } from "./separable.ts";

/** Channels of the first convolution, at stride 2. */
const STEM_CHANNELS = 16;

/** What follows it; each stage halves the size, then adds to what it has so often. */
const STAGES = [
  { channels: 64, residuals: 2 },
  { channels: 64, residuals: 2 },
  { channels: 96, residuals: 2 },
  { channels: 128, residuals: 2 },
] as const;

/**
 * Adds the backbone.
 *
 * @returns Names of the last nodes at strides 8, 16 and 32.
 */
export function addBackbone(builder: GraphBuilder, image: string): string[] {
  let x = addConv(builder, "stem", image, {
    filters: STEM_CHANNELS,
    kernel: 3,
    stride: 2,
    norm: ["stem_BN", "bn"],
    activation: "relu",
  });
  const ends = STAGES.map(({ channels, residuals }, i) => {
    const name = `stage_${i + 1}`;
    x = addSeparable(builder, name, x, { filters: channels, stride: 2 });
    for (let k = 1; k <= residuals; k++) x = addResidual(builder, `${name}_${k}`, x, channels);
    return x;
  });
  return ends.slice(1);
}

/** What it has, plus a separable convolution of it. */
function addResidual(builder: GraphBuilder, name: string, x: string, channels: number): string {
  const change = addSeparable(builder, name, x, { filters: channels, linear: true });
  return builder.add(
    "relu",
    `${name}_relu`,
    [builder.add("add", `${name}_add`, [x, change], {})],
    {},
  );
}
