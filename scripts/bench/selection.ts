import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LabelledPool, writeLabelShards } from './label-shards.js';
import type { Contest } from './measure.js';
import { ended, owned, temporaryFolder } from './scratch.js';
import type { Answer, SelectionTask } from './selection-process.js';

export interface SelectionSize extends LabelledPool {
  readonly perClass: number;
  readonly balance: string;
}

/**
 * A selection from made-up labels against reading them once, each in a process of its own. At the end the peak of memory of both is
 * on stderr: under the database's limit it must not follow the number of images.
 */
export async function* selectionAgainstScan(size: SelectionSize): AsyncIterable<Contest> {
  const folder = temporaryFolder();
  const { images, classes, shards: count } = size;
  const what = `selection from ${images.toLocaleString('en')} images of ${classes} classes`;
  console.error(`${what}: making ${count} shards of labels`);
  const shards = await writeLabelShards(join(folder, 'labels'), size);
  const task = { shards, classes, perClass: size.perClass, balance: size.balance, output: join(folder, 'selection') };
  const [select, scan] = [startProcess({ ...task, work: 'select' }), startProcess({ ...task, work: 'scan' })];
  yield {
    work: what,
    run: select.run,
    rivals: [{ name: 'a bare scan of the labels', run: scan.run }],
    async close() {
      for (const [name, { memory, close }] of Object.entries({ selection: select, 'bare scan': scan })) {
        console.error(`${name}: ${memory()}`);
        await close();
      }
    },
  };
}

/** Started by the first round, which is not counted. */
function startProcess(task: SelectionTask) {
  const child = owned(
    fork(fileURLToPath(new URL('./selection-process.ts', import.meta.url)), [JSON.stringify(task)], { execArgv: ['--import', import.meta.resolve('tsx')] }),
  );
  const lost = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that should ${task.work} ended with ${String(code)}`);
  });
  lost.catch(() => undefined); // whoever asks next learns of it
  let last: Answer | undefined;
  return {
    async run() {
      child.send('run');
      [last] = (await Promise.race([once(child, 'message'), lost])) as [Answer];
    },
    memory: () => (last ? `${last.done}; peak RSS ${mebibytes(last.peakBytes)}, ${mebibytes(last.beforeBytes)} before` : 'has not been through'),
    async close() {
      child.kill();
      await ended(child);
    },
  };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
