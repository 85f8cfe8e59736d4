import { Embedded, idOf, type Person } from '../kernel/embedded.js';

let embedded: Embedded;
let patient: Person;
let other: Person;
let doctor: Person;
let stranger: Person;
const DAY = '2090-01-02';
const at = (time: string) => `${DAY}T${time}:00+06:00`;

/** A patient of one test alone: a doctor gives nobody more than three open appointments on a day. */
const somebody = (name: string) => embedded.person(name, { role: 'patient' });

beforeAll(async () => {
  embedded = await Embedded.open();
  await embedded.hospital('green');
  [patient, other, doctor, stranger] = await Promise.all([
    embedded.person('patient', { role: 'patient' }),
    embedded.person('other', { role: 'patient' }),
    embedded.doctor('doctor', 'green'),
    embedded.doctor('stranger', 'green'),
  ]);
  await embedded.settled();
});
afterAll(() => embedded.close());

const wish = (time: string, more: object = {}) => ({
  doctorId: doctor.id,
  day: DAY,
  hospitalId: idOf('green'),
  start: at(time),
  type: 'checkUp',
  ...more,
});

test('a booking goes from the door to the read models, and names where it lies', async () => {
  const booked = await patient.post('appointments', wish('09:00', { message: 'Cough' }));
  expect(booked).toMatchObject({ status: 202, body: { revision: expect.any(Number), position: expect.any(String) } });
  expect(booked.headers).toMatchObject({ 'ledger-position': booked.body.position, etag: `"${booked.body.revision}"` });

  const read = await patient.get(`appointments/${booked.body.id}?minPosition=${booked.body.position}`);
  expect(read).toMatchObject({
    status: 200,
    body: {
      id: booked.body.id,
      patientId: patient.id,
      status: 'requested',
      fee: { amount: 80_000, currency: 'BDT' },
      start: '2090-01-02T03:00:00.000Z',
    },
  });
  expect(read.headers.etag).toBe(`"${booked.body.revision}"`);

  const confirmed = await doctor.post(`appointments/${booked.body.id}/confirm`);
  expect(confirmed.status).toBe(202);
  const day = await doctor.get(`doctors/${doctor.id}/day?day=${DAY}&minPosition=${confirmed.body.position}`);
  expect(day.body.items).toMatchObject([{ id: booked.body.id, status: 'confirmed', token: 1 }]);
  const mine = await patient.get(`patients/${patient.id}/appointments`);
  expect(mine.body.items).toHaveLength(1);
});

test('the same key is the same booking, and another body under it is refused', async () => {
  const key = { 'idempotency-key': 'one-booking' };
  const first = await patient.post('appointments', wish('10:00'), key);
  expect(await patient.post('appointments', wish('10:00'), key)).toMatchObject({ status: 202, body: first.body });
  const differs = await patient.post('appointments', wish('10:15'), key);
  expect(differs).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  const elsewhere = await patient.post(
    'appointments',
    { ...wish('10:00'), day: '2090-01-03', start: '2090-01-03T10:00:00+06:00' },
    key,
  );
  expect(elsewhere).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  // Keys of two people are two keys.
  expect((await other.post('appointments', wish('10:30'), key)).status).toBe(202);
});

test('200 ask for one slot at once: one has it', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => (i % 2 ? patient : other).post('appointments', wish('11:00'))),
  );
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  expect(
    new Set(answers.filter(({ status }) => status !== 202).map(({ status, body }) => `${status} ${body.code}`)),
  ).toEqual(new Set(['409 slot-taken']));
});

test('N1: what belongs to another is answered like what does not exist, and the attempt is in the ledger', async () => {
  const { body } = await patient.post('appointments', wish('12:00'));
  await embedded.settled();
  const nowhere = `${body.id.slice(0, -12)}000000000000`;
  for (const [person, path] of [
    [other, `appointments/${body.id}`],
    [stranger, `appointments/${body.id}`],
    [other, `appointments/${nowhere}`],
    [other, `patients/${patient.id}/appointments`],
    [stranger, `doctors/${doctor.id}/day?day=${DAY}`],
  ] as const)
    expect(await person.get(path)).toMatchObject({ status: 403, body: { code: 'not-permitted' } });
  for (const verb of ['confirm', 'reject', 'cancel', 'arrive', 'fulfil', 'no-show'])
    for (const person of [other, stranger])
      expect(
        (
          await person.post(
            `appointments/${body.id}/${verb}`,
            verb === 'reject' || verb === 'cancel' ? { reason: 'x' } : {},
          )
        ).status,
      ).toBe(403);

  const refused = (await embedded.system.ledger.readAll({ filter: { streamPrefixes: ['access-'] } })).filter(
    ({ type }) => type === 'AccessRefused',
  );
  expect(refused.map(({ data }) => data)).toContainEqual({
    operation: 'readAppointment',
    key: body.id,
    subjects: [patient.id],
  });
  expect(refused.length).toBeGreaterThanOrEqual(17);
});

