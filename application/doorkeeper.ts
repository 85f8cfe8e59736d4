import type { Command } from '@nestjs/cqrs';
import { v5 as uuidv5 } from 'uuid';
import { account } from '../domain/identity/account.js';
import type { invitation } from '../domain/identity/invitation.js';
import type { CommandOf } from '../domain/kernel/decider.js';
import { reject } from '../domain/kernel/rejection.js';
import { AccountCommand, InvitationCommand, UnknownLogInCommand } from './identity.js';
import { ACCESS_TOKEN_SECONDS, type Passwords, type Throttle, type TokenIssuer } from './kernel/access.js';
import type { Clock, Load } from './kernel/ports.js';
import type { Accepted, Caller } from './kernel/transact.js';
import type { Credential, NewSession, Purpose, Vault } from './kernel/vault.js';

/** A request before anybody proved who sends it, with what the door knows of it. */
export interface Visitor extends Caller {
  /** Where it comes from, on the network. */
  readonly address: string;
  /** What the program calls itself. */
  readonly device?: string | undefined;
}

/** What a log-in and every refresh answer. */
export interface Session {
  readonly accountId: string;
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly tokenType: 'Bearer';
  /** Seconds for which the access token is good. */
  readonly expiresIn: number;
}

export interface DoorsOptions {
  readonly vault: Vault;
  readonly passwords: Passwords;
  readonly tokens: TokenIssuer;
  readonly throttle: Throttle;
  readonly bus: { execute(command: Command<Accepted>): Promise<Accepted> };
  readonly load: Load;
  readonly clock: Clock;
  /** A new UUID. */
  readonly newId: () => string;
}

/** A login that was taken this long ago for an account that was never opened was left behind by a crash. */
const ABANDONED_MS = 60_000;

/** What the doors have in common: the vault and the ledger, each step in the order that fails safely. */
export abstract class Doorkeeper {
  constructor(protected readonly use: DoorsOptions) {}

  protected now(): number {
    return Date.parse(this.use.clock.now());
  }

  protected toAccount(id: string, message: CommandOf<typeof account.commands>, caller: Caller): Promise<Accepted> {
    return this.use.bus.execute(new AccountCommand({ id, message, caller }));
  }

  protected toInvitation(
    id: string,
    message: CommandOf<typeof invitation.commands>,
    caller: Caller,
  ): Promise<Accepted> {
    return this.use.bus.execute(new InvitationCommand({ id, message, caller }));
  }

  /** The account's owner, proved by what was shown. */
  protected async as(accountId: string, caller: Caller): Promise<Caller> {
    const { roles } = await this.use.load(account, accountId);
    return { ...proved(caller), actor: { id: accountId, role: roles[0]?.role ?? 'patient' } };
  }

  /** The credential whose password this is, or undefined after the same work. Counts, and records what failed. */
  protected async proves(
    { login, password }: { readonly login: string; readonly password: string },
    visitor: Visitor,
  ): Promise<(Credential & { readonly outdated: boolean }) | undefined> {
    const { vault, passwords, throttle, load } = this.use;
    const subject = login.toLowerCase();
    await throttle.take('logIn', subject, visitor.address);
    const credential = await vault.credential(login);
    const { matches, outdated } = await passwords.verify(password, credential?.passwordHash);
    if (!credential) {
      await this.recordUnknown('logIn', visitor);
      return undefined;
    }
    const { registered, locked } = await load(account, credential.accountId);
    if (!matches || !registered || locked) {
      await this.recordFailure(credential.accountId, 'wrongPassword', visitor);
      return undefined;
    }
    await throttle.forgive('logIn', subject, visitor.address);
    return { ...credential, outdated };
  }

  /** Whoever has a session shows the password again for what matters. */
  protected async reauthenticate(
    accountId: string,
    password: string,
    field: string,
    visitor: Visitor,
  ): Promise<Credential> {
    const { vault, throttle, passwords } = this.use;
    await throttle.take('logIn', accountId, visitor.address);
    const credential = (await vault.credentialOf(accountId)) ?? reject('no-password', 'This account has no password.');
    const { matches } = await passwords.verify(password, credential.passwordHash);
    if (!matches) {
      await this.recordFailure(accountId, 'wrongOldPassword', visitor);
      return reject('wrong-password', 'The password is not right.', 'forbidden', field);
    }
    await throttle.forgive('logIn', accountId, visitor.address);
    return credential;
  }

