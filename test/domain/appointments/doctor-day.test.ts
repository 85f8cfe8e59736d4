import fc from 'fast-check';
import { type DayFacts, doctorDay, newAppointmentId } from '../../../domain/appointments/doctor-day.js';
import { slotsOf } from '../../../domain/appointments/slots.js';
import { fold } from '../../../domain/kernel/decider.js';
import { NOW, spec, SYSTEM } from '../../kernel/spec.js';

const DAY = 'doctor-1_2030-01-02';
const given = spec(doctorDay, DAY);

const COMMANDS = ['aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb'] as const;
const A = newAppointmentId(DAY, COMMANDS[0]);
const B = newAppointmentId(DAY, COMMANDS[1]);

const FEE = { amount: 80_000, currency: 'BDT' };
const REPORT_FEE = { amount: 30_000, currency: 'BDT' };
const facts: DayFacts = {
  accepted: true,
  onLeave: false,
  slots: slotsOf('2030-01-02', 'Asia/Dhaka', { slotMinutes: 15, hours: { wed: [{ from: '09:00', to: '12:00' }] } }),
  fees: { checkUp: FEE, report: REPORT_FEE },
};
const nine = { start: '2030-01-02T03:00:00.000Z', end: '2030-01-02T03:15:00.000Z' };
const quarter = { start: '2030-01-02T03:15:00.000Z', end: '2030-01-02T03:30:00.000Z' };

const request = (start = nine.start, patientId = 'patient-1') => ({
  type: 'RequestAppointment' as const,
  data: { hospitalId: 'hospital-1', start, type: 'checkUp' as const, patientId },
});
const known = { facts, commandId: COMMANDS[0] };

const booked = (appointmentId = A, slot = nine, patientId = 'patient-1') => ({
  appointmentId,
  doctorId: 'doctor-1',
  day: '2030-01-02',
  hospitalId: 'hospital-1',
  patientId,
  ...slot,
  type: 'checkUp' as const,
  fee: FEE,
});
const requested = (appointmentId = A, slot = nine, patientId = 'patient-1') => ({
  type: 'AppointmentRequested' as const,
  data: { ...booked(appointmentId, slot, patientId), at: NOW },
});
const change = (appointmentId = A, patientId = 'patient-1') => ({
  appointmentId,
  doctorId: 'doctor-1',
  hospitalId: 'hospital-1',
  patientId,
  at: NOW,
});
const confirmed = (token = 1, appointmentId = A, slot = nine) => ({
  type: 'AppointmentConfirmed' as const,
  data: { ...change(appointmentId), token, ...slot },
});
const cancelled = { type: 'AppointmentCancelled' as const, data: { ...change(), reason: 'ill' } };
const one = { appointmentId: A };

describe('asking for a slot', () => {
  test('books a free one, at the fee of its type', () => given().when(request(), known).then(requested()));
  test('N10: a report visit has the fee of a report', () => {
    const report = { ...request(), data: { ...request().data, type: 'report' as const } };
    expect(given().when(report, known).events()).toMatchObject([{ data: { fee: REPORT_FEE } }]);
  });
  test('N11: refuses a slot that is taken', () =>
    given(requested()).when(request(), { facts, commandId: COMMANDS[1] }).rejects('slot-taken'));
  test('gives a cancelled slot away', () =>
    given(requested(), cancelled).when(request(), { facts, commandId: COMMANDS[1] }).then(requested(B)));
  test('takes the slot right after', () =>
    given(requested()).when(request(quarter.start), { facts, commandId: COMMANDS[1] }).then(requested(B, quarter)));
  test('refuses a time at which no slot begins', () =>
    given().when(request('2030-01-02T03:05:00.000Z'), known).rejects('slot-not-offered'));
  test('refuses what lies in the past', () =>
    given()
      .when(request(), { ...known, at: nine.start })
      .rejects('slot-past'));
  test('refuses a doctor who was not accepted there', () =>
    given()
      .when(request(), { ...known, facts: { ...facts, accepted: false } })
      .rejects('doctor-not-at-hospital'));
  test('refuses a day of leave', () =>
    given()
      .when(request(), { ...known, facts: { ...facts, onLeave: true } })
      .rejects('doctor-away'));
  test('an override is for a doctor of that hospital', () => {
    const over = { ...request(), data: { ...request().data, override: { reason: 'urgent' } } };
    given()
      .when(over, { ...known, facts: { ...facts, accepted: false } })
      .rejects('doctor-not-at-hospital');
  });
  test('an override needs staff', () => {
    const over = { ...request(), data: { ...request().data, override: { reason: 'urgent' } } };
    given(requested())
      .when(over, { facts, actor: { id: 'patient-1', role: 'patient' } })
      .rejects('override-by-staff');
    given(requested())
      .when(over, { facts, commandId: COMMANDS[1], actor: { id: 'doctor-1', role: 'doctor' } })
      .then({ ...requested(B), data: { ...requested(B).data, overrideReason: 'urgent' } });
  });
});

