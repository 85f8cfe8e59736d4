import { events as appointments } from '../../domain/appointments/doctor-day.js';
import { events as patients } from '../../domain/patients/patient.js';
import { projection } from '../kernel/projection.js';

/** By which name a patient is found, and by whom: the doctors of confirmed appointments, the hospitals asked for one. */
export interface PatientEntry {
  readonly patientId: string;
  readonly name: string;
  readonly doctorIds: readonly string[];
  readonly hospitalIds: readonly string[];
}

const { PatientProfileBegun, PatientProfileRevised } = patients;
const { AppointmentRequested, AppointmentConfirmed } = appointments;

const begin = (patientId: string): PatientEntry => ({ patientId, name: '', doctorIds: [], hospitalIds: [] });

const named = (
  doc: PatientEntry | undefined,
  { patientId, name }: { patientId: string; name?: string | undefined },
) => ({
  ...(doc ?? begin(patientId)),
  ...(name !== undefined && { name }),
});

const including = (ids: readonly string[], id: string): readonly string[] => (ids.includes(id) ? ids : [...ids, id]);

export const patientDirectory = projection<PatientEntry>()({
  name: 'patientDirectory',
  version: 1,
  from: { PatientProfileBegun, PatientProfileRevised, AppointmentRequested, AppointmentConfirmed },
  key: ({ data: { patientId } }) => patientId,
  indexes: {},
  search: ['name'],
  searchFilters: ['doctorIds', 'hospitalIds'],
  parties: ({ patientId }) => ({ patientId }),
  phi: true,
  on: {
    PatientProfileBegun: (doc, { data }) => named(doc, data),
    PatientProfileRevised: (doc, { data }) => named(doc, data),
    AppointmentRequested: (doc, { data: { patientId, hospitalId } }) => {
      const known = doc ?? begin(patientId);
      return { ...known, hospitalIds: including(known.hospitalIds, hospitalId) };
    },
    AppointmentConfirmed: (doc, { data: { patientId, doctorId } }) => {
      const known = doc ?? begin(patientId);
      return { ...known, doctorIds: including(known.doctorIds, doctorId) };
    },
  },
});
