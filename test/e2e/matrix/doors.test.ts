import type { RoleHeld } from '../../../application/kernel/access.js';
import { createTokenIssuer } from '../../../infrastructure/identity/tokens.js';
import { idOf, PASSWORD } from '../../kernel/embedded.js';
import { ask, deliver, inParts, nameOf, type Operation, operationsOf, sentBy, type World } from './asking.js';
import { type Actor, ACTORS, mayEnter } from './expected.js';
import { type Objects, PNG } from './requests.js';
import { openWorld } from './world.js';

// What the matrix does not ask: bad tokens at every operation, what lists and searches show, and the ways around the
// doors that the original left open.

interface Claims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly sid: string;
  readonly gen: number;
  readonly roles: readonly RoleHeld[];
}

let world: World;
let operations: readonly Operation[];

beforeAll(async () => {
  world = await openWorld();
  operations = await operationsOf(world);
}, 60_000);
afterAll(() => world?.embedded.close());

const get = (actor: Actor, at: string) => deliver(world.embedded, 'GET', { at }, world.who[actor].token);
const post = (actor: Actor, at: string, body: object = {}) =>
  deliver(world.embedded, 'POST', { at, body }, world.who[actor].token);
const others = (...actors: readonly Actor[]): readonly Actor[] =>
  ACTORS.filter((actor) => actor !== 'nobody' && !actors.includes(actor));

describe('a token that is none', () => {
  const token = () => world.who.patient.token!;
  const parts = () => token().split('.') as [string, string, string];
  const claims = () => JSON.parse(Buffer.from(parts()[1], 'base64url').toString()) as Claims;
  /** The patient's token once more, signed with our own key. */
  const issued = (instead: Partial<Claims>) => {
    const { vault, ports } = world.embedded.system;
    const { iss: issuer, aud: audience, sub, sid, gen, roles } = { ...claims(), ...instead };
    const from = createTokenIssuer({ vault, issuer, audience, now: () => Date.parse(ports.clock.now()) });
    return from.issue({ accountId: sub, sessionId: sid, generation: gen, roles }, 1_800);
  };
  const packed = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  const forged: Readonly<Record<string, () => Promise<string> | string>> = {
    'has expired': () => world.lapsed,
    'belongs to a session that was ended': async () => {
      const ended = await world.logInAs(nameOf('patient'));
      const answer = await deliver(world.embedded, 'POST', { at: 'sessions/end' }, ended);
      expect(answer.statusCode).toBe(202);
      return ended;
    },
    'is for others': () => issued({ aud: 'somebody-else' }),
    'comes from others': () => issued({ iss: 'https://elsewhere.example' }),
    'has another signature': () => {
      const [header, payload, signature] = parts();
      return [header, payload, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)].join('.');
    },
    'was given another role': () => {
      const [header, , signature] = parts();
      return [header, packed({ ...claims(), roles: [{ role: 'complianceOfficer' }] }), signature].join('.');
    },
    'is not signed': () => `${packed({ alg: 'none', typ: 'at+jwt' })}.${parts()[1]}.`,
    'is no token': () => 'x',
  };

  test('the same one, as it is given out, is good', async () => {
    for (const good of [token(), await issued({})])
      expect((await deliver(world.embedded, 'GET', { at: 'me' }, good)).statusCode).toBe(200);
  });

  test.each(Object.keys(forged))('because it %s opens nothing, not even what is open', async (why) => {
    const bad = await forged[why]!();
    const before = await world.embedded.system.ledger.head();
    const answers = await inParts(operations, async (operation) => {
      const { statusCode, body } = await ask(world, operation, 'patient', world.objects, { token: bad });
      return statusCode === 401 && !world.secrets.some((secret) => body.includes(secret)) ? [] : [operation.name];
    });
    expect(answers.flat()).toEqual([]);
    expect(await world.embedded.system.ledger.head()).toBe(before);
  });

  test('neither is a cookie, nor a token that is not shown as one (N5)', async () => {
    const shown: Record<string, string>[] = [
      { cookie: `token=${token()}; access_token=${token()}` },
      { authorization: `Basic ${token()}` },
    ];
    for (const headers of shown)
      for (const operation of operations.filter(({ name }) => !mayEnter(name, 'nobody'))) {
        const sent = sentBy(world, operation, 'patient', world.objects);
        const answer = await deliver(world.embedded, operation.method, {
          ...{ ...sent, headers: { ...sent.headers, ...headers, origin: 'https://elsewhere.example' } },
        });
        expect([operation.name, answer.statusCode]).toEqual([operation.name, 401]);
        expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
      }
  });
});

