/**
 * Time by kernel, for finding what a training step is made of.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";

/** What the calls of one kernel took. */
export interface KernelTime {
  /** tfjs' name of the kernel. */
  readonly kernel: string;
  /** How often it was called. */
  readonly calls: number;
  /** Time of all calls, without those that it makes of others. */
  readonly ms: number;
}

/** Times that add up while it is in use; see {@linkcode profileKernels}. */
export interface KernelProfile extends Disposable {
  /** Times since the start, or since the last call: the longest first. */
  take(): KernelTime[];
}

/**
 * Measures every kernel of the current backend until disposed. On WebGPU it is the time to hand the
 * work over, not that of the work.
 */
export function profileKernels(): KernelProfile {
  const times = new Map<string, { calls: number; ms: number }>();
  const originals = tf.getKernelsForBackend(tf.getBackend());
  let inner = 0; // time of the kernels that the one being measured has called
  for (const config of originals) {
    const { kernelName, kernelFunc } = config;
    const time = { calls: 0, ms: 0 };
    times.set(kernelName, time);
    replace({
      ...config,
      kernelFunc: (call) => {
        const before = inner, start = performance.now();
        inner = 0;
        try {
          return kernelFunc(call);
        } finally {
          const ms = performance.now() - start;
          time.ms += ms - inner;
          time.calls++;
          inner = before + ms;
        }
      },
    });
  }
  return {
    take() {
      const taken = [...times].map(([kernel, time]) => ({ kernel, ...time }));
      for (const time of times.values()) time.calls = time.ms = 0;
      return taken.filter(({ calls }) => calls > 0).sort((a, b) => b.ms - a.ms);
    },
    [Symbol.dispose]: () => originals.forEach(replace),
  };
}

function replace(config: tf.KernelConfig): void {
  tf.unregisterKernel(config.kernelName, config.backendName);
  tf.registerKernel(config);
}

/** Kernels that took less of the time are not worth a line. */
const LEAST_SHARE = 0.005;

/**
 * The times as lines of a table.
 *
 * @param steps Of how many steps: times and calls are per step.
 * @param totalMs What the steps took; what is not in kernels gets a line of its own.
 */
export function profileLines(
  times: readonly KernelTime[],
  { steps, totalMs }: { steps: number; totalMs: number },
): string[] {
  const row = (name: string, calls: string, ms: number) =>
    name.padEnd(36) + calls.padStart(8) + (ms / steps).toFixed(1).padStart(9) +
    `${(100 * ms / totalMs).toFixed(0)} %`.padStart(7);
  const shown = times.filter(({ ms }) => ms >= LEAST_SHARE * totalMs);
  const elsewhere = times.reduce((left, { ms }) => left - ms, totalMs);
  return [
    "kernel".padEnd(36) + "calls".padStart(8) + "ms".padStart(9) + "share".padStart(7),
    ...shown.map(({ kernel, calls, ms }) => row(kernel, (calls / steps).toFixed(0), ms)),
    row("outside kernels", "", elsewhere),
  ];
}
