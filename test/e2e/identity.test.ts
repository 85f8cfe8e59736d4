import { pbkdf2Sync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { AccountCommand } from '../../application/identity.js';
import { type Answer, Embedded, idOf, PASSWORD, type Person } from '../kernel/embedded.js';

// Who comes in, by the API alone; time is moved by hand.
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

let at = Date.parse('2030-01-01T08:00:00.000Z');
const clock = { now: () => new Date(at).toISOString() };
const pass = (ms: number) => void (at += ms);

let embedded: Embedded;
beforeAll(async () => {
  embedded = await Embedded.open(clock);
});
afterAll(() => embedded.close());

let people = 0;
/** A login that nobody has yet. */
const newcomer = () => `person-${++people}@example.org`;
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  embedded.request('POST', path, { body, headers });
const register = (email: string, more: object = {}, headers = {}) =>
  post('accounts', { name: 'Rahima Khatun', email, password: PASSWORD, role: 'patient', ...more }, headers);
const logIn = (login: string, password = PASSWORD) => post('sessions', { login, password });
const refresh = ({ body }: Answer) => post('sessions/refresh', { refreshToken: body.refreshToken });
const as = ({ body }: Answer): Person => embedded.as(body.accountId, body.accessToken);
const eventsOf = async (stream: string) => (await embedded.system.ledger.readStream(stream)).map(({ type }) => type);
const joined = async (email = newcomer(), more: object = {}) => {
  const { body } = await register(email, more);
  return { email, id: body.id as string, session: await logIn(email) };
};
/** The secrets of the links in the mails to an address, in no order. */
const linksTo = async (address: string): Promise<string[]> => {
  await embedded.settled();
  const folder = join(embedded.folder, 'mail');
  const mails = await Promise.all(readdirSync(folder).map((name) => simpleParser(readFileSync(join(folder, name)))));
  return mails
    .filter(({ to }) => to && !Array.isArray(to) && to.text === address)
    .flatMap(({ text }) => /#\/[a-z-]+\/([\w-]{43})/.exec(text ?? '')?.[1] ?? []);
};

const failureOf = (id: string, i: number) =>
  new AccountCommand({
    id,
    message: { type: 'RecordFailedLogIn', data: { reason: 'wrongPassword' } },
    caller: embedded.caller(`failure ${i} of ${id}`),
  });

describe('registering', () => {
  it.each(['patient', 'doctor'])('makes a %s, who logs in and is asked who that is', async (role) => {
    const { email, id, session } = await joined(newcomer(), { role });
    expect(session).toMatchObject({ status: 200, body: { accountId: id, tokenType: 'Bearer', expiresIn: 1800 } });
    expect(Object.keys(session.body as object)).toHaveLength(6);
    await embedded.settled();
    expect(await as(session).get('me')).toMatchObject({
      status: 200,
      body: { id, email, name: 'Rahima Khatun', roles: [{ role }], locked: false },
    });
  });

  // N3
  it.each(['hospitalAdministrator', 'pharmacist', 'labWorker', 'complianceOfficer', 'system', 'consumer'])(
    'does not make a %s',
    async (role) => {
      const email = newcomer();
      expect(await register(email, { role })).toMatchObject({ status: 400, body: { errors: [{ field: 'role' }] } });
      expect((await logIn(email)).status).toBe(401);
    },
  );

  it.each([
    { roles: [{ role: 'hospitalAdministrator' }] },
    { accountId: idOf('x') },
    { hospitalId: 'h' },
    { locked: false },
  ])('takes nothing more than it asks for: %j', async (more) =>
    expect((await register(newcomer(), more)).status).toBe(400),
  );

  it.each(['short', 'password123', 'zzzzzzzzzzzz'])('takes no password such as %s', async (password) =>
    expect(await register(newcomer(), { password })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'password' }] },
    }),
  );

  it('takes no password that is the login', async () => {
    const email = newcomer();
    expect((await register(email, { password: email.toUpperCase() })).body.code).toBe('password-is-login');
  });

  it('gives one login to one of twenty who want it at once', async () => {
    const email = newcomer();
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(email)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 202).map(({ body }) => body.code))).toEqual(
      new Set(['login-taken']),
    );
    expect((await register(email.toUpperCase())).body.code).toBe('login-taken');
    expect((await logIn(email)).status).toBe(200);
  });

  it('with the same key is done once, and strangers with the same key do not meet', async () => {
    const [one, other] = [newcomer(), newcomer()];
    const key = { 'idempotency-key': 'the same' };
    const first = await register(one, {}, key);
    expect(await register(one, {}, key)).toMatchObject({ status: 202, body: first.body });
    expect(await register(other, {}, key)).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    expect((await logIn(one)).body.accountId).toBe(first.body.id);
  });

  it('goes on where a crash left a login without an account, after a minute', async () => {
    const email = newcomer();
    const left = { accountId: idOf('left behind'), login: email, passwordHash: null, now: at };
    await embedded.system.vault.reserve(left);
    expect((await register(email)).status).toBe(409);
    pass(61 * SECOND);
    expect((await register(email)).status).toBe(202);
    expect((await logIn(email)).status).toBe(200);
  });
});

