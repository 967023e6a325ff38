import { basename } from 'node:path';
import { runtimeFacts } from '../../lib/tensor/runtime.js';
import { startLabels } from './label.js';
import { startStep } from './step.js';
import type { Question, Work } from './tensorflow-version.js';

// A process that computes with the addon named in its arguments: says which libtensorflow that has loaded, then does what its
// parent asks (tensorflow-version.ts), and leaves with it.

loadInstead(process.argv[2]!);

let current: ReturnType<typeof start> | undefined;

process.on('disconnect', () => process.exit());
process.on('message', (question: Question) => process.send!(answer(question)));
process.send!(runtimeFacts().libtensorflow);

/** The package knows one place for its addon. So that one file is replaced where Node.js opens it. */
function loadInstead(addon: string): void {
  const open = process.dlopen.bind(process);
  process.dlopen = (module, file, ...flags) => open(module, basename(file) === basename(addon) ? addon : file, ...flags);
}

function answer(question: Question): string {
  if ('start' in question) current = start(question.start);
  else if ('run' in question) current!.run();
  else current!.close();
  return current!.work;
}

function start(work: Work) {
  return work.kind === 'step' ? startStep(work.size, { eager: false }) : startLabels(work.size, { eager: false });
}
