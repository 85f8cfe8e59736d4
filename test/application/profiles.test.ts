import { PatientCommand, reactions as ofPatients } from '../../application/patients.js';
import { PractitionerCommand, reactions as ofPractitioners } from '../../application/practitioners.js';
import { META } from '../kernel/project.js';
import { NOW } from '../kernel/spec.js';

const granted = (role: 'patient' | 'doctor' | 'pharmacist') => ({
  type: 'RoleGranted' as const,
  data: { accountId: 'a', role, at: NOW },
  id: 'event-1',
  stream: 'account-a',
  revision: 1,
  position: '2',
  meta: META,
});
const sent = (role: 'patient' | 'doctor' | 'pharmacist') =>
  [...ofPatients, ...ofPractitioners].flatMap(({ on }) => on.RoleGranted(granted(role)));

test('an account that becomes a patient’s or a doctor’s begins that profile', () => {
  const message = { type: 'BeginProfile', data: {} };
  expect(sent('patient')).toEqual([{ command: PatientCommand, id: 'a', message }]);
  expect(sent('doctor')).toEqual([{ command: PractitionerCommand, id: 'a', message }]);
  expect(sent('pharmacist')).toEqual([]);
});
