import { modelNames, parameterCount } from '../lib/models/variants.js';

/** The model table, as the checks of a pipeline file take it. */
export const models = { names: modelNames(), parameters: parameterCount };
