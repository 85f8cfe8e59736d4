import { PatientCommand, reactions as ofPatients } from '../../application/patients.js';
import { PractitionerCommand, reactions as ofPractitioners } from '../../application/practitioners.js';
import { Embedded, idOf, PASSWORD } from '../kernel/embedded.js';
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

test('whoever has just registered does not wait for the profile to begin', async () => {
  const embedded = await Embedded.open();
  try {
    const greenId = await embedded.hospital('green');
    // Reactions come when they come: here not at all.
    await embedded.system.worker.stop();
    const register = async (role: 'patient' | 'doctor') => {
      const login = `${role}@healthstack.example`;
      const body = { name: role, email: login, password: PASSWORD, role };
      const { body: account } = await embedded.request('POST', 'accounts', { body });
      const { body: session } = await embedded.request('POST', 'sessions', { body: { login, password: PASSWORD } });
      return embedded.as(account.id as string, session.accessToken as string);
    };
    const [patient, doctor] = [await register('patient'), await register('doctor')];
    expect(await patient.post(`patients/${patient.id}/revise`, { address: 'Mirpur' })).toMatchObject({ status: 202 });
    expect(await doctor.post(`doctors/${doctor.id}/revise`, { gender: 'female' })).toMatchObject({ status: 202 });
    const wish = { departmentId: idOf('green cardiology'), specialisationId: idOf('green heart') };
    expect(await doctor.post(`doctors/${doctor.id}/registrations`, { hospitalId: greenId, ...wish })).toMatchObject({
      status: 202,
    });
    const another = await embedded.person('another', { role: 'patient' });
    const desk = await embedded.person('desk', { role: 'hospitalAdministrator', hospitalId: greenId });
    const bill = { hospitalId: greenId, patientId: another.id, reportFee: 100 };
    expect(await desk.post('bills', bill)).toMatchObject({ status: 202 });
  } finally {
    await embedded.close();
  }
});
