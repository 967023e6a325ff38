/**
 * Results of `work` in the order of the items, with at most `limit` at work: what comes out does not depend on the limit. A result
 * that is there at once comes without a promise, of which there would be millions. Each has to be awaited before the next is asked
 * for. Whoever stops early leaves at most `limit` results unread.
 */
export function* inOrder<Item, Result>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Result | Promise<Result>,
): Generator<Result | Promise<Result>> {
  const started: (Result | Promise<Result>)[] = [];
  for (const item of items) {
    const result = work(item);
    if (result instanceof Promise) result.catch(() => undefined); // Reported when its turn comes; until then it is not unhandled.
    started.push(result);
    if (started.length >= limit) yield started.shift()!;
  }
  yield* started;
}