describe('what is shown to those who have nothing to do with a patient', () => {
  const questions = () => operations.filter(({ method }) => method === 'GET');
  const STRANGERS = {
    colleague: ['patientOfColleague', 'colleague', 'labWorker'],
    blue: [
      ...(['patientOfBlue', 'doctorOfBlue', 'pharmacistOfBlue', 'labWorkerOfBlue', 'administratorOfBlue'] as const),
      'platform',
    ],
  } as const;
  const seenBy = async (actor: Actor, objects: Objects): Promise<string[]> => {
    const answers = await inParts(questions(), (operation) => ask(world, operation, actor, objects));
    return answers.flatMap(({ statusCode, body }) => (statusCode === 200 ? [body] : []));
  };

  test.each(Object.keys(STRANGERS) as (keyof typeof STRANGERS)[])(
    'where they are at home (%s) never is about the patient',
    async (home) => {
      for (const actor of STRANGERS[home]) {
        const leaks = (await seenBy(actor, world[home])).filter((body) =>
          world.secrets.some((secret) => body.includes(secret)),
        );
        expect({ actor, leaks }).toEqual({ actor, leaks: [] });
      }
    },
  );

  test('while it shows what is theirs, so that the looking means something', async () => {
    const [{ patientId, prescriptionId, orderId, appointmentId }] = [world.blue];
    const shown = async (actor: Actor) => (await seenBy(actor, world.blue)).join();
    expect(await shown('patientOfBlue')).toContain(prescriptionId);
    expect(await shown('doctorOfBlue')).toContain('raven');
    expect(await shown('pharmacistOfBlue')).toContain(orderId);
    expect(await shown('administratorOfBlue')).toContain(appointmentId);
    expect((await seenBy('colleague', world.colleague)).join()).toContain(world.colleague.patientId);
    expect((await seenBy('doctor', world.objects)).join()).toContain('canary');
    expect(await shown('officer')).toContain(patientId);
  });

  test('nor do counts and searches count or suggest the patient', async () => {
    const look = async (actor: Actor, at: string, words?: string) => {
      const headers: Record<string, string> = words === undefined ? {} : { 'search-text': encodeURIComponent(words) };
      return (await deliver(world.embedded, 'GET', { at, headers }, world.who[actor].token)).json<{
        items: unknown[];
        patients: number;
      }>();
    };
    const { hospitalId, doctorId } = world.blue;
    expect((await look('administratorOfBlue', `hospitals/${hospitalId}/totals`)).patients).toBe(1);
    for (const words of ['Zubaida', 'Zub', 'Zubaidah']) {
      expect((await look('administratorOfBlue', `hospitals/${hospitalId}/patients/search`, words)).items).toEqual([]);
      expect((await look('doctorOfBlue', `doctors/${doctorId}/patients/search`, words)).items).toEqual([]);
      const { items } = await look('administrator', `hospitals/${world.objects.hospitalId}/patients/search`, words);
      expect(items).toHaveLength(1);
    }
  });
});

