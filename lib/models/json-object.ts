/** Levels of brackets in brackets: of the files that belong to a model, none has ten. What walks deeper values may run out of stack. */
const DEEPEST = 32;

/**
 * A JSON text of one object, from wherever. Throws SyntaxError with what is wrong ("is not JSON (…)"), of a length that can be shown.
 */
export function parseJsonObject(json: string): Record<string, unknown> {
  if (depthOf(json) > DEEPEST) throw new SyntaxError(`has more than ${DEEPEST} levels of brackets`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new SyntaxError(`is not JSON (${(error as Error).message.slice(0, 200)})`, { cause: error });
  }
  if (!isObject(value)) throw new SyntaxError('is JSON of another kind than an object');
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of brackets that are not in texts; counted no further than it matters. */
function depthOf(json: string): number {
  let [depth, deepest, isText] = [0, 0, false];
  for (let i = 0; i < json.length && deepest <= DEEPEST; i++) {
    switch (json.charCodeAt(i)) {
      case 0x22: // "
        isText = !isText;
        break;
      case 0x5c: // \ is a mark only in a text, where it and the next one belong together
        if (isText) i++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (!isText) deepest = Math.max(deepest, ++depth);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (!isText) depth--;
    }
  }
  return deepest;
}
