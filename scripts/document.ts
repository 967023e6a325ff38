import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { startHubServer } from '../test/models/hub-server.js';
import { madeUpModel } from '../test/models/made-up-model.js';
import { fillIn, programsOf } from './document/page.js';

/**
 * Runs the programs and the commands of docs/timm.md against a hub on this machine and writes what they print into the page.
 *
 *   npm run document [-- --check]       --check writes nothing, and fails where the page says something else
 */
const { values: options } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'docs/timm.md');
const folder = mkdtempSync(join(tmpdir(), 'noisy-student-document-'));
const hub = await startHubServer({
  models: { 'timm/tf_efficientnet_b3.ns_jft_in1k': await madeUpModel('tf_efficientnet_b3.ns_jft_in1k', { spread: 100_000 }) },
});
try {
  await run(process.execPath, ['scripts/build.mjs', '--if-stale'], ROOT);
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  symlinkSync(ROOT, join(folder, 'node_modules/noisy-student'));
  symlinkSync('../noisy-student/cli/noisy-student.mjs', join(folder, 'node_modules/.bin/noisy-student'));
  await drawPicture(join(folder, 'dog.jpg'));
  const page = readFileSync(PAGE, 'utf8');
  const { program, commands } = programsOf(page);
  writeFileSync(join(folder, 'page.mjs'), program);
  const printed = await run(process.execPath, ['page.mjs'], folder);
  const answers: string[] = [];
  for (const command of commands) answers.push(await run('sh', ['-ec', command], folder));
  const filled = fillIn(page, printed, answers);
  if (options.check && filled !== page) {
    writeFileSync(join(folder, 'timm.md'), filled);
    await run('diff', [PAGE, join(folder, 'timm.md')], ROOT).catch((error: unknown) => console.error(String(error)));
    throw new Error('docs/timm.md says something else than its programs print · npm run document');
  }
  if (!options.check) writeFileSync(PAGE, filled);
} finally {
  await hub.close();
  rmSync(folder, { recursive: true });
}

/** What the command prints on stdout. Not by spawnSync: the hub lives in this process. */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${join(folder, 'node_modules/.bin')}:${dirname(process.execPath)}:${process.env['PATH']}`,
    NODE_OPTIONS: '',
    HF_ENDPOINT: hub.endpoint,
    HF_HOME: join(folder, 'hub'),
    HF_TOKEN: undefined,
    TF_CPP_MIN_LOG_LEVEL: '2',
  };
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${Buffer.concat(err)}${Buffer.concat(out)}`);
  // Another type of processor differs in the last digits.
  return Buffer.concat(out)
    .toString()
    .replace(/\b0\.\d{5,}/g, (number) => Number(number).toPrecision(3));
}

/** Colours that run from corner to corner, 500 x 375 pixels, as a camera might turn it: no detail on which two decoders would differ. */
async function drawPicture(file: string): Promise<void> {
  const pixels = Buffer.from(Array.from({ length: 375 * 500 }, (_, i) => [i % 256, (i >> 8) % 256, (i >> 4) % 256]).flat());
  await sharp(pixels, { raw: { width: 500, height: 375, channels: 3 } })
    .blur(8)
    .jpeg({ quality: 95 })
    .toFile(file);
}
