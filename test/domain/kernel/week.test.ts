import { WeeklyHours } from '../../../domain/kernel/week.js';

it('puts the hours of a day in order', () =>
  expect(
    WeeklyHours.parse({
      mon: [
        { from: '16:00', to: '20:00' },
        { from: '09:00', to: '13:00' },
      ],
      fri: [],
    }),
  ).toEqual({
    mon: [
      { from: '09:00', to: '13:00' },
      { from: '16:00', to: '20:00' },
    ],
    fri: [],
  }));

it.each([
  ['hours that end before they begin', { mon: [{ from: '13:00', to: '09:00' }] }],
  ['empty hours', { mon: [{ from: '13:00', to: '13:00' }] }],
  [
    'hours that overlap',
    {
      mon: [
        { from: '09:00', to: '13:00' },
        { from: '12:59', to: '14:00' },
      ],
    },
  ],
  ['a day that does not exist', { lun: [] }],
  ['a time that does not exist', { mon: [{ from: '09:00', to: '24:30' }] }],
  ['a field that is not known', { mon: [{ from: '09:00', to: '10:00', room: '1' }] }],
])('refuses %s', (_, hours) => expect(WeeklyHours.safeParse(hours).success).toBe(false));
