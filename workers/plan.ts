import { SAME } from '../activities/keys.js';
import type { Dataset } from '../lib/data/dataset.js';
import type { ResolvedSpec } from '../lib/spec/resolved.js';
import type { ArtifactStore, Manifest } from '../lib/store/store.js';
import type { PhaseOutcome } from '../workflows/messages.js';
import { compareSpecs, type Changes } from './compare-specs.js';
import { hiddenLabelsKey } from '../activities/keys.js';
import { phasesOf, type Outside, type PhaseResults, type PhaseWork, type SpecPhase } from './spec-phases.js';

export interface PlannedPhase extends Pick<PhaseOutcome, 'phase' | 'generation' | 'role'>, PhaseWork {
  /** Of labels the first shard's. Null where it depends on results that are not there yet. */
  readonly key: string | null;
  /** `resume`: a part of it is there. */
  readonly action: 'reuse' | 'resume' | 'run';
  readonly why: string;
  /** What it will take, after the last phases like it; absent where there was none. */
  readonly seconds?: number;
}

export interface PlanInput {
  readonly spec: ResolvedSpec;
  readonly run: string;
  /** The pipeline that it is a change of, where there is one. */
  readonly before: ResolvedSpec | null;
  readonly store: Pick<ArtifactStore, 'peek' | 'readText' | 'reached'>;
  readonly outside: OutsideNow;
}

/** What was found of the files that a pipeline reads. */
export interface OutsideNow extends Outside {
  /** Of the weights; undefined where they have to be downloaded first. */
  readonly normalisation: PhaseResults['normalisation'] | undefined;
}

/**
 * What a run of the pipeline would do now, phase by phase. A key is known as long as all that goes into it is published; a phase behind one that
 * is computed anew runs, because nobody knows what that will bring. Nothing is verified: a run does that.
 */
export async function plan({ spec, run, before, store, outside }: PlanInput): Promise<readonly PlannedPhase[]> {
  const changes = before && compareSpecs(before, spec);
  const looks = await lookAll(spec, run, store, outside);
  const samples = [...looks, ...(before ? await lookAll(before, run, store, outside) : [])].flatMap(sampleOf);
  return looks.map((look) => planned(look, changes, samples));
}

/** What the store has of a phase. */
interface Look {
  readonly phase: SpecPhase;
  readonly work: PhaseWork;
  /** Null: what goes into them is not known, because of the phase `waitsFor`. */
  readonly keys: readonly string[] | null;
  readonly waitsFor: string | null;
  readonly found: readonly Manifest[];
  /** Of a training under way: steps that need not be done again. */
  readonly reached: number | undefined;
}

async function lookAll(spec: ResolvedSpec, run: string, store: PlanInput['store'], outside: OutsideNow): Promise<readonly Look[]> {
  const results = new Map<string, PhaseResults>();
  const looks: Look[] = [];
  for (const phase of phasesOf(spec, run, outside)) {
    const waitsFor = phase.inputs.find((name) => !results.has(name)) ?? null;
    const isOpen = waitsFor !== null || (phase.phase === 'import' && outside.normalisation === undefined);
    const keys = isOpen ? null : phase.keys((name) => results.get(name)!);
    const found = (await Promise.all((keys ?? []).map((key) => store.peek(phase.kind, key)))).filter((manifest) => manifest !== undefined);
    const isWhole = keys !== null && found.length === keys.length;
    if (isWhole) results.set(phase.name, await resultsOf(phase, found, store, outside));
    const reached = !isWhole && keys !== null && phase.kind === 'train' ? await store.reached(keys[0]!) : undefined;
    looks.push({ phase, work: phase.work((name) => results.get(name)), keys, waitsFor, found, reached });
  }
  return looks;
}

async function resultsOf(
  { phase, kind }: SpecPhase,
  found: readonly Manifest[],
  store: PlanInput['store'],
  { normalisation }: OutsideNow,
): Promise<PhaseResults> {
  const digests = found.map(({ digest }) => digest);
  if (phase === 'import') return { digests, ...(normalisation && { normalisation }) };
  const text = kind === 'prepare' ? await store.readText(found[0]!, 'dataset.json') : undefined;
  if (text === undefined) return { digests };
  const { sets, hiddenLabels } = JSON.parse(text) as Dataset;
  const hidden = hiddenLabels ? await store.peek('hidden-labels', hiddenLabelsKey(found[0]!.key)) : undefined;
  return { digests, images: sets, hidden: hidden?.digest ?? null };
}

function planned({ phase, work, keys, waitsFor, found, reached }: Look, changes: Changes | null, samples: readonly Sample[]): PlannedPhase {
  const isWhole = keys !== null && found.length === keys.length;
  const [action, why, left] = isWhole
    ? (['reuse', `published before from ${SAME[phase.kind]}`, 0] as const)
    : reached !== undefined
      ? (['resume', `its training was interrupted after step ${reached} of ${work.steps}`, 1 - reached / work.steps!] as const)
      : found.length > 0
        ? (['resume', `${found.length} of ${keys!.length} shards were published before`, 1 - found.length / keys!.length] as const)
        : (['run', reasonOf(phase, waitsFor, changes), 1] as const);
  const seconds = action === 'reuse' ? undefined : secondsOf(phase, work, samples);
  const { generation, role } = phase;
  return {
    generation,
    role,
    phase: phase.phase,
    key: keys?.[0] ?? null,
    action,
    why,
    ...work,
    ...(seconds !== undefined && { seconds: rounded(seconds * left) }),
  };
}

function reasonOf({ name, phase }: SpecPhase, waitsFor: string | null, changes: Changes | null): string {
  const changed = changes?.again.find((again) => again.name === name)?.fields ?? [];
  if (changed.length > 0 && phase !== 'report') return `changed: ${changed.map(({ path }) => path).join(', ')}`;
  if (waitsFor !== null) return `because ${waitsFor} runs`;
  return phase === 'import' ? 'its weights are not in the store' : 'nothing was published under its key';
}

/** What a phase took that is published. */
interface Sample {
  readonly phase: SpecPhase;
  readonly images: number | undefined;
  readonly seconds: number;
}

function sampleOf({ phase, work, keys, found }: Look): readonly Sample[] {
  if (keys === null || found.length === 0) return [];
  const share = found.length / keys.length;
  const images = work.images === undefined ? undefined : work.images * share;
  return [{ phase, images, seconds: found.reduce((sum, { meta }) => sum + meta.seconds, 0) }];
}

/** After a phase of the same kind, model and image size, by the number of images. */
function secondsOf({ kind, model, size }: SpecPhase, { images }: PhaseWork, samples: readonly Sample[]): number | undefined {
  const like = samples.find(({ phase }) => phase.kind === kind && phase.model === model && phase.size === size);
  if (like === undefined) return undefined;
  return images === undefined || !like.images ? like.seconds : (like.seconds * images) / like.images;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