describe('logging in', () => {
  it('tells nobody whether there is such an account', async () => {
    const { email } = await joined();
    const service = `service:${idOf('x')}`;
    const answers = [
      await logIn(email, 'a wrong password'),
      await logIn(newcomer(), 'a wrong password'),
      await logIn(service, 'a wrong password'),
    ];
    for (const { status, body, headers } of answers) {
      expect(status).toBe(401);
      expect(body).toEqual(answers[0]!.body);
      expect(Object.keys(headers).sort()).toEqual(Object.keys(answers[0]!.headers).sort());
      expect(headers['content-length']).toBe(answers[0]!.headers['content-length']);
    }
    expect(answers[0]!.body).toMatchObject({ code: 'log-in-refused', status: 401 });
  });

  it('leaves a trace, of an unknown login without the login', async () => {
    const { email, id } = await joined();
    await logIn(email, 'a wrong password');
    expect(await eventsOf(`account-${id}`)).toEqual(['AccountRegistered', 'RoleGranted', 'LoggedIn', 'LoginFailed']);
    const typed = newcomer();
    await logIn(typed, 'a wrong password');
    const unknown = await embedded.system.ledger.readStream(`unknownLogIns-${clock.now().slice(0, 10)}`);
    expect(unknown.at(-1)).toMatchObject({ type: 'UnknownLoginFailed', data: { attempt: 'logIn' } });
    expect(JSON.stringify(unknown)).not.toContain(typed);
  });

  it('is refused with 429 after ten wrong passwords, before any work, and other accounts are not touched', async () => {
    const { email } = await joined();
    const others = await joined();
    for (let i = 0; i < 10; i++) expect((await logIn(email, 'a wrong password')).status).toBe(401);
    const refused = await logIn(email);
    expect(refused).toMatchObject({ status: 429, body: { code: expect.any(String) } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await logIn(others.email)).status).toBe(200);
    // Nor does a login that nobody has answer otherwise.
    const nobody = newcomer();
    for (let i = 0; i < 10; i++) expect((await logIn(nobody, 'a wrong password')).status).toBe(401);
    expect((await logIn(nobody)).status).toBe(429);
  });

  it('to a locked account is refused in the same words, until its password is reset', async () => {
    const { email, id } = await joined();
    for (let i = 0; i < 100; i++) await embedded.system.bus.execute(failureOf(id, i));
    expect(await logIn(email)).toMatchObject({ status: 401, body: { code: 'log-in-refused' } });
    await post('password-resets', { login: email });
    const [token] = await linksTo(email);
    expect((await post('password-resets/complete', { token, password: 'another good one' })).status).toBe(202);
    expect((await logIn(email, 'another good one')).status).toBe(200);
  });

  it('ends the oldest of more than twenty sessions', async () => {
    const { email, session } = await joined();
    for (let i = 0; i < 19; i++) await logIn(email);
    expect((await as(session).get('sessions')).status).toBe(200);
    await logIn(email);
    expect((await as(session).get('sessions')).status).toBe(401);
    expect((await refresh(session)).status).toBe(401);
  });

  it('keeps no password and no token in the ledger', async () => {
    const { session } = await joined();
    const all = JSON.stringify(await embedded.system.ledger.readAll());
    expect(all).not.toContain(PASSWORD);
    expect(all).not.toContain(session.body.refreshToken);
    expect(all).not.toContain(String(session.body.accessToken).split('.')[2]);
    expect(all).not.toContain('argon2id');
  });
});

