import type { GenerationSpec } from '../lib/spec/resolved.js';
import type { GenerationStatus, PhaseOutcome, RunStatus } from './messages.js';

/** What the UI shows of a run beside its history: its state and the table of generations, in Markdown. */
export function runDetails(status: RunStatus, revisions: readonly string[] = []): string {
  const { state, current, generations, baseline, failure, report, allowed, omitted } = status;
  const doing = current && `${current.role === null ? '' : `${nameOf(current.role, current.generation)} · `}${current.phase}`;
  const rows = [
    ...generations.map((row) => generationRow(row.generation === 0 ? 'teacher' : `student ${row.generation}`, row)),
    ...(baseline ? [generationRow('baseline', baseline)] : []),
  ];
  return [
    `**${state}**${doing === null ? '' : ` · ${doing}`}${allowed.length === 0 ? '' : ` · accepts ${allowed.join(', ')}`}`,
    ...(failure ? [`**${failure.code}** in ${failure.phase}: ${failure.message}`] : []),
    ...(omitted ? [`Of ${omitted.generations} generations and ${omitted.phases} phases before these, the report tells.`] : []),
    ...(rows.length === 0 ? [] : [table(GENERATION_COLUMNS, rows)]),
    ...(report === null ? [] : [`Report: \`${report}\``]),
    ...revisions.map((told) => `Changed under way: ${told}`),
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
  return wrappingTable(['generation', 'phase', 'why', 'seconds'], rows);
}

/** `train of student 2`, `report`: the one name that a phase of a run has, here and where pipelines are compared. */
export function phaseName({ phase, generation, role }: Pick<PhaseOutcome, 'phase' | 'generation' | 'role'>): string {
  return role === null ? phase : `${phase} of ${nameOf(role, generation)}`;
}

/** `teacher`, `student 2`, `baseline`. */
export function nameOf(role: GenerationSpec['role'], generation: number | null): string {
  return role === 'student' ? `student ${generation}` : role;
}

/** `t1` for `efficientnet_t1`: summaries and ids have little room, and the family says nothing new. */
export function shortModel(model: string): string {
  return model.replace(/^(tf_)?efficientnet(v2)?_/, '');
}

/** What fits into the UI's pane at a window of 1280 px; the parameters stand in the report. */
const GENERATION_COLUMNS = ['model', 'test', 'validation', 'pool kept', 'labels right', 'seconds'];

function generationRow(name: string, { model, validation, test, pool, seconds }: GenerationStatus): readonly string[] {
  return [
    `${name} · ${shortModel(model)}`,
    percent(test.top1),
    percent(validation.top1),
    pool ? `${pool.unique} of ${pool.images}` : '',
    percent(pool?.labelAccuracy ?? null),
    seconds.toFixed(0),
  ];
}

function percent(share: number | null): string {
  return share === null ? '' : `${(100 * share).toFixed(2)} %`;
}

function wrappingTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Cells keep together by no-break spaces, and one behind each stands for the padding that the UI leaves out. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const whole = (cells: readonly string[]) => cells.map((cell) => `${cell}${NO_BREAK_SPACE}`.replaceAll(' ', NO_BREAK_SPACE));
  return [line(whole(columns)), line(columns.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map((row) => line(whole(row)))].join('\n');
}

const NO_BREAK_SPACE = '\u00a0';