  protected async recordFailure(
    accountId: string,
    reason: 'wrongPassword' | 'wrongOldPassword',
    visitor: Visitor,
  ): Promise<void> {
    const caller = fresh(visitor, this.use.newId());
    await this.toAccount(accountId, { type: 'RecordFailedLogIn', data: { reason } }, caller);
  }

  protected async recordUnknown(attempt: 'logIn' | 'passwordReset', visitor: Visitor): Promise<void> {
    const message = { type: 'RecordUnknownLogIn' as const, data: { attempt } };
    const caller = fresh(visitor, this.use.newId());
    await this.use.bus.execute(new UnknownLogInCommand({ id: this.use.clock.now().slice(0, 10), message, caller }));
  }

  protected recordLogIn(
    sessionId: string,
    method: 'password' | 'serviceToken',
    expiresAt: number,
    caller: Caller,
    device?: string,
  ): Promise<Accepted> {
    const expiry = new Date(expiresAt).toISOString();
    const data = { sessionId, method, ...(device !== undefined && { device }), expiresAt: expiry };
    return this.toAccount(caller.actor.id, { type: 'RecordLogIn', data }, fresh(caller, sessionId));
  }

  protected async takeLogin(wanted: Omit<Parameters<Vault['reserve']>[0], 'now'>): Promise<void> {
    const { vault, load } = this.use;
    const now = this.now();
    if (await vault.reserve({ ...wanted, now })) return;
    const holder = await vault.credential(wanted.login);
    if (holder && !(await load(account, holder.accountId)).registered) {
      const released = await vault.release(holder.accountId, now - ABANDONED_MS);
      if (released && (await vault.reserve({ ...wanted, now }))) return;
    }
    reject('login-taken', 'There is an account with this login.', 'conflict', 'email');
  }

  protected hashNew(password: string, login: string): Promise<string> {
    if (password.toLowerCase() === login.toLowerCase())
      reject('password-is-login', 'A password must differ from the login.', 'invalid', 'password');
    return this.use.passwords.hash(password);
  }

  protected async setPassword({ accountId, passwordHash }: Credential, hash: string, keep?: string): Promise<void> {
    if (!(await this.use.vault.replacePassword(accountId, passwordHash, hash)))
      reject('password-changed', 'The password was changed by somebody else at the same time.');
    await this.use.vault.endSessions(accountId, keep);
  }

  /** Whom a link of a mail is for. */
  protected async peek(purpose: Purpose, token: string, { address }: Visitor): Promise<string> {
    await this.use.throttle.take('redeem', undefined, address);
    return (await this.use.vault.peekOnce(purpose, token, this.now())) ?? linkDead();
  }

  protected async redeem(purpose: Purpose, token: string, claimant: string): Promise<void> {
    if ((await this.use.vault.redeemOnce(purpose, token, claimant, this.now())) === undefined) linkDead();
  }

  protected async sessionOf(
    accountId: string,
    refreshToken: string,
    { sessionId, generation }: NewSession,
  ): Promise<Session> {
    // Loaded after the generation was read: a role that is taken back meanwhile makes this token one of the old ones.
    const { roles } = await this.use.load(account, accountId);
    const accessToken = await this.use.tokens.issue({ accountId, sessionId, roles, generation }, ACCESS_TOKEN_SECONDS);
    return { accountId, sessionId, accessToken, refreshToken, tokenType: 'Bearer', expiresIn: ACCESS_TOKEN_SECONDS };
  }
}

/** What was shown proves who it is: no policy is asked any more. */
export const proved = ({ authorize: _, ...caller }: Caller): Caller => caller;

/** A command of its own, whatever Idempotency-Key and ETag the request brought for its main one. */
export const fresh = ({ authorize: _, keyed: __, expected: ___, ...caller }: Caller, commandId: string): Caller => ({
  ...caller,
  commandId,
});

/** A further command of the same request: repeated with it, and not apart from it. */
export const step = (caller: Caller, name: string): Caller => fresh(caller, uuidv5(name, caller.commandId));

export const linkDead = (): never =>
  reject('link-dead', 'This link has expired or was used already.', 'invalid', 'token');
