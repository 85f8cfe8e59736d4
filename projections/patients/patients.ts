import { revised, without } from '../../domain/kernel/revise.js';
import { ageOn, events, type Patient } from '../../domain/patients/patient.js';
import { projection } from '../kernel/projection.js';

/** A patient as the patient and those who treat the patient see it. */
export type PatientFile = Omit<Patient, 'begun'> & {
  readonly patientId: string;
  /** Of the patient's stream: the ETag of every command on it. */
  readonly revision: number;
};

/** With the age on a day, which is derived when it is read and kept nowhere. */
export const withAge = <P extends { readonly dateOfBirth?: string }>(patient: P, day: string): P & { age?: number } =>
  patient.dateOfBirth === undefined ? patient : { ...patient, age: ageOn(patient.dateOfBirth, day) };

const begin = (patientId: string): PatientFile => ({ patientId, allergies: {}, conditions: {}, revision: -1 });

const withEntry = (
  doc: PatientFile | undefined,
  kind: 'allergies' | 'conditions',
  { id, patientId, entry }: { readonly id: string; readonly patientId: string; readonly entry: object | null },
  revision: number,
): PatientFile => {
  const known = doc ?? begin(patientId);
  const rest = without<object>(known[kind], id);
  return {
    ...known,
    [kind]: entry === null ? rest : { ...known[kind], [id]: revised<object>(known[kind][id] ?? {}, entry) },
    revision,
  };
};

export const patients = projection<PatientFile>()({
  name: 'patients',
  version: 1,
  from: events,
  key: ({ data: { patientId } }) => patientId,
  indexes: {},
  parties: ({ patientId }) => ({ patientId }),
  phi: true,
  on: {
    PatientProfileBegun: (doc, { data: { at: _, ...profile }, revision }) =>
      revised(doc ?? begin(profile.patientId), { ...profile, revision }),
    PatientProfileRevised: (doc, { data: { at: _, ...changes }, revision }) =>
      revised(doc ?? begin(changes.patientId), { ...changes, revision }),
    AllergyAdded: (doc, { data: { at: _, patientId, allergyId: id, ...entry }, revision }) =>
      withEntry(doc, 'allergies', { id, patientId, entry }, revision),
    AllergyCorrected: (doc, { data: { at: _, patientId, allergyId: id, ...entry }, revision }) =>
      withEntry(doc, 'allergies', { id, patientId, entry }, revision),
    AllergyRemoved: (doc, { data: { patientId, allergyId: id }, revision }) =>
      withEntry(doc, 'allergies', { id, patientId, entry: null }, revision),
    ConditionAdded: (doc, { data: { at: _, patientId, conditionId: id, ...entry }, revision }) =>
      withEntry(doc, 'conditions', { id, patientId, entry }, revision),
    ConditionCorrected: (doc, { data: { at: _, patientId, conditionId: id, ...entry }, revision }) =>
      withEntry(doc, 'conditions', { id, patientId, entry }, revision),
    ConditionRemoved: (doc, { data: { patientId, conditionId: id }, revision }) =>
      withEntry(doc, 'conditions', { id, patientId, entry: null }, revision),
  },
});
