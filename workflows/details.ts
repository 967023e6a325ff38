import type { GenerationSpec } from '../lib/spec/resolved.js';
import type { GenerationStatus, PhaseOutcome, RunStatus } from './messages.js';

/** What the UI shows of a run beside its history: its state and the table of generations, in Markdown. */
export function runDetails(status: RunStatus): string {
  const { state, current, generations, baseline, failure, report, allowed } = status;
  const doing = current && `${current.role === null ? '' : `${nameOf(current.role, current.generation)} · `}${current.phase}`;
  const rows = [...generations.map((row) => generationRow(String(row.generation), row)), ...(baseline ? [generationRow('baseline', baseline)] : [])];
  return [
    `**${state}**${doing === null ? '' : ` · ${doing}`}${allowed.length === 0 ? '' : ` · accepts ${allowed.join(', ')}`}`,
    ...(failure ? [`**${failure.code}** in ${failure.phase}: ${failure.message}`] : []),
    ...(rows.length === 0 ? [] : [table(GENERATION_COLUMNS, rows)]),
    ...(report === null ? [] : [`Report: \`${report}\``]),
    ...(status.phases.length === 0 ? [] : [phasesTable(status.phases)]),
  ].join('\n\n');
}

/** Phases that are through, and why each was computed or used again. */
export function phasesTable(phases: readonly PhaseOutcome[]): string {
  const rows = phases.map(({ phase, generation, role, reused, why, seconds }) => [
    role === null ? '' : nameOf(role, generation),
    phase,
    `${reused ? 'reused' : 'computed'}: ${why}`,
    seconds.toFixed(1),
  ]);
  return table(['generation', 'phase', 'why', 'seconds'], rows);
}

/** `teacher`, `student 2`, `baseline`. */
export function nameOf(role: GenerationSpec['role'], generation: number | null): string {
  return role === 'student' ? `student ${generation}` : role;
}

/** `t1` for `efficientnet_t1`: summaries and ids have little room, and the family says nothing new. */
export function shortModel(model: string): string {
  return model.replace(/^(tf_)?efficientnet(v2)?_/, '');
}

const GENERATION_COLUMNS = ['generation', 'model', 'parameters', 'validation', 'test', 'pool kept', 'labels right', 'seconds'];

function generationRow(name: string, { model, parameters, validation, test, pool, seconds }: GenerationStatus): readonly string[] {
  return [
    name,
    model,
    String(parameters),
    percent(validation.top1),
    percent(test.top1),
    pool ? `${pool.unique} of ${pool.images}` : '',
    percent(pool?.labelAccuracy ?? null),
    seconds.toFixed(0),
  ];
}

function percent(share: number | null): string {
  return share === null ? '' : `${(100 * share).toFixed(2)} %`;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}
