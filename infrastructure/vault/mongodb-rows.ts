import type { Db } from 'mongodb';
import type { Purpose } from '../../application/kernel/vault.js';

export interface CredentialRow {
  readonly _id: string;
  readonly login: string;
  readonly folded: string;
  /** Unique: the folded login, or for a twin the login as it is. */
  readonly claim: string;
  readonly passwordHash: string | null;
  readonly takenAt: number;
  readonly generation: number;
  /** A session was begun, so that the login is not given back. */
  readonly opened: boolean;
  readonly untold?: string;
}

export interface SessionRow {
  readonly _id: string;
  readonly accountId: string;
  readonly expiresAt: number;
  readonly ended: boolean;
  /** A change that is not in the list of changes yet: whoever meets it after a crash puts it there. */
  readonly untold?: string;
}

export interface RefreshRow {
  /** The digest. */
  readonly _id: string;
  readonly sessionId: string;
  readonly expiresAt: number;
  readonly usedAt: number | null;
}

/** One for each purpose and subject, so that a later token takes the place of an earlier one in one step. */
export interface OneTimeRow {
  readonly _id: string;
  readonly digest: string;
  readonly purpose: Purpose;
  readonly subject: string;
  readonly expiresAt: number;
  readonly claimant: string | null;
}

export const makeIndexes = async (db: Db): Promise<void> => {
  const untold = { key: { untold: 1 }, sparse: true } as const;
  await db
    .collection('credentials')
    .createIndexes([
      { key: { login: 1 }, unique: true },
      { key: { claim: 1 }, unique: true },
      { key: { folded: 1 } },
      untold,
    ]);
  await db.collection('sessions').createIndexes([{ key: { accountId: 1 } }, { key: { expiresAt: 1 } }, untold]);
  await db.collection('refreshTokens').createIndexes([{ key: { expiresAt: 1 } }]);
  await db.collection('oneTimeTokens').createIndexes([{ key: { digest: 1 }, unique: true }, { key: { expiresAt: 1 } }]);
};
