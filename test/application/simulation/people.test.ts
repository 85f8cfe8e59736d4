import { FORMULARY } from '../../../application/simulation/formulary.js';
import { nameBy } from '../../../application/simulation/names.js';
import { Random } from '../../../application/simulation/random.js';
import { SPECIALTIES } from '../../../application/simulation/specialties.js';
import { readDuration } from '../../../domain/prescriptions/directions.js';
import { readPosology } from '../../../domain/prescriptions/posology.js';
import { CATEGORIES, medicine, TYPES } from '../../../domain/pharmacy/medicine.js';

describe('chance', () => {
  const drawn = (random: Random) => Array.from({ length: 20 }, () => random.next());

  it('is the same for a seed, whatever else was drawn', () => {
    const random = Random.of('a');
    const fork = drawn(random.fork('x'));
    drawn(random);
    expect(drawn(random.fork('x'))).toEqual(fork);
    expect(drawn(Random.of('a'))).toEqual(drawn(Random.of('a')));
    expect(drawn(random.fork('y'))).not.toEqual(fork);
    expect(drawn(Random.of('b'))).not.toEqual(drawn(Random.of('a')));
  });

  it('keeps to its bounds and weights', () => {
    const random = Random.of('weights');
    const rolls = Array.from({ length: 6_000 }, () => random.int(1, 6));
    for (const side of [1, 2, 3, 4, 5, 6]) {
      const share = rolls.filter((roll) => roll === side).length / rolls.length;
      expect(share).toBeGreaterThan(0.14);
      expect(share).toBeLessThan(0.2);
    }
    const heads = Array.from({ length: 5_000 }, () =>
      random.weighted([
        ['heads', 3],
        ['tails', 1],
      ]),
    );
    expect(heads.filter((side) => side === 'heads').length / heads.length).toBeCloseTo(0.75, 1);
    expect(random.sample([1, 2, 3, 4]).toSorted()).toEqual([1, 2, 3, 4]);
  });
});

describe('the formulary', () => {
  it('has every category and type, each medicine once, with and without prescription', () => {
    expect(new Set(FORMULARY.map(({ category }) => category))).toEqual(new Set(CATEGORIES));
    expect(new Set(FORMULARY.map(({ type }) => type))).toEqual(new Set(TYPES));
    expect(new Set(FORMULARY.map(({ key }) => key)).size).toBe(FORMULARY.length);
    expect(new Set(FORMULARY.map(({ prescriptionRequired }) => prescriptionRequired)).size).toBe(2);
    expect(FORMULARY.length).toBeGreaterThanOrEqual(80);
  });

  it.each(FORMULARY)('$key is one that a pharmacist could add', ({ key: _, delivery, ...data }) => {
    expect(medicine.commands.AddMedicine.safeParse(data).error).toBeUndefined();
    expect(delivery).toBeGreaterThan(0);
  });
});

const written = SPECIALTIES.flatMap(({ complaints }) => complaints).flatMap(({ medicines }) => medicines);

test.each(written.map(([key, frequency, duration]) => ({ key, frequency, duration })))(
  '$key is in the formulary, and $frequency for $duration can be read',
  ({ key, frequency, duration }) => {
    expect(FORMULARY.map((product) => product.key)).toContain(key);
    expect(readPosology(frequency)).toBeDefined();
    expect(readDuration(duration)).toBeDefined();
  },
);

test('names are written in both scripts', () => {
  const names = Array.from({ length: 50 }, (_, i) => nameBy(Random.of(String(i))));
  for (const { latin, bangla } of names) {
    expect(latin).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
    expect(bangla).toMatch(/^[\p{Script=Bengali}]+ [\p{Script=Bengali}]+$/u);
  }
});
