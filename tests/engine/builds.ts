// The builds of the engine that this runtime can run, compiled.
import { compileEngine, type EngineBuild, supportedEngineBuild } from "../../lib/engine/module.ts";

const names: readonly EngineBuild[] = supportedEngineBuild() === "relaxed"
  ? ["relaxed", "simd"]
  : ["simd"];

/** Builds by name; the first is the fastest. */
export const ENGINE_BUILDS = await Promise.all(
  names.map(async (name) => ({ name, module: await compileEngine(name) })),
);
