import { accounts } from '../../../projections/identity/accounts.js';
import { invitations } from '../../../projections/identity/invitations.js';
import { openSessions } from '../../../projections/identity/open-sessions.js';
import { staff } from '../../../projections/identity/staff.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const of = { accountId: 'a', at: NOW };
const stream = 'account-a';
const registered = {
  type: 'AccountRegistered',
  data: { ...of, login: 'a@example.org', email: 'a@example.org', name: 'Anika' },
  stream,
} as const;
const granted = (role: 'patient' | 'pharmacist', hospitalId?: string) =>
  ({ type: 'RoleGranted', data: { ...of, role, ...(hospitalId && { hospitalId }) }, stream }) as const;
const revoked = (role: 'patient' | 'pharmacist', hospitalId?: string) =>
  ({ type: 'RoleRevoked', data: { ...of, role, ...(hospitalId && { hospitalId }) }, stream }) as const;

test('an account shows who it is and which roles it has', () => {
  const shown = project(
    accounts,
    registered,
    granted('patient'),
    granted('pharmacist', 'h'),
    granted('pharmacist', 'other'),
    revoked('pharmacist', 'h'),
    { type: 'AccountCorrected', data: { ...of, name: 'Anika Rahman' }, stream },
    { type: 'AccountLocked', data: { ...of, failures: 100 }, stream },
    { type: 'AccountUnlocked', data: of, stream },
  );
  expect(shown).toEqual({
    a: {
      accountId: 'a',
      login: 'a@example.org',
      email: 'a@example.org',
      name: 'Anika Rahman',
      roles: [{ role: 'patient' }, { role: 'pharmacist', hospitalId: 'other' }],
      locked: false,
      registeredAt: NOW,
      revision: 7,
    },
  });
  expect(accounts.parties(shown.a!)).toEqual({ accountId: 'a', patientId: 'a' });
});

test('facts about an account of which nothing is known make no half of it', () => {
  expect(
    project(accounts, granted('patient'), { type: 'AccountLocked', data: { ...of, failures: 1 }, stream }),
  ).toEqual({});
  const ended = { type: 'SessionEnded', data: { ...of, sessionId: 's', reason: 'loggedOut' }, stream } as const;
  expect(project(openSessions, ended)).toEqual({});
  expect(project(invitations, { type: 'InvitationWithdrawn', data: { invitationId: 'i', at: NOW }, stream })).toEqual(
    {},
  );
});

const loggedIn = (sessionId: string, at = NOW, expiresAt = '2030-01-08T08:00:00.000Z') =>
  ({ type: 'LoggedIn', data: { accountId: 'a', at, sessionId, method: 'password', expiresAt }, stream }) as const;
const idsOf = (shown: ReturnType<typeof project<typeof openSessions.from, object>>) =>
  (shown.a as { sessions: { sessionId: string }[] }).sessions.map(({ sessionId }) => sessionId);

test('sessions are shown until they end, expire or are revoked', () => {
  const past = [loggedIn('s'), loggedIn('t'), loggedIn('u')];
  const ended = { type: 'SessionEnded', data: { ...of, sessionId: 's', reason: 'loggedOut' }, stream } as const;
  expect(idsOf(project(openSessions, ...past, ended))).toEqual(['t', 'u']);
  const others = { type: 'SessionsRevoked', data: { ...of, except: 't', reason: 'passwordChanged' }, stream } as const;
  expect(idsOf(project(openSessions, ...past, others))).toEqual(['t']);
  const all = { type: 'SessionsRevoked', data: { ...of, reason: 'passwordReset' }, stream } as const;
  expect(idsOf(project(openSessions, ...past, all))).toEqual([]);
  const weekLater = loggedIn('v', '2030-01-08T08:00:00.000Z', '2030-01-15T08:00:00.000Z');
  expect(idsOf(project(openSessions, ...past, weekLater))).toEqual(['v']);
});

test('staff is who has a role of staff at a hospital', () => {
  const past = [granted('patient'), granted('pharmacist', 'h'), granted('pharmacist', 'other')];
  expect(project(staff, ...past, revoked('pharmacist', 'other'))).toEqual({
    h_pharmacist_a: { hospitalId: 'h', accountId: 'a', role: 'pharmacist', since: NOW },
  });
});

test('an invitation shows what became of it', () => {
  const about = { invitationId: 'i', hospitalId: 'h', at: NOW };
  const offer = {
    email: 'k@example.org',
    role: 'labWorker',
    invitedBy: 'a',
    expiresAt: '2030-01-08T08:00:00.000Z',
  } as const;
  const invited = { type: 'StaffInvited', data: { ...about, ...offer }, stream: 'invitation-i' } as const;
  const mailed = { type: 'InvitationMailed', data: { ...about, outcome: 'sent' }, stream: 'invitation-i' } as const;
  const accepted = {
    type: 'InvitationAccepted',
    data: { ...about, role: 'labWorker', accountId: 'k' },
    stream: 'invitation-i',
  } as const;
  const { at: invitedAt, ...rest } = about;
  const shown = { ...rest, ...offer, invitedAt };
  expect(project(invitations, invited)).toEqual({ i: { ...shown, status: 'open', revision: 0 } });
  expect(project(invitations, invited, mailed, accepted)).toEqual({
    i: { ...shown, status: 'accepted', mail: 'sent', acceptedBy: 'k', revision: 2 },
  });
});
