import { featureInfo, forwardIntermediates, type FeatureInfo, type FeatureLocation, type Indices } from '../lib/models/features.js';
import type { ModelConfig } from '../lib/models/config.js';
import type { PretrainedConfig } from '../lib/models/pretrained-config.js';
import type { Network } from '../lib/models/variants.js';
import type { tf } from '../lib/tensor/runtime.js';
import { checkImages } from './check-images.js';
import { checkAlive, type Variables } from './variables.js';

/** timm's `features_only=True`: a backbone whose output is a list of maps. */
export interface FeatureModel {
  readonly name: string;
  readonly pretrainedCfg: PretrainedConfig;
  readonly network: Network;
  readonly variables: Readonly<Variables>;
  /** Of the maps that come out. */
  readonly featureInfo: FeatureInfo;
  /** Images [n, height, width, channels], normalised → [n, height/reduction, width/reduction, channels] each, largest first. */
  forward(images: tf.Tensor): tf.Tensor4D[];
  dispose(): void;
}

export interface ChosenMaps {
  readonly outIndices?: Indices | undefined;
  readonly location?: FeatureLocation;
}

export function featureModelOf(
  { network, tensors, config }: { readonly network: Network; readonly tensors: Variables; readonly config: ModelConfig },
  chosen: ChosenMaps,
): FeatureModel {
  return {
    name: network.name,
    pretrainedCfg: config.pretrained,
    network,
    variables: tensors,
    featureInfo: featureInfo(network, chosen),
    forward(images) {
      checkAlive(network.name, tensors);
      checkImages(images, network);
      return forwardIntermediates(network, tensors, images, { ...chosen, intermediatesOnly: true, stopEarly: true }).maps;
    },
    dispose() {
      for (const tensor of Object.values(tensors)) tensor.dispose();
    },
  };
}
