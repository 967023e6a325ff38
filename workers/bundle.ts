import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BundleOptions, Logger, WorkflowBundle } from '@temporalio/worker';
import { entryFile } from '../lib/package.js';

const WORKFLOWS = fileURLToPath(new URL('../workflows', import.meta.url));

/**
 * The workflows' code as a worker loads it, made once per version of that code and kept in `<home>/cache`:
 * bundling takes seconds, reading takes milliseconds.
 */
export async function workflowBundle(home: string, logger: Logger): Promise<WorkflowBundle | { readonly codePath: string }> {
  const folder = join(home, 'cache');
  const codePath = join(folder, `workflows-${await digestOfWorkflows()}.js`);
  if (existsSync(codePath)) return { codePath };
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const workflowsPath = fileURLToPath(entryFile('../workflows/index', import.meta.url));
  const bundle = await bundleWorkflowCode({ workflowsPath, logger, webpackConfigHook: withRelativePaths });
  await mkdir(folder, { recursive: true });
  await writeFile(`${codePath}.${process.pid}`, bundle.code);
  await rename(`${codePath}.${process.pid}`, codePath);
  return bundle;
}

/** A stack of workflow code enters the history, so it names no folder of this machine. */
export function withRelativePaths(config: WebpackConfiguration): WebpackConfiguration {
  return { ...config, output: { ...config.output, devtoolModuleFilenameTemplate: '[resource-path]' } };
}

type WebpackConfiguration = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** Over the files and the SDK's version: a bundle must be run by the version that made it. */
async function digestOfWorkflows(): Promise<string> {
  const hash = createHash('sha256').update((createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string }).version);
  for (const file of (await readdir(WORKFLOWS)).sort()) hash.update(`\0${file}\0`).update(await readFile(join(WORKFLOWS, file)));
  return hash.digest('hex').slice(0, 16);
}
