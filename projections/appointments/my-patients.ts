import { events } from '../../domain/appointments/doctor-day.js';
import { projection } from '../kernel/projection.js';

/** A doctor and a patient who share a confirmed appointment. It is also the relation that the policy asks for. */
export interface MyPatient {
  readonly doctorId: string;
  readonly patientId: string;
  readonly hospitalId: string;
  readonly appointments: number;
  /** When they meet last, past or ahead. */
  readonly lastStart: string;
}

export const myPatients = projection<MyPatient>()({
  name: 'myPatients',
  version: 1,
  from: { AppointmentConfirmed: events.AppointmentConfirmed },
  key: ({ data: { doctorId, patientId } }) => `${doctorId}_${patientId}`,
  indexes: { byDoctor: ['doctorId', 'lastStart'], byPatient: ['patientId', 'lastStart'] },
  parties: ({ doctorId, patientId }) => ({ doctorId, patientId }),
  phi: true,
  on: {
    AppointmentConfirmed: (doc, { data: { doctorId, patientId, hospitalId, start } }) => ({
      doctorId,
      patientId,
      hospitalId,
      appointments: (doc?.appointments ?? 0) + 1,
      lastStart: doc && doc.lastStart > start ? doc.lastStart : start,
    }),
  },
});
