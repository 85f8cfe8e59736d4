import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { asItWas, event } from '../kernel/event.js';
import { identity } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { Id, Instant, Line } from '../kernel/types.js';
import { Language } from '../kernel/wording.js';
import type { Invitation } from './invitation.js';
import { Email, MailOutcome } from './mail.js';
import { ensureMayChange, holds, isProcess, OpenRole, RoleHeld } from './roles.js';

// One stream per account: who a person is, which parts it plays, when it came and went. No password and no token is in
// it, nor anything made of them: those lie in the vault.

/** NIST SP 800-63B allows a hundred wrong passwords in a row at most. */
const FAILURES_MAX = 100;
const RESET_PAUSE_MS = 2 * 60_000;
export const SESSIONS_MAX = 20;
const ROLES_MAX = 100;

// Commands

/** An address, or a name that another system gave out. */
export const Login = z
  .string()
  .transform((text) => text.normalize('NFC').trim())
  .pipe(z.string().min(1).max(254));

const SessionEnd = z.enum(['loggedOut', 'endedByOwner', 'tooMany', 'refreshReused']);

/** In which a person wants to be written to. */
const language = Language.optional();

const Person = z.strictObject({
  login: identity(Login),
  email: identity(Email).optional(),
  name: identity(Line(200)),
  language,
});

export const commands = {
  RegisterAccount: Person.extend({ roles: z.array(RoleHeld).max(ROLES_MAX) }),
  TakeUpInvitation: Person.extend({ invitationId: Id }),
  OpenServiceAccount: z.strictObject({ name: Line(200) }),
  CorrectAccount: z.strictObject({ email: identity(Email).optional(), name: identity(Line(200)).optional(), language }),
  GrantRole: z.strictObject(RoleHeld.shape),
  RevokeRole: z.strictObject(RoleHeld.shape),
  RecordLogIn: z.strictObject({
    sessionId: Id,
    method: z.enum(['password', 'serviceToken']),
    device: identity(z.string().max(300)).optional(),
    expiresAt: Instant,
  }),
  RecordFailedLogIn: z.strictObject({ reason: z.enum(['wrongPassword', 'wrongOldPassword']) }),
  EndSession: z.strictObject({ sessionId: Id, reason: SessionEnd }),
  RecordRefreshReuse: z.strictObject({ sessionId: Id }),
  ChangePassword: z.strictObject({ keepSession: Id.describe('The session in which it is changed goes on.') }),
  RequestPasswordReset: z.strictObject({}),
  RecordPasswordResetMail: z.strictObject({ outcome: MailOutcome }),
  CompletePasswordReset: z.strictObject({}),
};

// Events

const Of = z.object({ accountId: Id, at: Instant });

export const events = {
  AccountRegistered: event(
    Of.extend({
      login: identity(z.string()),
      email: identity(z.string()).optional(),
      name: identity(z.string()),
      language,
    }),
    asItWas,
  ),
  AccountCorrected: event(
    Of.extend({ email: identity(z.string()).optional(), name: identity(z.string()).optional(), language }),
    asItWas,
  ),
  RoleGranted: event(Of.extend({ ...RoleHeld.shape, invitationId: Id.optional() })),
  RoleRevoked: event(Of.extend(RoleHeld.shape)),
  LoggedIn: event(
    Of.extend({
      sessionId: Id,
      method: z.enum(['password', 'serviceToken']),
      /** What the program called itself. */
      device: identity(z.string()).optional(),
      expiresAt: Instant,
    }),
  ),
  LoginFailed: event(Of.extend({ reason: z.enum(['wrongPassword', 'wrongOldPassword']) })),
  AccountLocked: event(Of.extend({ failures: z.int() })),
  AccountUnlocked: event(Of),
  SessionEnded: event(Of.extend({ sessionId: Id, reason: SessionEnd })),
  /** All sessions but one. */
  SessionsRevoked: event(Of.extend({ except: Id.optional(), reason: z.enum(['passwordChanged', 'passwordReset']) })),
  /** A refresh token came a second time: somebody has a copy. */
  RefreshReused: event(Of.extend({ sessionId: Id })),
  PasswordChanged: event(Of),
  PasswordResetRequested: event(Of),
  PasswordResetMailed: event(Of.extend({ outcome: MailOutcome })),
  PasswordReset: event(Of),
};

// State

export interface Account {
  readonly registered: boolean;
  readonly login?: string;
  readonly email?: string;
  readonly name?: string;
  readonly language?: Language;
  readonly roles: readonly RoleHeld[];
  /** Open ones by id, the oldest first; an expired one leaves when another begins. */
  readonly sessions: Readonly<Record<string, { readonly expiresAt: string }>>;
  /** Wrong passwords in a row. */
  readonly failures: number;
  readonly locked: boolean;
  readonly resetRequestedAt?: string;
}

