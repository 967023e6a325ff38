/** What `noisy-student` offers to other programs; docs/timm.md walks through it. */
export { createModel, type FeatureOptions, type ModelOptions } from './create-model.js';
export type { ClassifierModel } from './classifier.js';
export type { FeatureModel } from './feature-model.js';
export type { PlaceOptions } from './places.js';
export { createTransform, resolveDataConfig, type Transform } from './transform.js';
export type { DataConfig, DataConfigArguments } from '../lib/data/data-config.js';
export { openImage, type OpenOptions } from '../lib/data/open-image.js';
export type { Raster } from '../lib/data/resample.js';
export { PipelineError, type ErrorCode } from '../lib/errors.js';
export { catalogue, describeTag, type PublishedWeights } from '../lib/models/catalogue.js';
export { imageNetClasses, softmax, topK, type Ranked } from '../lib/models/class-names.js';
export type { FeatureInfo, FeatureLocation, Indices } from '../lib/models/features.js';
export type { HubSettings } from '../lib/models/hub.js';
export type { PretrainedConfig } from '../lib/models/pretrained-config.js';
export { modelNames, type Network } from '../lib/models/variants.js';
export { tf } from '../lib/tensor/runtime.js';
