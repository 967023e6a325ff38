import { Presets, SingleBar } from 'cli-progress';
import { PipelineError, inOneLine } from '../lib/errors.js';
import type { InferredBatch } from '../lib/evaluation/infer-files.js';
import { timeSpent } from '../lib/evaluation/time-spent.js';
import type { HubHooks } from '../lib/models/hub.js';

export interface InferenceProgress {
  /** A file that could not be read: a line on stderr; with `strict` an error. */
  skip(name: string, reason: string): void;
  /** Passes the batches on, and counts them. */
  follow(batches: AsyncGenerator<InferredBatch>): AsyncGenerator<InferredBatch>;
  /** The last line: how many images, how fast, and what the time went into. */
  end(): void;
}

/** On stderr: a bar on a terminal, and lines that stay. */
export function inferenceProgress(images: number, { strict }: { readonly strict: boolean }): InferenceProgress {
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} images · {eta_formatted} left', stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  const spent = timeSpent();
  const began = performance.now();
  let [done, skipped] = [0, 0];
  bar.start(images, 0);
  return {
    skip(name, reason) {
      if (strict) throw new PipelineError('DATA_INVALID', `${name}: ${withoutName(reason, name)} · without --strict it is skipped`);
      skipped++;
      process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[2K' : ''}skipped ${inOneLine(`${name}: ${withoutName(reason, name)}`)}\n`);
    },
    async *follow(batches) {
      for await (const batch of batches) {
        for (const { file, reason } of batch.refused) this.skip(file, reason);
        spent.add(batch);
        done += batch.files.length;
        bar.increment(batch.files.length + batch.refused.length);
        yield batch;
      }
    },
    end() {
      bar.stop();
      const seconds = (performance.now() - began) / 1000;
      process.stderr.write(
        `${done} images${skipped > 0 ? `, ${skipped} skipped` : ''} · ${seconds.toFixed(1)} s · ${(done / seconds).toFixed(1)} images/s · ${spent.shares(0)} of the work\n`,
      );
    },
  };
}

function withoutName(reason: string, name: string): string {
  return reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason;
}

/** A bar for each file that is downloaded. */
export function downloadProgress(): NonNullable<HubHooks['onProgress']> {
  const bars = new Map<string, SingleBar>();
  return ({ file, received, size }) => {
    let bar = bars.get(file);
    if (!bar) {
      bar = new SingleBar({ format: `${file} {bar} {percentage} %`, stream: process.stderr, clearOnComplete: true }, Presets.shades_classic);
      bar.start(size, 0);
      bars.set(file, bar);
    }
    bar.update(received);
    if (received >= size) bar.stop();
  };
}
