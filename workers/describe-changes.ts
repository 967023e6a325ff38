import { REPORT, type Changes, type FieldChange } from './compare-specs.js';

/** What a changed pipeline means for its run, a line for each thing to know. */
export function describeChanges({ fields, stays, again, gone }: Changes): readonly string[] {
  const redone = again.filter(({ name }) => name !== REPORT);
  const following = redone.filter(({ fields: own }) => own.length === 0).map(({ name }) => name);
  return [
    ...grouped(fields.filter(({ from }) => from === null)).map((text) => `${text}: redoes no phase; holds for each phase that starts from now on`),
    ...redone.flatMap(({ name, fields: own }) => (own.length === 0 ? [] : [`${grouped(own).join(', ')}: ${name} again`])),
    ...(following.length === 0 ? [] : [`again, because what they read changes: ${listed(following)}`]),
    ...(gone.length === 0 ? [] : [`no more: ${listed(gone)}`]),
    ...(redone.length === 0 ? [] : [stays.length === 0 ? 'no phase stays' : `stay: ${listed(stays)}`]),
  ];
}

/** The same in one line. */
export function summariseChanges({ fields }: Changes): string {
  const text = grouped(fields).join(', ');
  return text.length <= SUMMARY_CHARACTERS ? text : `${text.slice(0, SUMMARY_CHARACTERS - 1)}…`;
}

const SUMMARY_CHARACTERS = 300;

/** `training.steps 600 → 800 (student 1, student 2)`: the same change of several models once. */
function grouped(fields: readonly FieldChange[]): string[] {
  const models = new Map<string, string[]>();
  for (const { of, path, before, after } of fields) {
    const text = `${path} ${show(before)} → ${show(after)}`;
    models.set(text, [...(models.get(text) ?? []), ...(of === null ? [] : [of])]);
  }
  return [...models].map(([text, of]) => (of.length === 0 ? text : `${text} (${of.join(', ')})`));
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= VALUE_CHARACTERS ? text : `${text.slice(0, VALUE_CHARACTERS - 1)}…`;
}

const VALUE_CHARACTERS = 60;

/** `train and evaluate of teacher` for two phases of one model. */
function listed(names: readonly string[]): string {
  const models = new Map<string, string[]>();
  for (const name of names) {
    const [phase = '', model = ''] = name.split(' of ');
    models.set(model, [...(models.get(model) ?? []), phase]);
  }
  return [...models].map(([model, phases]) => `${phases.join(', ')}${model === '' ? '' : ` of ${model}`}`).join('; ');
}
