import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toJsonLines } from './files.js';
import { renderReport } from './html.js';
import type { ReportInput } from './input.js';
import { modelsOf, summarise, type Summary } from './summary.js';

/**
 * Writes what a person reads of a finished run: the page, its content as data, the metrics of all trainings, and the lists
 * of what was set aside. Equal artifacts give equal bytes.
 */
export async function writeReport(input: ReportInput): Promise<Summary> {
  const summary = await summarise(input);
  const metrics = modelsOf(summary).flatMap(({ generation: { role, index: generation }, metrics: lines, fineTuning }) => [
    ...lines.map((line) => ({ role, generation, ...line })),
    ...(fineTuning?.metrics ?? []).map((line) => ({ role, generation, phase: 'fine-tune', ...line })),
  ]);
  await Promise.all([
    writeFile(join(input.output, 'summary.json'), `${JSON.stringify(summary, null, 1)}\n`),
    writeFile(join(input.output, 'metrics.jsonl'), toJsonLines(metrics)),
    writeFile(join(input.output, 'report.html'), await renderReport(summary, input.spec)),
    ...['duplicates.jsonl', 'quarantine.jsonl'].map((file) => cp(join(input.dataset, file), join(input.output, file))),
  ]);
  return summary;
}
