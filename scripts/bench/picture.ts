import type { Image } from '../../lib/noise/image.js';
import { uniforms, type RandomKey } from '../../lib/noise/random.js';

/** A soft blob on black with some grain, so that no operation meets a flat image. */
export function picture(key: RandomKey, { size, channels }: { size: number; channels: 1 | 3 }, index: number): Image {
  const grain = uniforms(key, index, size * size * channels);
  const pixels = Uint8Array.from(grain, (u, i) => {
    const at = Math.floor(i / channels);
    const distance = Math.hypot((at % size) / size - 0.5, Math.floor(at / size) / size - 0.5);
    return distance > 0.4 ? 0 : 230 * (1 - distance) * (0.8 + 0.2 * u);
  });
  return { pixels, width: size, height: size, channels };
}
