import { v5 as uuidv5 } from 'uuid';
import { account, sessionTooMany } from '../domain/identity/account.js';
import { invitation } from '../domain/identity/invitation.js';
import type { RoleHeld, StaffRole } from '../domain/identity/roles.js';
import type { Language } from '../domain/kernel/wording.js';
import { reject } from '../domain/kernel/rejection.js';
import { Doorkeeper, fresh, linkDead, proved, type Session, step, type Visitor } from './doorkeeper.js';
import { SERVICE_TOKEN_SECONDS, SESSION_SECONDS, Unauthenticated } from './kernel/access.js';
import type { Accepted, Caller } from './kernel/transact.js';

/** Whose request it is, by its access token. */
export interface Self {
  readonly accountId: string;
  readonly sessionId: string;
}

/** What people say of themselves when they come. */
export interface Named {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  /** In which they want to be written to. */
  readonly language?: Language | undefined;
}

/** A person that another system knows, or a simulation made up. */
export interface Admission {
  readonly accountId: string;
  readonly login: string;
  readonly email?: string | undefined;
  readonly name: string;
  readonly roles: readonly RoleHeld[];
  /** As the other system kept it; null when nobody can log in with it. */
  readonly passwordHash: string | null;
  /** The other system tells this login from another one by capitals only. */
  readonly twin?: boolean;
}

const ACCOUNT_IDS = '3f3c4d0e-0e5b-4a53-9a0c-5f4b7a1f8c21';
const REFRESH_GRACE_MS = 10_000;
const FIRST_ADMINISTRATOR_MS = 24 * 60 * 60 * 1000;

/**
 * How people come in and go: the vault keeps the secrets, the ledger what happened. Where the vault ends something it
 * does so before the ledger records it, so that a crash between the two leaves a door closed rather than open.
 */
export class Doors extends Doorkeeper {
  /** Patients and doctors register themselves. Their address is their login. */
  async register(
    { name, email, password, role, language }: Named & { readonly role: 'patient' | 'doctor' },
    visitor: Visitor,
  ): Promise<Accepted> {
    await this.use.throttle.take('register', undefined, visitor.address);
    const passwordHash = await this.hashNew(password, email);
    // Of the login, too: strangers who send the same Idempotency-Key do not meet in one account.
    const accountId = uuidv5(`${email.toLowerCase()}/${visitor.commandId}`, ACCOUNT_IDS);
    const caller = { ...visitor, actor: { id: accountId, role } };
    const person = { login: email, email, name, ...(language && { language }) };
    return this.admit({ accountId, ...person, roles: [{ role }], passwordHash }, caller);
  }

  /** Opens an account for somebody whose password was hashed before. */
  async admit({ accountId, passwordHash, twin, ...person }: Admission, caller: Caller): Promise<Accepted> {
    await this.takeLogin({ accountId, login: person.login, passwordHash, ...(twin && { twin }) });
    const data = { ...person, roles: [...person.roles] };
    return this.toAccount(accountId, { type: 'RegisterAccount', data }, proved(caller));
  }

  /** Throws Unauthenticated, with the same words and after the same work whatever was wrong. */
  async logIn(shown: { readonly login: string; readonly password: string }, visitor: Visitor): Promise<Session> {
    const { vault, passwords, load, newId } = this.use;
    const credential = await this.proves(shown, visitor);
    if (!credential) throw new Unauthenticated('log-in-refused', 'The login or the password is not right.');
    const { accountId, passwordHash, outdated } = credential;
    // Of two log-ins at once one replaces the hash; the other finds it replaced.
    if (outdated) await vault.replacePassword(accountId, passwordHash, await passwords.hash(shown.password));

    const caller = await this.as(accountId, visitor);
    const now = this.now();
    const tooMany = sessionTooMany(await load(account, accountId), new Date(now).toISOString());
    if (tooMany !== undefined) await this.endSession(accountId, tooMany, 'tooMany', fresh(caller, newId()));
    const expiresAt = now + SESSION_SECONDS * 1000;
    const session = await vault.openSession({ accountId, now, expiresAt });
    await this.recordLogIn(session.sessionId, 'password', expiresAt, caller, visitor.device);
    return this.sessionOf(accountId, session.refreshToken!, session);
  }

