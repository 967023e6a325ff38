import type { RunStatus } from '../workflows/messages.js';
import { EXIT, type Outcome } from './outcome.js';
import { generationsTable } from './table.js';

/** What came out of a run that has ended. `homeOption` stands behind the commands it names. */
export function present(status: RunStatus, { json, homeOption }: { json: boolean; homeOption: string }): Outcome {
  const exitCode = status.state === 'done' ? EXIT.done : EXIT.failed;
  if (json) return { exitCode, stdout: `${JSON.stringify(status)}\n` };
  const lines = [
    '',
    ...reuse(status),
    generationsTable(status),
    '',
    status.report === null ? `The run is ${status.state}; run the command again to go on.` : `Report:  ${status.report}`,
    `History: npx noisy-student server${homeOption}`,
    '',
  ];
  return { exitCode, stdout: lines.join('\n') };
}

/** Which phases were not computed, and why not. */
function reuse({ phases, omitted }: RunStatus): string[] {
  const reused = phases.filter((phase) => phase.reused);
  const [all, again] = [phases.length + (omitted?.phases ?? 0), reused.length + (omitted?.reused ?? 0)];
  if (again === 0) return [];
  const title = again === all ? `All ${all} phases are reused; nothing was computed.` : `${again} of ${all} phases are reused.`;
  const reasons = new Map(reused.map(({ phase, why }) => [phase, why]));
  const width = Math.max(...[...reasons.keys()].map((phase) => phase.length));
  return [title, ...[...reasons].map(([phase, why]) => `  ${phase.padEnd(width)}  ${why}`), ''];
}
