import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { Fatal } from '../../../application/kernel/ledger.js';
import { failureOf } from './failures.js';

/** What the thread tells after each checkpoint. */
export type CheckpointReport =
  | { readonly log: number; readonly moved: number }
  | { readonly failed: { readonly message: string; readonly errcode: number | undefined } };

export interface CheckpointsOptions {
  readonly db: DatabaseSync;
  readonly path: string;
  /** How long the log may get, in pages of 4 KiB, before it is moved into the database. */
  readonly pagesMax: number;
  /** Stops and restarts the writer for the moment it takes to move the log's last pages. */
  readonly writer: { hold(): void; go(): void; fail(failure: Fatal): void };
}

/**
 * Moves the log into the database in a thread of its own: in the writer's thread that would be the slowest commit by
 * far. While the thread moves pages the writer adds some, and a log that is never moved to its end is never begun
 * anew; so a second, short pass runs while the writer waits. Appends asked meanwhile wait in its queue.
 */
export class Checkpoints {
  private readonly worker: Worker;
  private readonly logSize: StatementSync;
  private pass: 'none' | 'first' | 'last' = 'none';
  private readonly ended: Promise<void>;

  constructor(private readonly options: CheckpointsOptions) {
    this.logSize = options.db.prepare('PRAGMA wal_checkpoint(NOOP)');
    // Compiled, the thread's file lies beside this one under the same ending; so it does when the tests run the source.
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    this.worker = new Worker(new URL(`./checkpoint.worker${ending}`, import.meta.url), { workerData: options.path });
    this.worker.unref();
    this.worker.on('message', (report: CheckpointReport) => this.reported(report));
    this.worker.on('error', (error) => this.failed(error));
    this.ended = new Promise((resolve) => this.worker.once('exit', () => resolve()));
  }

  /** After each commit. */
  committed(): void {
    if (this.pass !== 'none') return;
    if ((this.logSize.get()!['log'] as number) < this.options.pagesMax) return;
    this.pass = 'first';
    this.worker.postMessage('checkpoint');
  }

  async close(): Promise<void> {
    this.worker.postMessage('close');
    await this.ended;
  }

  private reported(report: CheckpointReport): void {
    if ('failed' in report) return this.failed(report.failed);
    const more = this.pass === 'first' && report.moved < report.log;
    if (more) {
      this.pass = 'last';
      this.options.writer.hold();
      this.worker.postMessage('checkpoint');
    } else {
      this.pass = 'none';
      this.options.writer.go();
    }
  }

  /** A full disk is met again by the next commits, and tried again after them. Anything else ends the writing. */
  private failed(cause: unknown): void {
    const { fatal } = failureOf(cause, this.options.path);
    if (fatal) return this.options.writer.fail(fatal);
    this.pass = 'none';
    this.options.writer.go();
  }
}