test('N2: nobody else’s wish accepts, rejects, deletes or resizes anything', async () => {
  const { toConfirm, toReject, applicantId, unwelcomeId, hospitalId } = world.objects;
  const before = (await get('nobody', `hospitals/${hospitalId}`)).json<object>();
  const wishes = [
    [['doctor', 'administrator'], `appointments/${toConfirm}/confirm`, {}],
    [['doctor', 'administrator'], `appointments/${toReject}/reject`, { reason: 'x' }],
    [['administrator'], `doctors/${applicantId}/registrations/${hospitalId}/accept`, {}],
    [['administrator'], `doctors/${unwelcomeId}/registrations/${hospitalId}/reject`, { reason: 'x' }],
    [['administrator', 'platform'], `hospitals/${hospitalId}/close`, { reason: 'x' }],
    [['administrator', 'platform'], `hospitals/${hospitalId}/revise-capacity`, { icu: 1 }],
  ] as const;
  for (const [may, at, body] of wishes)
    for (const actor of others(...may))
      expect([at, actor, (await post(actor, at, body)).statusCode]).toEqual([at, actor, 403]);
  await world.embedded.settled();
  for (const id of [toConfirm, toReject])
    expect((await get('patient', `appointments/${id}`)).json()).toMatchObject({ status: 'requested' });
  const asking = (await get('administrator', `hospitals/${hospitalId}/registrations`)).json<{ items: object[] }>();
  expect(asking.items).toHaveLength(2);
  expect((await get('nobody', `hospitals/${hospitalId}`)).json()).toEqual(before);
});

test('N3: nobody becomes staff without an invitation', async () => {
  const { hospitalId, applicantId } = world.objects;
  const STAFF = ['hospitalAdministrator', 'pharmacist', 'labWorker', 'complianceOfficer', 'system', 'consumer'];
  for (const role of STAFF) {
    const body = { name: 'Self', email: `${role}@self.example`, password: PASSWORD, role };
    expect([role, (await post('nobody', 'accounts', body)).statusCode]).toEqual([role, 400]);
  }
  const invented = { token: 'x'.repeat(43), name: 'Self', email: 'self@self.example', password: PASSWORD };
  expect((await post('nobody', 'invitations/accept', invented)).json()).toMatchObject({ code: 'link-dead' });
  // Not by giving it to oneself, nor to somebody who gives it back.
  for (const actor of others('administrator', 'platform', 'consumer'))
    for (const role of STAFF)
      for (const id of [world.who[actor].id!, world.objects.joinerId]) {
        const answer = await post(actor, `accounts/${id}/roles/grant`, { role, hospitalId });
        expect([actor, role, answer.statusCode]).toEqual([actor, role, 403]);
      }
  // An administrator of a hospital gives what belongs to it, and to nobody what goes beyond it.
  for (const role of ['complianceOfficer', 'consumer', 'system'])
    expect((await post('administrator', `accounts/${world.objects.joinerId}/roles/grant`, { role })).statusCode).toBe(
      403,
    );
  const platform = { role: 'hospitalAdministrator' };
  for (const id of [world.who.administrator.id, world.objects.patientId])
    expect((await post('administrator', `accounts/${id}/roles/grant`, platform)).statusCode).toBe(403);
  expect((await post('administrator', 'invitations', { ...platform, email: 'x@self.example' })).statusCode).toBe(403);
  // Nor does a doctor accept himself.
  const applicant = await world.logInAs('applicant');
  const at = `doctors/${applicantId}/registrations/${hospitalId}/accept`;
  expect((await deliver(world.embedded, 'POST', { at }, applicant)).statusCode).toBe(403);
});

test('N4: who sends a message is told by the token, and only the two of a chat find it', async () => {
  const { chatId, patientId, doctorId } = world.objects;
  for (const field of ['from', 'sender', 'senderId', 'patientId', 'doctorId'])
    for (const value of [patientId, doctorId, 'patient', 'doctor']) {
      const answer = await post('patient', `chats/${chatId}/send`, { text: 'Forged', [field]: value });
      expect([field, answer.statusCode]).toEqual([field, 400]);
    }
  for (const actor of others('patient', 'doctor')) {
    expect([actor, (await post(actor, `chats/${chatId}/send`, { text: 'Forged' })).statusCode]).toEqual([actor, 403]);
    const at = `chats/${chatId}/messages/search`;
    const found = await deliver(
      world.embedded,
      'GET',
      { at, headers: { 'search-text': 'cough' } },
      world.who[actor].token,
    );
    expect([actor, found.statusCode]).toEqual([actor, 403]);
  }
  // Nor does one open a chat with somebody by writing: there is none without an appointment.
  for (const actor of ['patientOfBlue', 'patientOfColleague'] as const) {
    const answer = await post(actor, `chats/${doctorId}_${world.who[actor].id}/send`, { text: 'Hello' });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([404, 'thread-unknown']);
  }
  await post('doctor', `chats/${chatId}/send`, { text: 'Mine' });
  await world.embedded.settled();
  const { items } = (await get('patient', `chats/${chatId}/messages`)).json<{ items: object[] }>();
  expect(items).toMatchObject([{ sender: 'patient' }, { sender: 'doctor', text: 'Mine' }]);
});

