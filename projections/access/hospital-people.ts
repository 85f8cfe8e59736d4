import { events as appointments } from '../../domain/appointments/doctor-day.js';
import type { Meta } from '../../domain/kernel/envelope.js';
import { events as payments } from '../../domain/payments/payment.js';
import { projection } from '../kernel/projection.js';

/**
 * That a hospital knows a patient: the patient asked for a visit there or paid for one, or a doctor confirmed one; and
 * it is still open, or one took place. What a desk does alone makes nobody known to it. The policy asks for it.
 */
export interface HospitalPerson {
  readonly hospitalId: string;
  readonly personId: string;
  readonly since: string;
  /** The visits that are still open, by which the patient is known. */
  readonly open: readonly string[];
  /** Whether a visit took place: that stays true. */
  readonly seen: boolean;
}

interface Visit {
  readonly data: {
    readonly appointmentId: string;
    readonly hospitalId: string;
    readonly patientId: string;
    readonly at: string;
  };
  readonly meta: Meta;
}

const known = (doc: HospitalPerson | undefined, visit: Visit['data'], change: Partial<HospitalPerson>) => ({
  hospitalId: visit.hospitalId,
  personId: visit.patientId,
  since: visit.at,
  open: [],
  seen: false,
  ...doc,
  ...change,
});

const opened = (doc: HospitalPerson | undefined, visit: Visit['data']): HospitalPerson =>
  known(doc, visit, { open: [...without(doc, visit.appointmentId), visit.appointmentId] });

const without = (doc: HospitalPerson | undefined, appointmentId: string): readonly string[] =>
  (doc?.open ?? []).filter((id) => id !== appointmentId);

const ended = (doc: HospitalPerson | undefined, { data: { appointmentId } }: Visit): HospitalPerson | null => {
  if (!doc) return null;
  const open = without(doc, appointmentId);
  return open.length > 0 || doc.seen ? { ...doc, open } : null;
};

const { AppointmentRequested, AppointmentConfirmed, AppointmentRejected, AppointmentCancelled } = appointments;
const { AppointmentExpired, AppointmentMoved, AppointmentFulfilled, PatientMissed } = appointments;

export const hospitalPeople = projection<HospitalPerson>()({
  name: 'hospitalPeople',
  version: 2,
  from: {
    AppointmentRequested,
    AppointmentConfirmed,
    AppointmentRejected,
    AppointmentCancelled,
    AppointmentExpired,
    AppointmentMoved,
    AppointmentFulfilled,
    PatientMissed,
    PaymentSettled: payments.PaymentSettled,
  },
  key: ({ data: { hospitalId, patientId } }) => `${hospitalId}_${patientId}`,
  indexes: { byHospital: ['hospitalId', 'since'] },
  parties: ({ hospitalId, personId }) => ({ hospitalId, patientId: personId }),
  phi: true,
  on: {
    AppointmentRequested: (doc, { data, meta: { actor, source } }) => {
      // An imported request was the patient's; one that takes the place of another stands as that one stood.
      const replaced = data.replaces !== undefined && doc?.open.includes(data.replaces);
      const asked = actor.id === data.patientId || source !== undefined || replaced;
      return asked ? opened(doc, data) : (doc ?? null);
    },
    AppointmentConfirmed: (doc, { data, meta: { actor } }) =>
      actor.role === 'doctor' ? opened(doc, data) : (doc ?? null),
    PaymentSettled: (doc, { data: { purpose, objectId, hospitalId, patientId }, meta }) =>
      purpose === 'appointment'
        ? opened(doc, { appointmentId: objectId, hospitalId, patientId, at: meta.recordedAt })
        : (doc ?? null),
    AppointmentRejected: ended,
    AppointmentCancelled: ended,
    AppointmentExpired: ended,
    AppointmentMoved: ended,
    PatientMissed: ended,
    // Only the doctor says so.
    AppointmentFulfilled: (doc, { data }) => known(doc, data, { open: without(doc, data.appointmentId), seen: true }),
  },
});
