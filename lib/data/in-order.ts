/**
 * Results of `work` in the order of the items, with at most `limit` at work: what comes out does not depend on
 * the limit. Whoever stops early leaves at most `limit` results unread.
 */
export async function* inOrder<Item, Result>(items: Iterable<Item>, limit: number, work: (item: Item) => Promise<Result>): AsyncGenerator<Result> {
  const started: Promise<Result>[] = [];
  for (const item of items) {
    const result = work(item);
    result.catch(() => undefined); // Reported when its turn comes; until then it is not unhandled.
    started.push(result);
    if (started.length >= limit) yield await started.shift()!;
  }
  for (const result of started) yield await result;
}