describe('a hold', () => {
  const hold = { type: 'HoldSlot' as const, data: request().data };
  const held = { type: 'SlotHeld' as const, data: { ...booked(), expiresAt: '2030-01-01T08:10:00.000Z' } };
  const take = { ...request(), data: { ...request().data, holdId: A } };
  test('keeps the slot for ten minutes', () => given().when(hold, known).then(held));
  test('keeps others out', () =>
    given(held).when(request(nine.start, 'patient-2'), { facts, commandId: COMMANDS[1] }).rejects('slot-taken'));
  test('becomes the appointment of its holder, at its fee', () =>
    given(held)
      .when(take, { facts: { ...facts, fees: undefined }, commandId: COMMANDS[1] })
      .then(requested()));
  test('does not serve somebody else', () =>
    given(held)
      .when({ ...take, data: { ...take.data, patientId: 'patient-2' } }, { facts, commandId: COMMANDS[1] })
      .rejects('hold-of-another'));
  test('counts no more when it has expired, even before it was released', () => {
    const at = '2030-01-01T08:10:00.001Z';
    given(held).when(take, { facts, at, commandId: COMMANDS[1] }).rejects('hold-expired');
    const [event] = given(held).when(request(nine.start, 'patient-2'), { facts, at, commandId: COMMANDS[1] }).events();
    expect(event!.type).toBe('AppointmentRequested');
  });
  test('is released once', () => {
    given(held).when({ type: 'ReleaseHold', data: one }).then({ type: 'HoldReleased', data: change() });
    given(requested()).when({ type: 'ReleaseHold', data: one }).then();
  });
});

describe('its life', () => {
  test('is confirmed once, with the next token', () => {
    given(requested(), requested(B, quarter), confirmed(1, B, quarter))
      .when({ type: 'ConfirmAppointment', data: one })
      .then(confirmed(2));
    given(requested(), confirmed()).when({ type: 'ConfirmAppointment', data: one }).then();
  });
  test('a rejected one is not confirmed', () =>
    given(requested(), { type: 'AppointmentRejected', data: { ...change(), reason: 'full' } })
      .when({ type: 'ConfirmAppointment', data: one })
      .rejects('not-pending'));
  test('is moved within the day, to a slot that may overlap its own old one', () =>
    given(requested())
      .when({ type: 'RescheduleAppointment', data: { ...one, start: quarter.start } }, { facts })
      .then({ type: 'AppointmentRescheduled', data: { ...change(), ...quarter } }));
  test('is not missed before it began', () => {
    given(requested(), confirmed()).when({ type: 'MarkMissed', data: one }).rejects('not-yet');
    given(requested(), confirmed())
      .when({ type: 'MarkMissed', data: one }, { at: nine.end })
      .then({ type: 'PatientMissed', data: { ...change(), at: nine.end } });
  });
  test('a visit that took place is not cancelled', () =>
    given(requested(), confirmed(), { type: 'AppointmentFulfilled', data: change() })
      .when({ type: 'CancelAppointment', data: { ...one, reason: 'late' } })
      .rejects('not-open'));
  test('an unknown one is missing', () =>
    given().when({ type: 'MarkArrived', data: one }).rejects('appointment-unknown'));
});

