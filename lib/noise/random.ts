import { createHash } from 'node:crypto';
import { normalQuantile } from './normal-quantile.js';
import { philox } from './philox.js';

/**
 * Everything random is a pure function of a key (who asks) and a position (for what): no stream outlives its
 * use, so work may be stopped, resumed or split over threads without changing a bit.
 */
export interface RandomKey {
  readonly k0: number;
  readonly k1: number;
}

/** The key of one use. `purpose` tells apart the draws of a phase: 'augment', 'dropout', 'order' … */
export function randomKey({ seed, generation, phase, purpose }: { seed: number; generation: number; phase: string; purpose: string }): RandomKey {
  const digest = createHash('sha256').update(JSON.stringify({ generation, phase, purpose, seed })).digest();
  return { k0: digest.readUInt32BE(0), k1: digest.readUInt32BE(4) };
}

/** The draws at position (a, b) of a key: a = epoch or step, b = sample position, each a whole number below 2³². */
export function stream(key: RandomKey, a: number, b: number): Stream {
  return new Stream(key, a, b);
}

/** Numbers of one position, in order. Block j of four words is Philox of the counter (a, b, j, 0). */
export class Stream {
  private readonly words = new Uint32Array(4);
  private used = 4;
  private block = 0;
  private readonly key: RandomKey;
  private readonly a: number;
  private readonly b: number;

  constructor(key: RandomKey, a: number, b: number) {
    this.key = key;
    this.a = counterWord(a);
    this.b = counterWord(b);
  }

  /** 32 random bits, 0 … 2³² − 1. */
  uint32(): number {
    if (this.used === 4) {
      philox(this.a, this.b, this.block++, 0, this.key.k0, this.key.k1, this.words, 0);
      this.used = 0;
    }
    return this.words[this.used++]!;
  }

  /** [0, 1) with 32 bits: one word. */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Mean 0, standard deviation 1, within ±6.4: the quantile of one word. */
  normal(): number {
    return normalQuantile((this.uint32() + 0.5) / 2 ** 32);
  }

  /** 0 … n − 1, each equally likely: a word of the last, incomplete run of n values is drawn again. 1 ≤ n < 2³². */
  integer(n: number): number {
    if (n !== n >>> 0 || n === 0) throw new RangeError(`integer(${n}): n must be a whole number of 1 to 2^32 - 1`);
    for (;;) {
      const word = this.uint32();
      const value = word % (n >>> 0);
      if (word - value + n <= 2 ** 32) return value;
    }
  }

  /** −1 or 1. */
  sign(): -1 | 1 {
    return this.uint32() < 2 ** 31 ? 1 : -1;
  }
}

/**
 * [count] float32 in [0, 1) with 24 bits, all that a float32 holds: the upper bits of the words of
 * `stream(key, a, b)`, in order, without its cost per number.
 */
export function uniforms(key: RandomKey, a: number, count: number, b = 0): Float32Array {
  const drawn = words(key, a, b, count);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = (drawn[i]! >>> 8) / 2 ** 24;
  return out;
}

/** [count] float32 of mean 0 and standard deviation 1: `normal()` of the words of `stream(key, 0, 0)`, in order. */
export function normals(key: RandomKey, count: number): Float32Array {
  const drawn = words(key, 0, 0, count);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = normalQuantile((drawn[i]! + 0.5) / 2 ** 32);
  return out;
}

/** The numbers 0 … n − 1 in random order, each order equally likely (Fisher–Yates on the stream of that epoch). */
export function permutation(key: RandomKey, epoch: number, n: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const draws = stream(key, epoch, 0);
  for (let i = n - 1; i > 0; i--) {
    const j = draws.integer(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

/** The first words of `stream(key, a, b)`: `count` of them, and up to three more to complete a block. */
function words(key: RandomKey, a: number, b: number, count: number): Uint32Array {
  const blocks = Math.ceil(count / 4);
  const out = new Uint32Array(4 * blocks);
  counterWord(a);
  counterWord(b);
  for (let block = 0; block < blocks; block++) philox(a, b, block, 0, key.k0, key.k1, out, 4 * block);
  return out;
}

function counterWord(value: number): number {
  if (value !== value >>> 0) throw new RangeError(`a random stream's position must be a whole number below 2^32, not ${value}`);
  return value;
}
