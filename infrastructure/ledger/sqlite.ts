import type { DatabaseSync } from 'node:sqlite';
import {
  type Appended,
  type Expected,
  Fatal,
  type Ledger,
  type LedgerError,
  type LedgerEvent,
  type NewEvent,
  type ReadAllOptions,
  type ReadStreamOptions,
  type Retention,
  type SubscribeOptions,
  type Subscription,
} from '../../application/kernel/ledger.js';
import type { Clock } from '../../application/kernel/ports.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import { systemClock } from '../clock.js';
import { checkedAppend, checkExpected, checkName, checkRetention } from './limits.js';
import { Checkpoints } from './sqlite/checkpoints.js';
import { type LedgerFile, openLedgerFile } from './sqlite/file.js';
import { Names } from './sqlite/names.js';
import { Reader } from './sqlite/reader.js';
import { Subscriptions } from './sqlite/subscriptions.js';
import { GroupWriter } from './sqlite/writer.js';

export interface SqliteLedgerOptions {
  /** Made when it is missing; its folder must exist. `-wal`, `-shm` and `-lock` files lie beside it. */
  readonly file: string;
  /** Gives `created` and the age of events. */
  readonly clock?: Clock;
  /** How long the log gets before it is moved into the database, in pages of 4 KiB. */
  readonly checkpointPages?: number;
  /**
   * Whether an acknowledged event is on the disk. A tool whose unfinished work is thrown away says no, and does not wait
   * for the disk; what it wrote is on it once the ledger is closed.
   */
  readonly durable?: boolean;
}

const CHECKPOINT_PAGES = 16_000;

/**
 * The embedded ledger: one SQLite file, one writing process.
 *
 * @throws Fatal with one line when the file cannot be opened, is not a ledger, is from a newer version, is damaged or
 * in use by another process.
 */
export const openSqliteLedger = async (options: SqliteLedgerOptions): Promise<Ledger> =>
  new SqliteLedger(openLedgerFile(options.file, options.durable), options);

class SqliteLedger implements Ledger {
  private readonly db: DatabaseSync;
  private readonly writer: GroupWriter;
  private readonly reader: Reader;
  private readonly subscriptions: Subscriptions;
  private readonly checkpoints: Checkpoints;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly file: LedgerFile,
    { clock = systemClock, checkpointPages = CHECKPOINT_PAGES }: SqliteLedgerOptions,
  ) {
    const { db, path } = file;
    const names = new Names(db);
    this.db = db;
    this.reader = new Reader(db, names, clock);
    this.subscriptions = new Subscriptions(this.reader, names);
    this.writer = new GroupWriter({
      db,
      path,
      names,
      clock,
      onCommit: (group) => {
        this.subscriptions.grew(group);
        this.checkpoints.committed();
      },
    });
    this.checkpoints = new Checkpoints({ db, path, pagesMax: checkpointPages, writer: this.writer });
  }

  /** Not an async function: on the busiest path that spares a promise and three turns of the microtask queue. */
  append(stream: string, events: readonly NewEvent[], expected: Expected): Promise<Appended> {
    try {
      return this.writer.append(stream, checkedAppend(stream, events, expected), expected);
    } catch (refused) {
      const error: Error = refused as LedgerError;
      return Promise.reject(error);
    }
  }

  async readStream(stream: string, options?: ReadStreamOptions): Promise<LedgerEvent[]> {
    this.refuseClosed();
    return this.reader.readStream(stream, options);
  }

  async readAll(options?: ReadAllOptions): Promise<LedgerEvent[]> {
    this.refuseClosed();
    return this.reader.readAll(options);
  }

  subscribe(options?: SubscribeOptions): Subscription {
    this.refuseClosed();
    return this.subscriptions.toAll(options);
  }

  subscribeToStream(stream: string, options?: { readonly after?: number | 'end' }): Subscription {
    this.refuseClosed();
    return this.subscriptions.toStream(stream, options);
  }

  async head(): Promise<Position | undefined> {
    this.refuseClosed();
    const head = this.reader.head();
    return head === 0 ? undefined : String(head);
  }

  async setRetention(stream: string, retention: Retention): Promise<void> {
    checkName('stream', stream);
    checkRetention(retention);
    await this.writer.setRetention(stream, retention);
  }

  async softDelete(stream: string, expected: Expected = 'any'): Promise<void> {
    checkName('stream', stream);
    checkExpected(expected);
    await this.writer.softDelete(stream, expected);
  }

  async tombstone(stream: string, expected: Expected = 'any'): Promise<void> {
    checkName('stream', stream);
    checkExpected(expected);
    await this.writer.tombstone(stream, expected);
  }

  compare(a: Position, b: Position): number {
    return comparePositions(a, b);
  }

  close(): Promise<void> {
    return (this.closing ??= this.shut());
  }

  private async shut(): Promise<void> {
    this.subscriptions.close();
    await this.writer.close();
    await this.checkpoints.stop();
    this.db.exec('PRAGMA synchronous = FULL');
    // The last connection moves the log into the database and removes it: the mark of a clean stop.
    this.db.close();
    this.checkpoints.close();
    this.file.release();
  }

  private refuseClosed(): void {
    if (this.closing) throw new Fatal('The ledger is closed.');
  }
}
