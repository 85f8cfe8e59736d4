import type { Parties, Role } from '../../../domain/kernel/envelope.js';
import { permitted, type PolicyRow, type Relations } from '../../../infrastructure/http/policy.js';

const relations: Relations = {
  related: (doctorId, patientId) => Promise.resolve(doctorId === 'doctor' && patientId === 'patient'),
  knownTo: (hospitalId, personId) => Promise.resolve(hospitalId === 'here' && personId === 'patient'),
};
const asks = (row: PolicyRow, id: string, role: Role, parties: Parties, hospitalId?: string) =>
  permitted(row, id, [{ role, ...(hospitalId && { hospitalId }) }], parties, relations).then(
    (actor) => actor !== undefined,
  );

test.each<[string, PolicyRow, string, Role, Parties, string | undefined, boolean]>([
  ['a role that is missing', { doctor: 'any' }, 'p', 'patient', {}, undefined, false],
  ['any relation', { patient: 'any' }, 'p', 'patient', {}, undefined, true],
  ['the patient it is about', { patient: 'self' }, 'p', 'patient', { patientId: 'p' }, undefined, true],
  ['another patient', { patient: 'self' }, 'p', 'patient', { patientId: 'q' }, undefined, false],
  [
    'a patient whose id stands as the doctor',
    { patient: 'self' },
    'p',
    'patient',
    { patientId: 'q', doctorId: 'p' },
    undefined,
    false,
  ],
  ['nobody in particular', { patient: 'self' }, 'p', 'patient', {}, undefined, false],
  ['the doctor it is about', { doctor: 'self' }, 'd', 'doctor', { doctorId: 'd', patientId: 'q' }, undefined, true],
  ['a doctor who treats', { doctor: 'related' }, 'doctor', 'doctor', { patientId: 'patient' }, undefined, true],
  ['a doctor who does not treat', { doctor: 'related' }, 'other', 'doctor', { patientId: 'patient' }, undefined, false],
  [
    'a patient and the own doctor',
    { patient: 'related' },
    'patient',
    'patient',
    { doctorId: 'doctor' },
    undefined,
    true,
  ],
  [
    'a pharmacist is related to nobody',
    { pharmacist: 'related' },
    'doctor',
    'pharmacist',
    { patientId: 'patient' },
    'here',
    false,
  ],
  ['the own hospital', { pharmacist: 'hospital' }, 'x', 'pharmacist', { hospitalId: 'here' }, 'here', true],
  ['another hospital', { pharmacist: 'hospital' }, 'x', 'pharmacist', { hospitalId: 'there' }, 'here', false],
  [
    'a person known to the hospital',
    { hospitalAdministrator: 'hospital' },
    'x',
    'hospitalAdministrator',
    { patientId: 'patient' },
    'here',
    true,
  ],
  [
    'a person not known to it',
    { hospitalAdministrator: 'hospital' },
    'x',
    'hospitalAdministrator',
    { patientId: 'q' },
    'here',
    false,
  ],
  [
    "the platform's administrator",
    { hospitalAdministrator: 'hospital' },
    'x',
    'hospitalAdministrator',
    { hospitalId: 'there' },
    undefined,
    true,
  ],
  [
    "the platform's administrator, with what is a doctor's alone",
    { hospitalAdministrator: 'hospital' },
    'x',
    'hospitalAdministrator',
    { doctorId: 'd' },
    undefined,
    false,
  ],
  [
    'a pharmacist to whose hospital it is presented',
    { pharmacist: 'presented' },
    'x',
    'pharmacist',
    { hospitalId: 'there', presentedAt: ['here'] },
    'here',
    true,
  ],
  [
    'a pharmacist to whose hospital it is not presented',
    { pharmacist: 'presented' },
    'x',
    'pharmacist',
    { hospitalId: 'here', presentedAt: ['there'] },
    'here',
    false,
  ],
  [
    'the doctor who attends the patient',
    { doctor: 'attending' },
    'doctor',
    'doctor',
    { doctorId: 'doctor', patientId: 'patient' },
    undefined,
    true,
  ],
  [
    'the doctor it is about, for a stranger',
    { doctor: 'attending' },
    'doctor',
    'doctor',
    { doctorId: 'doctor', patientId: 'q' },
    undefined,
    false,
  ],
  [
    'a doctor who treats, on the day of another doctor',
    { doctor: 'attending' },
    'doctor',
    'doctor',
    { doctorId: 'z', patientId: 'patient' },
    undefined,
    false,
  ],
  [
    "the platform's administrator, where only the hospital's may",
    { hospitalAdministrator: 'ownHospital' },
    'x',
    'hospitalAdministrator',
    { hospitalId: 'there' },
    undefined,
    false,
  ],
  [
    'the own hospital, where only the hospital’s may',
    { hospitalAdministrator: 'ownHospital' },
    'x',
    'hospitalAdministrator',
    { patientId: 'patient' },
    'here',
    true,
  ],
  [
    'a pharmacist of no hospital',
    { pharmacist: 'hospital' },
    'x',
    'pharmacist',
    { hospitalId: 'there' },
    undefined,
    false,
  ],
  [
    'one relation of two',
    { doctor: ['self', 'related'] },
    'doctor',
    'doctor',
    { doctorId: 'z', patientId: 'patient' },
    undefined,
    true,
  ],
])('%s', async (_, row, id, role, parties, hospitalId, may) =>
  expect(await asks(row, id, role, parties, hospitalId)).toBe(may),
);

test('who has several roles acts in the one that may', async () => {
  const grants = [{ role: 'patient' as const }, { role: 'doctor' as const }];
  const permit = await permitted(
    { patient: 'self', doctor: 'self' },
    'a',
    grants,
    { doctorId: 'a', patientId: 'b' },
    relations,
  );
  expect(permit?.actor).toEqual({ id: 'a', role: 'doctor' });
});

test('who may because of a role at a hospital acts for that hospital', async () => {
  const grants = [
    { role: 'hospitalAdministrator' as const, hospitalId: 'there' },
    { role: 'hospitalAdministrator' as const, hospitalId: 'here' },
  ];
  const parties = { patientId: 'patient' };
  expect(await permitted({ hospitalAdministrator: 'ownHospital' }, 'a', grants, parties, relations)).toEqual({
    actor: { id: 'a', role: 'hospitalAdministrator' },
    hospitalId: 'here',
  });
});
