import type { Meta } from '../../domain/kernel/envelope.js';
import { Embedded, idOf, type Person } from '../kernel/embedded.js';

// Who had to do with somebody and has no longer: what was open closes.

let embedded: Embedded;
let now = '2090-01-01T03:00:00.000Z';
let patient: Person;
let desk: Person;
const green = idOf('green');

beforeAll(async () => {
  embedded = await Embedded.open({ now: () => now });
  await embedded.hospital('green');
  patient = await embedded.person('Zubaida', { role: 'patient' });
  desk = await embedded.person('desk', { role: 'hospitalAdministrator', hospitalId: green });
  await embedded.settled();
});
afterAll(() => embedded.close());

const visit = async (doctor: Person, by: Person, day = '2090-01-02') => {
  const start = `${day}T10:00:00+06:00`;
  const wish = { doctorId: doctor.id, hospitalId: green, day, start, type: 'checkUp' };
  const asked = await by.post('appointments', { ...wish, ...(by !== patient && { patientId: patient.id }) });
  expect(asked.status).toBe(202);
  return asked.body.id as string;
};

/** What is open to somebody about the patient. */
const open = async (somebody: Person) => {
  await embedded.settled();
  return (await somebody.get(`patients/${patient.id}`)).status === 200;
};
const header = { 'search-text': 'Zubaida' };
const found = async (somebody: Person, at: string) => {
  await embedded.settled();
  return ((await somebody.get(at, header)).body.items as object[]).length;
};

test('a doctor reads and finds a patient until the only visit is called off', async () => {
  const doctor = await embedded.doctor('rahman', 'green');
  const id = await visit(doctor, patient);
  expect(await open(doctor)).toBe(false);
  await doctor.post(`appointments/${id}/confirm`);
  expect(await open(doctor)).toBe(true);
  expect(await found(doctor, `doctors/${doctor.id}/patients/search`)).toBe(1);
  expect(await found(doctor, `doctors/${doctor.id}/patients`)).toBe(1);
  await patient.post(`appointments/${id}/cancel`, { reason: 'Well again.' });
  expect(await open(doctor)).toBe(false);
  expect(await found(doctor, `doctors/${doctor.id}/patients/search`)).toBe(0);
  expect(await found(doctor, `doctors/${doctor.id}/patients`)).toBe(0);
  const prescribed = { patientId: patient.id, hospitalId: green, medicines: [{ name: 'Zinc' }] };
  expect(await doctor.post('prescriptions', prescribed)).toMatchObject({ status: 403 });
  expect(await doctor.post(`patients/${patient.id}/allergies`, { substance: 'Dust' })).toMatchObject({ status: 403 });
});

test('a desk does not come to read a record by booking for it', async () => {
  const doctor = await embedded.doctor('sultana', 'green');
  const inHospital = `hospitals/${green}/patients/search`;
  const id = await visit(doctor, desk, '2090-01-03');
  expect(await open(desk)).toBe(false);
  await desk.post(`appointments/${id}/confirm`);
  expect(await open(desk)).toBe(false);
  expect(await found(desk, inHospital)).toBe(0);
  expect(await found(desk, `hospitals/${green}/patients`)).toBe(0);
  // It still sees what it booked.
  expect(await desk.get(`appointments/${id}`)).toMatchObject({ status: 200 });
  await doctor.post(`appointments/${id}/fulfil`);
  expect(await open(desk)).toBe(true);
  expect(await found(desk, inHospital)).toBe(1);
  // What it reads is recorded as read for the hospital.
  const looks = (await embedded.system.ledger.readAll({ filter: { streamPrefixes: ['access-'] } })).filter(
    ({ type, metadata }) => type === 'RecordsRead' && (metadata as Meta).actor.id === desk.id,
  );
  const operations = looks.map(({ data, metadata }) => [(data as { operation: string }).operation, metadata]);
  expect(operations).toContainEqual(['readPatient', expect.objectContaining({ tenant: green, subject: patient.id })]);
  expect(looks.filter(({ metadata }) => (metadata as Meta).tenant !== green)).toEqual([]);
});

test('a doctor whom the hospital turned down is none of its business any more', async () => {
  const doctor = await embedded.person('applicant', { role: 'doctor' });
  await embedded.settled();
  const wish = { hospitalId: green, departmentId: idOf('green cardiology'), specialisationId: idOf('green heart') };
  const at = `doctors/${doctor.id}/registrations`;
  const look = async () => {
    await embedded.settled();
    return (await desk.get(`doctors/${doctor.id}/file`)).status;
  };
  expect(await look()).toBe(403);
  expect(await doctor.post(at, wish)).toMatchObject({ status: 202 });
  expect(await look()).toBe(200);
  expect(await desk.post(`${at}/${green}/reject`, { reason: 'No certificate.' })).toMatchObject({ status: 202 });
  expect(await look()).toBe(403);
  expect(await doctor.post(at, wish)).toMatchObject({ status: 202 });
  expect(await look()).toBe(200);
});

test('a year after the last visit the patient is the doctor’s no longer', async () => {
  const doctor = await embedded.doctor('haque', 'green');
  const id = await visit(doctor, patient, '2090-01-04');
  await doctor.post(`appointments/${id}/confirm`);
  await doctor.post(`appointments/${id}/fulfil`);
  expect(await open(doctor)).toBe(true);
  now = '2091-01-04T04:00:01.000Z';
  const logIn = await embedded.request('POST', 'sessions', {
    body: { login: 'haque@healthstack.example', password: 'a long enough password' },
  });
  const again = embedded.as(doctor.id, (logIn.body as { accessToken: string }).accessToken);
  expect(await open(again)).toBe(false);
  expect(await found(again, `doctors/${doctor.id}/patients`)).toBe(0);
  expect(await found(again, `doctors/${doctor.id}/patients/search`)).toBe(0);
});
