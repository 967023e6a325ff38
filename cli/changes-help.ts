import { changeableKeys, CHANGE_EFFECTS, type ChangeEffect } from '../lib/spec/change-effects.js';

/** For the help: what changing each key of a pipeline under way does, as its schema says it. */
export function changesHelp(): string {
  const keys = changeableKeys()
    .filter(({ path: [place, block] }) => !(['teacher', 'students'].includes(place!) && OVERRIDDEN.includes(block!))) // as the pipeline's own blocks
    .map(({ path, effect }) => ({ path: path.join('.'), effect }));
  /** The widest block around a key in which all keys do the same. */
  const widest = ({ path, effect }: (typeof keys)[number]): string => {
    const around = path.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'));
    return around.find((block) => keys.every((key) => key.effect === effect || !`${key.path}.`.startsWith(`${block}.`))) ?? path;
  };
  const lines = CHANGE_EFFECTS.flatMap((effect) => {
    const named = [...new Set(keys.filter((key) => key.effect === effect).map(widest))];
    return named.length === 0 ? [] : [`  ${(MEANINGS[effect] ?? `${effect} again`).padEnd(16)} ${named.join(', ')}`];
  });
  return ['', 'What a change of a key does to a run of the same --id, with all that follows from it:', ...lines].join('\n');
}

const OVERRIDDEN = ['noise', 'training', 'resolution', 'labelling', 'selection'];

const MEANINGS: Partial<Record<ChangeEffect, string>> = { live: 'nothing again', 'new-run': 'another run' };