  /** Throws Unauthenticated. A token that comes back later than a moment after its first use ends its session. */
  async refresh(refreshToken: string, visitor: Visitor): Promise<Session> {
    const { vault, throttle, load, newId } = this.use;
    await throttle.take('refresh', undefined, visitor.address);
    const rotation = await vault.rotate(refreshToken, this.now(), REFRESH_GRACE_MS);
    if (rotation.outcome === 'rotated' && !(await load(account, rotation.accountId)).locked)
      return this.sessionOf(rotation.accountId, rotation.refreshToken, rotation);
    if (rotation.outcome === 'reused') {
      const { accountId, sessionId } = rotation;
      const caller = fresh(await this.as(accountId, visitor), newId());
      await this.toAccount(accountId, { type: 'RecordRefreshReuse', data: { sessionId } }, caller);
    }
    throw new Unauthenticated('session-over', 'This session is over. Log in again.');
  }

  /** Ends one of the account's own sessions. */
  async endSession(
    accountId: string,
    sessionId: string,
    reason: 'loggedOut' | 'endedByOwner' | 'tooMany',
    caller: Caller,
  ): Promise<Accepted> {
    const { sessions } = await this.use.load(account, accountId);
    if (sessions[sessionId]) await this.use.vault.endSession(sessionId);
    return this.toAccount(accountId, { type: 'EndSession', data: { sessionId, reason } }, caller);
  }

  /** Needs the old password; ends the account's other sessions. */
  async changePassword(
    { accountId, sessionId }: Self,
    { oldPassword, newPassword }: { readonly oldPassword: string; readonly newPassword: string },
    visitor: Visitor,
  ): Promise<Accepted> {
    const credential = await this.reauthenticate(accountId, oldPassword, 'oldPassword', visitor);
    await this.setPassword(credential, await this.hashNew(newPassword, credential.login), sessionId);
    return this.toAccount(accountId, { type: 'ChangePassword', data: { keepSession: sessionId } }, visitor);
  }

  /** Corrects a name or an address. Mails with new passwords go to the address, so that the password is needed for it. */
  async correct(accountId: string, { password, ...data }: Partial<Named>, visitor: Visitor): Promise<Accepted> {
    if (data.email !== undefined) await this.reauthenticate(accountId, password ?? '', 'password', visitor);
    return this.toAccount(accountId, { type: 'CorrectAccount', data }, visitor);
  }

  /** Tells nothing: whoever has an account with an address gets a mail. */
  async requestPasswordReset(login: string, visitor: Visitor): Promise<void> {
    const { vault, throttle, newId } = this.use;
    await throttle.take('reset', login.toLowerCase(), visitor.address);
    const credential = await vault.credential(login);
    if (!credential) return this.recordUnknown('passwordReset', visitor);
    const caller = fresh(await this.as(credential.accountId, visitor), newId());
    await this.toAccount(credential.accountId, { type: 'RequestPasswordReset', data: {} }, caller);
  }

  /** The link of the mail sets a new password once, and ends every session. */
  async completePasswordReset(
    { token, password }: { readonly token: string; readonly password: string },
    visitor: Visitor,
  ): Promise<Accepted> {
    const accountId = await this.peek('passwordReset', token, visitor);
    const credential = (await this.use.vault.credentialOf(accountId)) ?? linkDead();
    const hash = await this.hashNew(password, credential.login);
    await this.redeem('passwordReset', token, visitor.commandId);
    await this.setPassword(credential, hash);
    const caller = await this.as(accountId, visitor);
    return this.toAccount(accountId, { type: 'CompletePasswordReset', data: {} }, caller);
  }

  /** Invites somebody to be staff; the mail with the link follows. */
  invite(
    data: { readonly email: string; readonly role: StaffRole; readonly hospitalId?: string | undefined },
    caller: Caller,
  ): Promise<Accepted> {
    return this.toInvitation(uuidv5(caller.commandId, ACCOUNT_IDS), { type: 'InviteStaff', data }, caller);
  }

  withdraw(invitationId: string, caller: Caller): Promise<Accepted> {
    return this.toInvitation(invitationId, { type: 'WithdrawInvitation', data: {} }, caller);
  }

