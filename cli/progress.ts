import { nameOf } from '../workflows/details.js';
import type { RunView } from '../workers/follow-run.js';

export interface ProgressPrinter {
  show(view: RunView): void;
  /** A line that stays, between the lines that change. */
  say(line: string): void;
  end(): void;
}

interface PrinterOptions {
  readonly json: boolean;
  readonly stream: NodeJS.WriteStream;
  /** Seconds between lines where the stream is no terminal. */
  readonly everySeconds: number;
  readonly now: () => number;
}

/**
 * Progress on stderr: JSON lines when asked; on a terminal one line that is overwritten; else a line whenever the phase
 * changes and every few seconds.
 */
export function progressPrinter({ json, stream, everySeconds, now }: PrinterOptions): ProgressPrinter {
  const timer = etaTimer(now);
  let last = { text: '', phase: '', at: -Infinity };
  const clear = (): void => void (stream.isTTY && !json && stream.write('\r\x1b[2K'));
  return {
    show(view) {
      const progress = summarise(view, timer);
      const phase = `${progress.generation ?? ''}/${progress.phase ?? ''}`;
      const text = json ? JSON.stringify(progress) : describe(progress);
      if (text === last.text) return;
      if (stream.isTTY && !json) stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
      else if (phase !== last.phase || now() - last.at >= everySeconds * 1000) stream.write(`${text}\n`);
      else return;
      last = { text, phase, at: now() };
    },
    say(line) {
      clear();
      stream.write(json ? `${JSON.stringify({ message: line })}\n` : `${line}\n`);
    },
    end: clear,
  };
}

interface RunProgress {
  readonly run: string;
  readonly state: string;
  readonly generation: string | null;
  readonly phase: string | null;
  readonly step?: number;
  readonly of?: number;
  readonly loss?: number;
  readonly imagesPerSecond?: number;
  readonly etaSeconds?: number;
  readonly attempt?: number;
  readonly failure?: string;
}

function summarise(
  { status: { run, state, current, failure }, activities }: RunView,
  eta: (key: string, step: number, of: number) => number | undefined,
): RunProgress {
  const generation = current?.role ? nameOf(current.role, current.generation) : null;
  const [first] = activities;
  const { step, of, loss, imagesPerSecond } = first?.progress ?? {};
  const etaSeconds = step !== undefined && of !== undefined ? eta(`${generation}/${current?.phase}`, step, of) : undefined;
  return {
    run,
    state,
    generation,
    phase: current?.phase ?? null,
    ...(step !== undefined && of !== undefined && { step, of }),
    ...(loss !== undefined && { loss }),
    ...(imagesPerSecond !== undefined && { imagesPerSecond }),
    ...(etaSeconds !== undefined && { etaSeconds }),
    ...(first && first.attempt > 1 && { attempt: first.attempt, ...(first.lastFailure && { failure: first.lastFailure }) }),
    ...(failure && { failure: `${failure.message} (${failure.phase})` }),
  };
}

/** `student 1 · train · 240/600 · loss 0.612 · 1,430 images/s · 51 s left`. */
function describe({ state, generation, phase, step, of, loss, imagesPerSecond, etaSeconds, attempt, failure }: RunProgress): string {
  return [
    state === 'running' ? null : state,
    generation,
    phase,
    step === undefined ? null : `${step}/${of}`,
    loss === undefined ? null : `loss ${loss.toFixed(3)}`,
    imagesPerSecond === undefined ? null : `${Math.round(imagesPerSecond).toLocaleString('en')} images/s`,
    etaSeconds === undefined ? null : `${Math.round(etaSeconds)} s left`,
    attempt === undefined ? null : `attempt ${attempt}`,
    failure === undefined ? null : failure.split('\n')[0],
  ]
    .filter((part) => part !== null)
    .join(' · ');
}

/** Seconds until a phase is through, from the speed seen since it was first seen. */
function etaTimer(now: () => number): (key: string, step: number, of: number) => number | undefined {
  let seen: { key: string; step: number; at: number } | undefined;
  return (key, step, of) => {
    if (seen?.key !== key || step < seen.step) seen = { key, step, at: now() };
    const done = step - seen.step;
    return done === 0 ? undefined : ((of - step) * (now() - seen.at)) / 1000 / done;
  };
}
