import { Embedded, idOf, PASSWORD, type Person } from '../kernel/embedded.js';

let embedded: Embedded;
let address: string;
let patient: Person;
let other: Person;
let doctor: Person;
let stranger: Person;
let chat: string;
let now = '2090-01-01T00:00:00.000Z';
const clock = { now: () => now };

beforeAll(async () => {
  embedded = await Embedded.open(clock);
  await embedded.system.app.listen(0, '127.0.0.1');
  address = `${await embedded.system.app.getUrl()}/api/v1`;
  await embedded.hospital('green');
  [patient, other, doctor, stranger] = await Promise.all([
    embedded.person('patient', { role: 'patient' }),
    embedded.person('other', { role: 'patient' }),
    embedded.doctor('doctor', 'green'),
    embedded.doctor('stranger', 'green'),
  ]);
  await embedded.settled();
  chat = `${doctor.id}_${patient.id}`;
});
afterAll(() => embedded.close());

const book = async (who: Person, day = '2090-01-02') => {
  const wish = { doctorId: doctor.id, day, hospitalId: idOf('green'), start: `${day}T10:00:00+06:00`, type: 'checkUp' };
  const { body } = await who.post('appointments', wish);
  return String(body.id);
};
/** The same person with a token of now. */
const again = async ({ id }: Person, name: string) => {
  const body = { login: `${name}@healthstack.example`, password: PASSWORD };
  return embedded.as(id, (await embedded.request('POST', 'sessions', { body })).body.accessToken);
};
const search = (text: string) => ({ 'search-text': encodeURIComponent(text) });

/** Server-sent events as they come, until so many have. */
const listen = async (who: Person, path: string, headers: Record<string, string> = {}) => {
  const ending = new AbortController();
  const answer = await fetch(`${address}/${path}`, {
    headers: { authorization: `Bearer ${who.token}`, accept: 'text/event-stream', ...headers },
    signal: ending.signal,
  });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into events of every shape
  const parsed: { id: string; event: string; data: Record<string, any> }[] = [];
  const take = async (count: number, ofType?: string) => {
    for (;;) {
      const found = parsed.filter(({ event }) => !ofType || event === ofType);
      if (found.length >= count) return found.slice(0, count);
      const { value, done } = await reader.read();
      if (done) throw new Error(`It ended after ${text}`);
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
        if (fields.data) parsed.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) });
      }
    }
  };
  return { status: answer.status, type: answer.headers.get('content-type'), take, end: () => ending.abort() };
};

test('without a confirmed appointment nobody writes, reads or searches', async () => {
  const appointment = await book(patient);
  await embedded.settled();
  for (const who of [patient, doctor]) {
    expect((await who.post(`chats/${chat}/send`, { text: 'hello' })).status).toBe(404);
    expect((await who.get(`chats/${chat}/messages`)).status).toBe(403);
    expect((await who.get(`chats/${chat}/messages/search`, search('hello'))).status).toBe(403);
  }
  expect((await doctor.post(`appointments/${appointment}/confirm`)).status).toBe(202);
  await embedded.settled();
  expect((await patient.get(`patients/${patient.id}/chats`)).body.items).toMatchObject([
    { id: chat, lastSequence: 0, closesAt: '2090-02-01T04:15:00.000Z' },
  ]);
});

test('both write and read; the sender is who is logged in', async () => {
  expect((await patient.post(`chats/${chat}/send`, { text: 'My knee is swollen', sender: doctor.id })).status).toBe(
    400,
  );
  expect((await patient.post(`chats/${chat}/send`, { text: 'My knee is swollen' })).status).toBe(202);
  expect((await patient.post(`chats/${patient.id}/send`, { text: 'to myself' })).status).toBe(400);
  const sent = await doctor.post(`chats/${chat}/send`, { text: 'Since when?' });
  expect(sent).toMatchObject({ status: 202, body: { id: chat } });
  const { body } = await patient.get(`chats/${chat}/messages?minPosition=${sent.body.position}`);
  expect(body.items).toMatchObject([
    { sequence: 1, sender: 'patient', text: 'My knee is swollen' },
    { sequence: 2, sender: 'doctor', text: 'Since when?' },
  ]);
  expect((await doctor.get(`chats/${chat}/messages?before=2`)).body.items).toMatchObject([{ sequence: 1 }]);
  expect((await doctor.get(`chats/${chat}`)).body).toMatchObject({
    unread: { doctor: 1, patient: 1 },
    lastSequence: 2,
  });

  const read = await doctor.post(`chats/${chat}/read`, { upTo: 2 });
  const after = await doctor.get(`doctors/${doctor.id}/chats?minPosition=${read.body.position}`);
  expect(after.body.items).toMatchObject([{ unread: { doctor: 0, patient: 1 }, readUpTo: { doctor: 2 } }]);
});

