import fc from 'fast-check';
import { account, type AccountFacts, sessionTooMany, SESSIONS_MAX } from '../../../domain/identity/account.js';
import type { Invitation } from '../../../domain/identity/invitation.js';
import type { RoleHeld } from '../../../domain/identity/roles.js';
import { type CommandOf, fold } from '../../../domain/kernel/decider.js';
import type { Role } from '../../../domain/kernel/envelope.js';
import type { EventOf } from '../../../domain/kernel/event.js';
import { markedPaths } from '../../../domain/kernel/phi.js';
import { NOW, spec } from '../../kernel/spec.js';

type Happened = EventOf<typeof account.events>;

const ID = 'rahima';
const of = { accountId: ID, at: NOW };
const LATER = '2030-01-08T08:00:00.000Z';
const registered: Happened = {
  type: 'AccountRegistered',
  data: { ...of, login: 'rahima@example.org', email: 'rahima@example.org', name: 'Rahima Khatun' },
};
const granted = (role: Role, hospitalId?: string): Happened => ({
  type: 'RoleGranted',
  data: { ...of, role, ...(hospitalId && { hospitalId }) },
});
const loggedIn = (sessionId: string, expiresAt = LATER, at = NOW): Happened => ({
  type: 'LoggedIn',
  data: { accountId: ID, at, sessionId, method: 'password', expiresAt },
});
const failed: Happened = { type: 'LoginFailed', data: { ...of, reason: 'wrongPassword' } };

const given = spec(account, ID);
const by = (role: Role, ...roles: RoleHeld[]) => ({
  actor: { id: `some-${role}`, role },
  facts: { actorRoles: roles } satisfies AccountFacts,
});
const ADMIN = 'hospitalAdministrator' as const;
const adminOf = (hospitalId?: string) => by(ADMIN, { role: ADMIN, hospitalId });
const self = (role: Role) => ({ actor: { id: ID, role }, facts: { actorRoles: [{ role }] } });

describe('registering', () => {
  const register = (...roles: RoleHeld[]): CommandOf<typeof account.commands> => ({
    type: 'RegisterAccount',
    data: { login: ' rahima@example.org ', email: 'rahima@example.org', name: ' Rahima Khatun ', roles },
  });

  it.each(['patient', 'doctor'] as const)('is open to a %s', (role) =>
    given().when(register({ role }), self(role)).then(registered, granted(role)),
  );

  // N3: in the original everybody could make himself an administrator.
  it.each<[RoleHeld[]]>([
    [[{ role: ADMIN }]],
    [[{ role: ADMIN, hospitalId: 'h' }]],
    [[{ role: 'pharmacist', hospitalId: 'h' }]],
    [[{ role: 'labWorker', hospitalId: 'h' }]],
    [[{ role: 'complianceOfficer' }]],
    [[{ role: 'system' }]],
    [[{ role: 'consumer' }]],
    [[{ role: 'doctor', hospitalId: 'h' }]],
    [[{ role: 'patient' }, { role: ADMIN }]],
    [[]],
  ])('is not open to %j', (roles) => {
    given()
      .when(register(...roles), self('patient'))
      .rejects('invitation-only');
    given()
      .when(register(...roles), { actor: { id: 'anonymous', role: 'system' } })
      .rejects('invitation-only');
  });

  it('of what another system knew brings all its roles', () =>
    given()
      .when(register({ role: 'patient' }, { role: 'pharmacist', hospitalId: 'h' }))
      .then(registered, granted('patient'), granted('pharmacist', 'h')));

  it('happens once', () =>
    given(registered)
      .when(register({ role: 'patient' }), self('patient'))
      .rejects('account-registered'));

  it('marks who somebody is', () =>
    expect(markedPaths(account.events.AccountRegistered.schema).map(({ path }) => path)).toEqual([
      'login',
      'email',
      'name',
    ]));
});

