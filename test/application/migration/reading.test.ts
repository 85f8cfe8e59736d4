import {
  cleanText,
  dayOf,
  dhakaInstantOf,
  hoursOf,
  inDhaka,
  instantOf,
  paisaOf,
  phoneOf,
  timeOf,
} from '../../../application/migration/reading.js';

test.each([
  ['9:59 am', '09:59'],
  ['12:00 am', '00:00'],
  ['12:15 p.m.', '12:15'],
  ['9.30 PM', '21:30'],
  ['6 pm', '18:00'],
  [' 4:56 pm ', '16:56'],
  ['17:10:00', '17:10'],
  ['৩:০৫ pm', '15:05'],
  ['٣:٠٥ pm', '15:05'],
  ['evening', undefined],
  ['25:00', undefined],
  ['13:00 pm', undefined],
  ['9:75 am', undefined],
  ['9', undefined],
  ['', undefined],
  [null, undefined],
])('the time %p is %p', (text, time) => expect(timeOf(text)).toBe(time));

test.each([
  ['1992-09-18', '1992-09-18'],
  ['18/09/1992', '1992-09-18'],
  ['18-Sep-1992', '1992-09-18'],
  ['31/02/1992', undefined],
  ['1992-13-01', undefined],
  ['18-Foo-1992', undefined],
  ['', undefined],
])('the day %p is %p', (text, day) => expect(dayOf(text)).toBe(day));

test.each([
  ['500', 50_000],
  [500, 50_000],
  ['1,200.00', 120_000],
  ['Tk 500', 50_000],
  ['৳1200', 120_000],
  ['900/-', 90_000],
  ['১৩০০', 130_000],
  ['free', undefined],
  ['-5', undefined],
  [null, undefined],
])('the amount %p is %p paisa', (text, amount) => expect(paisaOf(text)).toBe(amount));

test.each([
  [1_712_345_678, '01712345678'],
  ['1712345678', '01712345678'],
  ['01712345678', '01712345678'],
  [8_801_712_345_678, '+8801712345678'],
  [12_345, undefined],
  [null, undefined],
])('the number %p is dialled %p', (given, phone) => expect(phoneOf(given)).toBe(phone));

test.each([
  ['10 am - 2 pm', { from: '10:00', to: '14:00' }],
  ['10-2 pm', { from: '10:00', to: '14:00' }],
  ['12-4 pm', { from: '12:00', to: '16:00' }],
  ['3-9 pm', { from: '15:00', to: '21:00' }],
  ['on call', undefined],
])('the hours %p are %p', (text, hours) => expect(hoursOf(text)).toEqual(hours));

test('moments are read in the zone in which they were written', () => {
  expect(instantOf('2025-03-04 05:06:07.123456')).toBe('2025-03-04T05:06:07.123Z');
  expect(instantOf('2025-03-04 05:06:07')).toBe('2025-03-04T05:06:07.000Z');
  expect(dhakaInstantOf('2025-03-04 05:06:07')).toBe('2025-03-03T23:06:07.000Z');
  expect(inDhaka('2025-03-04', '09:30')).toBe('2025-03-04T03:30:00.000Z');
  expect(instantOf('soon')).toBeUndefined();
});

test('characters that are not shown are taken out, and letters put together with their marks', () => {
  expect(cleanText('a\u0000b\u202ec\u200bd\ne\u0301')).toBe('abcd\n\u00e9');
});
