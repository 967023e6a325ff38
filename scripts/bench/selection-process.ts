/** The process of `selection.ts` whose memory is measured: does its task each time it is told to, until it is killed. */
import { mkdirSync } from 'node:fs';
import { parquet, withDatabase } from '../../lib/labels/database.js';
import { selectLabels } from '../../lib/labels/select.js';
import type { SelectionSpec } from '../../lib/spec/resolved.js';

export interface SelectionTask {
  readonly work: 'select' | 'scan';
  readonly shards: readonly string[];
  readonly classes: number;
  readonly perClass: number;
  readonly balance: string;
  readonly output: string;
}

export interface Answer {
  readonly done: string;
  readonly beforeBytes: number;
  readonly peakBytes: number;
}

const task = JSON.parse(process.argv[2]!) as SelectionTask;
const beforeBytes = process.memoryUsage.rss();

process.on('message', () => {
  void WORK[task.work](task).then((done) => {
    const answer: Answer = { done, beforeBytes, peakBytes: process.resourceUsage().maxRSS * 1024 }; // kibibytes on every platform
    process.send!(answer);
  });
});

const WORK: Readonly<Record<SelectionTask['work'], (task: SelectionTask) => Promise<string>>> = {
  async select({ shards, classes, perClass, balance, output }) {
    mkdirSync(output, { recursive: true });
    const { rows, unique } = await selectLabels({
      shards,
      previous: null,
      classes: Array.from({ length: classes }, (_, label) => `class ${label}`),
      selection: { confidence: 0.5, perClass, balance: balance as SelectionSpec['balance'] },
      seed: 1,
      generation: 1,
      hidden: null,
      output,
    });
    return `selected ${rows} rows of ${unique} images`;
  },

  /** Every column unpacked, under the same limits, and let go. */
  async scan({ shards }) {
    return withDatabase(null, async (connection) => {
      const result = await connection.stream(`SELECT position, id, label, confidence, probabilities FROM ${parquet(shards)}`);
      let rows = 0;
      for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) rows += chunk.rowCount;
      return `read ${rows} rows`;
    });
  },
};
