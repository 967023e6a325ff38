/** Numbers as the page prints them; a dash stands for what was not measured. Always in English, so that equal runs give equal bytes. */
const NONE = '–';

export function count(value: number | null): string {
  return value === null ? NONE : value.toLocaleString('en');
}

/** A share 0…1 as per cent; the sign stays on the line of its number. */
export function percent(share: number | null, digits = 2): string {
  return share === null ? NONE : `${(share * 100).toFixed(digits)}\u00a0%`;
}

export function decimal(value: number | null, digits: number): string {
  return value === null ? NONE : value.toFixed(digits);
}

/** A difference of two percentages, always with its sign. */
export function points(difference: number): string {
  const size = Math.abs(difference).toFixed(2);
  const sign = size === '0.00' ? '±' : difference < 0 ? '−' : '+';
  return `${sign}${size} points`;
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${count(Math.floor(whole / 3600))} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `1 image`, `2 images`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