export interface AccountFacts {
  /** What the actor may do. */
  readonly actorRoles: readonly RoleHeld[];
  readonly invitation?: Invitation | undefined;
}

const without = (sessions: Account['sessions'], gone: (id: string, expiresAt: string) => boolean) =>
  Object.fromEntries(Object.entries(sessions).filter(([id, { expiresAt }]) => !gone(id, expiresAt)));

/** The open session that began first, once there are as many as there may be. */
export const sessionTooMany = ({ sessions }: Account, at: string): string | undefined => {
  const open = Object.keys(without(sessions, (_, expiresAt) => expiresAt <= at));
  return open.length >= SESSIONS_MAX ? open[0] : undefined;
};

// Rules

const ensureRegistered = (account: Account): void => {
  if (!account.registered) reject('account-unknown', 'There is no such account.', 'missing');
};

const registered = (accountId: string, at: string, { login, email, name, language }: z.output<typeof Person>) => ({
  type: 'AccountRegistered' as const,
  data: { accountId, at, login, ...(email !== undefined && { email }), name, ...(language && { language }) },
});

const granted = (accountId: string, at: string, { role, hospitalId }: RoleHeld, invitationId?: string) => ({
  type: 'RoleGranted' as const,
  data: { accountId, at, role, ...(hospitalId !== undefined && { hospitalId }), ...(invitationId && { invitationId }) },
});

const revoked = (data: z.input<typeof events.SessionsRevoked.schema>) => ({ type: 'SessionsRevoked' as const, data });

