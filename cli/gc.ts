import { findGarbage, removeGarbage, type Garbage } from '../lib/store/collect.js';
import { inTurn } from '../lib/store/in-turn.js';
import { openStore, storeSettings } from '../lib/store/open-store.js';
import { references, type References } from '../lib/store/references.js';
import type { Environment } from './environment.js';
import { interruption } from './interruption.js';
import { EXIT, type Outcome } from './outcome.js';
import { columns } from './table.js';

export interface GcCommand {
  /** What was used or changed since stays. */
  readonly olderThanMs: number;
  /** Else it only tells. */
  readonly isRemoving: boolean;
  readonly environment: Environment;
  readonly json: boolean;
}

/** What nobody needs any more, by kind and reason; removes it where that is asked for. Needs no server: the store itself knows who uses what. */
export async function gc({ olderThanMs, isRemoving, environment: { home, homeOption }, json }: GcCommand): Promise<Outcome> {
  const { signal } = interruption();
  const store = await openStore(home, storeSettings(process.env), Date.now);
  const known = references(store.notes);
  const garbage = findGarbage(store, { olderThanMs, signal });
  const answered = inTurn(garbage, REMOVALS, async (each) => ({ ...each, isRemoved: isRemoving && (await removeGarbage(store, each)) }));
  const [groups, items] = [new Map<string, Group>(), [] as object[]];
  for await (const each of answered) {
    if (isRemoving && !each.isRemoved) continue; // somebody came to need it, or another gc took it
    count(groups, each);
    if (json) items.push(printed(each));
  }
  const all = [...groups.values()];
  const bytes = all.reduce((sum, group) => sum + group.bytes, 0);
  const pinned = await collected(known.pins());
  const underWay = await runsUnderWay(known);
  if (json) return { exitCode: EXIT.done, stdout: `${JSON.stringify({ removed: isRemoving, bytes, items, pinned, underWay })}\n` };
  const lines = [
    ...(all.length === 0 ? [] : [table(all), '']),
    ...(pinned.length === 0 ? [] : [`Pinned:    ${pinned.join(', ')}`]),
    ...(underWay.length === 0 ? [] : [`Under way: ${underWay.join(', ')} · forget RUN lets go of one that will not go on`]),
    all.length === 0
      ? 'Nothing can go.'
      : isRemoving
        ? `${inBytes(bytes)} are free.`
        : `${inBytes(bytes)} can go; nothing is removed yet: npx noisy-student gc --yes${homeOption}`,
  ];
  return { exitCode: EXIT.done, stdout: `${lines.join('\n')}\n` };
}

/** At a time: a store may be far away. */
const REMOVALS = 8;

interface Group {
  readonly what: string;
  readonly why: string;
  count: number;
  bytes: number;
}

function count(groups: Map<string, Group>, { item, why }: Garbage): void {
  const what = item.kind === 'artifact' ? item.phase : item.kind;
  const group = groups.get(`${what} ${why}`) ?? { what, why, count: 0, bytes: 0 };
  groups.set(`${what} ${why}`, { ...group, count: group.count + 1, bytes: group.bytes + item.bytes });
}

function printed({ item, why }: Garbage): object {
  const { changedAt, ...rest } = item;
  return { ...rest, changed: new Date(changedAt).toISOString(), why };
}

function table(groups: readonly Group[]): string {
  const rows = [...groups]
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ what, why, count: items, bytes }) => [what, items.toLocaleString('en'), inBytes(bytes), why]);
  return columns([['', 'items', 'size', 'why'], ...rows], [0, 3]);
}

function inBytes(bytes: number): string {
  const unit = UNITS.find(({ size }) => bytes >= size);
  return unit ? `${(bytes / unit.size).toFixed(1)} ${unit.name}` : `${bytes} bytes`;
}

const UNITS = [
  { name: 'GB', size: 1e9 },
  { name: 'MB', size: 1e6 },
  { name: 'kB', size: 1e3 },
] as const;

async function runsUnderWay(known: References): Promise<string[]> {
  const found: string[] = [];
  for await (const run of known.runs()) if ((await known.stateOf(run)) === 'under way') found.push(run);
  return found;
}

async function collected(names: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const name of names) all.push(name);
  return all;
}