describe('taking up an invitation', () => {
  const open: Invitation = { status: 'open', role: 'pharmacist', hospitalId: 'h', expiresAt: LATER };
  const takeUp: CommandOf<typeof account.commands> = {
    type: 'TakeUpInvitation',
    data: { invitationId: 'i', login: 'rahima@example.org', email: 'rahima@example.org', name: 'Rahima Khatun' },
  };
  const invited = (invitation: Invitation, at = NOW) => ({ at, facts: { actorRoles: [], invitation } });
  const appointed: Happened = {
    type: 'RoleGranted',
    data: { ...of, role: 'pharmacist', hospitalId: 'h', invitationId: 'i' },
  };

  it('opens an account with the role that was offered', () =>
    given().when(takeUp, invited(open)).then(registered, appointed));
  it('gives an account that exists the role', () =>
    given(registered, granted('patient')).when(takeUp, invited(open)).then(appointed));
  it('gives no role twice', () => given(registered, appointed).when(takeUp, invited(open)).then());
  it('is done when it was done', () =>
    given(registered)
      .when(takeUp, invited({ ...open, status: 'accepted', accountId: ID }))
      .then());

  it.each<[string, Invitation, string]>([
    ['there is none', { status: 'none' }, NOW],
    ['it was withdrawn', { ...open, status: 'withdrawn' }, NOW],
    ['somebody else accepted it', { ...open, status: 'accepted', accountId: 'karim' }, NOW],
    ['it has expired', open, LATER],
  ])('is refused when %s', (_, invitation, at) =>
    given().when(takeUp, invited(invitation, at)).rejects('invitation-closed'),
  );
});

describe('roles', () => {
  const grant = (role: Role, hospitalId?: string): CommandOf<typeof account.commands> => ({
    type: 'GrantRole',
    data: { role, hospitalId },
  });
  const revoke = (role: Role, hospitalId?: string): CommandOf<typeof account.commands> => ({
    type: 'RevokeRole',
    data: { role, hospitalId },
  });
  const allowed: [string, Role, string | undefined, ReturnType<typeof by>][] = [
    ['an administrator of the hospital makes a pharmacist', 'pharmacist', 'h', adminOf('h')],
    ['an administrator of the hospital makes a lab worker', 'labWorker', 'h', adminOf('h')],
    ['an administrator of the hospital makes another one', ADMIN, 'h', adminOf('h')],
    ['an administrator of the platform makes a first administrator', ADMIN, 'h', adminOf()],
    ['an administrator of the platform makes another one', ADMIN, undefined, adminOf()],
    ['an administrator of the platform makes a compliance officer', 'complianceOfficer', undefined, adminOf()],
    ['a person becomes a patient', 'patient', undefined, self('doctor')],
    ['a person becomes a doctor', 'doctor', undefined, self('patient')],
    ['an administrator of the platform lets a program read', 'consumer', undefined, adminOf()],
  ];
  const forbidden: [string, Role, string | undefined, ReturnType<typeof by>][] = [
    ['an administrator of another hospital', 'pharmacist', 'h', adminOf('other')],
    ['a hospital’s administrator, a compliance officer', 'complianceOfficer', 'h', adminOf('h')],
    ['a hospital’s administrator, one of the platform', ADMIN, undefined, adminOf('h')],
    ['a pharmacist', 'pharmacist', 'h', by('pharmacist', { role: 'pharmacist', hospitalId: 'h' })],
    ['a doctor himself', ADMIN, 'h', self('doctor')],
    ['a patient himself', 'pharmacist', 'h', self('patient')],
    ['nobody we know', ADMIN, 'h', { actor: { id: 'anonymous', role: 'system' }, facts: { actorRoles: [] } }],
    ['an administrator, what is a person’s own choice', 'patient', undefined, adminOf()],
    ['a hospital’s administrator, a program', 'consumer', undefined, adminOf('h')],
    ['an administrator of the platform, the part of our own processes', 'system', undefined, adminOf()],
  ];

  it.each(allowed)('%s', (_, role, hospitalId, known) => {
    given(registered).when(grant(role, hospitalId), known).then(granted(role, hospitalId));
    given(registered, granted(role, hospitalId)).when(grant(role, hospitalId), known).then();
    given(registered, granted(role, hospitalId))
      .when(revoke(role, hospitalId), known)
      .then({ type: 'RoleRevoked', data: { ...of, role, ...(hospitalId && { hospitalId }) } });
    given(registered).when(revoke(role, hospitalId), known).then();
  });
  it.each(forbidden)('are not given or taken back by %s', (_, role, hospitalId, known) => {
    given(registered).when(grant(role, hospitalId), known).rejects('not-yours-to-give');
    given(registered, granted(role, hospitalId)).when(revoke(role, hospitalId), known).rejects('not-yours-to-give');
  });

  it('of pharmacists and lab workers name a hospital', () =>
    given(registered).when(grant('pharmacist'), adminOf()).rejects('hospital-needed'));
  it('are given to accounts that exist', () =>
    given().when(grant('pharmacist', 'h'), adminOf('h')).rejects('account-unknown'));
  it('of administrators are taken back by another one, so that one stays', () =>
    given(registered, granted(ADMIN, 'h'))
      .when(revoke(ADMIN, 'h'), {
        actor: { id: ID, role: ADMIN },
        facts: { actorRoles: [{ role: ADMIN, hospitalId: 'h' }] },
      })
      .rejects('own-role'));
  it('at one hospital are taken back at that one only', () => {
    const state = fold(account, [
      registered,
      granted('pharmacist', 'h'),
      granted('pharmacist', 'other'),
      { type: 'RoleRevoked', data: { ...of, role: 'pharmacist', hospitalId: 'h' } },
    ]);
    expect(state.roles).toEqual([{ role: 'pharmacist', hospitalId: 'other' }]);
  });
});

