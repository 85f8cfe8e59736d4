import type { Meta } from '../../../domain/kernel/envelope.js';
import { hospitalPeople } from '../../../projections/access/hospital-people.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const ids = (visit: string) => ({
  appointmentId: `d_2030-01-02_${visit}`,
  doctorId: 'd',
  hospitalId: 'h',
  patientId: 'p',
  at: NOW,
});
const slot = { start: '2030-01-02T03:00:00.000Z', end: '2030-01-02T03:15:00.000Z' };
const by = (id: string, role: Meta['actor']['role']) => ({
  stream: 'doctorDay-d_2030-01-02',
  meta: { actor: { id, role } },
});
const PATIENT = by('p', 'patient');
const DOCTOR = by('d', 'doctor');
const DESK = by('a', 'hospitalAdministrator');
const ITSELF = by('reaction', 'system');

type Who = typeof PATIENT;
const requested = (who: Who, visit: string, replaces?: string) => ({
  ...who,
  type: 'AppointmentRequested' as const,
  data: {
    ...{ ...ids(visit), ...slot, day: '2030-01-02', type: 'report' as const, fee: { amount: 1, currency: 'BDT' } },
    ...(replaces !== undefined && { replaces: ids(replaces).appointmentId }),
  },
});
const confirmed = (who: Who, visit: string) => ({
  ...{ ...who, type: 'AppointmentConfirmed' as const },
  data: { ...ids(visit), ...slot, token: 1 },
});
const settled = (purpose: 'appointment' | 'pharmacyOrder', visit: string) => ({
  ...{ ...ITSELF, type: 'PaymentSettled' as const },
  data: {
    ...{
      purpose,
      objectId: ids(visit).appointmentId,
      patientId: 'p',
      hospitalId: 'h',
      paymentId: 'x',
      day: '2030-01-01',
    },
    ...{ transactionId: 'HS1', validationId: 'v', total: { amount: 1, currency: 'BDT' }, paidAt: NOW, postings: [] },
  } as never,
});
const moved = (visit: string, to: string) => ({
  ...{ ...ITSELF, type: 'AppointmentMoved' as const },
  data: { ...ids(visit), to: ids(to).appointmentId },
});
const ended = (type: 'AppointmentRejected' | 'AppointmentCancelled', visit: string) => ({
  ...{ ...DESK, type },
  data: { ...ids(visit), reason: 'x' },
});
const fulfilled = (visit: string) => ({ ...DOCTOR, type: 'AppointmentFulfilled' as const, data: ids(visit) });
const missed = (visit: string) => ({ ...DESK, type: 'PatientMissed' as const, data: ids(visit) });

const knows = (...events: Parameters<typeof project<typeof hospitalPeople.from, never>>[1][]) =>
  project(hospitalPeople, ...events).h_p !== undefined;

test.each<[string, boolean, Parameters<typeof knows>]>([
  ['the patient asked', true, [requested(PATIENT, 'aaaaaa')]],
  ['the desk asked', false, [requested(DESK, 'aaaaaa')]],
  ['the desk asked and agreed with itself', false, [requested(DESK, 'aaaaaa'), confirmed(DESK, 'aaaaaa')]],
  ['the desk asked and the doctor agreed', true, [requested(DESK, 'aaaaaa'), confirmed(DOCTOR, 'aaaaaa')]],
  ['the patient paid', true, [requested(DESK, 'aaaaaa'), settled('appointment', 'aaaaaa')]],
  ['the patient paid for something to take', false, [settled('pharmacyOrder', 'aaaaaa')]],
  ['it took place', true, [requested(DESK, 'aaaaaa'), confirmed(DESK, 'aaaaaa'), fulfilled('aaaaaa')]],
  [
    'it was imported',
    true,
    [{ ...requested(ITSELF, 'aaaaaa'), meta: { ...ITSELF.meta, source: { system: 's', table: 't', row: '1' } } }],
  ],
  ['it was turned down', false, [requested(PATIENT, 'aaaaaa'), ended('AppointmentRejected', 'aaaaaa')]],
  ['it was called off', false, [requested(PATIENT, 'aaaaaa'), ended('AppointmentCancelled', 'aaaaaa')]],
  [
    'nobody answered',
    false,
    [requested(PATIENT, 'aaaaaa'), { ...ITSELF, type: 'AppointmentExpired' as const, data: ids('aaaaaa') }],
  ],
  ['it was missed', false, [requested(PATIENT, 'aaaaaa'), confirmed(DOCTOR, 'aaaaaa'), missed('aaaaaa')]],
  [
    'one of two was called off',
    true,
    [requested(PATIENT, 'aaaaaa'), requested(PATIENT, 'bbbbbb'), ended('AppointmentCancelled', 'aaaaaa')],
  ],
  [
    'one took place and another was called off',
    true,
    [
      requested(PATIENT, 'aaaaaa'),
      fulfilled('aaaaaa'),
      requested(PATIENT, 'bbbbbb'),
      ended('AppointmentCancelled', 'bbbbbb'),
    ],
  ],
  [
    'it was taken over by another day',
    true,
    [requested(PATIENT, 'aaaaaa'), requested(ITSELF, 'bbbbbb', 'aaaaaa'), moved('aaaaaa', 'bbbbbb')],
  ],
  [
    'the desk’s was taken over by another day',
    false,
    [
      requested(DESK, 'aaaaaa'),
      requested(ITSELF, 'bbbbbb', 'aaaaaa'),
      confirmed(ITSELF, 'bbbbbb'),
      moved('aaaaaa', 'bbbbbb'),
    ],
  ],
])('when %s, a hospital knows the patient: %p', (_, known, events) => expect(knows(...events)).toBe(known));
