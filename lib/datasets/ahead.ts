/**
 * Making things before they are asked for.
 *
 * @module
 */

/**
 * Makes things in the order of their numbers `from … to − 1`, up to `depth` of them while the caller
 * works on the last one. What was begun is awaited when the caller stops early.
 */
export async function* ahead<Thing>(
  from: number,
  to: number,
  depth: number,
  make: (number: number) => Promise<Thing>,
): AsyncGenerator<Thing, void, void> {
  const begun: Promise<Thing>[] = [];
  let next = from;
  const fill = () => {
    while (next < to && begun.length < depth) {
      const thing = make(next++);
      // It is awaited below; until then a failure must not count as unhandled.
      thing.catch(() => {});
      begun.push(thing);
    }
  };
  try {
    for (fill(); begun.length > 0;) {
      const thing = await begun[0]!;
      begun.shift();
      fill();
      yield thing;
    }
  } finally {
    await Promise.allSettled(begun);
  }
}
