import { closest, distance } from 'fastest-levenshtein';

/** The valid spelling that a person may have meant, or undefined where none is near. */
export function nearest(written: string, valid: readonly string[]): string | undefined {
  const word = folded(written.slice(0, 100));
  if (word === '' || valid.length === 0) return undefined;
  const same = valid.find((candidate) => folded(candidate) === word || isSwapped(folded(candidate), word));
  if (same !== undefined) return same;

  const near = closest(word, valid.map(folded));
  const allowance = Math.max(1, Math.floor(Math.min(word.length, near.length) / 3));
  if (distance(word, near) <= allowance && distance(word, near) < word.length) return valid.find((candidate) => folded(candidate) === near);
  return valid.filter((candidate) => isPartOf(word, candidate)).sort((a, b) => a.length - b.length)[0];
}

/** Case and the marks between words are no difference. */
export function folded(word: string): string {
  return word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Two neighbouring letters in the other order: the commonest slip, and two edits by Levenshtein's count. */
function isSwapped(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  return at !== -1 && a.slice(0, at) + (a[at + 1] ?? '') + (a[at] ?? '') + a.slice(at + 2) === b;
}

/** `warmup` is part of `warmupSteps`, `b7` of `efficientnet_b7`, `val` of `validation`. */
function isPartOf(word: string, candidate: string): boolean {
  const words = candidate.split(/[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})/u).map(folded);
  const runs = words.flatMap((_, index) => [words.slice(0, index + 1).join(''), words.slice(index).join('')]);
  return runs.includes(word) || (word.length >= 3 && folded(candidate).startsWith(word));
}
