import { randomUUID } from 'node:crypto';
import type { Collection as Rows, Filter, UpdateResult } from 'mongodb';
import type { Vault } from '../../application/kernel/vault.js';
import { isDuplicate, reached } from '../mongodb/client.js';
import type { CredentialRow, SessionRow } from './mongodb-rows.js';
import { CHANGES_KEPT_MAX } from './tokens.js';

interface ChangesRow {
  readonly _id: 'changes';
  /** How many there were. */
  readonly mark: number;
  /** The last of them. */
  readonly accountIds: readonly string[];
}

/**
 * The list of accounts whose sessions or access changed, for the caches of all processes. A change is marked as untold in the
 * document that it changes, told, and then the mark is taken away: who dies between leaves a mark that the next one meets.
 */
export class MongoChanges {
  constructor(
    private readonly list: Rows<ChangesRow>,
    private readonly sessions: Rows<SessionRow>,
    private readonly credentials: Rows<CredentialRow>,
  ) {}

  async since(since: number): ReturnType<Vault['changes']> {
    await this.tellUntold();
    const changes = await reached(() => this.list.findOne({ _id: 'changes' }, { projection: { mark: 1 } }));
    if (!changes || changes.mark === since) return { mark: since, accountIds: [] };
    const { mark, accountIds } = (await reached(() => this.list.findOne({ _id: 'changes' })))!;
    const count = mark - since;
    // Of fewer changes than were told before: another database was put in the place of this one.
    const isUnknown = count < 0 || count > accountIds.length;
    return { mark, accountIds: isUnknown ? 'all' : [...new Set(accountIds.slice(-count))] };
  }

  /** Makes a change of an account's sessions, and tells of it. Gives whether it changed any. */
  endSessions(accountId: string, which: Filter<SessionRow>): Promise<boolean> {
    return this.make(accountId, this.sessions, (untold) =>
      this.sessions.updateMany({ ...which, ended: false }, { $set: { ended: true, untold } }),
    );
  }

  /** Makes another generation of an account's access, and tells of it. Gives whether there is such an account. */
  renewAccess(accountId: string): Promise<boolean> {
    return this.make(accountId, this.credentials, (untold) =>
      this.credentials.updateOne({ _id: accountId }, { $inc: { generation: 1 }, $set: { untold } }),
    );
  }

  private async make(
    accountId: string,
    rows: Marked,
    change: (untold: string) => Promise<UpdateResult>,
  ): Promise<boolean> {
    const untold = randomUUID();
    const { modifiedCount } = await reached(() => change(untold));
    if (modifiedCount === 0) return false;
    await this.tell([accountId]);
    await forget(rows, untold);
    return true;
  }

  /** Adds to the list of changes. It is one document, so that marks are seen in the order in which they are given. */
  private async tell(accountIds: readonly string[]): Promise<void> {
    const add = {
      $inc: { mark: accountIds.length },
      $push: { accountIds: { $each: accountIds, $slice: -CHANGES_KEPT_MAX } },
    };
    await reached(() => this.list.updateOne({ _id: 'changes' }, add as never, { upsert: true })).catch(
      (error: unknown) => {
        if (!isDuplicate(error)) throw error;
        // Somebody else has begun the list at the same time.
        return this.tell(accountIds);
      },
    );
  }

  /** What a process that died has changed and not told. */
  private async tellUntold(): Promise<void> {
    const marked = { untold: { $exists: true } };
    const [sessions, credentials] = await Promise.all([
      reached(() => this.sessions.find(marked).toArray()),
      reached(() => this.credentials.find(marked).toArray()),
    ]);
    if (sessions.length + credentials.length === 0) return;
    await this.tell([...sessions.map(({ accountId }) => accountId), ...credentials.map(({ _id }) => _id)]);
    for (const { untold } of sessions) await forget(this.sessions, untold!);
    for (const { untold } of credentials) await forget(this.credentials, untold!);
  }
}

/** Documents that may carry a mark. */
interface Marked {
  updateMany(
    which: { readonly untold: string },
    told: { readonly $unset: { readonly untold: '' } },
  ): Promise<UpdateResult>;
}

const forget = async (rows: Marked, untold: string): Promise<void> => {
  await reached(() => rows.updateMany({ untold }, { $unset: { untold: '' } }));
};
