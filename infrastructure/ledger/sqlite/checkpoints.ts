import { closeSync, openSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { Fatal } from '../../../application/kernel/ledger.js';
import { failureOf } from './failures.js';

export interface CheckpointThreadData {
  readonly path: string;
  /** The database's file, for fsync. */
  readonly descriptor: number;
}

/** What the thread tells after each checkpoint. */
export interface CheckpointReport {
  readonly failed?: {
    readonly message: string;
    /** Of SQLite. */
    readonly errcode: number | undefined;
    /** Of the operating system. */
    readonly code: string | undefined;
  };
}

export interface CheckpointsOptions {
  readonly db: DatabaseSync;
  readonly path: string;
  /** How long the log may get, in pages of 4 KiB, before it is moved into the database. */
  readonly pagesMax: number;
  /** Stops and restarts the writer for the moment it takes to move the log's last pages. */
  readonly writer: { hold(): void; go(): void; fail(failure: Fatal): void };
}

/** Asking for the log's length costs as much as an insert, so it is not done after each commit. */
const COMMITS_BETWEEN_LOOKS = 8;
/** So few pages are moved while the writer waits. */
const LAST_PAGES = 200;
/** After so many passes the writer waits, however much it has added meanwhile. */
const FREE_PASSES_MAX = 3;

/**
 * Moves the log into the database in a thread of its own: in the writer's thread that would be the slowest commit by
 * far. While the thread moves pages the writer adds some, and a log that is never moved to its end is never begun
 * anew; so the last, short pass runs while the writer waits. Appends asked meanwhile wait in its queue.
 */
export class Checkpoints {
  private readonly log: StatementSync;
  /** Opened here and closed after the database: closing any descriptor of a file gives up all its POSIX locks. */
  private readonly descriptor: number;
  /** Started when there is a first log to move. */
  private worker: Worker | undefined;
  /** The next run begins when the log has so many pages. */
  private due: number;
  private commits = 0;
  private running = false;
  private passes = 0;

  constructor(private readonly options: CheckpointsOptions) {
    this.due = options.pagesMax;
    this.log = options.db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.descriptor = openSync(options.path, 'r+');
  }

  /** After each commit. */
  committed(): void {
    if (this.running || ++this.commits % COMMITS_BETWEEN_LOOKS > 0 || this.pages().all < this.due) return;
    this.running = true;
    this.passes = 0;
    this.worker ??= this.started();
    // Who awaits an append that waits for a checkpoint keeps nothing else alive.
    this.worker.ref();
    this.worker.postMessage('checkpoint');
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    worker.ref();
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('close');
    await ended;
  }

  /** After the database was closed. */
  close(): void {
    closeSync(this.descriptor);
  }

  private started(): Worker {
    // Compiled, the thread's file lies beside this one under the same ending; so it does when the tests run the source.
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    const workerData: CheckpointThreadData = { path: this.options.path, descriptor: this.descriptor };
    const worker = new Worker(new URL(`./checkpoint.worker${ending}`, import.meta.url), { workerData });
    worker.on('message', (report: CheckpointReport) => this.reported(report));
    worker.once('error', (cause) => this.options.writer.fail(new Fatal('The checkpoint thread failed.', { cause })));
    worker.once('exit', () => (this.worker = undefined));
    return worker;
  }

  private reported({ failed }: CheckpointReport): void {
    if (failed) return this.failed(failed);
    const { all, moved } = this.pages();
    if (moved === all || this.passes > FREE_PASSES_MAX) return this.finish(all, moved);
    if (all - moved <= LAST_PAGES) this.passes = FREE_PASSES_MAX;
    if (++this.passes > FREE_PASSES_MAX) this.options.writer.hold();
    this.worker?.postMessage('checkpoint');
  }

  /** A full disk is met again by the next commits, and tried again after them. Anything else ends the writing. */
  private failed(cause: unknown): void {
    const { fatal } = failureOf(cause, this.options.path);
    if (fatal) this.options.writer.fail(fatal);
    const { all, moved } = this.pages();
    this.finish(all, moved);
  }

  /** Pages that could not be moved, because another program reads an old state or the disk is full, are left a while. */
  private finish(all: number, moved: number): void {
    const { pagesMax, writer } = this.options;
    this.due = moved === all ? pagesMax : all + pagesMax / 4;
    this.running = false;
    this.worker?.unref();
    writer.go();
  }

  /** Of the log, and how many of them are in the database. */
  private pages(): { all: number; moved: number } {
    const { log, checkpointed } = this.log.get() as { log: number; checkpointed: number };
    return { all: log, moved: checkpointed };
  }
}
