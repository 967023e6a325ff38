import { workflowInfo } from '@temporalio/workflow';

/** Of a workflow that ends with the version of the workers that it began with. Workers without versions cannot carry on one that asks for it. */
export function pinned(): { versioningBehavior?: 'PINNED' } {
  return workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'PINNED' } : {};
}
