import { Embedded, idOf, type Person } from '../kernel/embedded.js';

let embedded: Embedded;
let patient: Person;
let other: Person;
let doctor: Person;
let officer: Person;
let greenAdmin: Person;
let whiteAdmin: Person;
let appointment: string;
const DAY = '2090-01-02';

beforeAll(async () => {
  embedded = await Embedded.open();
  await embedded.hospital('green');
  await embedded.hospital('white');
  [patient, other, doctor, officer, greenAdmin, whiteAdmin] = await Promise.all([
    embedded.person('patient', { role: 'patient' }),
    embedded.person('other', { role: 'patient' }),
    embedded.doctor('doctor', 'green'),
    embedded.person('officer', { role: 'complianceOfficer' }),
    embedded.person('greenAdmin', { role: 'hospitalAdministrator', hospitalId: idOf('green') }),
    embedded.person('whiteAdmin', { role: 'hospitalAdministrator', hospitalId: idOf('white') }),
  ]);
  const wish = {
    doctorId: doctor.id,
    day: DAY,
    hospitalId: idOf('green'),
    start: `${DAY}T10:00:00+06:00`,
    type: 'checkUp',
    message: 'Canary of a cough',
  };
  appointment = (await patient.post('appointments', wish)).body.id;
  const { body } = await doctor.post(`appointments/${appointment}/confirm`, {}, { 'x-correlation-id': 'round' });
  await doctor.get(`appointments/${appointment}?minPosition=${body.position}`);
  await embedded.settled();
});
afterAll(() => embedded.close());

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- lines of the trail, looked into
type Line = Record<string, any>;
const lines = async (who: Person, query: string): Promise<Line[]> => {
  const { status, body } = await who.get(`audit?order=ascending&limit=200&${query}`);
  expect(status).toBe(200);
  return body.items;
};
const types = (found: Line[]) => found.map(({ type }) => type as string);

test('who did what, when, to whom, where and because of which command', async () => {
  const [line] = await lines(officer, `action=AppointmentConfirmed`);
  expect(line).toMatchObject({
    actorId: doctor.id,
    role: 'doctor',
    actor: { name: 'doctor' },
    type: 'AppointmentConfirmed',
    command: 'ConfirmAppointment',
    purpose: 'TREAT',
    patientId: patient.id,
    patient: { name: 'patient' },
    tenant: idOf('green'),
    stream: `doctorDay-${doctor.id}_${DAY}`,
    revision: 1,
    correlationId: 'round',
    at: expect.stringMatching(/Z$/),
    commandId: expect.any(String),
    position: expect.any(String),
  });
});

test('by actor, patient, hospital and request, each in order of time', async () => {
  expect(types(await lines(officer, `actor=${doctor.id}`))).toEqual(
    expect.arrayContaining(['AppointmentConfirmed', 'RecordsRead']),
  );
  const ofPatient = await lines(officer, `patient=${patient.id}`);
  expect(types(ofPatient)).toEqual(
    expect.arrayContaining(['AppointmentRequested', 'AppointmentConfirmed', 'ThreadOpened', 'RecordsRead']),
  );
  const times = ofPatient.map(({ at }) => at as string);
  expect(times).toEqual([...times].sort());
  expect(types(await lines(officer, `hospital=${idOf('green')}`))).toContain('AppointmentRequested');
  // What a reaction did carries the request's correlation and is done by the reaction.
  const round = await lines(officer, 'correlation=round');
  expect(round.map(({ type, actorId }) => [type, actorId])).toEqual(
    expect.arrayContaining([
      ['AppointmentConfirmed', doctor.id],
      ['ThreadOpened', 'open-chat-when-appointment-confirmed'],
    ]),
  );
});

test('by period, with pages', async () => {
  const all = await lines(officer, `patient=${patient.id}`);
  const cut = all[2]!.at as string;
  const before = await lines(officer, `patient=${patient.id}&to=${cut}`);
  const from = await lines(officer, `patient=${patient.id}&from=${cut}`);
  expect(before.map(({ at }) => at < cut)).not.toContain(false);
  expect(from.length + before.length).toBeGreaterThanOrEqual(all.length);
  const paged: Line[] = [];
  for (let after = ''; ;) {
    const { body } = await officer.get(
      `audit?patient=${patient.id}&to=${from.at(-1)!.at}&order=ascending&limit=2${after}`,
    );
    paged.push(...body.items);
    if (!body.next) break;
    after = `&after=${encodeURIComponent(body.next)}`;
  }
  expect(new Set(paged.map(({ id }) => id)).size).toBe(paged.length);
  expect((await officer.get(`audit?patient=${patient.id}&actor=${doctor.id}`)).status).toBe(400);
});

