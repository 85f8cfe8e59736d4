import * as fc from 'fast-check';
import { Posology, readPosology } from '../../../domain/prescriptions/posology.js';

/** Morning, noon, evening and night; units taken in so many days; what else is said. */
type Expected = readonly [
  times: readonly number[] | null,
  units: number | null,
  days: number,
  rest?: Partial<Posology>,
];

const NOTATIONS: Readonly<Record<string, Expected>> = {
  // Numbers at times of the day.
  '1+0+1': [[1, 0, 0, 1], 2, 1],
  '1 + 0 + 1': [[1, 0, 0, 1], 2, 1],
  '1-0-1': [[1, 0, 0, 1], 2, 1],
  '1 – 1 – 1': [[1, 1, 0, 1], 3, 1],
  '1/0/1': [[1, 0, 0, 1], 2, 1],
  '1,0,1': [[1, 0, 0, 1], 2, 1],
  '0+0+1': [[0, 0, 0, 1], 1, 1],
  '0+1+0': [[0, 1, 0, 0], 1, 1],
  '2+0+2': [[2, 0, 0, 2], 4, 1],
  '1+2+3': [[1, 2, 0, 3], 6, 1],
  '1+1': [[1, 0, 0, 1], 2, 1],
  '1+1+1+1': [[1, 1, 1, 1], 4, 1],
  '1-0-1-2': [[1, 0, 1, 2], 4, 1],
  '½+0+½': [[0.5, 0, 0, 0.5], 1, 1],
  '1/2+0+1/2': [[0.5, 0, 0, 0.5], 1, 1],
  '0.5-0-0.5': [[0.5, 0, 0, 0.5], 1, 1],
  '1½+0+1': [[1.5, 0, 0, 1], 2.5, 1],
  '1 1/2 + 0 + 0': [[1.5, 0, 0, 0], 1.5, 1],
  '¼+0+0': [[0.25, 0, 0, 0], 0.25, 1],
  '১+০+১': [[1, 0, 0, 1], 2, 1],
  '১-১-১': [[1, 1, 0, 1], 3, 1],
  '১ + ০ + ½': [[1, 0, 0, 0.5], 1.5, 1],
  '1+0+1 (after meal)': [[1, 0, 0, 1], 2, 1],
  '1+0+1 খাবারের পরে': [[1, 0, 0, 1], 2, 1],
  '1+1+1 for 7 days': [[1, 1, 0, 1], 3, 1],
  '1+0+1 tab': [[1, 0, 0, 1], 2, 1, { unit: 'tablet' }],
  '1+0+0 every other day': [[1, 0, 0, 0], 1, 2],
  '1+1+1 SOS': [[1, 1, 0, 1], null, 1, { asNeeded: true }],
  // Latin.
  od: [[1, 0, 0, 0], 1, 1],
  'O.D.': [[1, 0, 0, 0], 1, 1],
  qd: [[1, 0, 0, 0], 1, 1],
  BD: [[1, 0, 0, 1], 2, 1],
  'b.i.d.': [[1, 0, 0, 1], 2, 1],
  '2 tabs bd': [[2, 0, 0, 2], 4, 1, { unit: 'tablet' }],
  tds: [[1, 1, 0, 1], 3, 1],
  TID: [[1, 1, 0, 1], 3, 1],
  '1 cap. tid pc': [[1, 1, 0, 1], 3, 1, { unit: 'capsule' }],
  '5 ml tds': [[5, 5, 0, 5], 15, 1, { unit: 'ml' }],
  'qid x 5 days': [[1, 1, 1, 1], 4, 1],
  qds: [[1, 1, 1, 1], 4, 1],
  hs: [[0, 0, 0, 1], 1, 1],
  '1 tab h.s.': [[0, 0, 0, 1], 1, 1, { unit: 'tablet' }],
  '½ tab nocte': [[0, 0, 0, 0.5], 0.5, 1, { unit: 'tablet' }],
  mane: [[1, 0, 0, 0], 1, 1],
  qod: [null, 1, 2],
  q6h: [[1, 1, 1, 1], 4, 1, { everyHours: 6 }],
  'q 8 h': [[1, 1, 0, 1], 3, 1, { everyHours: 8 }],
  q4h: [null, 6, 1, { everyHours: 4 }],
  q12hr: [[1, 0, 0, 1], 2, 1, { everyHours: 12 }],
  stat: [null, null, 1, { once: 1 }],
  '2 tab stat': [null, null, 1, { once: 2, unit: 'tablet' }],
  SOS: [null, null, 1, { asNeeded: true }],
  'p.r.n.': [null, null, 1, { asNeeded: true }],
  'bd prn': [[1, 0, 0, 1], null, 1, { asNeeded: true }],
  // English.
  daily: [[1, 0, 0, 0], 1, 1],
  'once daily': [[1, 0, 0, 0], 1, 1],
  'once a day': [[1, 0, 0, 0], 1, 1],
  'every day': [[1, 0, 0, 0], 1, 1],
  'twice daily': [[1, 0, 0, 1], 2, 1],
  'Take 1 tablet by mouth twice daily': [[1, 0, 0, 1], 2, 1, { unit: 'tablet' }],
  'three times a day': [[1, 1, 0, 1], 3, 1],
  '3 times daily after food': [[1, 1, 0, 1], 3, 1],
  'thrice daily': [[1, 1, 0, 1], 3, 1],
  'four times per day': [[1, 1, 1, 1], 4, 1],
  '5 times a day': [null, 5, 1],
  '2 tablets a day': [null, 2, 1, { unit: 'tablet' }],
  'half tablet twice a day': [[0.5, 0, 0, 0.5], 1, 1, { unit: 'tablet' }],
  '2 puffs twice daily': [[2, 0, 0, 2], 4, 1, { unit: 'puff' }],
  'every 8 hours': [[1, 1, 0, 1], 3, 1, { everyHours: 8 }],
  'every six hours': [[1, 1, 1, 1], 4, 1, { everyHours: 6 }],
  '8 hourly': [[1, 1, 0, 1], 3, 1, { everyHours: 8 }],
  '12-hourly': [[1, 0, 0, 1], 2, 1, { everyHours: 12 }],
  'every 5 hours': [null, 24, 5, { everyHours: 5 }],
  'every 48 hours': [null, 1, 2, { everyHours: 48 }],
  'every other day': [null, 1, 2],
  'alternate days': [null, 1, 2],
  'every 3 days': [null, 1, 3],
  'once a week': [null, 1, 7],
  weekly: [null, 1, 7],
  'twice a week': [null, 2, 7],
  '3 days a week': [null, 3, 7],
  'every 2 weeks': [null, 1, 14],
  fortnightly: [null, 1, 14],
  'once a month': [null, 1, 30],
  '1 tab once a week at night': [[0, 0, 0, 1], 1, 7, { unit: 'tablet' }],
  'at night': [[0, 0, 0, 1], 1, 1],
  'at bedtime': [[0, 0, 0, 1], 1, 1],
  'every morning': [[1, 0, 0, 0], 1, 1],
  'in the evening': [[0, 0, 1, 0], 1, 1],
  'alternate nights': [[0, 0, 0, 1], 1, 2],
  'morning and night': [[1, 0, 0, 1], 2, 1],
  '1 in the morning, 2 at night': [[1, 0, 0, 2], 3, 1],
  '1 tab after breakfast and 1 tab after dinner': [[1, 0, 0, 1], 2, 1, { unit: 'tablet' }],
  'once daily at night': [[0, 0, 0, 1], 1, 1],
  'single dose': [null, null, 1, { once: 1 }],
  'as needed': [null, null, 1, { asNeeded: true }],
  '1 tab if pain': [null, null, 1, { asNeeded: true, unit: 'tablet' }],
  'every 6 hours as needed': [[1, 1, 1, 1], null, 1, { asNeeded: true, everyHours: 6 }],
  // Bangla.
  'সকালে ১টি রাতে ১টি': [[1, 0, 0, 1], 2, 1],
  'সকালে ১টি, দুপুরে ১টি ও রাতে ২টি': [[1, 1, 0, 2], 4, 1],
  'সকালে ও রাতে ১টি করে': [[1, 0, 0, 1], 2, 1],
  'রাতে ১টি': [[0, 0, 0, 1], 1, 1],
  'রাতে ঘুমানোর আগে': [[0, 0, 0, 1], 1, 1],
  'ঘুমানোর আগে ১টি': [[0, 0, 0, 1], 1, 1],
  'সকালে অর্ধেক': [[0.5, 0, 0, 0], 0.5, 1],
  'দিনে ২ বার': [[1, 0, 0, 1], 2, 1],
  'দিনে তিনবার': [[1, 1, 0, 1], 3, 1],
  '১টি করে দিনে ৩ বার': [[1, 1, 0, 1], 3, 1],
  '২ চামচ দিনে ৩ বার': [[2, 2, 0, 2], 6, 1, { unit: 'spoon' }],
  'প্রতিদিন একবার': [[1, 0, 0, 0], 1, 1],
  '৮ ঘণ্টা পর পর': [[1, 1, 0, 1], 3, 1, { everyHours: 8 }],
  'প্রতি ৬ ঘন্টা পরপর': [[1, 1, 1, 1], 4, 1, { everyHours: 6 }],
  'একদিন পর পর': [null, 1, 2],
  'সপ্তাহে একবার': [null, 1, 7],
  'সপ্তাহে ২ দিন': [null, 2, 7],
  'মাসে একবার': [null, 1, 30],
  প্রয়োজনে: [null, null, 1, { asNeeded: true }],
  'ব্যথা হলে ১টি': [null, null, 1, { asNeeded: true }],
};

