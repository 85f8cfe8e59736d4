import { events } from '../../domain/practitioners/practitioner.js';
import { projection } from '../kernel/projection.js';

/** A doctor at a hospital that accepted the doctor. Public; the doctor's name and portrait are joined when read. */
export interface HospitalDoctor {
  readonly doctorId: string;
  readonly hospitalId: string;
  readonly departmentId: string;
  readonly specialisationId: string;
  readonly since: string;
}

const { RegistrationAccepted, RegistrationRejected } = events;

export const hospitalDoctors = projection<HospitalDoctor>()({
  name: 'hospitalDoctors',
  version: 1,
  from: { RegistrationAccepted, RegistrationRejected },
  key: ({ data: { doctorId, hospitalId } }) => `${hospitalId}_${doctorId}`,
  indexes: {
    byHospital: ['hospitalId', 'since'],
    byDepartment: ['departmentId', 'since'],
    bySpecialisation: ['specialisationId', 'since'],
    byDoctor: ['doctorId', 'since'],
  },
  parties: ({ doctorId, hospitalId }) => ({ doctorId, hospitalId }),
  phi: false,
  on: {
    RegistrationAccepted: (_, { data: { at, ...accepted } }) => ({ ...accepted, since: at }),
    RegistrationRejected: () => null,
  },
});
