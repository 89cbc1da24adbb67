// The worker as a function.

/** Finds faces in a worker of its own; one photo after another. */
export class Finder {
  #worker = new Worker("worker.js", { type: "module" });
  #waiting = new Map();
  #last = 0;
  /** Resolves to the detector's name and device, or rejects with why there is none. */
  ready;

  constructor() {
    const ready = Promise.withResolvers();
    this.ready = ready.promise;
    this.#worker.onerror = () => ready.reject(new Error("tinyface.js cannot be loaded"));
    this.#worker.onmessage = ({ data: { id, device, error, ...result } }) => {
      if (id === undefined) return error ? ready.reject(new Error(error)) : ready.resolve(device);
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      return error === undefined ? resolve(result) : reject(new Error(error));
    };
  }

  /** `{faces, ms}` of a bitmap, which stays the caller's. */
  async find(bitmap) {
    const copy = await createImageBitmap(bitmap), id = ++this.#last;
    const answer = Promise.withResolvers();
    this.#waiting.set(id, answer);
    this.#worker.postMessage({ id, bitmap: copy }, [copy]);
    return answer.promise;
  }
}
