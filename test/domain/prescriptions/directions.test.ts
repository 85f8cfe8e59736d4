import * as fc from 'fast-check';
import { readDuration, readMeal, totalQuantity } from '../../../domain/prescriptions/directions.js';
import { readPosology } from '../../../domain/prescriptions/posology.js';

test.each([
  ['after', 'after'],
  ['after eating', 'after'],
  ['After Meals', 'after'],
  ['p.c.', 'after'],
  ['full stomach', 'after'],
  ['খাবারের পরে', 'after'],
  ['খাওয়ার পর', 'after'],
  ['ভরা পেটে', 'after'],
  ['before', 'before'],
  ['before eating', 'before'],
  ['30 minutes before food', 'before'],
  ['ac', 'before'],
  ['on an empty stomach', 'before'],
  ['খালি পেটে', 'before'],
  ['খাবারের ৩০ মিনিট আগে', 'before'],
  ['with food', 'with'],
  ['during meals', 'with'],
  ['খাবারের সাথে', 'with'],
  ['with or without food', 'independent'],
  ['any time', 'independent'],
  ['irrespective of meals', 'independent'],
  ['যেকোনো সময়', 'independent'],
  ['not on an empty stomach', undefined],
  ['before and after', undefined],
  ['', undefined],
  ['afternoon', undefined],
  ['পরিমাণমতো', undefined],
])('the meal in %p is %p', (words, relation) => expect(readMeal(words)).toBe(relation));

test.each([
  ['30days', 30],
  ['7 days', 7],
  ['14', 14],
  ['5d', 5],
  ['x 10 days', 10],
  ['for 3 days only', 3],
  ['1 day', 1],
  ['2 weeks', 14],
  ['2wks', 14],
  ['a week', 7],
  ['one month', 30],
  ['1 month', 30],
  ['3 months', 90],
  ['1 year', 365],
  ['7/7', 7],
  ['2/52', 14],
  ['3/12', 90],
  ['১ মাস', 30],
  ['২ সপ্তাহ', 14],
  ['৭ দিন', 7],
  ['সাত দিন', 7],
])('%p are %i days', (words, days) => expect(readDuration(words)).toEqual({ days }));

test.each(['continue', 'Cont.', 'চলবে', 'long term', 'till further advice'])('%p has no end', (words) =>
  expect(readDuration(words)).toBe('open'),
);

test.each(['', '5-7 days', '0 days', 'days', '99999 days', 'until better', '1+0+1', '7/8', 'one'])(
  '%p is no duration',
  (words) => expect(readDuration(words)).toBeUndefined(),
);

test.each([
  ['1+0+1', '30days', 60],
  ['½+0+½', '7 days', 7],
  ['½+0+0', '7 days', 4],
  ['1+1+1+1', '২ সপ্তাহ', 56],
  ['once a week', '30 days', 5],
  ['every other day', '7 days', 4],
  ['q8h', '5 days', 15],
  ['stat', '', 1],
  ['2 tab stat', '', 2],
  ['1+0+1', 'continue', undefined],
  ['1+0+1', '', undefined],
  ['SOS', '7 days', undefined],
  ['bd prn', '7 days', undefined],
  ['as directed', '7 days', undefined],
  ['5 ml tds', '7 days', undefined],
  ['2 puffs bd', '7 days', undefined],
])('%p for %p are %p units', (frequency, duration, units) =>
  expect(totalQuantity(readPosology(frequency), readDuration(duration))).toBe(units),
);

test('no text is an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (words) => {
      readMeal(words);
      const duration = readDuration(words);
      if (duration && duration !== 'open') expect(Number.isInteger(duration.days)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
