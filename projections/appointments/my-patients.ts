import { events } from '../../domain/appointments/doctor-day.js';
import { projection } from '../kernel/projection.js';

/** A doctor and a patient with a confirmed visit that was not called off. The policy asks whether one treats the other. */
export interface MyPatient {
  readonly doctorId: string;
  readonly patientId: string;
  /** Of the visit that was confirmed last. */
  readonly hospitalId: string;
  /** Confirmed visits, without those that came to nothing. */
  readonly appointments: number;
  /** When each visit begins that is confirmed and neither took place nor came to nothing, by appointment. */
  readonly agreed: Readonly<Record<string, string>>;
  /** When the last visit began that took place. */
  readonly lastVisit?: string;
  /** When they meet last, past or ahead. */
  readonly lastStart: string;
}

/** How long a doctor treats a patient after the last visit, where no other one is agreed. */
const TREATMENT_DAYS = 365;
const DAY_MS = 86_400_000;

/** Whose last visit began before this moment is treated no longer. */
export const treatedSince = (now: string): string => new Date(Date.parse(now) - TREATMENT_DAYS * DAY_MS).toISOString();

/** Whether the doctor treats the patient: from a visit's confirmation to a year after it, unless it came to nothing. */
export const treats = (doc: MyPatient | undefined, now: string): boolean =>
  doc !== undefined && doc.lastStart >= treatedSince(now);

const later = (a: string | undefined, b: string): string => (a !== undefined && a > b ? a : b);

/** With the moment they meet last worked out; null when nothing is left that joins them. */
const joined = (doc: Omit<MyPatient, 'lastStart'>): MyPatient | null => {
  const [first, ...others] = [...Object.values(doc.agreed), ...(doc.lastVisit === undefined ? [] : [doc.lastVisit])];
  return first === undefined ? null : { ...doc, lastStart: others.reduce(later, first) };
};

interface Ended {
  readonly data: { readonly appointmentId: string };
}

/** An agreed visit that does not take place. A request that was never confirmed is not here to be taken away. */
const calledOff = (doc: MyPatient | undefined, { data: { appointmentId } }: Ended): MyPatient | null => {
  if (doc?.agreed[appointmentId] === undefined) return doc ?? null;
  const { [appointmentId]: _, ...agreed } = doc.agreed;
  return joined({ ...doc, agreed, appointments: doc.appointments - 1 });
};

const { AppointmentConfirmed, AppointmentRescheduled, AppointmentCancelled, AppointmentMoved } = events;
const { AppointmentFulfilled, PatientMissed } = events;

export const myPatients = projection<MyPatient>()({
  name: 'myPatients',
  version: 2,
  from: {
    AppointmentConfirmed,
    AppointmentRescheduled,
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentFulfilled,
    PatientMissed,
  },
  key: ({ data: { doctorId, patientId } }) => `${doctorId}_${patientId}`,
  indexes: { byDoctor: ['doctorId', 'lastStart'], byPatient: ['patientId', 'lastStart'] },
  parties: ({ doctorId, patientId }) => ({ doctorId, patientId }),
  phi: true,
  on: {
    AppointmentConfirmed: (doc, { data: { appointmentId, doctorId, patientId, hospitalId, start } }) =>
      joined({
        ...doc,
        doctorId,
        patientId,
        hospitalId,
        appointments: (doc?.appointments ?? 0) + 1,
        agreed: { ...doc?.agreed, [appointmentId]: start },
      }),
    AppointmentRescheduled: (doc, { data: { appointmentId, start } }) =>
      doc?.agreed[appointmentId] === undefined
        ? (doc ?? null)
        : joined({ ...doc, agreed: { ...doc.agreed, [appointmentId]: start } }),
    AppointmentCancelled: calledOff,
    AppointmentMoved: calledOff,
    PatientMissed: calledOff,
    AppointmentFulfilled: (doc, { data: { appointmentId } }) => {
      const start = doc?.agreed[appointmentId];
      if (!doc || start === undefined) return doc ?? null;
      const { [appointmentId]: _, ...agreed } = doc.agreed;
      return joined({ ...doc, agreed, lastVisit: later(doc.lastVisit, start) });
    },
  },
});