describe('people whom the original knew', () => {
  const django = (password: string) =>
    `pbkdf2_sha256$1000$salt$${pbkdf2Sync(password, 'salt', 1_000, 32, 'sha256').toString('base64')}`;
  const admitted = async (login: string, passwordHash: string | null, twin = false) => {
    const accountId = idOf(`legacy ${login}`);
    const roles = [{ role: 'patient' as const }];
    const admission = { accountId, login, name: login, roles, passwordHash, twin };
    await embedded.system.doors.admit(admission, embedded.caller(`import ${login}`));
    return accountId;
  };
  const hashOf = async (login: string) => (await embedded.system.vault.credential(login))!.passwordHash;

  it.each(['patient-legacy-1', ' leading and trailing ', 'পাসওয়ার্ড-২০২৫', 'short'])(
    'log in with %p, whose hash is replaced at the first time',
    async (password) => {
      const login = `old-${++people}`;
      await admitted(login, django(password));
      expect((await logIn(login, `${password} `)).status).toBe(401);
      expect(await hashOf(login)).toMatch(/^pbkdf2_sha256/);
      expect((await logIn(login, password)).status).toBe(200);
      expect(await hashOf(login)).toMatch(/^\$argon2id\$/);
      expect((await logIn(login, password)).status).toBe(200);
    },
  );

  it('do not log in when they could not there', async () => {
    await admitted('unusable', '!3kdHq');
    await admitted('without', null);
    for (const password of ['!3kdHq', '3kdHq', ' '])
      for (const login of ['unusable', 'without']) expect((await logIn(login, password)).status).toBe(401);
  });

  it('are told apart by capitals where they were', async () => {
    const one = await admitted('Hasan', django('password of one'));
    const two = await admitted('hasan', django('password of two'), true);
    expect((await logIn('Hasan', 'password of one')).body.accountId).toBe(one);
    expect((await logIn('hasan', 'password of two')).body.accountId).toBe(two);
    expect((await logIn('HASAN', 'password of one')).status).toBe(401);
  });

  it('are imported twice without a change', async () => {
    const id = await admitted('twice', django('first'));
    await logIn('twice', 'first');
    await admitted('twice', django('first'));
    expect(await hashOf('twice')).toMatch(/^\$argon2id\$/);
    expect(await eventsOf(`account-${id}`)).toEqual(['AccountRegistered', 'RoleGranted', 'LoggedIn']);
  });
});

describe('a session', () => {
  it('gives a new pair of tokens, for seven days and no longer', async () => {
    const { email, session } = await joined();
    let latest = session;
    for (let day = 0; day < 6; day++) {
      pass(DAY);
      latest = await refresh(latest);
      expect(latest).toMatchObject({ status: 200, body: { sessionId: session.body.sessionId } });
    }
    expect((await as(latest).get('sessions')).status).toBe(200);
    pass(DAY);
    expect(await refresh(latest)).toMatchObject({ status: 401, body: { code: 'session-over' } });
    expect((await as(latest).get('sessions')).status).toBe(401);
    expect((await logIn(email)).status).toBe(200);
  });

  it('has access tokens for thirty minutes', async () => {
    const { session } = await joined();
    pass(30 * MINUTE - 1);
    expect((await as(session).get('sessions')).status).toBe(200);
    pass(1);
    expect((await as(session).get('sessions')).status).toBe(401);
  });

  it('ends with all its tokens when a used refresh token comes back, and it is told', async () => {
    const { email, id, session } = await joined();
    const other = await logIn(email);
    const next = await refresh(session);
    pass(10 * SECOND + 1);
    expect((await refresh(session)).status).toBe(401);
    expect((await refresh(next)).status).toBe(401);
    expect((await as(next).get('sessions')).status).toBe(401);
    expect((await eventsOf(`account-${id}`)).slice(-2)).toEqual(['RefreshReused', 'SessionEnded']);
    // The account's other session has nothing to do with it.
    expect((await refresh(other)).status).toBe(200);
    expect((await refresh(session)).status).toBe(401);
    expect((await eventsOf(`account-${id}`)).filter((type) => type === 'RefreshReused')).toHaveLength(1);
  });

  it('survives an honest client that asks twice at once: one family goes on', async () => {
    const { id, session } = await joined();
    const both = await Promise.all(Array.from({ length: 8 }, () => refresh(session)));
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(both.map(({ body }) => body.refreshToken)).size).toBe(1);
    pass(9 * SECOND);
    const again = await refresh(session);
    expect(again.status).toBe(200);
    expect((await refresh(again)).status).toBe(200);
    expect(await eventsOf(`account-${id}`)).not.toContain('RefreshReused');
  });

  it('is over after logging out, at once', async () => {
    const { email, id, session } = await joined();
    const other = await logIn(email);
    expect((await as(session).post('sessions/end')).status).toBe(202);
    expect((await as(session).get('sessions')).status).toBe(401);
    expect((await refresh(session)).status).toBe(401);
    expect((await as(other).get('sessions')).status).toBe(200);
    expect((await eventsOf(`account-${id}`)).at(-1)).toBe('SessionEnded');
  });

  it('is listed, and ended from another one', async () => {
    const { email, session } = await joined();
    const other = await logIn(email);
    await embedded.settled();
    const listed = await as(session).get('sessions');
    expect(listed.body.sessions.map(({ sessionId }: { sessionId: string }) => sessionId)).toEqual([
      session.body.sessionId,
      other.body.sessionId,
    ]);
    const ended = await as(session).post(`sessions/${other.body.sessionId}/end`);
    expect(ended.status).toBe(202);
    expect((await as(other).get('sessions')).status).toBe(401);
    const left = await as(session).get(`sessions?minPosition=${ended.body.position}`);
    expect(left.body.sessions).toHaveLength(1);
  });

  it('of somebody else is not ended', async () => {
    const { session } = await joined();
    const stranger = await joined();
    await as(stranger.session).post(`sessions/${session.body.sessionId}/end`);
    expect((await as(session).get('sessions')).status).toBe(200);
    expect((await refresh(session)).status).toBe(200);
  });
});

