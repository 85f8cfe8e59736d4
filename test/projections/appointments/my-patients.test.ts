import fc from 'fast-check';
import { myPatients, treatedSince, treats } from '../../../projections/appointments/my-patients.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const stream = 'doctorDay-d_2030-01-01';
const ids = (visit: string) => ({
  appointmentId: `d_2030-01-01_${visit}`,
  doctorId: 'd',
  hospitalId: 'h',
  patientId: 'p',
  at: NOW,
});
const start = (day: number) => new Date(Date.parse(NOW) + day * 86_400_000).toISOString();

const confirmed = (visit: string, day: number) => ({
  ...{ stream, type: 'AppointmentConfirmed' as const },
  data: { ...ids(visit), token: 1, start: start(day), end: start(day) },
});
const rescheduled = (visit: string, day: number) => ({
  ...{ stream, type: 'AppointmentRescheduled' as const },
  data: { ...ids(visit), start: start(day), end: start(day) },
});
const fulfilled = (visit: string) => ({ stream, type: 'AppointmentFulfilled' as const, data: ids(visit) });
const ENDS = {
  cancelled: (visit: string) => ({
    ...{ stream, type: 'AppointmentCancelled' as const },
    data: { ...ids(visit), reason: 'x' },
  }),
  missed: (visit: string) => ({ stream, type: 'PatientMissed' as const, data: ids(visit) }),
  moved: (visit: string) => ({
    ...{ stream, type: 'AppointmentMoved' as const },
    data: { ...ids(visit), to: 'd_2030-01-02_aaaaaa' },
  }),
};

type Told =
  ReturnType<typeof confirmed | typeof rescheduled | typeof fulfilled> | ReturnType<(typeof ENDS)[keyof typeof ENDS]>;

test.each(Object.entries(ENDS))('a visit that was %s is none', (_, end) => {
  expect(project(myPatients, confirmed('aaaaaa', 1), end('aaaaaa'))).toEqual({});
  const { d_p } = project(myPatients, confirmed('aaaaaa', 1), confirmed('bbbbbb', 3), end('bbbbbb'));
  expect(d_p).toMatchObject({ appointments: 1, lastStart: start(1) });
});

test('what ends and was never confirmed changes nothing', () => {
  const kept = project(myPatients, confirmed('aaaaaa', 1));
  for (const other of [...Object.values(ENDS), fulfilled, (visit: string) => rescheduled(visit, 9)])
    expect(project(myPatients, confirmed('aaaaaa', 1), other('bbbbbb'))).toEqual(kept);
});

test('a doctor treats a patient from the confirmation until a year after the last visit', () => {
  const { d_p } = project(myPatients, confirmed('aaaaaa', 10), fulfilled('aaaaaa'));
  expect(treats(d_p, NOW)).toBe(true);
  expect(treats(d_p, start(10 + 365))).toBe(true);
  expect(treats(d_p, start(10 + 366))).toBe(false);
  expect(treats(undefined, NOW)).toBe(false);
  expect(treatedSince(start(365))).toBe(NOW);
});

test('what remains is the latest of the visits that are agreed or took place', () => {
  const step = fc.record({
    visit: fc.constantFrom('aaaaaa', 'bbbbbb', 'cccccc'),
    what: fc.constantFrom('confirmed', 'rescheduled', 'cancelled', 'missed', 'moved', 'fulfilled'),
    day: fc.integer({ min: 1, max: 400 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
      // A visit is confirmed once and ends once, as its day sees to it.
      const visits = new Map<string, { day: number; state: string }>();
      const events = steps.flatMap(({ visit, what, day }): Told[] => {
        const known = visits.get(visit);
        if (what === 'confirmed') {
          if (known) return [];
          visits.set(visit, { day, state: 'agreed' });
          return [confirmed(visit, day)];
        }
        if (known?.state !== 'agreed') return [];
        if (what === 'rescheduled') {
          visits.set(visit, { day, state: 'agreed' });
          return [rescheduled(visit, day)];
        }
        visits.set(visit, { ...known, state: what });
        return [what === 'fulfilled' ? fulfilled(visit) : ENDS[what](visit)];
      });
      const standing = [...visits.values()].filter(({ state }) => state === 'agreed' || state === 'fulfilled');
      const { d_p } = project(myPatients, ...events);
      expect(d_p?.appointments ?? 0).toBe(standing.length);
      const last = Math.max(...standing.map(({ day }) => day));
      expect(d_p?.lastStart).toBe(standing.length > 0 ? start(last) : undefined);
    }),
  );
});