test('every reading of a record is in the ledger before the answer', async () => {
  const patient = await somebody('reader');
  const { body } = await patient.post('appointments', wish('12:30'));
  await patient.get(`appointments/${body.id}?minPosition=${body.position}`);
  const reads = (await embedded.system.ledger.readAll({ filter: { streamPrefixes: ['access-'] } })).filter(
    ({ type }) => type === 'RecordsRead',
  );
  expect(reads.at(-1)).toMatchObject({
    data: { operation: 'readAppointment', model: 'appointments', keys: [body.id], subjects: [patient.id] },
    metadata: { actor: { id: patient.id, role: 'patient' }, subject: patient.id, purpose: 'TREAT' },
  });
});

test('If-Match: two tabs, one change', async () => {
  const patient = await somebody('tabs');
  const { body, headers } = await patient.post('appointments', wish('13:00'));
  const match = { 'if-match': String(headers.etag) };
  expect((await doctor.post(`appointments/${body.id}/confirm`, {}, match)).status).toBe(202);
  expect(await patient.post(`appointments/${body.id}/cancel`, { reason: 'x' }, match)).toMatchObject({
    status: 412,
    body: { code: 'revision-stale' },
  });
});

test('a held slot is kept for its holder', async () => {
  const patient = await somebody('holder');
  const held = await patient.post('appointments/hold', wish('14:00'));
  expect(held.status).toBe(202);
  expect(await other.post('appointments', wish('14:00'))).toMatchObject({ status: 409, body: { code: 'slot-taken' } });
  const taken = await patient.post('appointments', wish('14:00', { holdId: held.body.id }));
  expect(taken).toMatchObject({ status: 202, body: { id: held.body.id } });
});

test('a request that does not fit names each field and changes nothing', async () => {
  const head = await embedded.system.ledger.head();
  const answer = await patient.post('appointments', {
    ...wish('15:00'),
    type: 'x',
    start: 'soon',
    surprise: 1,
    doctorId: undefined,
  });
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid' } });
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
    '',
    'doctorId',
    'start',
    'type',
  ]);
  expect(await embedded.system.ledger.head()).toBe(head);
});

test('an appointment moves to another day, with its fee and its place', async () => {
  const patient = await somebody('mover');
  const { body } = await patient.post('appointments', wish('16:00'));
  await doctor.post(`appointments/${body.id}/confirm`);
  const moved = await patient.post(`appointments/${body.id}/reschedule`, {
    day: '2090-01-05',
    start: '2090-01-05T16:00:00+06:00',
  });
  expect(moved).toMatchObject({ status: 202, body: { id: expect.stringContaining('_2090-01-05_') } });
  await embedded.settled();
  expect((await patient.get(`appointments/${moved.body.id}`)).body).toMatchObject({
    status: 'confirmed',
    token: 1,
    replaces: body.id,
  });
  expect((await patient.get(`appointments/${body.id}`)).body).toMatchObject({
    status: 'moved',
    movedTo: moved.body.id,
  });
});

test("free slots are the schedule's, without what is taken, held or lies in a leave; anybody may ask", async () => {
  const patient = await somebody('looker');
  const ask = async (day: string) => {
    const path = `/api/v1/doctors/${stranger.id}/slots?hospitalId=${idOf('green')}&day=${day}`;
    return ((await embedded.request('GET', path)).body as { items: { start: string }[] }).items.map(
      ({ start }) => start,
    );
  };
  expect(await ask('2090-02-01')).toHaveLength(32);
  await patient.post('appointments', {
    ...wish('09:00'),
    doctorId: stranger.id,
    day: '2090-02-01',
    start: '2090-02-01T09:00:00+06:00',
  });
  const leave = { from: '2090-02-02', to: '2090-02-03' };
  expect((await stranger.post(`doctors/${stranger.id}/leave`, leave)).status).toBe(202);
  await embedded.settled();
  const left = await ask('2090-02-01');
  expect([left.length, left[0]]).toEqual([31, '2090-02-01T03:15:00.000Z']);
  expect(await ask('2090-02-03')).toEqual([]);
  expect(await ask('2090-02-04')).toHaveLength(32);
});