describe('nobody makes himself somebody’s doctor', () => {
  const wish = (doctor: Actor, hospital: string, more: object = {}) => ({
    ...{
      doctorId: world.who[doctor].id,
      day: '2090-03-01',
      hospitalId: idOf(hospital),
      start: '2090-03-01T09:00:00+06:00',
    },
    ...{ type: 'checkUp', patientId: world.objects.patientId, ...more },
  });

  test('by booking a patient who never asked, in the hours or over them', async () => {
    const over = { override: { reason: 'I want to' } };
    for (const [doctor, hospital] of [
      ['doctorOfBlue', 'blue'],
      ['colleague', 'green'],
      ['colleague', 'blue'],
    ] as const)
      for (const more of [{}, over])
        expect((await post(doctor, 'appointments', wish(doctor, hospital, more))).statusCode).toBe(403);
  });

  test('nor by booking the own patient over another doctor’s day', async () => {
    const answer = await post('doctor', 'appointments', wish('colleague', 'green', { override: { reason: 'Mine' } }));
    expect(answer.statusCode).toBe(403);
  });

  test('nor does a patient book another one', async () => {
    for (const actor of ['patientOfBlue', 'patientOfColleague'] as const)
      expect((await post(actor, 'appointments', wish('doctor', 'green'))).statusCode).toBe(403);
  });
});

describe('files', () => {
  const store = async (actor: Actor, query: string) => {
    const answer = await deliver(world.embedded, 'POST', { at: `files?${query}`, file: PNG }, world.who[actor].token);
    return [answer.statusCode, answer.json<{ id: string }>().id] as const;
  };

  test('a portrait is everybody’s own; a certificate is a doctor’s, for the hospitals that were asked', async () => {
    for (const actor of others('consumer'))
      expect([actor, (await store(actor, 'purpose=portrait'))[0]]).toEqual([actor, 202]);
    const doctors = ['doctor', 'colleague', 'former', 'doctorOfBlue'] as const;
    for (const actor of others(...doctors))
      expect([actor, (await store(actor, 'purpose=certificate'))[0]]).toEqual([actor, 403]);
    const [, certificate] = await store('doctor', 'purpose=certificate');
    await world.embedded.settled();
    for (const actor of others()) {
      const may = ['doctor', 'administrator'].includes(actor);
      expect([actor, (await get(actor, `files/${certificate}`)).statusCode]).toEqual([actor, may ? 200 : 403]);
    }
    expect((await get('nobody', `pictures/${certificate}`)).statusCode).toBe(404);
    expect((await get('nobody', `pictures/${world.objects.portraitId}`)).statusCode).toBe(404);
  });
});

test('a session of another goes on, whoever ends it', async () => {
  const token = await world.logInAs(nameOf('patient'));
  const { sid } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Claims;
  for (const actor of others('patient', 'consumer')) await post(actor, `sessions/${sid}/end`);
  expect((await deliver(world.embedded, 'GET', { at: 'me' }, token)).statusCode).toBe(200);
  expect((await post('patient', `sessions/${sid}/end`)).statusCode).toBe(202);
  expect((await deliver(world.embedded, 'GET', { at: 'me' }, token)).statusCode).toBe(401);
});

test('the trail of an administrator holds the lines of the own hospital and no other', async () => {
  const lines = async (actor: Actor) =>
    (await get(actor, 'audit?limit=200&order=ascending')).json<{ items: { tenant?: string; patientId?: string }[] }>()
      .items;
  expect(await lines('platform')).toEqual([]);
  const { hospitalId, patientId } = world.blue;
  for (const { tenant, patientId: about } of await lines('administratorOfBlue'))
    expect(tenant ?? about).toBe(tenant === undefined ? patientId : hospitalId);
  expect((await lines('administratorOfBlue')).length).toBeGreaterThan(0);
});