describe("the doctor's leave", () => {
  test('cancels what is open', () =>
    expect(
      given(requested(), confirmed())
        .when({ type: 'ClearDay', data: { leaveId: 'leave-1' } })
        .events(),
    ).toMatchObject([{ type: 'AppointmentCancelled', data: { appointmentId: A } }]));
  test('moves it to another day, where it keeps its fee and is confirmed again', () => {
    const other = 'doctor-1_2030-01-09';
    const slots = slotsOf('2030-01-09', 'Asia/Dhaka', {
      slotMinutes: 15,
      hours: { wed: [{ from: '09:00', to: '12:00' }] },
    });
    const taken = { ...booked(), status: 'displaced' as const, token: 4 };
    const events = spec(doctorDay, other)()
      .when(
        { type: 'TakeOver', data: { from: A, start: slots[0]!.start } },
        { commandId: COMMANDS[1], facts: { ...facts, slots, taken } },
      )
      .events();
    expect(events).toMatchObject([
      { type: 'AppointmentRequested', data: { replaces: A, day: '2030-01-09', start: slots[0]!.start, fee: FEE } },
      { type: 'AppointmentConfirmed', data: { token: 1 } },
    ]);
  });
  test('says so when no slot is free', () =>
    spec(doctorDay, 'doctor-1_2030-01-09')()
      .when(
        { type: 'TakeOver', data: { from: A, start: '2030-01-09T03:00:00.000Z' } },
        { facts: { ...facts, slots: [], taken: { ...booked(), status: 'displaced' } } },
      )
      .then({
        type: 'AppointmentNotPlaced',
        data: { from: A, patientId: 'patient-1', hospitalId: 'hospital-1', at: NOW },
      }));
});