export const account = decider<Account, AccountFacts | undefined>()({
  category: 'account',
  commands,
  events,
  initial: { registered: false, roles: [], sessions: {}, failures: 0, locked: false },

  parties: ({ roles }, { hospitalId }, { id }) => ({
    accountId: id,
    ...(hospitalId !== undefined && { hospitalId }),
    // What a patient's account goes through belongs to what happened to the patient.
    ...(roles.some(({ role }) => role === 'patient') && { patientId: id }),
  }),

  decide: {
    RegisterAccount({ registered: already }, { roles, ...person }, { id, at, actor }) {
      if (already) reject('account-registered', 'This account is registered already.');
      const open = roles.length === 1 && OpenRole.safeParse(roles[0]!.role).success && !roles[0]!.hospitalId;
      if (!open && !isProcess(actor))
        reject('invitation-only', 'Staff are invited by an administrator.', 'forbidden', 'role');
      return [registered(id, at, person), ...roles.map((role) => granted(id, at, role))];
    },
    TakeUpInvitation(account, { invitationId, ...person }, { id, at, facts }) {
      const invitation = facts?.invitation;
      if (invitation?.status === 'accepted' && invitation.accountId === id) return [];
      if (invitation?.status !== 'open' || invitation.expiresAt <= at)
        return reject('invitation-closed', 'This invitation has expired or was used already.');
      const { role, hospitalId } = invitation;
      return [
        ...(account.registered ? [] : [registered(id, at, person)]),
        ...(holds(account.roles, { role, hospitalId }) ? [] : [granted(id, at, { role, hospitalId }, invitationId)]),
      ];
    },
    OpenServiceAccount({ registered: already }, { name }, { id, at, actor, facts }) {
      ensureMayChange(id, actor, facts?.actorRoles ?? [], { role: 'consumer' });
      if (already) return [];
      return [registered(id, at, { login: `service:${id}`, name }), granted(id, at, { role: 'consumer' })];
    },
    CorrectAccount(account, { email, name, language }, { id, at }) {
      ensureRegistered(account);
      const change = {
        ...(email !== undefined && email !== account.email && { email }),
        ...(name !== undefined && name !== account.name && { name }),
        ...(language !== undefined && language !== account.language && { language }),
      };
      return Object.keys(change).length > 0
        ? [{ type: 'AccountCorrected', data: { accountId: id, at, ...change } }]
        : [];
    },
    GrantRole(account, wanted, { id, at, actor, facts }) {
      ensureRegistered(account);
      ensureMayChange(id, actor, facts?.actorRoles ?? [], wanted);
      if (holds(account.roles, wanted)) return [];
      if (account.roles.length >= ROLES_MAX) reject('too-many-roles', 'The account has too many roles.');
      return [granted(id, at, wanted)];
    },
    RevokeRole(account, { role, hospitalId }, { id, at, actor, facts }) {
      ensureRegistered(account);
      ensureMayChange(id, actor, facts?.actorRoles ?? [], { role, hospitalId });
      if (!holds(account.roles, { role, hospitalId })) return [];
      // Whoever takes it back stays behind with it, so that a hospital keeps an administrator.
      if (role === 'hospitalAdministrator' && actor.id === id)
        reject('own-role', 'Another administrator has to take back your role.', 'conflict', 'role');
      return [
        { type: 'RoleRevoked', data: { accountId: id, at, role, ...(hospitalId !== undefined && { hospitalId }) } },
      ];
    },
    RecordLogIn(account, { sessionId, method, device, expiresAt }, { id, at }) {
      ensureRegistered(account);
      if (account.locked) reject('account-locked', 'The account is locked.', 'forbidden');
      if (account.sessions[sessionId]) return [];
      const data = { accountId: id, at, sessionId, method, ...(device !== undefined && { device }), expiresAt };
      return [{ type: 'LoggedIn', data }];
    },
    RecordFailedLogIn(account, { reason }, { id, at }) {
      // A locked account needs no more of them, so that nobody can make its stream grow.
      if (!account.registered || account.locked) return [];
      const failures = account.failures + 1;
      const of = { accountId: id, at };
      return [
        { type: 'LoginFailed', data: { ...of, reason } },
        ...(failures >= FAILURES_MAX ? [{ type: 'AccountLocked' as const, data: { ...of, failures } }] : []),
      ];
    },
    EndSession(account, { sessionId, reason }, { id, at }) {
      return account.sessions[sessionId]
        ? [{ type: 'SessionEnded', data: { accountId: id, at, sessionId, reason } }]
        : [];
    },
    RecordRefreshReuse(account, { sessionId }, { id, at }) {
      if (!account.sessions[sessionId]) return [];
      const of = { accountId: id, at, sessionId };
      return [
        { type: 'RefreshReused', data: of } as const,
        { type: 'SessionEnded', data: { ...of, reason: 'refreshReused' } } as const,
      ];
    },
    ChangePassword(account, { keepSession }, { id, at }) {
      ensureRegistered(account);
      return [
        { type: 'PasswordChanged', data: { accountId: id, at } },
        revoked({ accountId: id, at, except: keepSession, reason: 'passwordChanged' }),
      ];
    },
    RequestPasswordReset({ registered: known, email, resetRequestedAt }, _, { id, at }) {
      if (!known || email === undefined) return [];
      const since = resetRequestedAt === undefined ? Infinity : Date.parse(at) - Date.parse(resetRequestedAt);
      return since < RESET_PAUSE_MS ? [] : [{ type: 'PasswordResetRequested', data: { accountId: id, at } }];
    },
    RecordPasswordResetMail(_, { outcome }, { id, at }) {
      return [{ type: 'PasswordResetMailed', data: { accountId: id, at, outcome } }];
    },
    CompletePasswordReset(account, _, { id, at }) {
      ensureRegistered(account);
      const unlocked = { type: 'AccountUnlocked' as const, data: { accountId: id, at } };
      return [
        { type: 'PasswordReset', data: { accountId: id, at } },
        revoked({ accountId: id, at, reason: 'passwordReset' }),
        ...(account.locked ? [unlocked] : []),
      ];
    },
  },

  evolve: {
    AccountRegistered: (account, { login, email, name, language }) => ({
      ...account,
      registered: true,
      login,
      ...(email !== undefined && { email }),
      name,
      ...(language !== undefined && { language }),
    }),
    AccountCorrected: (account, { email, name, language }) => ({
      ...account,
      ...(email !== undefined && { email }),
      ...(name !== undefined && { name }),
      ...(language !== undefined && { language }),
    }),
    RoleGranted: (account, { role, hospitalId }) => ({
      ...account,
      roles: [...account.roles, { role, ...(hospitalId !== undefined && { hospitalId }) }],
    }),
    RoleRevoked: (account, taken) => ({
      ...account,
      roles: account.roles.filter((held) => !holds([held], taken)),
    }),
    LoggedIn: (account, { sessionId, expiresAt, at }) => ({
      ...account,
      sessions: { ...without(account.sessions, (_, expiry) => expiry <= at), [sessionId]: { expiresAt } },
      failures: 0,
    }),
    LoginFailed: (account) => ({ ...account, failures: account.failures + 1 }),
    AccountLocked: (account) => ({ ...account, locked: true }),
    AccountUnlocked: (account) => ({ ...account, locked: false, failures: 0 }),
    SessionEnded: (account, { sessionId }) => ({
      ...account,
      sessions: without(account.sessions, (id) => id === sessionId),
    }),
    SessionsRevoked: (account, { except }) => ({
      ...account,
      sessions: without(account.sessions, (id) => id !== except),
    }),
    RefreshReused: (account) => account,
    PasswordChanged: (account) => ({ ...account, failures: 0 }),
    PasswordResetRequested: (account, { at }) => ({ ...account, resetRequestedAt: at }),
    PasswordResetMailed: (account) => account,
    PasswordReset: (account) => ({ ...account, failures: 0 }),
  },
});
