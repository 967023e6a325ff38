import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeLease, type LeaseHolder, type LeaseTimes } from '../../lib/store/lease.js';
import { isError, type StorePlace } from './contract.js';

const KEY = 'a'.repeat(64);

/** A holder that never gives a sign of life, and one that gives many between two looks. */
const DEAD: LeaseTimes = { beatMs: 2 ** 30, lookMs: 1, looks: 5 };
const ALIVE: LeaseTimes = { beatMs: 1, lookMs: 50, looks: 5 };

/** Every store's leases pass these. */
export function checkLeaseContract(name: string, place: () => Promise<StorePlace>): void {
  const check = (claim: string, run: (place: StorePlace) => Promise<void>) => void test(`${name}: ${claim}`, async () => run(await place()));

  check('a free key is had at once, and again when it was released', async (at) => {
    for (const owner of ['first', 'second']) {
      const lease = await take(at, { owner, waits: 'never' });
      await lease!.check();
      await lease!.release();
    }
    assert.equal((await at.open().leases.numbers(KEY)).length, 1, 'a mark that was followed was left');
    await at.open().clear(KEY);
    assert.deepEqual(await at.open().leases.numbers(KEY), []);
  });

  check('of 8 that want a key at once each has it alone, one after the other', async (at) => {
    let holders = 0;
    const work = async (_: unknown, i: number) => {
      const lease = (await take(at, { owner: `owner-${i}`, times: ALIVE }))!;
      assert.equal(++holders, 1);
      await lease.check();
      holders--;
      await lease.release();
    };
    await Promise.all(Array.from({ length: 8 }, work));
    assert.equal((await at.open().leases.numbers(KEY)).length, 1, 'a mark that was followed was left');
    await at.open().clear(KEY);
    assert.deepEqual(await at.open().leases.numbers(KEY), []);
  });

  check('a later attempt of the same activity takes over at once; the earlier one learns so and cannot get the key back', async (at) => {
    const first = (await take(at, { attempt: 1, waits: 'never' }))!;
    const second = (await take(at, { attempt: 2, waits: 'never' }))!;
    await assert.rejects(first.check(), isError('SUPERSEDED'));
    assert.ok(first.signal.aborted);
    await first.release();
    await second.check();
    await second.release();
    await assert.rejects(first.check(), isError('SUPERSEDED'));
  });

  check('an attempt that was followed by one that lives cannot get the key back', async (at) => {
    const second = (await take(at, { attempt: 2, times: ALIVE }))!;
    await assert.rejects(take(at, { attempt: 1, times: ALIVE }), isError('SUPERSEDED'));
    await second.release();
  });

  check('attempts that are counted anew get the key of a later one that is dead', async (at) => {
    const dead = (await take(at, { attempt: 7, times: DEAD }))!;
    await (await take(at, { attempt: 1, times: DEAD }))!.release();
    await assert.rejects(dead.check(), isError('SUPERSEDED'));
  });

  check('one who looked long ago takes the key from nobody', async (at) => {
    const { leases } = at.open();
    await take(at, { owner: 'dead' }); // 1: somebody looks at it, and wants 2
    await (await take(at, { owner: 'first', times: DEAD }))!.release(); // has had 2
    const third = (await take(at, { owner: 'third', waits: 'never' }))!;
    assert.equal(await leases.create(KEY, 2, 'late'), true);
    await third.check();
  });

  check('a release that cannot be told fails nothing', async (at) => {
    const { leases } = at.open();
    const lease = (await takeLease({ ...leases, replace: () => Promise.reject(new Error('the store is away')) }, KEY, HOLDER, { ...HOOKS }))!;
    await lease.release();
  });

  check('an attempt that slept through the whole life of the next one has lost the key, also to a third with its own number', async (at) => {
    const first = (await take(at, { attempt: 1 }))!;
    await (await take(at, { attempt: 2 }))!.release();
    const third = (await take(at, { owner: 'another', attempt: 1, waits: 'never' }))!;
    await assert.rejects(first.check(), isError('SUPERSEDED'));
    await third.check();
  });

  check('another activity waits while the holder lives, and has the key when it is released', async (at) => {
    const lease = (await take(at, { owner: 'first', times: ALIVE }))!;
    let looks = 0;
    const second = take(at, { owner: 'second', times: ALIVE, onWait: (holder) => assert.equal(holder.owner, 'first', `look ${++looks}`) });
    while (looks < 2 * ALIVE.looks) await lease.check();
    await lease.release();
    await (await second)!.release();
  });

  check('a holder that gives no sign of life loses the key', async (at) => {
    const dead = (await take(at, { owner: 'first', times: DEAD }))!;
    const second = (await take(at, { owner: 'second', times: DEAD }))!;
    await assert.rejects(dead.check(), isError('SUPERSEDED'));
    await second.check();
  });

  check('nobody waits for what is not needed any more, or after being cancelled', async (at) => {
    await take(at, { owner: 'first' });
    assert.equal(await take(at, { owner: 'second', isNeeded: async () => false }), undefined);
    const cancelled = new AbortController();
    const waiting = take(at, {
      owner: 'second',
      times: { ...ALIVE, looks: Infinity },
      signal: cancelled.signal,
      onWait: () => cancelled.abort(new Error('cancelled')),
    });
    await assert.rejects(waiting, /cancelled/);
  });
}

interface Wanted extends Partial<LeaseHolder> {
  readonly times?: LeaseTimes;
  readonly waits?: 'never';
  readonly signal?: AbortSignal;
  isNeeded?(): Promise<boolean>;
  onWait?(holder: LeaseHolder): void;
}

const HOLDER: LeaseHolder = { owner: 'activity', attempt: 1, name: 'activity-1' };
const HOOKS = { signal: new AbortController().signal, isNeeded: async () => true, onWait: () => undefined, times: DEAD };

function take(at: StorePlace, { owner = 'activity', attempt = 1, times = DEAD, signal, isNeeded, onWait, waits }: Wanted) {
  return takeLease(
    at.open().leases,
    KEY,
    { owner, attempt, name: `${owner}-${attempt}` },
    {
      signal: signal ?? new AbortController().signal,
      isNeeded: isNeeded ?? (async () => true),
      onWait: onWait ?? (() => waits === 'never' && assert.fail('it waited')),
      times,
    },
  );
}