describe('a password', () => {
  const NEW = 'quite another password';

  // N16
  it('is changed with the old one only, and ends all other sessions', async () => {
    const { email, id, session } = await joined();
    const other = await logIn(email);
    const wrong = await as(session).post('accounts/password', { oldPassword: 'not the old one', newPassword: NEW });
    expect(wrong).toMatchObject({ status: 403, body: { code: 'wrong-password', errors: [{ field: 'oldPassword' }] } });
    expect((await as(session).post('accounts/password', { newPassword: NEW })).status).toBe(400);
    expect((await logIn(email, NEW)).status).toBe(401);

    const right = await as(session).post('accounts/password', { oldPassword: PASSWORD, newPassword: NEW });
    expect(right.status).toBe(202);
    expect((await as(other).get('sessions')).status).toBe(401);
    expect((await refresh(other)).status).toBe(401);
    expect((await as(session).get('sessions')).status).toBe(200);
    expect((await refresh(session)).status).toBe(200);
    expect((await logIn(email)).status).toBe(401);
    expect((await logIn(email, NEW)).status).toBe(200);
    expect(await eventsOf(`account-${id}`)).toEqual(expect.arrayContaining(['PasswordChanged', 'SessionsRevoked']));
  });

  it('is reset by a link that works once and ends every session', async () => {
    const { email, session } = await joined();
    expect(await post('password-resets', { login: email })).toMatchObject({ status: 202, body: { requested: true } });
    const [token] = await linksTo(email);
    const complete = (more: object = {}) => post('password-resets/complete', { token, password: NEW, ...more });
    expect((await complete({ password: 'short' })).status).toBe(400);
    const answers = await Promise.all([complete(), complete(), complete()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 400, 400]);
    expect((await complete()).body.code).toBe('link-dead');
    expect((await as(session).get('sessions')).status).toBe(401);
    expect((await refresh(session)).status).toBe(401);
    expect((await logIn(email)).status).toBe(401);
    expect((await logIn(email, NEW)).status).toBe(200);
  });

  it('is reset within the hour, by the last link only', async () => {
    const { email } = await joined();
    await post('password-resets', { login: email });
    const [first] = await linksTo(email);
    pass(3 * MINUTE);
    await post('password-resets', { login: email });
    const second = (await linksTo(email)).find((token) => token !== first);
    expect((await post('password-resets/complete', { token: first, password: NEW })).status).toBe(400);
    pass(60 * MINUTE);
    expect((await post('password-resets/complete', { token: second, password: NEW })).status).toBe(400);
  });

  it('that is asked to be reset tells nobody whether there is such an account', async () => {
    const { email } = await joined();
    const [known, unknown] = [
      await post('password-resets', { login: email }),
      await post('password-resets', { login: newcomer() }),
    ];
    expect(unknown.body).toEqual(known.body);
    expect(unknown.status).toBe(known.status);
    expect(Object.keys(unknown.headers)).toEqual(Object.keys(known.headers));
    for (let i = 0; i < 2; i++) await post('password-resets', { login: email });
    expect((await post('password-resets', { login: email })).status).toBe(429);
  });

  it('is in no link of the ledger: the mail’s secret is nowhere in it', async () => {
    const { email } = await joined();
    await post('password-resets', { login: email });
    const [token] = await linksTo(email);
    expect(JSON.stringify(await embedded.system.ledger.readAll())).not.toContain(token);
  });

  it('is needed for another address, to which links are mailed', async () => {
    const { session } = await joined();
    const email = newcomer();
    expect((await as(session).post('accounts/correct', { email })).body.code).toBe('wrong-password');
    expect((await as(session).post('accounts/correct', { name: 'Rahima Begum' })).status).toBe(202);
    const changed = await as(session).post('accounts/correct', { email, password: PASSWORD });
    expect((await as(session).get(`me?minPosition=${changed.body.position}`)).body).toMatchObject({
      email,
      name: 'Rahima Begum',
    });
  });
});

