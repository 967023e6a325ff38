#!/usr/bin/env node
import { existsSync } from 'node:fs';

// A checkout has the sources, which run as they are; an installed package has them compiled.
if (existsSync(new URL('main.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./main.ts');
} else {
  await import('../dist/cli/main.js');
}