test('strangers neither write nor read nor find, and cannot tell what exists', async () => {
  for (const who of [other, stranger]) {
    for (const [method, path, body] of [
      ['post', `chats/${chat}/send`, { text: 'x' }],
      ['post', `chats/${chat}/correct`, { sequence: 1, text: 'x' }],
      ['post', `chats/${chat}/redact`, { sequence: 1, reason: 'x' }],
      ['post', `chats/${chat}/read`, { upTo: 1 }],
    ] as const)
      expect([path, (await who[method](path, body)).status]).toEqual([path, 403]);
    for (const path of [
      `chats/${chat}`,
      `chats/${chat}/messages`,
      `patients/${patient.id}/chats`,
      `doctors/${doctor.id}/chats`,
    ])
      expect([path, (await who.get(path)).status]).toEqual([path, 403]);
    for (const path of [`chats/${chat}/messages/search`, `patients/${patient.id}/messages/search`])
      expect([path, (await who.get(path, search('knee'))).status]).toEqual([path, 403]);
    const live = await listen(who, `chats/${chat}/messages`);
    expect([live.status, live.type]).toEqual([403, expect.stringContaining('application/problem+json')]);
    live.end();
  }
});

test('words are found in the own chats only', async () => {
  for (const path of [`chats/${chat}/messages/search`, `patients/${patient.id}/messages/search`]) {
    const { body } = await patient.get(path, search('knee'));
    expect(body.items.map((item: { sequence: number }) => item.sequence)).toEqual([1]);
  }
  expect((await other.get(`patients/${other.id}/messages/search`, search('knee'))).body.items).toEqual([]);
});

test('what was corrected shows what it was; what was redacted shows no word of it', async () => {
  expect((await doctor.post(`chats/${chat}/correct`, { sequence: 1, text: 'x' })).status).toBe(403);
  await patient.post(`chats/${chat}/correct`, { sequence: 1, text: 'My elbow is swollen' });
  const { position } = (await doctor.post(`chats/${chat}/redact`, { sequence: 2, reason: 'Asked twice' })).body;
  const { body } = await patient.get(`chats/${chat}/messages?minPosition=${position}`);
  expect(body.items).toMatchObject([
    { sequence: 1, text: 'My elbow is swollen', earlier: [{ text: 'My knee is swollen' }] },
    { sequence: 2, redacted: { by: 'doctor', reason: 'Asked twice' } },
  ]);
  expect(JSON.stringify(body)).not.toContain('Since when');
  const found = await patient.get(`chats/${chat}/messages/search`, search('when'));
  expect(found.body.items).toEqual([]);
});

test('messages come as they are sent, and nothing is missed between two connections', async () => {
  const live = await listen(doctor, `chats/${chat}/messages`, { 'last-event-id': '2' });
  expect(live).toMatchObject({ status: 200, type: 'text/event-stream' });
  await live.take(1, 'read');
  await patient.post(`chats/${chat}/send`, { text: 'three' });
  expect(await live.take(1, 'message')).toMatchObject([{ id: '3', data: { sequence: 3, text: 'three' } }]);
  live.end();

  for (const text of ['four', 'five', 'six']) await patient.post(`chats/${chat}/send`, { text });
  await patient.post(`chats/${chat}/correct`, { sequence: 5, text: 'FIVE' });
  await patient.post(`chats/${chat}/correct`, { sequence: 1, text: 'My shoulder is swollen' });
  await embedded.settled();
  const again = await listen(doctor, `chats/${chat}/messages`, { 'last-event-id': '3' });
  const messages = await again.take(3, 'message');
  expect(messages.map(({ id, data }) => [id, data.text])).toEqual([
    ['4', 'four'],
    ['5', 'FIVE'],
    ['6', 'six'],
  ]);
  expect(await again.take(1, 'changed')).toMatchObject([{ data: { sequence: 1, text: 'My shoulder is swollen' } }]);
  await patient.post(`chats/${chat}/read`, { upTo: 6 });
  expect((await again.take(2, 'read'))[1]).toMatchObject({ data: { readUpTo: { patient: 6 } } });
  await patient.post(`chats/${chat}/redact`, { sequence: 4, reason: 'wrong' });
  expect((await again.take(2, 'changed'))[1]).toMatchObject({
    id: '6',
    data: { sequence: 4, redacted: { reason: 'wrong' } },
  });
  again.end();

  expect(
    (await doctor.get(`chats/${chat}/messages`, { accept: 'text/event-stream', 'last-event-id': 'x' })).status,
  ).toBe(400);
  expect(
    (await doctor.get(`chats/${chat}/messages`, { accept: 'text/event-stream', 'last-event-id': '99' })).status,
  ).toBe(404);
});

