import { createHash } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/activity';
import { Context } from '@temporalio/activity';
import type { Activities } from '../../activities/index.js';
import type { ArtifactRef, Phase } from '../../lib/store/store.js';

export type ActivityName = keyof Activities;

export interface Call {
  readonly name: ActivityName;
  readonly input: { readonly [name: string]: unknown };
}

/** How one kind of activity behaves, and what became of it. */
export interface Hold {
  /** Resolves when the activity has been called. */
  readonly started: Promise<Call>;
  /** Whether an attempt was told to stop while it was held. */
  wasCancelled: boolean;
  /** Lets it, and all that come later, through. */
  release(): void;
}

/**
 * Activities that compute nothing but follow the contract: results are functions of the input, what was published
 * is reused, a held attempt obeys its cancellation. `failures` are thrown first, one for each call.
 */
export function fakeActivities() {
  const calls: Call[] = [];
  const published = new Map<string, { readonly seconds: number }>();
  const holds = new Map<string, Hold & { announce(call: Call): void; readonly released: Promise<void> }>();
  const failures = new Map<ActivityName, ApplicationFailure[]>();
  let inFlight = 0;
  let mostInFlight = 0;

  async function run<R extends object>(name: ActivityName, phase: Phase, input: object, metrics: R) {
    const call: Call = { name, input: input as Call['input'] };
    calls.push(call);
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    try {
      await obeyHold(call);
      const failure = failures.get(name)?.shift();
      if (failure) throw failure;
    } finally {
      inFlight--;
    }
    const key = keyOf(phase, input);
    const reused = published.has(key);
    if (!reused) published.set(key, { seconds: 1.5 });
    const artifact: ArtifactRef = { phase, key, digest: sha256(`content ${key}`) };
    return { artifact, reused, why: reused ? 'published before from the same inputs' : 'nothing was published under its key', seconds: 1.5, ...metrics };
  }

  async function obeyHold(call: Call): Promise<void> {
    const hold = holds.get(`${call.name} ${generationOf(call)}`) ?? holds.get(call.name);
    if (!hold) return;
    const { cancelled, cancellationSignal, heartbeat } = Context.current();
    const beat = setInterval(() => heartbeat({ phase: call.name, step: 1, of: 2 }), 50);
    try {
      heartbeat({ phase: call.name, step: 1, of: 2 });
      hold.announce(call);
      await Promise.race([hold.released, cancelled]);
    } finally {
      clearInterval(beat);
      hold.wasCancelled ||= cancellationSignal.aborted;
    }
  }

  const accuracy = (top1: number) => ({ top1, top5: 1 });
  const activities: Activities = {
    importWeights: (input) => run('importWeights', 'import', input, { mean: [0.5], std: [0.25] }),
    resizeData: (input) => run('resizeData', 'prepare', input, { labelled: 20, size: input.data.image.size }),
    prepareData: (input) =>
      run('prepareData', 'prepare', input, {
        poolImages: POOL_IMAGES,
        hiddenLabels: { phase: 'hidden-labels', key: 'h'.repeat(64), digest: 'd'.repeat(64) } as ArtifactRef,
      }),
    trainModel: (input) => run('trainModel', 'train', input, { parameters: 1000 + input.generation.index, weights: sha256(JSON.stringify(input)) }),
    labelShards: async (input) => {
      const shards = input.last - input.first + 1;
      const { reused, seconds } = await run('labelShards', 'label', input, {});
      return { shards, reused: reused ? shards : 0, seconds: seconds * shards };
    },
    selectLabels: (input) => run('selectLabels', 'select', input, { pool: { images: input.images, kept: 8, unique: 6, labelAccuracy: 0.75 } }),
    evaluateModel: (input) =>
      run('evaluateModel', 'evaluate', input, { validation: accuracy(0.5 + input.generation / 10), test: accuracy(0.6 + input.generation / 10) }),
    recordModel: (input) => run('recordModel', 'record', input, {}),
    writeReport: (input) => run('writeReport', 'report', input, { path: `runs/${input.run}/report.html` }),
  };

  return {
    activities,
    calls,
    /** Names and generations in the order of the calls, such as `trainModel 1`. */
    order: () => calls.map((call) => [call.name, generationOf(call)].filter((part) => part !== undefined).join(' ')),
    get mostInFlight() {
      return mostInFlight;
    },
    failNext: (name: ActivityName, ...next: ApplicationFailure[]) => failures.set(name, next),
    /** Holds every attempt of an activity, of one generation if given, until it is released. */
    hold(name: ActivityName, generation?: number): Hold {
      let announce!: (call: Call) => void;
      let release!: () => void;
      const started = new Promise<Call>((resolve) => (announce = resolve));
      const released = new Promise<void>((resolve) => (release = resolve));
      const hold = { started, released, announce, wasCancelled: false, release };
      holds.set(generation === undefined ? name : `${name} ${generation}`, hold);
      return hold;
    },
  };
}

/** Of an artifact, by what goes into it. */
export function keyOf(phase: Phase, input: object): string {
  return sha256(`${phase} ${JSON.stringify(input)}`);
}

export type FakeActivities = ReturnType<typeof fakeActivities>;

export const POOL_IMAGES = 10;

function generationOf({ input }: Call): number | undefined {
  const { generation } = input;
  return typeof generation === 'object' && generation !== null ? (generation as { index: number }).index : (generation as number | undefined);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
