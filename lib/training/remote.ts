/**
 * Functions that run in another thread: calls go out as messages, results come back as promises.
 *
 * @module
 */

/** What a thread can be asked for, by name: one plain-data argument in, plain data out. */
export type Methods = Readonly<Record<string, (argument: never) => unknown>>;

/** What a thread does when it is asked; data to hand over instead of copying go to `transfer`. */
export type Handlers<M extends Methods> = {
  readonly [Name in keyof M]: (
    argument: Parameters<M[Name]>[0],
    transfer: Transferable[],
  ) => ReturnType<M[Name]> | Promise<ReturnType<M[Name]>>;
};

/** The other side of a {@linkcode serve}. */
export interface Remote<M extends Methods> {
  /**
   * Asks for something. Calls are answered in order.
   *
   * @param transfer Parts of the argument that are handed over, not copied.
   * Rejects with what the function throws there, or with a {@linkcode WorkerLostError}.
   */
  call<Name extends keyof M & string>(
    method: Name,
    argument: Parameters<M[Name]>[0],
    transfer?: Transferable[],
  ): Promise<ReturnType<M[Name]>>;
  /** Ends the thread; calls without an answer are rejected. */
  close(): void;
}

/** A thread ended without being told to. */
export class WorkerLostError extends Error {
  /** Always `"WorkerLostError"`. */
  override readonly name = "WorkerLostError";
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: unknown };

type Pending = PromiseWithResolvers<unknown>;

/**
 * Reaches the functions that a worker serves.
 *
 * @param name For messages, such as `"training worker 1"`.
 */
export function remote<M extends Methods>(worker: Worker, name: string): Remote<M> {
  const pending = new Map<number, Pending>();
  let lost: WorkerLostError | undefined, calls = 0;

  const lose = (reason: string) => {
    lost ??= new WorkerLostError(`Cannot go on: ${name} ${reason}`);
    for (const { reject } of pending.values()) reject(lost);
    pending.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const call = pending.get(data.id);
    pending.delete(data.id);
    if ("error" in data) call?.reject(data.error);
    else call?.resolve(data.result);
  };
  worker.onerror = (event) => {
    event.preventDefault(); // else it ends this thread too
    lose(`died: ${event.message}`);
  };
  worker.onmessageerror = () => lose("sent an answer that cannot be read");

  return {
    async call(method, argument, transfer = []) {
      if (lost) throw lost;
      const answer: Pending = Promise.withResolvers();
      pending.set(calls, answer);
      worker.postMessage({ id: calls++, method, argument } satisfies Call, transfer);
      return await answer.promise as never;
    },
    close() {
      worker.terminate();
      lose("was closed");
    },
  };
}

/** The parts of a worker's global scope in use. */
export interface WorkerScope {
  /** Takes messages. */
  onmessage: ((event: MessageEvent) => void) | null;
  /** Sends one. */
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** Answers calls one after the other: a call may rely on the ones before it. */
export function serve<M extends Methods>(scope: WorkerScope, handlers: Handlers<M>): void {
  let last: Promise<void> = Promise.resolve();
  scope.onmessage = ({ data: { id, method, argument } }: MessageEvent<Call>) => {
    last = last.then(async () => {
      const transfer: Transferable[] = [];
      try {
        const result = await handlers[method]!(argument as never, transfer);
        scope.postMessage({ id, result } satisfies Answer, transfer);
      } catch (error) {
        scope.postMessage({ id, error } satisfies Answer, []);
      }
    });
  };
}
