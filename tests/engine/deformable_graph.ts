import { GraphBuilder } from "../../lib/graph/builder.ts";
import type { Graph } from "../../lib/graph/graph.ts";

/** A network with the one operation that the engine lacks, in node `"bent"`. */
export function deformableGraph(): Graph {
  const builder = new GraphBuilder();
  const image = builder.add("input", "image", [], { channels: 3 });
  const window = { kernel: 3, stride: 1, padding: "same", bias: false } as const;
  const offsets = builder.add("conv", "offsets", [image], { ...window, filters: 18 });
  builder.add("deformConv", "bent", [image, offsets], { ...window, filters: 4 });
  return builder.finish({ y: "bent" });
}
