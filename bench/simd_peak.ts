/**
 * What this machine's SIMD can do at most, in WebAssembly and on one core: fused multiply-adds that
 * touch nothing but registers. The measure that the rates of the kernels stand beside.
 *
 * @module
 */
import { type Build, compile, FEATURES } from "./compile.ts";

const CHAINS = 12; // more than the latency of an FMA times the ports that run it

const SOURCE = `export function run(turns: i32, x: f32, y: f32): f32 {
${lines((k) => `  let s${k} = f32x4.splat(${k});`)}
  const a = f32x4.splat(x), b = f32x4.splat(y); // as constants they would be made anew at each use
  for (let i = 0; i < turns; i++) {
${lines((k) => `    s${k} = OPERATION(s${k}, a, b);`)}
  }
  let sum = s0;
${lines((k) => k > 0 ? `  sum = f32x4.add(sum, s${k});` : "")}
  return f32x4.extract_lane(sum, 0);
}
`;

function lines(line: (k: number) => string): string {
  return Array.from({ length: CHAINS }, (_, k) => line(k)).join("\n");
}

const SOURCES: Readonly<Record<Build, string>> = {
  relaxed: SOURCE.replaceAll("OPERATION", "f32x4.relaxed_madd"),
  simd: SOURCE.replaceAll(/OPERATION\((\w+), a, b\)/g, "f32x4.add(f32x4.mul($1, a), b)"),
};

type Run = (turns: number, x: number, y: number) => number;

/** GFLOP/s of one core, by build; a build that this runtime cannot run is left out. */
export async function simdPeaks(): Promise<Map<string, number>> {
  const peaks = new Map<string, number>();
  for (const build of Object.keys(FEATURES) as Build[]) {
    const module = await compile(SOURCES[build], build);
    if (module === null) continue;
    const { exports } = new WebAssembly.Instance(module);
    peaks.set(build, measure(exports["run"] as Run));
  }
  return peaks;
}

/** The fastest of many short runs, in GFLOP/s: the first ones get V8 to optimise. */
function measure(run: Run): number {
  const turns = 1e5, flops = turns * CHAINS * 4 * 2;
  const times = Array.from({ length: 500 }, () => {
    const start = performance.now();
    run(turns, 0.999, 0.001);
    return performance.now() - start;
  });
  return flops / Math.min(...times) / 1e6;
}

if (import.meta.main) {
  for (const [build, peak] of await simdPeaks()) {
    console.log(`${build}: ${peak.toFixed(1)} GFLOP/s`);
  }
}
