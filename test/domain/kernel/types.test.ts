import fc from 'fast-check';
import { Id, Instant } from '../../../domain/kernel/types.js';

const when = fc.date({ min: new Date('1900-01-01'), max: new Date('2199-12-31'), noInvalidDate: true });

test('a moment has one spelling, however it was spelled', () => {
  fc.assert(
    fc.property(when, fc.integer({ min: -14 * 60, max: 14 * 60 }), (moment, offset) => {
      const canonical = moment.toISOString();
      const sign = offset < 0 ? '-' : '+';
      const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
      const there = new Date(moment.getTime() + offset * 60_000).toISOString().slice(0, -1);
      const spelled = `${there}${sign}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
      expect([Instant.parse(canonical), Instant.parse(spelled)]).toEqual([canonical, canonical]);
    }),
  );
});

test.each([
  ['2030-01-31T09:30:00Z', '2030-01-31T09:30:00.000Z'],
  ['2030-01-31T09:30:00.5Z', '2030-01-31T09:30:00.500Z'],
  ['2030-01-31T09:30:00.123456Z', '2030-01-31T09:30:00.123Z'],
])('%s is %s', (given, kept) => expect(Instant.parse(given)).toBe(kept));

test.each([
  '2030-01-31T09:30+06:00',
  '2030-02-30T09:30:00.000Z',
  '2030-01-31T25:30:00.000Z',
  '2030-01-31 09:30:00.000Z',
  'yesterday',
])('%s is no moment', (text) => expect(Instant.safeParse(text).success).toBe(false));

test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__proto__', '', 'a b', '-a'])(
  '%j is no id',
  (text) => expect(Id.safeParse(text).success).toBe(false),
);