test('whoever listens while much is written gets every message once, in order', async () => {
  const first = (await doctor.get(`chats/${chat}`)).body.lastSequence as number;
  const writing = (async () => {
    for (let i = 0; i < 40; i++) await (i % 2 ? doctor : patient).post(`chats/${chat}/send`, { text: `message ${i}` });
  })();
  const got: number[] = [];
  for (let last = first; got.length < 40; last = got.at(-1) ?? first) {
    const live = await listen(patient, `chats/${chat}/messages`, { 'last-event-id': String(last) });
    const some = await live.take(Math.min(7, 40 - got.length), 'message');
    got.push(...some.map(({ data }) => data.sequence as number));
    live.end();
  }
  await writing;
  expect(got).toEqual(Array.from({ length: 40 }, (_, i) => first + i + 1));
});

test('long polling waits for a message, and not for ever', async () => {
  const { lastSequence } = (await doctor.get(`chats/${chat}`)).body;
  const started = performance.now();
  expect((await doctor.get(`chats/${chat}/messages?after=${lastSequence}&wait=1`)).body).toEqual({ items: [] });
  expect(performance.now() - started).toBeGreaterThan(900);
  const waiting = doctor.get(`chats/${chat}/messages?after=${lastSequence}&wait=20`);
  await patient.post(`chats/${chat}/send`, { text: 'at last' });
  expect((await waiting).body.items).toMatchObject([{ sequence: lastSequence + 1, text: 'at last' }]);
  expect((await doctor.get(`chats/${chat}/messages?wait=26`)).status).toBe(400);
});

test('the same key is the same message', async () => {
  const key = { 'idempotency-key': 'one-message' };
  const [a, b] = [
    await patient.post(`chats/${chat}/send`, { text: 'once' }, key),
    await patient.post(`chats/${chat}/send`, { text: 'once' }, key),
  ];
  expect(b.body).toEqual(a.body);
  expect((await patient.post(`chats/${chat}/send`, { text: 'twice' }, key)).status).toBe(422);
});

test('after the grace period the patient reads, the doctor does not, and nobody writes', async () => {
  now = '2090-02-01T04:15:00.000Z';
  [patient, doctor] = [await again(patient, 'patient'), await again(doctor, 'doctor')];
  for (const who of [patient, doctor])
    expect(await who.post(`chats/${chat}/send`, { text: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'thread-closed' },
    });
  expect((await patient.get(`chats/${chat}/messages`)).status).toBe(200);
  expect((await doctor.get(`chats/${chat}`)).status).toBe(200);
  expect((await doctor.get(`chats/${chat}/messages`)).status).toBe(403);
  expect((await doctor.get(`chats/${chat}/messages/search`, search('four'))).status).toBe(403);
});

test('a hospital says how long, for appointments confirmed from then on', async () => {
  const administrator = await embedded.person('admin', { role: 'hospitalAdministrator', hospitalId: idOf('green') });
  expect((await administrator.post(`hospitals/${idOf('green')}/set-chat-grace`, { days: 3 })).status).toBe(202);
  expect((await administrator.post(`hospitals/${idOf('white')}/set-chat-grace`, { days: 3 })).status).toBe(403);
  const appointment = await book(patient, '2090-02-02');
  await doctor.post(`appointments/${appointment}/confirm`);
  await embedded.settled();
  expect((await doctor.get(`chats/${chat}`)).body.closesAt).toBe('2090-02-05T04:15:00.000Z');
  expect((await doctor.post(`chats/${chat}/send`, { text: 'welcome back' })).status).toBe(202);
  await patient.post(`appointments/${appointment}/cancel`, { reason: 'better' });
  await embedded.settled();
  expect((await doctor.post(`chats/${chat}/send`, { text: 'and gone' })).status).toBe(409);
});
