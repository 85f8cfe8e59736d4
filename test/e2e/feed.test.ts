import { Embedded, idOf, type Person } from '../kernel/embedded.js';

let embedded: Embedded;
let address: string;
let consumer: Person;
let patient: Person;
let doctor: Person;

beforeAll(async () => {
  embedded = await Embedded.open();
  await embedded.system.app.listen(0, '127.0.0.1');
  address = `${await embedded.system.app.getUrl()}/api/v1`;
  await embedded.hospital('green');
  consumer = await embedded.person('consumer', { role: 'consumer' });
  patient = await embedded.person('patient', { role: 'patient' });
  doctor = await embedded.doctor('doctor', 'green');
});
afterAll(() => embedded.close());

const book = (time: string) =>
  patient.post('appointments', {
    doctorId: doctor.id,
    day: '2090-01-02',
    hospitalId: idOf('green'),
    start: `2090-01-02T${time}:00+06:00`,
    type: 'checkUp',
    message: 'Canary of a cough',
  });

/** The fields of server-sent events until one is enough. */
const listen = async (query: string, enough: (events: Record<string, string>[]) => boolean, headers = {}) => {
  const ending = new AbortController();
  const answer = await fetch(`${address}/feed?${query}`, {
    headers: { authorization: `Bearer ${consumer.token}`, accept: 'text/event-stream', ...headers },
    signal: ending.signal,
  });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const events = text
      .split('\n\n')
      .slice(0, -1)
      .map((block) => Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2))));
    const told = events.filter(({ data }) => data) as Record<string, string>[];
    if (enough(told)) {
      ending.abort();
      return told;
    }
    text += (await reader.read()).value ?? '';
  }
};

test('a consumer gets everything, in order, without a gap and without what is protected', async () => {
  await book('10:00');
  const { status, body } = await consumer.get('feed?limit=1000');
  expect(status).toBe(200);
  expect(body).toMatchObject({ next: body.events.length, atEnd: true });
  expect(body.events.map(({ sequence }: { sequence: string }) => Number(sequence))).toEqual(
    body.events.map((_: unknown, i: number) => i + 1),
  );
  const booked = body.events.at(-1);
  expect(booked).toMatchObject({
    specversion: '1.0',
    type: 'healthstack.AppointmentRequested.v1',
    patient: patient.id,
    hospital: idOf('green'),
    sealed: 'message,overrideReason',
    data: { type: 'checkUp' },
  });
  const text = JSON.stringify(body);
  for (const secret of ['Canary', 'patient@healthstack.example']) expect(text).not.toContain(secret);

  const some = await consumer.get('feed?types=AppointmentRequested,DoctorsUnknown');
  expect(some).toMatchObject({ status: 400, body: { code: 'invalid' } });
  const ofType = await consumer.get('feed?types=AppointmentRequested&limit=1');
  expect(ofType.body.events).toMatchObject([{ id: booked.id, sequence: booked.sequence, previoussequence: '0' }]);
  expect((await consumer.get(`feed?after=${body.next + 1_000}`)).body.code).toBe('feed-ahead');
});

test('the feed and the worker say how they are', async () => {
  const { body } = await embedded.request('GET', '/api/health/ready');
  expect(body.checks).toMatchObject({ feed: { status: 'up' }, worker: { status: 'up', parked: 0, stopped: [] } });
});

test('only consumers do', async () => {
  for (const who of [patient, doctor]) expect((await who.get('feed')).status).toBe(403);
  expect((await embedded.request('GET', 'feed')).status).toBe(401);
});

test('it comes as it happens, and goes on where a connection ended', async () => {
  const { body } = await consumer.get('feed?limit=1000');
  const coming = listen(`after=${body.next}&types=AppointmentRequested`, (told) =>
    told.some(({ event }) => event === 'event'),
  );
  await book('11:00');
  const [booked] = (await coming).filter(({ event }) => event === 'event');
  const data = JSON.parse(booked!.data!);
  expect(data).toMatchObject({ type: 'healthstack.AppointmentRequested.v1', sequence: booked!.id });
  expect(Number(data.sequence)).toBeGreaterThan(body.next);

  const again = await listen('', (told) => told.length >= 3, { 'last-event-id': '2' });
  expect(again.slice(0, 3).map(({ id }) => id)).toEqual(['3', '4', '5']);
});

test('closing the application ends those who listen, at once', async () => {
  const closing = await Embedded.open();
  await closing.system.app.listen(0, '127.0.0.1');
  const listener = await closing.person('consumer', { role: 'consumer' });
  const answer = await fetch(`${await closing.system.app.getUrl()}/api/v1/feed?after=0`, {
    headers: { authorization: `Bearer ${listener.token}`, accept: 'text/event-stream' },
  });
  const text = answer.text();
  const started = performance.now();
  await closing.close();
  expect(await text).toContain('retry:');
  expect(performance.now() - started).toBeLessThan(1_400);
});
