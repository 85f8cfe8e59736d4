import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import {
  type Appended,
  type Expected,
  Fatal,
  type Retention,
  StreamDeleted,
  WrongExpectedVersion,
} from '../../../application/kernel/ledger.js';
import type { Clock } from '../../../application/kernel/ports.js';
import type { WrittenEvent } from '../limits.js';
import { type Failure, failureOf } from './failures.js';
import { ALL_HIDDEN, type Head, isDeleted, type Names, type StreamMetadata } from './names.js';
import { DELETED_TYPE, METADATA_TYPE } from './schema.js';

/** A group is closed at this many jobs, so that the event loop is not held for long; the rest follow in the next turn. */
const GROUP_MAX = 512;

/** What writes. In this thread today; nothing it is given or answers keeps it here. */
export interface Writer {
  append(stream: string, events: readonly WrittenEvent[], expected: Expected): Promise<Appended>;
  setRetention(stream: string, retention: Retention): Promise<void>;
  /** Answers the place of the deletion. */
  softDelete(stream: string, expected: Expected): Promise<Appended>;
  tombstone(stream: string, expected: Expected): Promise<Appended>;
  /** Writes what waits, then refuses. */
  close(): Promise<void>;
}

interface Job {
  readonly stream: string;
  /** Decides by the stream's head and writes. Throws a LedgerError before anything is written. */
  readonly write: (head: Head) => Appended;
  readonly resolve: (done: Appended) => void;
  readonly reject: (error: unknown) => void;
}

export interface WriterOptions {
  readonly db: DatabaseSync;
  readonly names: Names;
  readonly clock: Clock;
  /** After each commit, with what was asked and the streams it was asked of. */
  readonly onCommit: (group: readonly { readonly stream: string }[]) => void;
  readonly path: string;
}

/**
 * Writes in groups: all that is asked in one turn of the event loop shares one transaction and one fsync, and is
 * answered after the commit. What one job may not do is found before it writes, so it fails alone.
 */
export class GroupWriter implements Writer {
  private waiting: Job[] = [];
  private scheduled = false;
  private held = false;
  private failure: Fatal | undefined;
  private idle: (() => void)[] = [];
  private position = 0;
  private now = 0;

  private readonly begin;
  private readonly commit;
  private readonly rollback;
  private readonly insert;
  private readonly selectWritten;

