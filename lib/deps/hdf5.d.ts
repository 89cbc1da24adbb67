// What jsfive 0.4.2 exports, as far as it is used here. It throws strings as well as errors.

/** A folder of the file. */
export class Group {
  /** Names of what it holds. */
  readonly keys: string[];
  /** A member by name; `null` for a link that leads nowhere. */
  get(name: string): Group | Dataset | null;
}

/** The file's root. */
export class File extends Group {
  /** Opens the bytes of a file. */
  constructor(bytes: ArrayBuffer, name?: string);
}

/** An array of the file. */
export class Dataset {
  /** Length of each axis. */
  readonly shape: number[];
  /** Type of the elements as numpy writes it, `"<f4"`; a list for types that are no numbers. */
  readonly dtype: string | unknown[];
  /** The elements, row by row. */
  readonly value: ArrayLike<number>;
}
