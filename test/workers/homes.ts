import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { commandOf, endProcess, type ProcessMark } from '../../workers/processes.js';

/** A home that is gone after the test, and its server with it. */
export async function freshHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'noisy-student-home-'));
  t.after(async () => {
    const recorded = await readRecorded(home).catch(() => undefined);
    if (recorded && commandOf(recorded.pid)?.includes(home)) await endProcess(recorded.pid, 5_000);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  return home;
}

export interface Recorded {
  readonly pid: number;
  readonly users: readonly ProcessMark[];
  readonly address: string;
}

export async function readRecorded(home: string): Promise<Recorded> {
  return JSON.parse(await readFile(join(home, 'embedded.json'), 'utf8')) as Recorded;
}

/** As if other processes had written it. */
export async function changeRecorded(home: string, change: Partial<Recorded>): Promise<void> {
  await writeFile(join(home, 'embedded.json'), JSON.stringify({ ...(await readRecorded(home)), ...change }));
}

/** A process that has ended. */
export const ENDED: ProcessMark = { pid: 2 ** 22 - 1, started: '1' };
