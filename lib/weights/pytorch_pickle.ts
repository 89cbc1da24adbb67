/**
 * A reader for the part of Python's pickle format that files of weights are made of. It never runs
 * code: a pickle may name functions, and only those it is given here exist.
 *
 * Reference: Python's `pickletools` (opcodes, protocol 2, which `torch.save` writes).
 *
 * @module
 */

/** A function that a pickle may call, with whatever arguments the pickle hands it. */
export type PickleFunction = (args: readonly unknown[]) => unknown;

/** What lies outside of a pickle. */
export interface PickleSurroundings {
  /** What a pickle may name, `"module.name"`: functions, and values that stand for themselves. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** What a persistent id stands for. */
  readonly load: (id: unknown) => unknown;
}

/** What a pickle held. Dictionaries are `Map`s; lists and tuples are arrays. */
export interface Unpickled {
  /** The object. */
  readonly value: unknown;
  /** Where in the bytes the pickle ends. */
  readonly end: number;
}

/**
 * Reads one pickle.
 *
 * @param start Where in `bytes` it begins.
 * Throws a `SyntaxError` when it is damaged or cut short, uses an opcode that weights do not need, or
 * names a global that is not in the surroundings.
 */
export function unpickle(
  bytes: Uint8Array,
  surroundings: PickleSurroundings,
  start = 0,
): Unpickled {
  const machine = new Machine(bytes, surroundings, start);
  for (;;) {
    const code = machine.byte();
    if (code === STOP) return { value: machine.pop(), end: machine.position };
    const run = OPCODES[code];
    if (!run) throw problem(`opcode 0x${code.toString(16)} is not one that weights need`);
    run(machine);
  }
}

function problem(text: string): SyntaxError {
  return new SyntaxError(`Cannot read pickle: ${text}`);
}

const STOP = 0x2e;
const MARK = Symbol("mark");
const UTF8 = new TextDecoder("utf-8", { fatal: true });
const LATIN1 = new TextDecoder("latin1");

/** The state of reading: a cursor, a stack, and a memo of values that occur again. */
class Machine {
  position: number;
  readonly memo = new Map<number, unknown>();
  readonly surroundings: PickleSurroundings;
  #bytes: Uint8Array;
  #view: DataView;
  #stack: unknown[] = [];

  constructor(bytes: Uint8Array, surroundings: PickleSurroundings, start: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.surroundings = surroundings;
    this.position = start;
  }

  /** Moves the cursor over some bytes; gives where they begin. */
  #skip(count: number): number {
    const begin = this.position;
    if (begin + count > this.#bytes.length) throw problem("it is cut short");
    this.position += count;
    return begin;
  }

  byte = (): number => this.#view.getUint8(this.#skip(1));
  uint16 = (): number => this.#view.getUint16(this.#skip(2), true);
  uint32 = (): number => this.#view.getUint32(this.#skip(4), true);
  int32 = (): number => this.#view.getInt32(this.#skip(4), true);
  float64 = (): number => this.#view.getFloat64(this.#skip(8), false);

  take(count: number): Uint8Array {
    const begin = this.#skip(count);
    return this.#bytes.subarray(begin, begin + count);
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw problem("it is cut short");
    const text = LATIN1.decode(this.take(end - this.position));
    this.position++;
    return text;
  }

  push = (value: unknown): void => void this.#stack.push(value);

  pop(): unknown {
    if (this.#stack.length === 0) throw problem("it takes a value that is not there");
    return this.#stack.pop();
  }

  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  /** The last values, oldest first. */
  popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  /** The values since the last mark. */
  popToMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw problem("it takes a value that is not there");
    return this.#stack.splice(mark).slice(1);
  }

  recall(key: number): void {
    if (!this.memo.has(key)) throw problem("it takes a value that is not there");
    this.push(this.memo.get(key));
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw problem("a text is not UTF-8");
  }
}

