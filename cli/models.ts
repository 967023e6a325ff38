import { pipelineModels } from '../lib/models/pipeline-models.js';

/** The model table, as the checks of a pipeline file take it. */
export const models = pipelineModels();
