import { events } from '../../domain/appointments/doctor-day.js';
import { projection } from '../kernel/projection.js';

/** That a person has to do with a hospital: a patient who asked for an appointment there. The policy asks for it. */
export interface HospitalPerson {
  readonly hospitalId: string;
  readonly personId: string;
  readonly since: string;
}

export const hospitalPeople = projection<HospitalPerson>()({
  name: 'hospitalPeople',
  version: 1,
  from: { AppointmentRequested: events.AppointmentRequested },
  key: ({ data: { hospitalId, patientId } }) => `${hospitalId}_${patientId}`,
  indexes: { byHospital: ['hospitalId', 'since'] },
  parties: ({ hospitalId, personId }) => ({ hospitalId, patientId: personId }),
  phi: true,
  on: {
    AppointmentRequested: (doc, { data: { hospitalId, patientId, at } }) =>
      doc ?? { hospitalId, personId: patientId, since: at },
  },
});
