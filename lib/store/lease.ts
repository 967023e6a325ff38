import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../errors.js';

/** Who asks for a key: one attempt of one activity. */
export interface LeaseHolder {
  /** The activity. Of its attempts a later one takes over from an earlier one at once, which the platform has given up. */
  readonly owner: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Unique among all attempts of all activities. */
  readonly name: string;
}

/** The right to checkpoint and publish under a key. A holder that slept for too long has lost it to another, and learns so before it does harm. */
export interface Lease {
  /** Aborted with SUPERSEDED once it is found lost. */
  readonly signal: AbortSignal;
  /** Throws SUPERSEDED if another attempt has the key. */
  check(): Promise<void>;
  /** Lets the next one have the key. */
  release(): Promise<void>;
}

/**
 * Where a store keeps the marks of a key: small texts by number, the highest of which holds. Creating a mark is what two who want
 * the key compete in, so a store needs nothing but "write where nothing is", and no clock. A released mark stays until the key is
 * cleared, so that no number is used twice while anybody may still be about to use it.
 */
export interface LeaseMarks {
  numbers(key: string): Promise<number[]>;
  read(key: string, number: number): Promise<string | undefined>;
  /** Only where there is none of that number; whether it was. */
  create(key: string, number: number, text: string): Promise<boolean>;
  /** Over the one that is there; one that is gone stays so. */
  replace(key: string, number: number, text: string): Promise<void>;
  remove(key: string, number: number): Promise<void>;
}

export interface LeaseTimes {
  /** Between two signs of life of a holder. */
  readonly beatMs: number;
  /** Between two looks of one who waits. */
  readonly lookMs: number;
  /** So many looks without a sign of life, and the holder has lost the key. */
  readonly looks: number;
}

/** A holder has six beats before it loses the key: a worker under load, or a store that is away for a little, loses nothing. */
const TIMES: LeaseTimes = { beatMs: 5_000, lookMs: 1_000, looks: 30 };

export interface LeaseHooks {
  /** Ends the waiting; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Asked while another one holds the key: what is published meanwhile needs no lease. */
  isNeeded(): Promise<boolean>;
  /** Told at each look. */
  onWait(holder: LeaseHolder): void;
  readonly times?: LeaseTimes | undefined;
}

/**
 * Waits until the key is free, or its holder is dead: an earlier attempt of the same activity, or one that gave no sign of life through 30
 * looks, a second apart, by the timer of the one who waits; no two clocks are compared. Undefined if the lease is not needed any more.
 * Throws SUPERSEDED for an attempt that has been followed by another, which lives.
 */
export async function takeLease(marks: LeaseMarks, key: string, holder: LeaseHolder, hooks: LeaseHooks): Promise<Lease | undefined> {
  const times = hooks.times ?? TIMES;
  let [seen, unchanged] = ['', 0];
  for (;;) {
    hooks.signal.throwIfAborted();
    const { number = 0, text, mark } = (await highestMark(marks, key)) ?? {};
    const isEarlier = mark?.owner === holder.owner && mark.attempt <= holder.attempt;
    if (mark === undefined || mark.isReleased || isEarlier || unchanged >= times.looks) {
      if (await claim(marks, key, number + 1, holder)) return openLease(marks, key, number + 1, holder, times);
      continue; // somebody was faster
    }
    if (mark.owner === holder.owner && seen !== '' && text !== seen) throw superseded(key, mark);
    if (!(await hooks.isNeeded())) return undefined;
    unchanged = text === seen ? unchanged + 1 : 0;
    seen = text!;
    hooks.onWait(mark);
    await delay(times.lookMs, undefined, { signal: hooks.signal }).catch(() => hooks.signal.throwIfAborted());
  }
}

interface Mark extends LeaseHolder {
  readonly isReleased: boolean;
}

async function highestMark(marks: LeaseMarks, key: string): Promise<{ readonly number: number; readonly text: string; readonly mark: Mark } | undefined> {
  const number = Math.max(...(await marks.numbers(key)));
  if (number === -Infinity) return undefined;
  const text = await marks.read(key, number);
  return text === undefined ? highestMark(marks, key) : { number, text, mark: JSON.parse(text) as Mark }; // it was removed meanwhile
}

/** One who looked long ago may create a number below one that exists by now, and has then not won. */
async function claim(marks: LeaseMarks, key: string, number: number, holder: LeaseHolder): Promise<boolean> {
  if (!(await marks.create(key, number, printMark(holder, 0)))) return false;
  const numbers = await marks.numbers(key);
  const hasWon = Math.max(...numbers) === number;
  for (const other of numbers) if (hasWon ? other < number : other === number) await marks.remove(key, other);
  return hasWon;
}

function openLease(marks: LeaseMarks, key: string, number: number, holder: LeaseHolder, { beatMs }: LeaseTimes): Lease {
  const lost = new AbortController();
  let beats = 0;
  async function check(): Promise<void> {
    if (!lost.signal.aborted) {
      const highest = await highestMark(marks, key);
      if (highest?.number !== number || highest.mark.name !== holder.name) {
        clearInterval(timer);
        lost.abort(superseded(key, highest?.mark));
      }
    }
    lost.signal.throwIfAborted();
  }
  const beat = async (): Promise<void> => {
    await check();
    await marks.replace(key, number, printMark(holder, ++beats));
  };
  let underWay: Promise<void> | undefined;
  const timer = setInterval(() => {
    underWay ??= beat()
      .catch(() => undefined) // a store that is away is asked again
      .finally(() => (underWay = undefined));
  }, beatMs);
  timer.unref();
  return {
    signal: lost.signal,
    check,
    async release() {
      clearInterval(timer);
      await Promise.race([underWay, delay(beatMs, undefined, { ref: false })]);
      // What cannot be said now is found out by those who wait.
      await check()
        .then(() => marks.replace(key, number, printMark(holder, ++beats, true)))
        .catch(() => undefined);
    },
  };
}

function superseded(key: string, current: LeaseHolder | undefined): PipelineError {
  const by = current ? `${current.name} (attempt ${current.attempt})` : 'one that has finished';
  return new PipelineError('SUPERSEDED', `another attempt, ${by}, has taken over the work under the key ${key} · nothing is lost: this one ends itself`);
}

function printMark({ owner, attempt, name }: LeaseHolder, beats: number, isReleased = false): string {
  return `${JSON.stringify({ owner, attempt, name, beats, isReleased })}\n`;
}