  /**
   * The secret of the first administrator's invitation, shown to whoever starts the system: every call gives a new one,
   * and the earlier ones stop to work. Undefined once it was accepted.
   */
  async inviteFirstAdministrator(caller: Caller): Promise<string | undefined> {
    const { vault, load, newId } = this.use;
    const subject = uuidv5('first administrator', ACCOUNT_IDS);
    await this.toInvitation(subject, { type: 'InviteStaff', data: { role: 'hospitalAdministrator' } }, caller);
    if ((await load(invitation, subject)).status !== 'open') return undefined;
    const expiresAt = this.now() + FIRST_ADMINISTRATOR_MS;
    return vault.issueOnce({ purpose: 'invitation', subject, nonce: newId(), expiresAt });
  }

  /** Whoever has the link becomes staff; somebody who has an account with that address already shows its password. */
  async acceptInvitation(
    {
      token,
      name,
      password,
      language,
      ...given
    }: Omit<Named, 'email'> & { readonly email?: string; readonly token: string },
    visitor: Visitor,
  ): Promise<Accepted> {
    const { vault, load } = this.use;
    const invitationId = await this.peek('invitation', token, visitor);
    const invited = await load(invitation, invitationId);
    if (invited.status === 'none') return linkDead();
    const email = invited.email ?? given.email ?? reject('email-needed', 'An address is needed.', 'invalid', 'email');

    const newAccountId = uuidv5(`${email.toLowerCase()}/${invitationId}`, ACCOUNT_IDS);
    const holder = await vault.credential(email);
    const joins = holder !== undefined && holder.accountId !== newAccountId;
    if (!joins)
      await this.takeLogin({
        accountId: newAccountId,
        login: email,
        passwordHash: await this.hashNew(password, email),
      });
    else if (!(await this.proves({ login: email, password }, visitor)))
      reject('wrong-password', 'This address has an account; its password is needed.', 'forbidden', 'password');
    const accountId = joins ? holder.accountId : newAccountId;

    await this.redeem('invitation', token, accountId);
    const caller = { ...proved(visitor), actor: { id: accountId, role: invited.role } };
    const taken = { invitationId, login: email, email, name, ...(language && { language }) };
    const accepted = await this.toAccount(accountId, { type: 'TakeUpInvitation', data: taken }, caller);
    await this.toInvitation(invitationId, { type: 'AcceptInvitation', data: { accountId } }, step(caller, 'accept'));
    await vault.renewAccess(accountId);
    return accepted;
  }

  /** Tokens that tell of the old roles are refused from now on; sessions go on and learn the new ones by refreshing. */
  async changeRole(
    accountId: string,
    type: 'GrantRole' | 'RevokeRole',
    data: RoleHeld,
    caller: Caller,
  ): Promise<Accepted> {
    const accepted = await this.toAccount(accountId, { type, data }, caller);
    await this.use.vault.renewAccess(accountId);
    return accepted;
  }

  /** An account of a program, with its one token. Taking the role back ends it. */
  async openServiceAccount(
    { name }: { readonly name: string },
    caller: Caller,
  ): Promise<Accepted & { readonly accessToken: string; readonly expiresIn: number }> {
    const { vault, tokens } = this.use;
    const accountId = uuidv5(caller.commandId, ACCOUNT_IDS);
    const accepted = await this.toAccount(accountId, { type: 'OpenServiceAccount', data: { name } }, caller);
    const now = this.now();
    const expiresAt = now + SERVICE_TOKEN_SECONDS * 1000;
    await vault.reserve({ accountId, login: `service:${accountId}`, passwordHash: null, now });
    const session = await vault.openSession({ accountId, now, expiresAt, refreshable: false });
    const role = 'consumer' as const;
    await this.recordLogIn(session.sessionId, 'serviceToken', expiresAt, { ...caller, actor: { id: accountId, role } });
    const accessToken = await tokens.issue({ accountId, ...session, roles: [{ role }] }, SERVICE_TOKEN_SECONDS);
    return { ...accepted, accessToken, expiresIn: SERVICE_TOKEN_SECONDS };
  }
}
