import { PipelineError } from '../lib/errors.js';

/** Which version of which deployment a worker is of, as Temporal's worker versioning knows it. */
export interface DeploymentVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/**
 * What the environment says, by the names that Temporal's worker controller sets; undefined where it says nothing: then workers are of no
 * version, and each takes every run. Throws COMMAND_INVALID where it says half.
 */
export function givenVersion(environment: Readonly<Record<string, string | undefined>>): DeploymentVersion | undefined {
  const { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: buildId } = environment;
  if (deploymentName && buildId) return { deploymentName, buildId };
  if (!deploymentName && !buildId) return undefined;
  const [there, lacking] = deploymentName ? ['TEMPORAL_DEPLOYMENT_NAME', 'TEMPORAL_WORKER_BUILD_ID'] : ['TEMPORAL_WORKER_BUILD_ID', 'TEMPORAL_DEPLOYMENT_NAME'];
  throw new PipelineError('COMMAND_INVALID', `${there} is set, but ${lacking} is not · a version has both a deployment and a build; set both, or neither`);
}
