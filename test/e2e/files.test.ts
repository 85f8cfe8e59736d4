import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Embedded, idOf, type Person } from '../kernel/embedded.js';

// Portraits, certificates and pictures over a real connection: what is taken, who sees it, what is left behind.
let system: Embedded;
let address: string;
let administrator: Person;
let doctor: Person;
let patient: Person;
let other: Person;
const hospitalId = idOf('Green Life');

beforeAll(async () => {
  system = await Embedded.open();
  await system.system.app.listen(0, '127.0.0.1');
  address = `${await system.system.app.getUrl()}/api/v1`;
  await system.hospital('Green Life');
  await system.hospital('Square');
  administrator = await system.person('administrator', { role: 'hospitalAdministrator', hospitalId });
  other = await system.person('other', { role: 'hospitalAdministrator', hospitalId: idOf('Square') });
  doctor = await system.person('rahman', { role: 'doctor' });
  patient = await system.person('karim', { role: 'patient' });
  await system.settled();
});
afterAll(() => system.close());

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890001000049444154', 'hex');
const picture = (bytes = 5_000) => Buffer.concat([PNG, randomBytes(bytes - PNG.length)]);
const pdf = (bytes = 5_000) => Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(bytes - 9)]);
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

const store = async (who: Person | undefined, query: string, content: Buffer, headers: Record<string, string> = {}) => {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(content)], { type: 'image/png' }), '../../evil.png');
  const answer = await fetch(`${address}/files?${query}`, {
    method: 'POST',
    body: form,
    headers: { ...(who && { authorization: `Bearer ${who.token}` }), ...headers },
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
};
const load = (who: Person | undefined, path: string, headers: Record<string, string> = {}) =>
  fetch(`${address}/${path}`, { headers: { ...(who && { authorization: `Bearer ${who.token}` }), ...headers } });

/** Everything that lies in the folder of the files. */
const left = async (): Promise<string[]> => {
  const entries = await readdir(join(system.folder, 'files'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
};
const stored = async (): Promise<number> =>
  (await system.system.ledger.readAll({ filter: { streamPrefixes: ['file-'] } })).length;

describe('an upload', () => {
  it('is answered with its id and its hash, and comes back as it went', async () => {
    const content = picture(4 * 1024 * 1024);
    const { status, body } = await store(patient, 'purpose=portrait', content);
    expect({ status, body }).toMatchObject({ status: 202, body: { sha256: sha256(content), id: expect.any(String) } });
    const answer = await load(patient, `files/${body.id}?minPosition=${body.position}`);
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(content.length),
      'content-disposition': `inline; filename="${sha256(content).slice(0, 12)}.png"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-cache',
      etag: `"${sha256(content)}"`,
    });
    const again = await load(patient, `files/${body.id}`, { 'if-none-match': `"x", W/"${sha256(content)}"` });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('with the same key is the same file; with other content it is refused', async () => {
    const content = picture();
    const key = { 'idempotency-key': 'once' };
    const first = await store(doctor, 'purpose=certificate', content, key);
    expect(await store(doctor, 'purpose=certificate', content, key)).toEqual(first);
    const before = await left();
    expect(await store(doctor, 'purpose=certificate', picture(), key)).toMatchObject({ status: 422 });
    expect(await left()).toEqual(before);
  });

  it.each([
    ['of another type', 'purpose=portrait', () => pdf(), 422, 'file-type'],
    [
      'that only says it is a picture',
      'purpose=portrait',
      () => Buffer.from('<svg onload="alert(1)"/>'),
      422,
      'file-type',
    ],
    ['that is empty', 'purpose=portrait', () => Buffer.alloc(0), 422, 'file-type'],
    ['that is too large', 'purpose=portrait', () => picture(5 * 1024 * 1024 + 1), 422, 'file-too-large'],
    ['that is far too large', 'purpose=portrait', () => picture(30 * 1024 * 1024), 422, 'file-too-large'],
    ['for no purpose', 'purpose=fun', () => picture(), 400, 'invalid'],
  ])('%s is refused, and nothing is left behind', async (_, query, content, status, code) => {
    const before = [await left(), await stored()];
    expect(await store(patient, query, content())).toMatchObject({ status, body: { code } });
    expect([await left(), await stored()]).toEqual(before);
  });

  it('is taken from those alone who may, before it is read', async () => {
    const before = [await left(), await stored()];
    expect(await store(undefined, 'purpose=portrait', picture())).toMatchObject({ status: 401 });
    // It would be refused for its type if anybody looked at it.
    expect(await store(patient, 'purpose=certificate', Buffer.from('no certificate'))).toMatchObject({ status: 403 });
    expect(await store(other, `purpose=picture&hospitalId=${hospitalId}`, picture())).toMatchObject({ status: 403 });
    expect([await left(), await stored()]).toEqual(before);
  });

  it('that breaks off leaves nothing behind', async () => {
    const before = [await left(), await stored()];
    const { hostname, port } = new URL(address);
    const content = picture(50_000);
    const head = [
      'POST /api/v1/files?purpose=portrait HTTP/1.1',
      `Host: ${hostname}`,
      `Authorization: Bearer ${patient.token}`,
      'Content-Type: multipart/form-data; boundary=cut',
      'Content-Length: 1000000',
      '',
      '--cut',
      'Content-Disposition: form-data; name="file"; filename="a.png"',
      'Content-Type: image/png',
      '',
      '',
    ].join('\r\n');
    const socket = connect(Number(port), hostname);
    socket.write(head);
    socket.write(content);
    await until(async () => (await left()).length > (before[0] as string[]).length);
    socket.destroy();
    await until(async () => (await left()).length === (before[0] as string[]).length);
    expect([await left(), await stored()]).toEqual(before);
  });

  it('that is no form, or half a one, is a clear refusal', async () => {
    const headers = { authorization: `Bearer ${patient.token}` };
    const send = (type: string, body: string) =>
      fetch(`${address}/files?purpose=portrait`, {
        method: 'POST',
        body,
        headers: { ...headers, 'content-type': type },
      });
    const whole = '--cut\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n';
    for (const [type, body] of [
      ['application/json', '{}'],
      ['multipart/form-data', 'x'],
      ['multipart/form-data; boundary=cut', ''],
      ['multipart/form-data; boundary=cut', 'nothing'],
      [
        'multipart/form-data; boundary=cut',
        '--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--cut--\r\n',
      ],
      ['multipart/form-data; boundary=cut', whole],
      ['multipart/form-data; boundary=cut', `${whole}${'x'.repeat(10_000)}`],
    ] as const) {
      const before = await left();
      const answer = await send(type, body);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(await left()).toEqual(before);
    }
  });
});

describe('who sees a file', () => {
  const statuses = async (path: string) => {
    const people = [undefined, patient, doctor, administrator, other];
    return Promise.all(people.map(async (who) => (await load(who, path)).status));
  };

  it("a hospital's picture: everybody", async () => {
    const content = picture();
    const { body } = await store(administrator, `purpose=picture&hospitalId=${hospitalId}`, content);
    await system.settled();
    expect(await statuses(`pictures/${body.id}`)).toEqual([200, 200, 200, 200, 200]);
    const named = await administrator.post(`hospitals/${hospitalId}/revise`, { image: body.id });
    expect(named.status).toBe(202);
    const elsewhere = await other.post(`hospitals/${idOf('Square')}/revise`, { image: body.id });
    expect(elsewhere).toMatchObject({ status: 400, body: { code: 'picture-unknown' } });
  });

  it("a patient's portrait: the patient, and nobody by the open door", async () => {
    const { body } = await store(patient, 'purpose=portrait', picture());
    await system.settled();
    expect(await statuses(`files/${body.id}`)).toEqual([401, 200, 403, 403, 403]);
    expect(await statuses(`pictures/${body.id}`)).toEqual([404, 404, 404, 404, 404]);
    // Nobody can publish it by calling it his own.
    const stolen = await doctor.post(`doctors/${doctor.id}/revise`, { portrait: body.id });
    expect(stolen).toMatchObject({ status: 400, body: { code: 'file-unknown' } });
  });

  it("a doctor's portrait: everybody, once the profile shows it", async () => {
    const { body } = await store(doctor, 'purpose=portrait', picture());
    await system.settled();
    expect((await load(undefined, `pictures/${body.id}`)).status).toBe(404);
    expect(await doctor.post(`doctors/${doctor.id}/revise`, { portrait: body.id })).toMatchObject({ status: 202 });
    await system.settled();
    const answer = await load(undefined, `pictures/${body.id}`);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'public, max-age=86400']);
  });

  it("a doctor's certificate: the doctor, and the administrators of the hospital that was asked", async () => {
    const { body } = await store(doctor, 'purpose=certificate', pdf());
    await system.settled();
    expect(await statuses(`files/${body.id}`)).toEqual([401, 403, 200, 403, 403]);
    const wish = { departmentId: idOf('Green Life cardiology'), specialisationId: idOf('Green Life heart') };
    const asked = await doctor.post(`doctors/${doctor.id}/registrations`, {
      hospitalId,
      ...wish,
      certificate: body.id,
    });
    expect(asked.status).toBe(202);
    await system.settled();
    expect(await statuses(`files/${body.id}`)).toEqual([401, 403, 200, 200, 403]);
    expect(await statuses(`pictures/${body.id}`)).toEqual([404, 404, 404, 404, 404]);
    const answer = await load(administrator, `files/${body.id}`);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="[0-9a-f]{12}\.pdf"$/);
  });

  it('one that does not exist is answered like one of somebody else', async () => {
    const answer = await load(patient, `files/${idOf('no file')}`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, 'not-permitted']);
  });
});

/** Waits for a condition, for ten seconds at most. */
const until = async (condition: () => Promise<boolean>): Promise<void> => {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('It did not come to pass.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
