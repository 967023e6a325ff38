import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkpointSteps } from '../../lib/store/disk.js';
import { startS3Server } from '../../test/s3/server.js';
import { unreliable, type Fault as Refusal } from '../../test/s3/unreliable.js';
import { versitygw } from '../versitygw.js';
import type { Round, Victim } from './round.js';

/** Something that happens to a run once, at a random moment. */
export interface Fault {
  readonly name: string;
  /** Why it cannot be tried on this machine; undefined: it can. */
  missing?(): string | undefined;
  /** Before the run: more environment, and what is undone after it. */
  prepare?(home: string, random: Round['random']): Promise<Prepared>;
  happen(round: Round, prepared: Prepared): Promise<void>;
}

export interface Prepared {
  readonly environment?: NodeJS.ProcessEnv;
  /** Where the artifacts are, if not in the home's store. */
  readonly bucket?: string;
  /** Makes the store bad, and good again. */
  spoil?(isBad: boolean): void;
  undo?(): Promise<void>;
}

const VICTIMS: readonly Victim[] = ['trainer', 'worker', 'server', 'command'];

/** Longer than the 15 seconds after which a worker that says nothing has lost its attempt, for one half of them. */
const LONGEST_SLEEP_MS = 30_000;

export const FAULTS: readonly Fault[] = [
  ...(['SIGKILL', 'SIGTERM'] as const).flatMap((signal) => VICTIMS.map((victim) => ended(victim, signal))),
  ...VICTIMS.map(frozen),
  torn('cut short', async (file) => truncate(file, 10)),
  torn('with a flipped bit', flipBit),
  fullDisk(),
  ...(['answers 503', 'answers 500', 'says nothing', 'breaks off the answer', 'breaks off the request'] as const).map(badStore),
  clockJump('forward', 1),
  clockJump('back', -1),
];

function ended(victim: Victim, signal: NodeJS.Signals): Fault {
  return {
    name: `${signal} to the ${victim}`,
    async happen(round) {
      await round.moment();
      const pid = await round.find(victim);
      round.begins();
      process.kill(pid, signal);
      if (victim === 'command') await round.again();
    },
  };
}

function frozen(victim: Victim): Fault {
  return {
    name: `SIGSTOP and SIGCONT to the ${victim}`,
    async happen(round) {
      await round.moment();
      const pid = await round.find(victim);
      round.begins();
      process.kill(pid, 'SIGSTOP');
      await delay(round.random('sleep') * LONGEST_SLEEP_MS);
      wake(pid);
    },
  };
}

/** A frozen worker may have been replaced, and killed, meanwhile. */
function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The newest checkpoint is spoilt, and then read. */
function torn(how: string, spoil: (file: string) => Promise<void>): Fault {
  return {
    name: `the newest checkpoint ${how}`,
    async happen(round) {
      await round.moment();
      const { file } = await newestState(join(round.home, 'store', 'checkpoints'), round);
      const pid = await round.find('trainer');
      round.begins();
      process.kill(pid, 'SIGKILL');
      await spoil(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error; // the training has just ended
      });
    },
  };
}

async function newestState(checkpoints: string, round: Round): Promise<{ file: string }> {
  for (;;) {
    await round.find('trainer'); // throws when the run has ended
    for (const key of await readdir(checkpoints).catch(() => [])) {
      const [newest] = await checkpointSteps(join(checkpoints, key));
      const file = join(checkpoints, key, `step-${newest}`, 'state.safetensors');
      if (newest !== undefined && existsSync(file)) return { file };
    }
    await delay(10);
  }
}

async function flipBit(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const at = Math.floor((await handle.stat()).size / 2);
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, at);
    byte[0]! ^= 1;
    await handle.write(byte, 0, 1, at);
  } finally {
    await handle.close();
  }
}

/** The store lies on a small disk of its own, which something else fills. Somebody makes room when the run asks for it. */
function fullDisk(): Fault {
  const canMount = process.getuid?.() === 0 && process.platform === 'linux';
  return {
    name: 'a full disk',
    missing: () => (canMount ? undefined : 'only root can mount a small disk'),
    async prepare(home) {
      const store = join(home, 'store');
      await mkdir(store, { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', store]);
      return { undo: async () => void execFileSync('umount', [store]) };
    },
    async happen(round) {
      await round.moment();
      round.begins();
      const filler = join(round.home, 'store', 'filler');
      await fill(filler);
      const { run } = await round.until('it waits for a fix', ({ state }) => state === 'awaiting-fix');
      await rm(filler);
      await round.tell('retry', run!);
    },
  };
}

async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const size of [2 ** 20, 2 ** 12]) {
      const chunk = Buffer.alloc(size, 1);
      await (async () => {
        for (;;) await handle.writeFile(chunk);
      })().catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC') throw error;
      });
    }
  } finally {
    await handle.close();
  }
}

/** The store is a bucket that fails two of three requests for a while. */
function badStore(refusal: Refusal): Fault {
  return {
    name: `a store that ${refusal}`,
    missing() {
      const built = versitygw();
      return built.program === null ? built.reason : undefined;
    },
    async prepare(_home, random) {
      const server = await startS3Server();
      let isBad = false;
      const proxy = await unreliable(server.location.endpoint!, (request) => (isBad && random(`request ${request}`) < 2 / 3 ? refusal : undefined));
      const { accessKeyId, secretAccessKey } = server.location.credentials!;
      return {
        environment: {
          NOISY_STUDENT_STORE: `s3://${server.location.bucket}/${server.location.prefix}`,
          AWS_ENDPOINT_URL: proxy.endpoint,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
        },
        bucket: server.folder,
        spoil: (bad) => void (isBad = bad),
        async undo() {
          proxy.close();
          await server.close();
        },
      };
    },
    async happen(round, { spoil }) {
      await round.moment();
      round.begins();
      spoil!(true);
      await delay(round.random('outage') * LONGEST_SLEEP_MS);
      spoil!(false);
    },
  };
}

/** What the worker's and its device's JavaScript take for the time of day jumps by a day. */
function clockJump(name: string, sign: 1 | -1): Fault {
  return {
    name: `the worker's clock jumps ${name} by a day`,
    async prepare(_home, random) {
      const afterMs = Math.round(random('jump') * 15_000);
      const code = `if (/worker|child/.test(process.argv[1] ?? '')) { const now = Date.now; setTimeout(() => { Date.now = () => now() + ${sign * 86_400_000}; }, ${afterMs}).unref(); }`;
      return { environment: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` } };
    },
    async happen(round) {
      await round.moment();
      const pid = await round.find('trainer');
      round.begins();
      process.kill(pid, 'SIGKILL'); // so that something depends on it
    },
  };
}
