/** Conversions between colour models, in the whole numbers of Pillow's `Image.convert` (`libImaging/Convert.c`). Pixels are uint8. */

/** [n, 3] → [n]: ITU-R 601 luma, Pillow's `convert('L')`; a grey triple keeps its value. */
export function greyOf(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < grey.length; i++) grey[i] = (19595 * rgb[3 * i]! + 38470 * rgb[3 * i + 1]! + 7471 * rgb[3 * i + 2]! + 0x8000) >> 16;
  return grey;
}

/** [n] → [n, 3]. */
export function repeatGrey(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * grey.length);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i]!, 3 * i, 3 * i + 3);
  return rgb;
}

/** Ink [n, 4] → [n, 3], without a profile. */
export function rgbOfCmyk(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let i = 0; 4 * i < cmyk.length; i++) {
    const light = 255 - cmyk[4 * i + 3]!;
    for (let channel = 0; channel < 3; channel++) rgb[3 * i + channel] = light - shareOf255(cmyk[4 * i + channel]! * light);
  }
  return rgb;
}

/** `product` / 255, rounded. */
function shareOf255(product: number): number {
  const shifted = product + 128;
  return ((shifted >> 8) + shifted) >> 8;
}