describe('staff', () => {
  const HOSPITAL = idOf('green');
  let platform: Person;
  let administrator: Person;
  const invite = (by: Person, email: string, role: string, hospitalId?: string) =>
    by.post('invitations', { email, role, ...(hospitalId && { hospitalId }) });
  const accept = (token: string | undefined, more: object = {}) =>
    post('invitations/accept', { token, name: 'Karim Uddin', password: PASSWORD, ...more });

  beforeAll(async () => {
    platform = await embedded.person('platform', { role: 'hospitalAdministrator' });
    administrator = await embedded.person('administrator', { role: 'hospitalAdministrator', hospitalId: HOSPITAL });
  });

  it('begins with a first administrator, whose link is shown once and works once', async () => {
    const { doors } = embedded.system;
    const dead = await doors.inviteFirstAdministrator(embedded.caller('first start'));
    const token = await doors.inviteFirstAdministrator(embedded.caller('second start'));
    expect((await accept(dead, { email: newcomer() })).body.code).toBe('link-dead');
    expect((await accept(token)).body.code).toBe('email-needed');
    const email = newcomer();
    expect((await accept(token, { email })).status).toBe(202);
    expect((await accept(token, { email: newcomer() })).body.code).toBe('link-dead');
    expect(await doors.inviteFirstAdministrator(embedded.caller('third start'))).toBeUndefined();
    const first = as(await logIn(email));
    expect((await invite(first, newcomer(), 'hospitalAdministrator', HOSPITAL)).status).toBe(202);
    expect((await invite(first, newcomer(), 'complianceOfficer')).status).toBe(202);
  });

  it('comes by invitation of an administrator of the hospital', async () => {
    const email = newcomer();
    const invited = await invite(administrator, email, 'pharmacist', HOSPITAL);
    expect(invited.status).toBe(202);
    const [token] = await linksTo(email);
    const joinedStaff = await accept(token);
    expect(joinedStaff.status).toBe(202);
    await embedded.settled();
    expect((await as(await logIn(email)).get('me')).body).toMatchObject({
      email,
      roles: [{ role: 'pharmacist', hospitalId: HOSPITAL }],
    });
    const staff = await administrator.get(`hospitals/${HOSPITAL}/staff`);
    expect(staff.body.items).toContainEqual(
      expect.objectContaining({ role: 'pharmacist', person: { name: 'Karim Uddin', email } }),
    );
    const invitations = await administrator.get(`hospitals/${HOSPITAL}/invitations?status=accepted`);
    expect(invitations.body.items).toContainEqual(
      expect.objectContaining({ id: invited.body.id, acceptedBy: joinedStaff.body.id, mail: 'sent' }),
    );
  });

  it('is invited by nobody else', async () => {
    const stranger = await embedded.person('other administrator', {
      role: 'hospitalAdministrator',
      hospitalId: 'other',
    });
    const pharmacist = await embedded.person('pharmacist', { role: 'pharmacist', hospitalId: HOSPITAL });
    const patient = await embedded.person('patient', { role: 'patient' });
    const doctor = await embedded.person('doctor', { role: 'doctor' });
    for (const by of [stranger, pharmacist, patient, doctor])
      expect((await invite(by, newcomer(), 'pharmacist', HOSPITAL)).status).toBe(403);
    for (const role of ['complianceOfficer', 'hospitalAdministrator'])
      expect((await invite(administrator, newcomer(), role)).status).toBe(403);
    expect((await invite(administrator, newcomer(), 'complianceOfficer', HOSPITAL)).status).toBe(403);
    expect((await post('invitations', { email: newcomer(), role: 'pharmacist', hospitalId: HOSPITAL })).status).toBe(
      401,
    );
    for (const by of [stranger, patient, pharmacist])
      expect((await by.get(`hospitals/${HOSPITAL}/staff`)).status).toBe(403);
    for (const by of [patient, doctor])
      expect(
        (await by.post(`accounts/${by.id}/roles/grant`, { role: 'hospitalAdministrator', hospitalId: HOSPITAL }))
          .status,
      ).toBe(403);
  });

  it('who has an account already shows its password, and gets the role beside the others', async () => {
    const { email, id } = await joined();
    await invite(administrator, email, 'labWorker', HOSPITAL);
    const [token] = await linksTo(email);
    expect((await accept(token, { password: 'not the password' })).body.code).toBe('wrong-password');
    expect(await accept(token)).toMatchObject({ status: 202, body: { id } });
    await embedded.settled();
    expect((await as(await logIn(email)).get('me')).body.roles).toEqual([
      { role: 'patient' },
      { role: 'labWorker', hospitalId: HOSPITAL },
    ]);
  });

  it('is invited for seven days, and not when the invitation was withdrawn', async () => {
    const [late, unwanted] = [newcomer(), newcomer()];
    await invite(platform, late, 'pharmacist', HOSPITAL);
    const { body } = await invite(platform, unwanted, 'pharmacist', HOSPITAL);
    const [[lateToken], [unwantedToken]] = [await linksTo(late), await linksTo(unwanted)];
    await platform.post(`invitations/${body.id}/withdraw`);
    expect((await accept(unwantedToken)).body.code).toBe('invitation-closed');
    pass(7 * DAY);
    expect((await accept(lateToken)).body.code).toBe('link-dead');
    expect((await logIn(late)).status).toBe(401);
  });

  it('that loses a role loses it at once, also with the token it has', async () => {
    platform = as(await logIn('platform@healthstack.example'));
    const gone = await embedded.person('gone', { role: 'pharmacist', hospitalId: HOSPITAL }, { role: 'patient' });
    const session = await logIn('gone@healthstack.example');
    expect((await as(session).get('me')).status).toBe(200);
    const role = { role: 'pharmacist', hospitalId: HOSPITAL };
    expect((await platform.post(`accounts/${gone.id}/roles/revoke`, role)).status).toBe(202);
    expect((await as(session).get('me')).status).toBe(401);
    expect((await gone.get('me')).status).toBe(401);
    const renewed = await refresh(session);
    await embedded.settled();
    expect((await as(renewed).get('me')).body.roles).toEqual([{ role: 'patient' }]);
  });
});

