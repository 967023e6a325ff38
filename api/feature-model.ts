import { featureInfo, forwardIntermediates, type FeatureInfo } from '../lib/models/features.js';
import type { ModelConfig } from '../lib/models/config.js';
import type { PretrainedConfig } from '../lib/models/pretrained-config.js';
import type { Network } from '../lib/models/variants.js';
import type { tf } from '../lib/tensor/runtime.js';
import { checkImages } from './check-images.js';
import type { FeatureOptions } from './create-model.js';
import type { Variables } from './variables.js';

/** timm's `features_only=True`: a backbone whose output is a list of maps. */
export interface FeatureModel {
  readonly name: string;
  readonly pretrainedCfg: PretrainedConfig;
  readonly network: Network;
  readonly variables: Readonly<Variables>;
  /** Of the maps that come out. */
  readonly featureInfo: FeatureInfo;
  /** Images [n, height, width, channels], normalised → [n, height/reduction, width/reduction, channels] each, largest first. */
  forward(images: tf.Tensor4D): tf.Tensor4D[];
  dispose(): void;
}

export function featureModelOf(
  { network, tensors, config }: { readonly network: Network; readonly tensors: Variables; readonly config: ModelConfig },
  { outIndices, featureLocation }: Pick<FeatureOptions, 'outIndices' | 'featureLocation'>,
): FeatureModel {
  const chosen = { outIndices, ...(featureLocation && { location: featureLocation }) };
  const info = featureInfo(network, chosen); // refuses a wrong index now
  return {
    name: network.name,
    pretrainedCfg: config.pretrained,
    network,
    variables: tensors,
    featureInfo: info,
    forward(images) {
      checkImages(images, network);
      return forwardIntermediates(network, tensors, images, { ...chosen, intermediatesOnly: true, stopEarly: true }).maps;
    },
    dispose() {
      for (const tensor of Object.values(tensors)) tensor.dispose();
    },
  };
}
