import { countsOf, totalsOf } from '../../../projections/organisations/hospital-totals.js';

// 20:30 in Dhaka is 14:30 UTC; half past midnight there is the day before in UTC.
const EVENING = '2030-01-01T14:30:00.000Z';
const AFTER_MIDNIGHT = '2030-01-01T18:30:00.000Z';

test('the bar has seven days from today at the hospital', () => {
  const days = (at: string, zone: string) => totalsOf({}, zone, at).week.map(({ day }) => day);
  expect(days(EVENING, 'Asia/Dhaka')).toEqual([
    '2030-01-01',
    '2030-01-02',
    '2030-01-03',
    '2030-01-04',
    '2030-01-05',
    '2030-01-06',
    '2030-01-07',
  ]);
  expect(days(AFTER_MIDNIGHT, 'Asia/Dhaka')[0]).toBe('2030-01-02');
  expect(days(AFTER_MIDNIGHT, 'Europe/Berlin')[0]).toBe('2030-01-01');
});

test('a day is counted from midnight to midnight at the hospital', () => {
  const counts = countsOf('h', 'Asia/Dhaka', EVENING);
  expect(counts['requested 2030-01-01']).toMatchObject([
    {
      index: 'byHospitalStatus',
      equal: { hospitalId: 'h', status: 'requested' },
      range: { from: '2029-12-31T18:00:00.000Z', to: '2030-01-01T18:00:00.000Z' },
    },
  ]);
  expect(counts['confirmed 2030-01-01']!.map(({ equal }) => equal!.status)).toEqual([
    'confirmed',
    'arrived',
    'fulfilled',
    'missed',
  ]);
});

test('the day on which clocks change has 23 or 25 hours', () => {
  const hours = (at: string, day: string) => {
    const { from, to } = countsOf('h', 'Europe/Berlin', at)[`requested ${day}`]![0]!.range!;
    return (Date.parse(String(to)) - Date.parse(String(from))) / 3_600_000;
  };
  expect(hours('2030-03-28T12:00:00.000Z', '2030-03-31')).toBe(23);
  expect(hours('2030-10-24T12:00:00.000Z', '2030-10-27')).toBe(25);
});

test('every declared index that is counted exists', () => {
  for (const each of Object.values(countsOf('h', 'Asia/Dhaka', EVENING)).flat()) {
    const fields = each.from.indexes[each.index]!;
    expect(fields.slice(0, Object.keys(each.equal!).length).sort()).toEqual(Object.keys(each.equal!).sort());
  }
});

test('what was counted is shown under its name', () => {
  const counted = { doctors: 3, patients: 40, pharmacists: 2, 'requested 2030-01-02': 5, 'confirmed 2030-01-02': 6 };
  const totals = totalsOf(counted, 'Asia/Dhaka', EVENING);
  expect(totals).toMatchObject({ doctors: 3, patients: 40, pharmacists: 2, labWorkers: 0, pendingAppointments: 0 });
  expect(totals.week[1]).toEqual({ day: '2030-01-02', requested: 5, confirmed: 6 });
});
