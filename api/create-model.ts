import { PipelineError, quoted } from '../lib/errors.js';
import { adaptChannels } from '../lib/models/adapt-stem.js';
import { classNames } from '../lib/models/class-names.js';
import { findPublished } from '../lib/models/catalogue.js';
import type { ModelConfig } from '../lib/models/config.js';
import { featureInfo, featuresOnly } from '../lib/models/features.js';
import { parseModelName, type ModelName } from '../lib/models/names.js';
import { openModelFolder, unpublished } from '../lib/models/open-model.js';
import { outlineNetwork, type Network } from '../lib/models/variants.js';
import { loadConfig } from '../lib/models/weights.js';
import { checkOptions } from './check-options.js';
import { classifierOf, type ClassifierModel } from './classifier.js';
import { featureModelOf, type ChosenMaps, type FeatureModel } from './feature-model.js';
import type { FeatureLocation, Indices } from '../lib/models/features.js';
import { modelPlaces, type PlaceOptions } from './places.js';
import { loadVariables } from './variables.js';

export interface ModelOptions extends PlaceOptions {
  /** Load the weights of the name. Default: false for a name of timm's, as there; true for `hf-hub:`, `local-dir:` and `run:`, which name weights. */
  readonly pretrained?: boolean | undefined;
  /** Other than the weights have: a fresh classifier. 0: none, the pooled features come out. */
  readonly numClasses?: number | undefined;
  /** Channels of the images; other than the weights have: their stem is adapted as timm does it. Default: the weights', or 3. */
  readonly inChans?: number | undefined;
  /** `avg` (default), `max`, `avgmax`, `catavgmax`, or '' for the map itself, which only 0 classes allow. */
  readonly globalPool?: string | undefined;
  /** 32 (default), 16, 8, 4 or 2: later strides become dilations. */
  readonly outputStride?: number | undefined;
  /** Draws whatever the weights do not give; default: 1. */
  readonly seed?: number | undefined;
  /** Told what a person should know: which weights a bare name means, an old name's new one, what was adapted. Default: a warning of the process. */
  readonly onMessage?: ((message: string) => void) | undefined;
  /** True gives a backbone: see `FeatureOptions`. */
  readonly featuresOnly?: false | undefined;
}

export interface FeatureOptions extends Omit<ModelOptions, 'numClasses' | 'globalPool' | 'featuresOnly'> {
  readonly featuresOnly: true;
  /** Which of the maps; -1 is the last one, a number alone that many of the last ones. Default: all. */
  readonly outIndices?: Indices | undefined;
  /** 'expansion' takes the wide maps inside of the blocks. Default: their outputs. */
  readonly featureLocation?: FeatureLocation | undefined;
}

const SHARED = ['pretrained', 'inChans', 'outputStride', 'seed', 'onMessage', 'featuresOnly', 'home', 'hub', 'onProgress'];
const OF_CLASSIFIERS = ['numClasses', 'globalPool'];
const OF_FEATURES = ['outIndices', 'featureLocation'];

/**
 * A model by timm's names and with timm's meaning: `architecture[.tag]`, `hf-hub:owner/name[@revision]`, `local-dir:folder`, or
 * `run:ID[/generation-N]` for one that was trained here. Images are NHWC, as TensorFlow has them. In inference mode, as after timm's
 * `eval()`. The caller disposes it.
 *
 * Throws MODEL_UNKNOWN with the nearest names, MODEL_INVALID for a head that no network has, WEIGHTS_INVALID with all tensors that do not
 * fit, COMMAND_INVALID for an option that there is not, and what the hub's client throws.
 */
