import { cpus } from 'node:os';

/** The same work done in several ways. */
export interface Contest {
  readonly work: string;
  /** What is measured, where it is not time. */
  readonly unit?: 'MiB';
  run: Run;
  readonly rivals: readonly Rival[];
  /** Before each run of any side, outside its time: what the run before left is cleared away. */
  prepare?(): void | Promise<void>;
  /** Also after a failure. */
  close(): void | Promise<void>;
}

export interface Rival {
  readonly name: string;
  run: Run;
}

/** Round 0 warms up and is not counted: work of minutes may then do less. */
type Run = (round: number) => void | Parts | Promise<void | Parts>;

/** Parts of the work that a side measured itself, by a name that all sides use: each is a row of its own, and WHOLE takes the place of the time. */
export type Parts = Readonly<Record<string, number>>;

/** Each piece of work, recorded or frozen, against the same operation by operation. */
export function* againstEager<Size>(
  sizes: readonly Size[],
  start: (size: Size, options: { eager: boolean }) => Pick<Contest, 'work' | 'run' | 'close'>,
): Iterable<Contest> {
  for (const size of sizes) {
    const [own, eager] = [start(size, { eager: false }), start(size, { eager: true })];
    yield {
      work: own.work,
      run: own.run,
      rivals: [{ name: 'the same, eager', run: eager.run }],
      async close() {
        await own.close();
        await eager.close();
      },
    };
  }
}

/** What is printed with --json, for every rival. */
export interface Row {
  readonly work: string;
  readonly against: string;
  /** How many times faster `work` is than `against`: the median over the rounds. */
  readonly ratio: number;
  /** Of what is measured, in milliseconds unless `unit` says otherwise. */
  readonly medianMs: number;
  readonly againstMs: number;
  readonly rounds: number;
  readonly unit?: 'MiB';
}

/** Rounds in turn, so that a machine that slows down for a while slows all of them. The first round warms up and is not counted. */
export async function* measure(contests: Iterable<Contest> | AsyncIterable<Contest>, rounds: number): AsyncGenerator<Row> {
  for await (const contest of contests) {
    try {
      yield* rowsOf(contest, await timesOf(contest, rounds), rounds);
    } finally {
      await contest.close();
    }
  }
}

/** Of each side, the milliseconds of each counted round; those of the whole work go by the name WHOLE. */
async function timesOf({ run, rivals, prepare }: Contest, rounds: number): Promise<Parts[][]> {
  const runs = [run, ...rivals.map((rival) => rival.run)];
  const times = runs.map((): Parts[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [side, run] of runs.entries()) {
      await prepare?.();
      const start = performance.now();
      const parts = await run(round);
      const whole = performance.now() - start;
      if (round > 0) times[side]!.push({ [WHOLE]: whole, ...parts });
    }
  }
  return times;
}

const WHOLE = 'whole';

function* rowsOf({ work, unit, rivals }: Contest, [own, ...others]: readonly Parts[][], rounds: number): Iterable<Row> {
  for (const [i, { name }] of rivals.entries()) {
    for (const part of Object.keys(own![0] ?? {})) {
      const [ownMs, againstMs] = [own!, others[i]!].map((side) => side.map((times) => times[part]!)) as [number[], number[]];
      const ratio = median(againstMs.map((time, round) => time / ownMs[round]!));
      const medians = { ratio, medianMs: median(ownMs), againstMs: median(againstMs), rounds, ...(unit && { unit }) };
      yield { work: part === WHOLE ? work : `${work}, ${part}`, against: name, ...medians };
    }
  }
}

/** Prints rows as they come, or all of them as one JSON document. */
export async function print(rows: AsyncIterable<Row>, json: boolean): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) {
    all.push(row);
    if (!json) console.log(line(row));
  }
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  console.log(json ? JSON.stringify({ machine, rows: all }, null, 2) : `${machine.processor}, ${machine.cores} cores, Node ${machine.node}`);
  return all;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function line({ work, against, ratio, medianMs, againstMs, unit }: Row): string {
  return `${work.padEnd(48)} ${medianMs.toFixed(1).padStart(8)} ${unit ?? 'ms'}   ${against.padEnd(28)} ${againstMs.toFixed(1).padStart(8)} ${unit ?? 'ms'}   ${ratio.toFixed(2)} x`;
}
