import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Purpose } from '../../application/kernel/vault.js';

/** How many changes of accounts are told one by one; who comes later is told that all may have changed. */
export const CHANGES_KEPT_MAX = 1_000;

/** The names of secrets from which tokens follow. */
export const SUCCESSOR_SECRET = 'refresh-successor';
export const ONE_TIME_SECRET = 'one-time-tokens';

export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/** Follows from the token, so that two who ask at once are given the same one. */
export const successorOf = (token: string, secret: Uint8Array): string =>
  createHmac('sha256', secret).update(token).digest('base64url');

/** Follows from what it is for, so that it is the same when it is issued again. */
export const oneTimeToken = (
  { purpose, subject, nonce }: { readonly purpose: Purpose; readonly subject: string; readonly nonce: string },
  secret: Uint8Array,
): string =>
  createHmac('sha256', secret)
    .update(JSON.stringify([purpose, subject, nonce]))
    .digest('base64url');

/** Tokens are 256 random bits, so that a plain digest of them tells nothing. */
export const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** What logins have in common that differ in capitals only. */
export const folded = (login: string): string => login.normalize('NFKC').toLowerCase();

/** Those who are told of changes that were made through one vault object. */
export class Listeners {
  private readonly all = new Set<(accountId: string) => void>();

  add(listener: (accountId: string) => void): () => void {
    this.all.add(listener);
    return () => void this.all.delete(listener);
  }

  tell(accountIds: readonly string[]): void {
    for (const accountId of accountIds) for (const listener of this.all) listener(accountId);
  }
}
