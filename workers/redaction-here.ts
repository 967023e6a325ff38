import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { redaction, secretsOf, type Redact } from '../lib/redaction.js';

/** For texts that leave this process for a history: without this user's home and what this environment keeps secret. */
export function redactionHere(): Redact {
  return redaction({ homes: homes(), secrets: secretsOf(process.env) });
}

/** For paths, which others follow: without this user's home alone. */
export function portablePaths(): Redact {
  return redaction({ homes: homes(), secrets: [] });
}

function homes(): readonly string[] {
  const home = homedir();
  return existsSync(home) ? [...new Set([realpathSync(home), home])] : [home];
}
