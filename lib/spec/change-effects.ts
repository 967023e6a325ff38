import { alternatives, follow, SCHEMA, type Schema } from './schema.js';

/**
 * What the schema says that a change of a key under way does: nothing to any phase, a fork from a phase, or another experiment. The keys of the
 * phases decide it (`activities/keys.ts`), and `workflows/identity.ts`; a test holds the schema to them.
 */
export const CHANGE_EFFECTS = ['live', 'import', 'prepare', 'label', 'select', 'train', 'fine-tune', 'evaluate', 'new-run'] as const;
export type ChangeEffect = (typeof CHANGE_EFFECTS)[number];

export interface ChangeableKey {
  /** Keys from the top; `students` is a list of blocks. */
  readonly path: readonly string[];
  readonly schema: Schema;
  /** Undefined where neither the key nor a block around it says one. */
  readonly effect: ChangeEffect | undefined;
}

/** Every key that a person may write, blocks that only hold keys left out. */
export function changeableKeys(): readonly ChangeableKey[] {
  return keysIn(SCHEMA, [], undefined);
}

function keysIn(schema: Schema, path: readonly string[], around: ChangeEffect | undefined): ChangeableKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const whole = follow(child);
    const effect = (whole['x-change'] as ChangeEffect | undefined) ?? around;
    const own = [...path, name];
    const items = whole.items && follow(whole.items);
    const blocks = [...alternatives(whole), ...(items ? [items] : [])].filter(({ properties }) => properties);
    const isBlockOnly = whole.properties !== undefined || whole.discriminator !== undefined;
    const inside = unique(blocks.flatMap((block) => keysIn(block, own, (block['x-change'] as ChangeEffect | undefined) ?? effect)));
    return [...(isBlockOnly ? [] : [{ path: own, schema: whole, effect }]), ...inside];
  });
}

/** Variants of a block share keys. */
function unique(keys: readonly ChangeableKey[]): ChangeableKey[] {
  return [...new Map(keys.map((key) => [key.path.join('.'), key])).values()];
}