test('holds nothing that was said', async () => {
  expect(JSON.stringify(await lines(officer, `patient=${patient.id}`))).not.toContain('Canary');
});

test('an administrator sees the own hospital, the rest nothing', async () => {
  expect(types(await lines(greenAdmin, `patient=${patient.id}`))).toContain('AppointmentConfirmed');
  expect(await lines(whiteAdmin, `patient=${patient.id}`)).toEqual([]);
  expect(types(await lines(whiteAdmin, `actor=${doctor.id}`))).toEqual([]);
  for (const who of [patient, doctor]) expect((await who.get('audit')).status).toBe(403);
});

test('patients see who touched their own record, and nobody else’s', async () => {
  const { body } = await patient.get(`audit/patients/${patient.id}?order=ascending`);
  expect(body.items).toContainEqual(
    expect.objectContaining({
      type: 'RecordsRead',
      actorId: doctor.id,
      actor: { name: 'doctor' },
      model: 'appointments',
    }),
  );
  expect((await patient.get(`audit/patients/${other.id}`)).status).toBe(403);
  expect((await doctor.get(`audit/patients/${patient.id}`)).status).toBe(403);
  expect((await whiteAdmin.get(`audit/patients/${patient.id}`)).status).toBe(403);
  expect((await greenAdmin.get(`audit/patients/${patient.id}`)).status).toBe(200);
});

test('an object is shown event by event, with before and after', async () => {
  const stream = `doctorDay-${doctor.id}_${DAY}`;
  const { body } = await officer.get(`audit/objects/${stream}`);
  expect(body.items.map(({ type, revision }: Line) => [type, revision])).toEqual([
    ['AppointmentRequested', 0],
    ['AppointmentConfirmed', 1],
  ]);
  expect(body.items[1]).toMatchObject({ actor: { id: doctor.id, role: 'doctor' }, command: 'ConfirmAppointment' });
  expect(body.items[1].changes).toEqual([
    { path: `bookings.${appointment}.status`, before: 'requested', after: 'confirmed' },
    { path: `bookings.${appointment}.token`, after: 1 },
    { path: 'lastToken', before: 0, after: 1 },
  ]);
  const first = await officer.get(`audit/objects/${stream}?limit=1`);
  expect(first.body).toMatchObject({ items: [{ revision: 0 }], next: 1 });
  // Before and after are what is written in the object, which no administrator reads in another way either.
  for (const who of [greenAdmin, whiteAdmin]) {
    expect((await who.get(`audit/objects/${stream}`)).status).toBe(403);
    expect((await who.get(`audit/objects/doctorDay-nobody_${DAY}`)).status).toBe(403);
  }
  expect((await officer.get(`audit/objects/doctorDay-nobody_${DAY}`)).body.items).toEqual([]);
});

test('whoever looks at the trail or at an object is in the trail', async () => {
  const models = () => lines(officer, `actor=${officer.id}`).then((found) => found.map(({ model }) => model as string));
  const before = (await models()).length;
  await officer.get(`audit/objects/doctorDay-${doctor.id}_${DAY}`);
  await embedded.settled();
  const after = await models();
  expect(after.slice(before)).toEqual(expect.arrayContaining(['audit', 'history']));
});

test('refusals are in the trail', async () => {
  await other.get(`appointments/${appointment}`);
  await embedded.settled();
  expect(await lines(officer, `actor=${other.id}`)).toContainEqual(
    expect.objectContaining({ type: 'AccessRefused', command: 'readAppointment', patientId: patient.id }),
  );
});

test('the ledger is counted', async () => {
  const { body: total } = await officer.get('ledger/statistics/total');
  expect(total).toMatchObject({
    byCategory: { doctorDay: { AppointmentConfirmed: 1 }, thread: { ThreadOpened: 1 } },
  });
  const { body } = await officer.get('ledger/statistics');
  expect(body.items.map(({ day }: Line) => day)).not.toContain('total');
  const sum = body.items.reduce((all: number, { events }: Line) => all + events, 0);
  expect(sum).toBeGreaterThanOrEqual(total.events);
  expect((await patient.get('ledger/statistics/total')).status).toBe(403);
});
