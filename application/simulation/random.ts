/** Chance that is the same for the same seed (sfc32, seeded by four rounds of FNV-1a over the text). */
export class Random {
  private constructor(
    private readonly seed: string,
    private readonly next32: () => number,
  ) {}

  static of(seed: string): Random {
    return new Random(seed, sfc32(seed));
  }

  /** Another one, which depends on the seed and the name alone and not on what was drawn before. */
  fork(name: string): Random {
    return Random.of(`${this.seed}/${name}`);
  }

  /** From 0 to below 1. */
  next(): number {
    return this.next32() / 4_294_967_296;
  }

  /** True in such a share of all cases. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** A whole number, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Nothing to pick from.');
    return items[this.int(0, items.length - 1)]!;
  }

  /** One of the items, each as often as its weight says. */
  weighted<T>(items: readonly (readonly [item: T, weight: number])[]): T {
    let left = this.next() * items.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of items) if ((left -= weight) < 0) return item;
    return items.at(-1)![0];
  }

  /** So many different items, or all in another order. */
  sample<T>(items: readonly T[], count = items.length): T[] {
    const rest = [...items];
    return Array.from(
      { length: Math.min(count, items.length) },
      () => rest.splice(this.int(0, rest.length - 1), 1)[0]!,
    );
  }
}

const fnv1a = (text: string, basis: number): number => {
  let hash = basis;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
};

const sfc32 = (seed: string): (() => number) => {
  let [a, b, c, d] = [0x811c9dc5, 0x9e3779b9, 0x243f6a88, 0xb7e15162].map((basis) => fnv1a(seed, basis)) as [
    number,
    number,
    number,
    number,
  ];
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  // The first numbers still look alike for seeds that do.
  for (let i = 0; i < 15; i++) next();
  return next;
};