/** A whole number of any length, two's complement, least byte first. */
function bigInteger(bytes: Uint8Array): number | bigint {
  let value = 0n;
  bytes.forEach((byte, i) => value |= BigInt(byte) << BigInt(8 * i));
  const signed = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}

function find(machine: Machine, module: string, name: string): unknown {
  const global = `${module}.${name}`;
  if (machine.surroundings.globals.has(global)) return machine.surroundings.globals.get(global);
  throw problem(`it asks for "${global}", and only tensors are read from it; no code is run`);
}

function call(machine: Machine): void {
  const args = machine.pop(), callee = machine.pop();
  if (typeof callee !== "function" || !Array.isArray(args)) {
    throw problem("it calls what is not a function");
  }
  machine.push((callee as PickleFunction)(args));
}

function setItems(machine: Machine, items: readonly unknown[]): void {
  const target = machine.top();
  if (!(target instanceof Map) || items.length % 2 !== 0) {
    throw problem("it sets items of what is not a dictionary");
  }
  for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
}

function append(machine: Machine, items: readonly unknown[]): void {
  const target = machine.top();
  if (!Array.isArray(target)) throw problem("it appends to what is not a list");
  for (const item of items) target.push(item);
}

/** Attributes are dropped: PyTorch gives its dictionaries version numbers that way. */
function setAttributes(machine: Machine): void {
  machine.pop();
  if (!(machine.top() instanceof Map)) throw problem("it sets attributes of what has none");
}

const OPCODES: Readonly<Record<number, (machine: Machine) => void>> = {
  0x80: (m) => void m.byte(), // PROTO
  0x28: (m) => m.push(MARK),
  0x30: (m) => void m.pop(), // POP
  0x32: (m) => m.push(m.top()), // DUP
  0x4e: (m) => m.push(null), // NONE
  0x88: (m) => m.push(true), // NEWTRUE
  0x89: (m) => m.push(false), // NEWFALSE
  0x4a: (m) => m.push(m.int32()), // BININT
  0x4b: (m) => m.push(m.byte()), // BININT1
  0x4d: (m) => m.push(m.uint16()), // BININT2
  0x8a: (m) => m.push(bigInteger(m.take(m.byte()))), // LONG1
  0x47: (m) => m.push(m.float64()), // BINFLOAT
  0x55: (m) => m.push(LATIN1.decode(m.take(m.byte()))), // SHORT_BINSTRING, of Python 2
  0x54: (m) => m.push(LATIN1.decode(m.take(m.uint32()))), // BINSTRING, of Python 2
  0x58: (m) => m.push(utf8(m.take(m.uint32()))), // BINUNICODE
  0x5d: (m) => m.push([]), // EMPTY_LIST
  0x61: (m) => append(m, m.popMany(1)), // APPEND
  0x65: (m) => append(m, m.popToMark()), // APPENDS
  0x29: (m) => m.push([]), // EMPTY_TUPLE
  0x85: (m) => m.push(m.popMany(1)), // TUPLE1
  0x86: (m) => m.push(m.popMany(2)), // TUPLE2
  0x87: (m) => m.push(m.popMany(3)), // TUPLE3
  0x74: (m) => m.push(m.popToMark()), // TUPLE
  0x7d: (m) => m.push(new Map()), // EMPTY_DICT
  0x73: (m) => setItems(m, m.popMany(2)), // SETITEM
  0x75: (m) => setItems(m, m.popToMark()), // SETITEMS
  0x71: (m) => void m.memo.set(m.byte(), m.top()), // BINPUT
  0x72: (m) => void m.memo.set(m.uint32(), m.top()), // LONG_BINPUT
  0x68: (m) => m.recall(m.byte()), // BINGET
  0x6a: (m) => m.recall(m.uint32()), // LONG_BINGET
  0x63: (m) => m.push(find(m, m.line(), m.line())), // GLOBAL
  0x51: (m) => m.push(m.surroundings.load(m.pop())), // BINPERSID
  0x52: call, // REDUCE
  0x62: setAttributes, // BUILD
};
