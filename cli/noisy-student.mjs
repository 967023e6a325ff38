#!/usr/bin/env node
import { register } from 'tsx/esm/api';

register(); // The sources run as they are; nothing is built.
await import('./main.ts');
