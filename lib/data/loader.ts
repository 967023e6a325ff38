import { permutation, type RandomKey } from '../noise/random.js';

/** One draw of an endless pass over a set: its `epoch`, and which `row` of the set it is. */
export interface LoadedRow {
  readonly epoch: number;
  readonly row: number;
}

/** Where draw `index` (0, 1, …) of passes over `count` rows stands. */
export function epochPosition(index: number, count: number): { readonly epoch: number; readonly offset: number } {
  return { epoch: Math.floor(index / count), offset: index % count };
}

/**
 * The rows of step `step` (0, 1, …): draws step · batch … (step + 1) · batch − 1 of passes over `count` rows, each
 * shuffled anew by `key` and its epoch. A pure function of the key and the step, so a resumed training needs no
 * position in the data. A batch may end one pass and begin the next; the permutations of two passes are held.
 */
export function batchRows({ key, count, batch }: { readonly key: RandomKey; readonly count: number; readonly batch: number }): (step: number) => LoadedRow[] {
  const orderOf = keepTwo((epoch) => permutation(key, epoch, count)); // uint32 [count]
  return (step) =>
    Array.from({ length: batch }, (_, i) => {
      const { epoch, offset } = epochPosition(step * batch + i, count);
      return { epoch, row: orderOf(epoch)[offset]! };
    });
}

/** Remembers the results of the two arguments asked for last: shuffling a large set is costly. */
function keepTwo<Result>(make: (argument: number) => Result): (argument: number) => Result {
  let held: { readonly argument: number; readonly result: Result }[] = [];
  return (argument) => {
    const known = held.find((entry) => entry.argument === argument) ?? { argument, result: make(argument) };
    if (held[0] !== known) held = [known, ...held.filter((entry) => entry !== known)].slice(0, 2);
    return known.result;
  };
}
