import type { Image } from './image.js';

/** Mirrors the image left to right, in place. */
export function flipHorizontally({ pixels, width, height, channels }: Image): void {
  for (let y = 0; y < height; y++) {
    let left = y * width * channels;
    let right = left + (width - 1) * channels;
    for (; left < right; left += channels, right -= channels) {
      for (let channel = 0; channel < channels; channel++) {
        const held = pixels[left + channel]!;
        pixels[left + channel] = pixels[right + channel]!;
        pixels[right + channel] = held;
      }
    }
  }
}
