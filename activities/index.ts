import { evaluateModel } from './evaluate-model.js';
import { labelShards } from './label-shards.js';
import { prepareData, type PrepareDeps } from './prepare-data.js';
import { selectLabels } from './select-labels.js';
import { trainModel, type DeviceDeps } from './train-model.js';
import { writeReport, type ReportDeps } from './write-report.js';

export type ActivityDeps = DeviceDeps & PrepareDeps & ReportDeps;

/** The activities that a worker registers, by name. */
export function createActivities(deps: ActivityDeps) {
  return {
    prepareData: prepareData(deps),
    trainModel: trainModel(deps),
    labelShards: labelShards(deps),
    selectLabels: selectLabels(deps),
    evaluateModel: evaluateModel(deps),
    writeReport: writeReport(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
