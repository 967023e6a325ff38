import { randAugment } from '../../lib/noise/rand-augment.js';
import { randomKey, stream } from '../../lib/noise/random.js';
import { emptyTally } from '../../lib/noise/tally.js';
import type { RandAugmentSpec } from '../../lib/spec/resolved.js';
import type { Contest } from './measure.js';
import { picture } from './picture.js';

export interface AugmentSize {
  readonly images: number;
  readonly size: number;
}

export const AUGMENTATION: AugmentSize = { images: 150, size: 224 };

const SPEC: RandAugmentSpec = { dialect: 'timm', ops: 2, magnitude: 9, spread: 'none', probability: 1, increasing: false, transforms: 'all' };

/** RandAugment alone, on one thread: two operations of magnitude 9, each applied. */
export function startAugmentation({ images, size }: AugmentSize): Pick<Contest, 'work' | 'run' | 'close'> {
  const key = randomKey({ seed: 1, generation: 0, phase: 'bench', purpose: 'augment' });
  const pictures = Array.from({ length: 16 }, (_, i) => picture(key, { size, channels: 3 }, i));
  const [to, spare] = [new Uint8Array(size * size * 3), new Uint8Array(size * size * 3)];
  const tally = emptyTally();
  let position = 0;
  return {
    work: `RandAugment, 2 operations of magnitude 9, ${images} x ${size} px`,
    run() {
      for (let i = 0; i < images; i++, position++) {
        randAugment(pictures[i % 16]!, to, { spec: SPEC, fill: [124, 116, 104], stream: stream(key, 0, position), tally, spare });
      }
    },
    close: () => undefined,
  };
}