test('the table is as long as it claims', () => expect(Object.keys(NOTATIONS).length).toBeGreaterThanOrEqual(100));

test.each(Object.entries(NOTATIONS))('reads %s', (words, [times, units, days, rest]) => {
  const [morning, noon, evening, night] = times ?? [];
  expect(readPosology(words)).toEqual({
    ...(times && { morning, noon, evening, night }),
    ...(units !== null && { perDay: { units, days } }),
    asNeeded: false,
    ...rest,
  });
});

// Half understood is not understood: each of these stays the doctor's words, and nothing is computed from it.
test.each([
  '',
  '   ',
  '1',
  '1 tab',
  '0+0+0',
  '1+0+1+0+1',
  '1-2 tabs tds',
  '1/3+0+1/3',
  'as directed',
  'as before',
  '7/7',
  '30 days',
  '8 am and 8 pm',
  'once',
  'bd tds',
  '1+0+1 tds',
  'morning morning',
  '1000+0+1',
  '1 tab morning 5 ml night',
  '1 tab or 2 tab bd',
  'every 0 hours',
  'nightly every 8 hours',
  'যেভাবে বলা হয়েছে',
])('leaves %p as words', (words) => expect(readPosology(words)).toBeUndefined());

test('any text at all is read or left, never an error, and what is read is well formed', () => {
  const word = fc.constantFrom(
    ...Object.keys(NOTATIONS).flatMap((words) => words.split(' ')),
    ...['+', '-', '/', '1', '½', '10', '.', 'x', 'every', 'times', 'রাতে'],
  );
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word, { maxLength: 8 }).map((words) => words.join(' ')),
  );
  fc.assert(
    fc.property(anything, (words) => {
      const read = readPosology(words);
      if (read === undefined) return;
      expect(Posology.parse(read)).toEqual(read);
      const { morning, noon, evening, night, perDay } = read;
      if (morning !== undefined && perDay?.days === 1) expect(morning + noon! + evening! + night!).toBe(perDay.units);
    }),
    { numRuns: 3_000 },
  );
});

test('how a number is written makes no difference', () => {
  const amount = fc.constantFrom(0, 0.25, 0.5, 1, 1.5, 2, 3, 10);
  fc.assert(
    fc.property(fc.tuple(amount, amount, amount), (amounts) => {
      const bangla = (n: number) => String(n).replace(/\d/g, (d) => String.fromCharCode(0x09e6 + Number(d)));
      const plus = readPosology(amounts.join('+'));
      expect(readPosology(amounts.join(' - '))).toEqual(plus);
      expect(readPosology(amounts.map(bangla).join('+'))).toEqual(plus);
    }),
  );
});
