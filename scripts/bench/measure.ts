import { cpus } from 'node:os';

/** The same work done in several ways. */
export interface Contest {
  readonly work: string;
  run(): void | Promise<void>;
  readonly rivals: readonly Rival[];
  close(): void | Promise<void>;
}

export interface Rival {
  readonly name: string;
  run(): void | Promise<void>;
}

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
  readonly medianMs: number;
  readonly againstMs: number;
  readonly rounds: number;
}

/** Rounds in turn, so that a machine that slows down for a while slows all of them. The first round warms up and is not counted. */
export async function* measure(contests: Iterable<Contest> | AsyncIterable<Contest>, rounds: number): AsyncGenerator<Row> {
  for await (const { work, run, rivals, close } of contests) {
    const sides = [{ name: work, run }, ...rivals];
    const times = sides.map((): number[] => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [side, { run }] of sides.entries()) {
        const start = performance.now();
        await run();
        if (round > 0) times[side]!.push(performance.now() - start);
      }
    }
    await close();
    const [own, ...others] = times;
    for (const [i, { name }] of rivals.entries()) {
      const ratios = others[i]!.map((time, round) => time / own![round]!);
      yield { work, against: name, ratio: median(ratios), medianMs: median(own!), againstMs: median(others[i]!), rounds };
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

function line({ work, against, ratio, medianMs, againstMs }: Row): string {
  return `${work.padEnd(48)} ${medianMs.toFixed(1).padStart(8)} ms   ${against.padEnd(28)} ${againstMs.toFixed(1).padStart(8)} ms   ${ratio.toFixed(2)} x`;
}
