import { PipelineError, quoted } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';

/**
 * Throws COMMAND_INVALID for what is no object, and for a key that a function does not know: from JavaScript, where no compiler says so,
 * an option in Python's spelling would do nothing.
 */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new PipelineError('COMMAND_INVALID', `${where} takes its options as an object, but was given ${quoted(options)}`);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  const meant = near === undefined ? '' : `; did you mean ${near}?`;
  throw new PipelineError('COMMAND_INVALID', `${where} has no option ${quoted(unknown)}${meant} · it has ${known.join(', ')}`);
}
