import { Context } from '@temporalio/activity';
import type { Redact } from '../lib/redaction.js';
import { evaluateModel } from './evaluate-model.js';
import { importWeights, type ImportDeps } from './import-weights.js';
import { labelShards } from './label-shards.js';
import { markingUses } from './mark-uses.js';
import { prepareData, type PrepareDeps } from './prepare-data.js';
import { recordModel } from './record-model.js';
import { resizeData } from './resize-data.js';
import { selectLabels } from './select-labels.js';
import { trainModel, type DeviceDeps } from './train-model.js';
import { withoutPrivate } from './without-private.js';
import { writeReport, type ReportDeps } from './write-report.js';

export type ActivityDeps = DeviceDeps & PrepareDeps & ImportDeps & ReportDeps & { readonly redact: Redact };

/** The activities that a worker registers, by name. What they use of the store is noted there for the run that they work for. */
export function createActivities(given: ActivityDeps) {
  const deps = { ...given, store: markingUses(given.store, () => Context.current().info.workflowExecution!) };
  const activities = {
    importWeights: importWeights(deps),
    prepareData: prepareData(deps),
    resizeData: resizeData(deps),
    trainModel: trainModel(deps),
    labelShards: labelShards(deps),
    selectLabels: selectLabels(deps),
    evaluateModel: evaluateModel(deps),
    recordModel: recordModel(deps),
    writeReport: writeReport(deps),
  };
  return withoutPrivate(activities, deps.redact);
}

export type Activities = ReturnType<typeof createActivities>;
