/**
 * What the calls of kernels are made from.
 *
 * @module
 */
import type { Shape } from "../graph/graph.ts";
import type { Records } from "./records.ts";

/**
 * Where constants lie: the packed weights of layers by `weightKey`, those of other operations by
 * `<weights>/<role>`.
 */
export type Addresses = ReadonlyMap<string, number>;

/** What is known of a network when it is laid out. */
export interface Context {
  /** Shapes of all nodes by name. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly records: Records;
  readonly constants: Addresses;
  /** Address of an activation or of scratch; 0 for what is not there. */
  at(name: string): number;
}

/** Buffers that a step needs while it runs: bytes by name. */
export type Scratch = Readonly<Record<string, number>>;

/** Names a step's scratch among all. */
export function scratchKey(output: string, name: string): string {
  return `${output}#${name}`;
}
