import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { redaction, secretsOf, type Redact } from '../lib/redaction.js';

/** For texts that leave this process for a history: without this user's home and what this environment keeps secret. */
export function redactionHere(): Redact {
  const home = homedir();
  return redaction({ homes: existsSync(home) ? [realpathSync(home), home] : [home], secrets: secretsOf(process.env) });
}