describe('a program', () => {
  it('gets a token from an administrator of the platform, and loses it with its role', async () => {
    const platform = await embedded.person('platform of programs', { role: 'hospitalAdministrator' });
    const hospital = await embedded.person('hospital of programs', { role: 'hospitalAdministrator', hospitalId: 'h' });
    expect((await hospital.post('service-accounts', { name: 'Warehouse' })).status).toBe(403);
    const opened = await platform.post('service-accounts', { name: 'Warehouse' });
    expect(opened).toMatchObject({ status: 202, body: { expiresIn: 90 * 24 * 60 * 60 } });
    const program = embedded.as(opened.body.id, opened.body.accessToken);
    // It reads the feed, and has no page of its own.
    expect((await program.get('me')).status).toBe(403);
    pass(89 * DAY);
    expect((await program.get('me')).status).toBe(403);
    const again = as(await logIn('platform of programs@healthstack.example'));
    await again.post(`accounts/${opened.body.id}/roles/revoke`, { role: 'consumer' });
    expect((await program.get('me')).status).toBe(401);
  });
});

it('the keys that verify are public, and no secret is among them', async () => {
  const { status, body, headers } = await embedded.request('GET', '/.well-known/jwks.json');
  expect(status).toBe(200);
  expect(headers['cache-control']).toBe('public, max-age=300');
  expect(body.keys.length).toBeGreaterThan(0);
  for (const key of body.keys) {
    expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    expect(key).not.toHaveProperty('d');
  }
});
