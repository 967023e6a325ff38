/** The answers in the order of the items, so many of them asked for at a time. */
export async function* inTurn<Item, Answer>(items: AsyncIterable<Item>, atATime: number, ask: (item: Item) => Promise<Answer>): AsyncGenerator<Answer> {
  const asked: Promise<Answer>[] = [];
  for await (const item of items) {
    const answer = ask(item);
    answer.catch(() => undefined); // thrown when its turn comes
    asked.push(answer);
    if (asked.length === atATime) yield await asked.shift()!;
  }
  while (asked.length > 0) yield await asked.shift()!;
}