  constructor(private readonly options: WriterOptions) {
    const { db } = options;
    this.begin = db.prepare('BEGIN IMMEDIATE');
    this.commit = db.prepare('COMMIT');
    this.rollback = db.prepare('ROLLBACK');
    this.insert = db.prepare(
      `INSERT OR ROLLBACK INTO events (position, stream, revision, type, id, created, data, metadata)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.selectWritten = db.prepare(
      'SELECT id, position FROM events WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?',
    );
    this.reload();
  }

  append(stream: string, events: readonly WrittenEvent[], expected: Expected): Promise<Appended> {
    return this.ask(stream, (head) => this.writeEvents(head, events, expected));
  }

  async setRetention(stream: string, { maxAge, maxCount, truncateBefore }: Retention): Promise<void> {
    await this.ask(stream, (head) => {
      if (head.tombstoned) throw deleted(head);
      // What was hidden stays hidden.
      const hidden = isDeleted(head) ? head.revision + 1 : (head.metadata.$tb ?? 0);
      const $tb = Math.max(truncateBefore ?? 0, hidden);
      this.writeMetadata(head, {
        ...(maxAge !== undefined && { $maxAge: maxAge }),
        ...(maxCount !== undefined && { $maxCount: maxCount }),
        ...($tb > 0 && { $tb }),
      });
      return this.reached(head);
    });
  }

  softDelete(stream: string, expected: Expected): Promise<Appended> {
    return this.ask(stream, (head) => {
      checkExists(head, expected);
      if (!isDeleted(head)) this.writeMetadata(head, { $tb: ALL_HIDDEN });
      return this.reached(head);
    });
  }

  tombstone(stream: string, expected: Expected): Promise<Appended> {
    return this.ask(stream, (head) => {
      checkExists(head, expected);
      this.insertRow(head.id, ++head.revision, DELETED_TYPE, randomUUID(), '{}', null);
      head.tombstoned = true;
      return this.reached(head);
    });
  }

  /** No transaction begins until `go`: what is asked meanwhile waits. */
  hold(): void {
    this.held = true;
  }

  go(): void {
    this.held = false;
    if (this.waiting.length > 0 && !this.scheduled) this.schedule();
  }

  /** Accepts nothing more; what waits is refused. */
  fail(failure: Fatal): void {
    this.failure ??= failure;
    for (const job of this.waiting.splice(0)) job.reject(this.failure);
    this.settle();
  }

  async close(): Promise<void> {
    this.failure ??= new Fatal('The ledger is closed.');
    if (this.waiting.length > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /** `write` decides by the stream's head in the next transaction; it may refuse until it has written. */
  protected ask(stream: string, write: (head: Head) => Appended): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.waiting.push({ stream, write, resolve, reject });
      if (!this.scheduled && !this.held) this.schedule();
    });
  }

  private schedule(): void {
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.held) return;
      const group = this.waiting.length <= GROUP_MAX ? this.waiting : this.waiting.slice(0, GROUP_MAX);
      this.waiting = this.waiting.length <= GROUP_MAX ? [] : this.waiting.slice(GROUP_MAX);
      if (group.length > 0) this.writeGroup(group);
      if (this.waiting.length > 0) this.schedule();
      else this.settle();
    });
  }

  private settle(): void {
    for (const resolve of this.idle.splice(0)) resolve();
  }

  private writeGroup(group: readonly Job[]): void {
    const outcomes: unknown[] = new Array(group.length);
    try {
      this.begin.run();
      this.now = Date.parse(this.options.clock.now());
      for (let i = 0; i < group.length; i++) outcomes[i] = this.attempt(group[i]!);
      this.commit.run();
    } catch (error) {
      return this.undo(group, failureOf(error, this.options.path));
    }
    for (let i = 0; i < group.length; i++) {
      const outcome = outcomes[i];
      if (outcome instanceof Error) group[i]!.reject(outcome);
      else group[i]!.resolve(outcome as Appended);
    }
    this.options.onCommit(group);
  }

  /** A refusal by our rules concerns one job; an error of the database concerns the transaction and is thrown on. */
  private attempt(job: Job): Appended | Error {
    try {
      return job.write(this.options.names.head(job.stream));
    } catch (error) {
      if (error instanceof WrongExpectedVersion || error instanceof StreamDeleted) return error;
      throw error;
    }
  }

  private undo(group: readonly Job[], { error, fatal }: Failure): void {
    try {
      if (this.options.db.isTransaction) this.rollback.run();
      this.reload();
      this.options.names.reload();
    } catch (cause) {
      fatal ??= new Fatal(`${this.options.path} failed and must be opened again.`, { cause });
    }
    if (fatal) this.fail(fatal);
    for (const job of group) job.reject(error);
  }

  private reload(): void {
    const last = this.options.db.prepare('SELECT ifnull(max(position), 0) AS position FROM events').get();
    this.position = last!['position'] as number;
  }

  protected writeEvents(head: Head, events: readonly WrittenEvent[], expected: Expected): Appended {
    if (head.tombstoned) throw deleted(head);
    const before = revisionExpected(head, expected);
    if (before < head.revision) {
      const original = this.original(head, events, before);
      if (original) return original;
      const beginsAgain = expected === 'noStream' && isDeleted(head);
      if (!beginsAgain) throw wrong(head, expected);
    } else if (before > head.revision) throw wrong(head, expected);
    const { names } = this.options;
    const id = names.numbered(head);
    if (isDeleted(head)) this.writeMetadata(head, { $tb: head.revision + 1 });
    for (const e of events) this.insertRow(id, ++head.revision, names.typeId(e.type), e.id, e.data, e.metadata);
    return this.reached(head);
  }

  private reached(head: Head): Appended {
    return { revision: head.revision, position: String(this.position) };
  }

  /** The result of the same append done before: its ids lie right behind the revision it expected. */
  protected original(head: Head, events: readonly WrittenEvent[], before: number): Appended | undefined {
    const rows = this.selectWritten.all(head.id, before, events.length);
    const same = rows.length === events.length && rows.every((row, i) => row['id'] === events[i]!.id);
    return same ? { revision: before + rows.length, position: String(rows.at(-1)!['position']) } : undefined;
  }

  private writeMetadata(head: Head, metadata: StreamMetadata): void {
    const id = this.options.names.numbered(head);
    this.insertRow(-id, ++head.metaRevision, METADATA_TYPE, randomUUID(), JSON.stringify(metadata), null);
    head.metadata = metadata;
  }

  private insertRow(
    stream: number,
    revision: number,
    type: number,
    id: string,
    data: string | Uint8Array,
    metadata: string | Uint8Array | null,
  ): void {
    this.insert.run(++this.position, stream, revision, type, id, this.now, data, metadata);
  }
}

/** The revision that `expected` says the stream is at; -1 for none. */
const revisionExpected = (head: Head, expected: Expected): number => {
  if (typeof expected === 'number') return expected;
  if (expected === 'noStream') return -1;
  if (expected === 'streamExists') {
    if (isDeleted(head)) throw deleted(head);
    if (head.id === 0) throw wrong(head, expected);
  }
  return head.revision;
};

/** For deletions: as EventStoreDB, a stream that does not exist cannot be deleted, whatever was expected. */
export const checkExists = (head: Head, expected: Expected): void => {
  if (head.tombstoned) throw deleted(head);
  if (head.revision < 0 || revisionExpected(head, expected) !== head.revision) throw wrong(head, expected);
};

export const wrong = (head: Head, expected: Expected): WrongExpectedVersion =>
  new WrongExpectedVersion(head.name, expected, head.revision < 0 ? 'noStream' : head.revision);

export const deleted = (head: Head): StreamDeleted => new StreamDeleted(`${head.name} was deleted.`);
