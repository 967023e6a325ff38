import type { Issue } from './issues.js';
import type { FreezeSpec } from './resolved.js';
import { freezeOf } from './resolve-fine-tuning.js';
import type { Path } from './schema.js';
import { origin, type Subject } from './subject.js';
import { nearest } from '../nearest.js';

export function checkWeights({ weights, issue }: Subject): Issue[] {
  if (!weights || !('problem' in weights.found)) return [];
  const { name, found } = weights;
  return [issue('unknown-weights', ['teacher', 'weights'], { found: name, reason: found.problem }, found.suggestion)];
}

/** The teacher's model is written, or its weights tell it; if both, they agree. */
export function checkTeacherModel({ pipeline, weights, isFaulty, issue }: Subject): Issue[] {
  const [at, model] = [['teacher', 'model'], pipeline.teacher?.model];
  if (pipeline.teacher === undefined || isFaulty(at) || isFaulty(['teacher', 'weights'])) return [];
  if (!weights) return model === undefined ? [issue('missing-key', at, { allowed: ALLOWED_MODEL })] : [];
  const { name, found } = weights;
  if ('problem' in found) return [];
  if (model === undefined) return found.model === null ? [issue('untold-model', at, { weights: name })] : [];
  return found.model === null || found.model === model ? [] : [issue('other-model', at, { model, weights: name, told: found.model })];
}

const ALLOWED_MODEL = 'the name of a model, such as efficientnet_b0, or weights beside it that tell theirs';

export function checkFreezes(subject: Subject): Issue[] {
  const { pipeline, generations, weights, issue } = subject;
  const at = ['teacher', 'freeze'];
  const own = freezeOf(pipeline.teacher?.freeze);
  const teacher = own ? [{ at, freeze: own, model: generations[0]?.model }] : [];
  const resolutions = generations.flatMap((generation) => {
    const { model, blocks } = generation;
    const path = origin(subject, generation, [['resolution', 'freeze']]);
    const isWritten = path !== undefined && path.at(-1) === 'freeze';
    return blocks.resolution?.freeze && isWritten ? [{ at: path, freeze: blocks.resolution.freeze, model }] : [];
  });
  const random = own && !weights && !subject.isFaulty(['teacher', 'weights']) ? [issue('frozen-at-random', at, {})] : [];
  return [...random, ...[...teacher, ...resolutions].flatMap((frozen) => checkGroups(frozen, subject))];
}

function checkGroups(
  { at, freeze, model }: { at: Path; freeze: FreezeSpec; model: string | undefined },
  { models, isFaulty, isWritten, issue }: Subject,
): Issue[] {
  if (model === undefined || !models.names.includes(model) || isFaulty(at)) return [];
  const allowed = models.groups(model);
  const list = isWritten([...at, 'groups']) ? [...at, 'groups'] : at;
  const unknown = freeze.groups.filter((group) => !allowed.includes(group));
  const [first] = unknown;
  if (first !== undefined) return [issue('unknown-group', list, { found: unknown, model, allowed }, nearest(first, allowed))];
  return allowed.every((group) => freeze.groups.includes(group)) ? [issue('all-frozen', list, { model })] : [];
}

export function checkResolutions(subject: Subject): Issue[] {
  const { pipeline, generations, isFaulty, issue } = subject;
  const size = pipeline.data?.image?.size;
  return generations.flatMap((generation): Issue[] => {
    const { resolution } = generation.blocks;
    const [block, at] = [origin(subject, generation, [['resolution']]), origin(subject, generation, [['resolution', 'size']])];
    if (!resolution || block === undefined || at === undefined) return [];
    if ((resolution.size as number | undefined) === undefined) return [issue('missing-key', [...block, 'size'], { allowed: ALLOWED_SIZE })];
    if (size === undefined || isFaulty(['data', 'image', 'size']) || resolution.size > size) return [];
    return [issue('small-resolution', at, { found: resolution.size, size })];
  });
}

const ALLOWED_SIZE = 'a whole number of pixels, larger than /data/image/size';