describe('logging in', () => {
  const logIn = (sessionId: string): CommandOf<typeof account.commands> => ({
    type: 'RecordLogIn',
    data: { sessionId, method: 'password', device: 'Firefox', expiresAt: LATER },
  });
  const fail: CommandOf<typeof account.commands> = { type: 'RecordFailedLogIn', data: { reason: 'wrongPassword' } };
  const locked: Happened = { type: 'AccountLocked', data: { ...of, failures: 100 } };

  it('is recorded with its session and device', () =>
    given(registered)
      .when(logIn('s'))
      .then({
        type: 'LoggedIn',
        data: { ...of, sessionId: 's', method: 'password', device: 'Firefox', expiresAt: LATER },
      }));
  it('is recorded once for a session', () => given(registered, loggedIn('s')).when(logIn('s')).then());
  it('needs an account', () => given().when(logIn('s')).rejects('account-unknown'));

  it('that failed is recorded', () => given(registered).when(fail).then(failed));
  it('that failed a hundred times in a row locks the account', () => {
    const before = Array.from({ length: 98 }, () => failed);
    given(registered, ...before)
      .when(fail)
      .then(failed);
    given(registered, ...before, failed)
      .when(fail)
      .then(failed, locked);
    given(registered, ...before, failed, loggedIn('s'))
      .when(fail)
      .then(failed);
  });
  it('is refused to a locked account, whose stream grows no more', () => {
    given(registered, locked).when(logIn('s')).rejects('account-locked');
    given(registered, locked).when(fail).then();
    given().when(fail).then();
  });
  it('with a new password opens a locked account', () =>
    given(registered, locked)
      .when({ type: 'CompletePasswordReset', data: {} })
      .then(
        { type: 'PasswordReset', data: of },
        { type: 'SessionsRevoked', data: { ...of, reason: 'passwordReset' } },
        { type: 'AccountUnlocked', data: of },
      ));
});

describe('sessions', () => {
  it('end once', () => {
    const end: CommandOf<typeof account.commands> = {
      type: 'EndSession',
      data: { sessionId: 's', reason: 'loggedOut' },
    };
    const ended: Happened = { type: 'SessionEnded', data: { ...of, sessionId: 's', reason: 'loggedOut' } };
    given(registered, loggedIn('s')).when(end).then(ended);
    given(registered, loggedIn('s'), ended).when(end).then();
    given(registered, loggedIn('t')).when(end).then();
  });

  it('end when a refresh token is used twice, and it is told', () => {
    const reuse: CommandOf<typeof account.commands> = { type: 'RecordRefreshReuse', data: { sessionId: 's' } };
    const told: Happened[] = [
      { type: 'RefreshReused', data: { ...of, sessionId: 's' } },
      { type: 'SessionEnded', data: { ...of, sessionId: 's', reason: 'refreshReused' } },
    ];
    given(registered, loggedIn('s'))
      .when(reuse)
      .then(...told);
    given(registered, loggedIn('s'), ...told)
      .when(reuse)
      .then();
  });

  it('but the one in which the password is changed end with it', () => {
    const changed: Happened[] = [
      { type: 'PasswordChanged', data: of },
      { type: 'SessionsRevoked', data: { ...of, except: 's', reason: 'passwordChanged' } },
    ];
    const past = [registered, loggedIn('s'), loggedIn('t'), loggedIn('u')];
    given(...past)
      .when({ type: 'ChangePassword', data: { keepSession: 's' } })
      .then(...changed);
    expect(Object.keys(fold(account, [...past, ...changed]).sessions)).toEqual(['s']);
  });

  it('are never more than allowed in the state, whatever the order of coming and going', () => {
    const minute = (n: number) => new Date(Date.parse(NOW) + n * 60_000).toISOString();
    fc.assert(
      fc.property(fc.array(fc.record({ pause: fc.integer({ min: 1, max: 5_000 }) }), { maxLength: 80 }), (comings) => {
        const happened: Happened[] = [registered];
        let clock = 0;
        for (const [i, { pause }] of comings.entries()) {
          clock += pause;
          const at = minute(clock);
          const tooMany = sessionTooMany(fold(account, happened), at);
          if (tooMany !== undefined)
            happened.push({ type: 'SessionEnded', data: { accountId: ID, at, sessionId: tooMany, reason: 'tooMany' } });
          happened.push(loggedIn(`s${i}`, minute(clock + 7 * 24 * 60), at));
          const { sessions } = fold(account, happened);
          expect(Object.keys(sessions).length).toBeLessThanOrEqual(SESSIONS_MAX);
          expect(Object.values(sessions).every(({ expiresAt }) => expiresAt > at)).toBe(true);
        }
      }),
    );
  });
});

