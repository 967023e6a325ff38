import { loadSpec, type LoadInput } from '../lib/spec/load.js';
import type { ResolvedSpec } from '../lib/spec/resolved.js';
import { inOneLine } from '../lib/spec/wording.js';
import type { Outcome } from './outcome.js';

export interface ValidateInput extends Omit<LoadInput, 'text'> {
  readonly json: boolean;
}

/** Every error of a pipeline file at once: exit code 2 if there is any. Needs neither server nor TensorFlow. */
export function validate({ json, ...input }: ValidateInput): Outcome {
  const loaded = loadSpec(input);
  const exitCode = loaded.ok ? 0 : 2;
  const errors = loaded.ok ? [] : loaded.errors;
  if (json) return { exitCode, stdout: `${JSON.stringify({ valid: loaded.ok, errors })}\n`, stderr: '' };
  if (loaded.ok) return { exitCode, stdout: `${input.file} is valid: ${summary(loaded.spec)}.\n`, stderr: '' };
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  return { exitCode, stdout: '', stderr: [...errors.map(inOneLine), `${count} in ${input.file}.`, ''].join('\n') };
}

function summary({ generations, baseline }: ResolvedSpec): string {
  const [teacher, ...students] = generations.map(({ model }) => model);
  return `teacher ${teacher}, students ${students.join(', ')}, ${baseline ? 'and the same-compute baseline' : 'no baseline'}`;
}
