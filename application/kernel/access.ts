import type { Role } from '../../domain/kernel/envelope.js';

/** A part that an account plays; without a hospital everywhere. */
export interface RoleHeld {
  readonly role: Role;
  readonly hospitalId?: string | undefined;
}

/** What an access token says. */
export interface Grant {
  readonly accountId: string;
  readonly sessionId: string;
  readonly roles: readonly RoleHeld[];
  /** Of the account's access, from the vault. */
  readonly generation: number;
}

export interface TokenIssuer {
  /** A signed access token that is good for so many seconds. */
  issue(grant: Grant, seconds: number): Promise<string>;
}

export interface Passwords {
  hash(password: string): Promise<string>;
  /**
   * Takes as long for a missing hash as for a wrong password. `outdated`: it matches and ought to be hashed anew.
   * Throws TooManyRequests when too many are waiting already.
   */
  verify(
    password: string,
    hash: string | null | undefined,
  ): Promise<{ readonly matches: boolean; readonly outdated: boolean }>;
}

/** What may be tried only so often: counted for each account or token, and for each network address. */
export type Attempt = 'logIn' | 'register' | 'refresh' | 'reset' | 'redeem';

export interface Throttle {
  /** Counts an attempt. Throws TooManyRequests when there were too many, before any costly work is done. */
  take(attempt: Attempt, subject: string | undefined, address: string): Promise<void>;
  /** It succeeded: earlier attempts on the subject are forgotten, and this one is not held against its address. */
  forgive(attempt: Attempt, subject: string, address: string): Promise<void>;
}

export const ACCESS_TOKEN_SECONDS = 30 * 60;
export const SESSION_SECONDS = 7 * 24 * 60 * 60;
/** Programs cannot refresh; their tokens live longer and end when the role is taken back. */
export const SERVICE_TOKEN_SECONDS = 90 * 24 * 60 * 60;

/** Nobody proved who is asking: HTTP 401. The same words whatever was wrong. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** HTTP 429 with Retry-After. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests';
  constructor(readonly retryAfterSeconds: number) {
    super('Too many attempts. Try again later.');
  }
}