describe('a forgotten password', () => {
  const ask: CommandOf<typeof account.commands> = { type: 'RequestPasswordReset', data: {} };
  const asked: Happened = { type: 'PasswordResetRequested', data: of };

  it('is asked for', () => given(registered).when(ask).then(asked));
  it('is asked for again after two minutes only', () => {
    given(registered, asked).when(ask, { at: '2030-01-01T08:01:59.999Z' }).then();
    const at = '2030-01-01T08:02:00.000Z';
    given(registered, asked)
      .when(ask, { at })
      .then({ type: 'PasswordResetRequested', data: { ...of, at } });
  });
  it('brings no mail where there is no account or no address', () => {
    given().when(ask).then();
    given({ type: 'AccountRegistered', data: { ...of, login: 'old name', name: 'Rahima' } })
      .when(ask)
      .then();
  });
  it('is told to have been mailed or not', () =>
    given(registered, asked)
      .when({ type: 'RecordPasswordResetMail', data: { outcome: 'refused' } })
      .then({ type: 'PasswordResetMailed', data: { ...of, outcome: 'refused' } }));
});

describe('a name or address', () => {
  const correct = (data: { name?: string; email?: string }): CommandOf<typeof account.commands> => ({
    type: 'CorrectAccount',
    data,
  });
  it('is corrected, the other stays', () => {
    const renamed: Happened = { type: 'AccountCorrected', data: { ...of, name: 'Rahima Begum' } };
    given(registered)
      .when(correct({ name: 'Rahima Begum' }))
      .then(renamed);
    expect(fold(account, [registered, renamed])).toMatchObject({ name: 'Rahima Begum', email: 'rahima@example.org' });
  });
  it('is left alone when it is right already', () =>
    given(registered)
      .when(correct({ name: 'Rahima Khatun', email: 'rahima@example.org' }))
      .then());
});

it('names the person whom it is about, the patient too', () => {
  const parties = (past: Happened[], data: object) =>
    account.parties(fold(account, past), data, { id: ID } as Parameters<typeof account.parties>[2]);
  expect(parties([registered, granted('patient')], {})).toEqual({ accountId: ID, patientId: ID });
  expect(parties([registered, granted('doctor')], { hospitalId: 'h' })).toEqual({ accountId: ID, hospitalId: 'h' });
});

describe('the language in which somebody is written to', () => {
  const chosen: Happened = { type: 'AccountCorrected', data: { ...of, language: 'ar' } };
  const correct = (language: 'en' | 'bn' | 'ar') => ({ type: 'CorrectAccount' as const, data: { language } });

  it('may be told when registering, and changed', () => {
    const data = { login: 'r@example.org', email: 'r@example.org', name: 'R', language: 'bn' as const, roles: [] };
    given()
      .when({ type: 'RegisterAccount', data }, { actor: { id: 'system', role: 'system' } })
      .then({
        type: 'AccountRegistered',
        data: { ...of, login: 'r@example.org', email: 'r@example.org', name: 'R', language: 'bn' },
      });
    given(registered).when(correct('ar')).then(chosen);
    given(registered, chosen).when(correct('ar')).then();
  });

  it('is known of nobody who did not say', () => {
    expect(fold(account, [registered]).language).toBeUndefined();
    expect(fold(account, [registered, chosen]).language).toBe('ar');
  });
});
