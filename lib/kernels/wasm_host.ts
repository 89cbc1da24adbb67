/**
 * What the kernels need of tfjs' wasm backend: its memory, where its tensors lie, and scratch.
 * The only file that touches the backend's internals; tfjs is pinned, so they stay as they are.
 *
 * @module
 */
import type { tf } from "../deps/tfjs.ts";
import { type KernelBuild, type Kernels, loadKernels } from "./module.ts";

/** The parts of tfjs 4.22's `BackendWasm` in use. */
interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(pointer: number): void;
  };
  readonly dataIdMap: { get(dataId: tf.DataId): { readonly memoryOffset: number } };
  incRef(dataId: tf.DataId): void;
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
}

/** Kernels over the memory of tfjs' wasm backend. */
export class WasmHost {
  #scratch = 0;
  #scratchBytes = 0;

  private constructor(readonly backend: WasmBackend, readonly kernels: Kernels) {}

  /** Loads a build of the kernels into the memory of an initialised wasm backend. */
  static async load(backend: unknown, build: KernelBuild): Promise<WasmHost> {
    const typed = backend as WasmBackend;
    guardAllocation(typed);
    return new WasmHost(typed, await loadKernels(typed.wasm.asm.memory, build));
  }

  /** The byte offset of a tensor's first element. */
  pointer(tensor: tf.TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** A new float32 tensor, its elements not set. */
  output(shape: readonly number[]): tf.TensorInfo {
    return this.backend.makeOutput([...shape], "float32");
  }

  /** At least `bytes` of scratch, good until the next call; kept for the backend's life. */
  scratch(bytes: number): number {
    if (bytes > this.#scratchBytes) {
      if (this.#scratch !== 0) this.backend.wasm._free(this.#scratch);
      this.#scratch = this.#scratchBytes = 0; // should there be no memory for a larger one
      this.#scratch = this.backend.wasm._malloc(bytes);
      this.#scratchBytes = bytes;
    }
    return this.#scratch;
  }
}

const guarded = new WeakSet<WasmBackend>();

/** Has a failed allocation throw; tfjs takes its null pointer for a tensor's address. */
function guardAllocation(backend: WasmBackend): void {
  if (guarded.has(backend)) return;
  guarded.add(backend);
  const { wasm } = backend;
  wasm._free(wasm._malloc(1)); // at its first call Emscripten's wrapper puts the real one in its place
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    const pointer = bytes < 2 ** 32 ? malloc(bytes) : 0; // a larger size would wrap around
    if (pointer !== 0 || bytes === 0) return pointer;
    const mebibytes = (count: number) => `${Math.ceil(count / 2 ** 20)} MiB`;
    const size = mebibytes(wasm.asm.memory.buffer.byteLength);
    throw new RangeError(
      `Cannot allocate ${mebibytes(bytes)}: the wasm memory is full at ${size}`,
    );
  };
}