export function createModel(name: string, options: FeatureOptions): Promise<FeatureModel>;
export function createModel(name: string, options?: ModelOptions): Promise<ClassifierModel>;
export async function createModel(name: string, options: ModelOptions | FeatureOptions = {}): Promise<ClassifierModel | FeatureModel> {
  checkArguments(name, options);
  const { seed = 1, onMessage = warnOnce } = options;
  const parsed = parseModelName(name);
  const source = await openSource(parsed, options, onMessage);
  const wanted = wantedNetwork(source, options);
  if (options.featuresOnly) featureInfo(wanted, mapsOf(options)); // refuses wrong ones before anything is loaded
  const { tensors, adapted } = await loadVariables(wanted, { folder: source.folder, seed });
  for (const change of adapted) onMessage(`${name}: ${change}`);
  const [hasSameClasses, hasSameImages] = [wanted.classes === source.network.classes, wanted.channels === source.network.channels];
  const config = {
    ...source.config,
    ...(!hasSameClasses && { labels: null, descriptions: {} }),
    pretrained: adaptChannels(source.config.pretrained, wanted.channels),
  };
  const facts = { network: wanted, tensors, config, seed };
  return options.featuresOnly
    ? featureModelOf(facts, mapsOf(options))
    : classifierOf({
        ...facts,
        labels: labelsOf(source, wanted),
        isPretrained: source.folder !== null && hasSameClasses && hasSameImages,
        outputStride: options.outputStride ?? 32,
      });
}

/** From JavaScript both may be anything. timm drops what does not go with `features_only` without a word. */
function checkArguments(name: unknown, options: ModelOptions | FeatureOptions): void {
  if (typeof name !== 'string')
    throw new PipelineError('MODEL_UNKNOWN', `createModel takes a name, as in createModel('tf_efficientnet_b3'), but was given ${quoted(name)}`);
  checkOptions('createModel', options, [...OF_CLASSIFIERS, ...OF_FEATURES, ...SHARED]);
  const [strange, why] = options.featuresOnly
    ? [OF_CLASSIFIERS, 'does not go with featuresOnly: true, whose maps come before the pool and the classifier']
    : [OF_FEATURES, 'goes with featuresOnly: true'];
  const found = Object.entries(options).find(([key, value]) => strange.includes(key) && value !== undefined);
  if (found) throw new PipelineError('COMMAND_INVALID', `createModel: ${found[0]} ${why}`);
}

/** On stderr, each once, as Python's warnings; a program may listen for 'warning'. */
function warnOnce(message: string): void {
  if (!warned.has(message)) process.emitWarning(message, 'NoisyStudentWarning');
  warned.add(message);
}

const warned = new Set<string>();

function mapsOf({ outIndices, featureLocation }: FeatureOptions): ChosenMaps {
  return { outIndices, ...(featureLocation !== undefined && { location: featureLocation }) };
}

interface ModelSource {
  /** What the weights are of; null = there are none, or none were asked for. */
  readonly folder: string | null;
  readonly network: Network;
  readonly config: ModelConfig;
}

async function openSource(name: ModelName, options: ModelOptions | FeatureOptions, onMessage: (message: string) => void): Promise<ModelSource> {
  const isPretrained = options.pretrained ?? name.source !== 'timm';
  if (name.source === 'timm') {
    const { config, hubId } = findPublished(name);
    const message = name.warning ?? (isPretrained ? name.says : undefined);
    if (message) onMessage(message);
    if (isPretrained && hubId === null) throw unpublished(name.architecture);
    if (!isPretrained) {
      const network = outlineNetwork(name.architecture, { classes: config.numClasses, channels: config.inputSize[0] });
      return { folder: null, network, config: { labels: null, descriptions: {}, pretrained: config, others: {}, noisyStudent: {} } };
    }
  }
  const hooks = { warn: onMessage, onProgress: options.onProgress };
  const folder = await openModelFolder(name, modelPlaces(options), { ...hooks, isConfigEnough: !isPretrained });
  return { folder: isPretrained ? folder : null, ...loadConfig(folder) };
}

function wantedNetwork({ network }: ModelSource, options: ModelOptions | FeatureOptions): Network {
  const { inChans = network.channels, outputStride } = options;
  const shape = { channels: inChans, ...(outputStride !== undefined && { outputStride }) };
  if (options.featuresOnly) return featuresOnly(outlineNetwork(network.name, { classes: 0, ...shape }));
  const { numClasses = network.classes, globalPool = 'avg' } = options;
  return outlineNetwork(network.name, { classes: numClasses, pool: globalPool, ...shape });
}

/** Names belong to the classes of the weights: another classifier has none. */
function labelsOf({ network, config: { labels, descriptions } }: ModelSource, wanted: Network): readonly string[] {
  if (wanted.classes === network.classes) return classNames({ labels, descriptions, classes: wanted.classes });
  return classNames({ labels: [], classes: wanted.classes });
}