test('whatever is asked, no two appointments of a day overlap and tokens are 1, 2, 3, ...', () => {
  const step = fc.record({
    slot: fc.integer({ min: 0, max: 11 }),
    patient: fc.integer({ min: 1, max: 9 }),
    then: fc.constantFrom(
      'nothing',
      'ConfirmAppointment',
      'CancelAppointment',
      'RejectAppointment',
      'RescheduleAppointment',
    ),
    to: fc.integer({ min: 0, max: 11 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const past: { type: string; data: unknown }[] = [];
      const attempt = (commandId: string, type: string, data: object) => {
        try {
          const state = fold(doctorDay, past);
          const decide = doctorDay.decide[type as 'ConfirmAppointment'] as (
            s: unknown,
            d: object,
            c: object,
          ) => { type: string; data: unknown }[];
          past.push(...decide(state, data, { id: DAY, at: NOW, commandId, actor: SYSTEM, facts }));
        } catch {
          // A rule said no; the history stays as it was.
        }
      };
      steps.forEach(({ slot, patient, then, to }, i) => {
        const commandId = `${String(i).padStart(12, '0')}-0000`;
        const start = facts.slots[slot]!.start;
        attempt(commandId, 'RequestAppointment', { hospitalId: 'h', start, type: 'checkUp', patientId: `p${patient}` });
        if (then !== 'nothing')
          attempt(`x${commandId}`, then, {
            appointmentId: newAppointmentId(DAY, commandId),
            reason: 'r',
            start: facts.slots[to]!.start,
          });
      });
      // The oracle reads the events, not the fold.
      const slots = new Map<string, { start: string; end: string }>();
      const tokens: number[] = [];
      for (const { type, data } of past as {
        type: string;
        data: { appointmentId: string; start: string; end: string; token: number };
      }[]) {
        if (type === 'AppointmentRequested' || type === 'AppointmentRescheduled')
          slots.set(data.appointmentId, { start: data.start, end: data.end });
        if (type === 'AppointmentCancelled' || type === 'AppointmentRejected') slots.delete(data.appointmentId);
        if (type === 'AppointmentConfirmed') tokens.push(data.token);
        const starts = [...slots.values()].map((s) => s.start);
        if (new Set(starts).size !== starts.length) return false;
      }
      return tokens.every((token, i) => token === i + 1);
    }),
    { numRuns: 300 },
  );
});

test('a schedule keeps the length of its slots when clocks change', () => {
  const schedule = { slotMinutes: 30, hours: { sun: [{ from: '01:00', to: '04:00' }] } };
  // 2030-03-31: Berlin skips 02:00 to 03:00.
  expect(slotsOf('2030-03-31', 'Europe/Berlin', schedule).map(({ start }) => start.slice(11, 16))).toEqual([
    '00:00',
    '00:30',
    '01:00',
    '01:30',
  ]);
});

describe('a visit of another system', () => {
  const take = (status: 'requested' | 'confirmed' | 'rejected' | 'cancelled', more: object = {}, id = A) => ({
    type: 'TakeOverVisit' as const,
    data: {
      ...{
        appointmentId: id,
        hospitalId: 'hospital-1',
        patientId: 'patient-1',
        start: nine.start,
        type: 'checkUp' as const,
      },
      ...{ fee: { amount: 70_000, currency: 'BDT' }, status, reason: 'Not told.', ...more },
    },
  });
  const types = (status: Parameters<typeof take>[0]) =>
    given()
      .when(take(status))
      .events()
      .map(({ type }) => type);
  test('stands as it stood, without hours, and also when it is past', () => {
    expect(types('requested')).toEqual(['AppointmentRequested']);
    expect(types('confirmed')).toEqual(['AppointmentRequested', 'AppointmentConfirmed']);
    expect(types('rejected')).toEqual(['AppointmentRequested', 'AppointmentRejected']);
    expect(types('cancelled')).toEqual(['AppointmentRequested', 'AppointmentCancelled']);
  });
  test('does not begin together with another without a reason', () => {
    given(requested())
      .when(take('confirmed', {}, B))
      .rejects('slot-taken');
    const [event] = given(requested())
      .when(take('confirmed', { overrideReason: 'booked twice' }, B))
      .events();
    expect(event).toMatchObject({ data: { overrideReason: 'booked twice' } });
    expect(
      given(requested())
        .when(take('cancelled', {}, B))
        .events(),
    ).toHaveLength(2);
  });
  test('comes once', () => given(requested()).when(take('confirmed')).then());
});

describe('a request that nobody answers', () => {
  const expire = { type: 'ExpireRequest' as const, data: one };
  const expired = { type: 'AppointmentExpired' as const, data: { ...change(), at: nine.end } };
  const then = { at: nine.end };
  test('ends when its time has passed', () => given(requested()).when(expire, then).then(expired));
  test('does not end before', () => given(requested()).when(expire, { at: nine.start }).then());
  test('ends once', () => given(requested(), expired).when(expire, then).then());
  test('ends by the time to which it was moved', () => {
    const moved = { type: 'AppointmentRescheduled' as const, data: { ...change(), ...quarter } };
    given(requested(), moved).when(expire, then).then();
  });
  test('does not end when it was answered', () => given(requested(), confirmed()).when(expire, then).then());
  test('is neither confirmed nor cancelled after it ended', () => {
    given(requested(), expired).when({ type: 'ConfirmAppointment', data: one }, then).rejects('not-pending');
    given(requested(), expired)
      .when({ type: 'CancelAppointment', data: { ...one, reason: 'x' } }, then)
      .rejects('not-open');
  });
  test('leaves its slot', () =>
    given(requested(), expired).when(request(), { facts, commandId: COMMANDS[1] }).then(requested(B)));
});
