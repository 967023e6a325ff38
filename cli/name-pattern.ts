import { PipelineError } from '../lib/errors.js';

/**
 * A test of names, whatever their case: `*`, `?` and `[a-c]` match as in a shell and must cover the whole name; a text without
 * them may stand anywhere in it. Throws COMMAND_INVALID for brackets that run backwards.
 */
export function namePattern(pattern: string): (name: string) => boolean {
  const wanted = pattern.toLowerCase();
  if (!/[*?[]/.test(wanted)) return (name) => name.toLowerCase().includes(wanted);
  const expression = compile(pattern);
  return (name) => expression.test(name);
}

/** Between two stars the leftmost place is as good as any, so that a match never goes back: no pattern takes long. */
function compile(pattern: string): RegExp {
  const [first = '', ...others] = pattern.split(/\*+/).map(segment);
  const last = others.pop();
  const middle = others.map((part, index) => `(?=(.*?${part}))\\${index + 1}`).join('');
  try {
    return new RegExp(`^${first}${middle}${last === undefined ? '' : `.*${last}`}$`, 'is');
  } catch (error) {
    throw new PipelineError('COMMAND_INVALID', `${JSON.stringify(pattern)} is no pattern; write for example "tf_efficientnet_b[0-3]*" or "*.ns_*".`, {
      cause: error,
    });
  }
}

function segment(text: string): string {
  return text.replace(/\[!?[\w.-]+\]|\?|[^\w]/g, (sign) => (sign === '?' ? '.' : sign.length > 1 ? sign.replace('[!', '[^') : `\\${sign}`));
}
