import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Work inside a transaction; yields wherever it may be interrupted for a moment. Must bear being run again. */
export type Work<T> = () => Generator<void, T>;

interface Job {
  readonly work: Work<unknown>;
  readonly done: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
}

const SLICE_MS = 4;
const BUSY_RETRY_MS = 5;
const BUSY_MAX_MS = 15_000;
/** Of 4 KiB. Beyond the first the log is copied into the file; beyond the second writers wait for that. */
const LOG_PAGES = 8_000;
const LOG_PAGES_MAX = 64_000;

/**
 * The one writing connection of a file. What is asked for in the same turn of the event loop shares a transaction (one
 * commit, one fsync where there is one), and long transactions let the event loop breathe.
 */
export class Writer {
  private jobs: Job[] = [];
  private running: Promise<void> | undefined;
  private readonly checkpointer: Checkpointer;

  constructor(
    readonly db: DatabaseSync,
    file: string,
  ) {
    this.checkpointer = new Checkpointer(file);
  }

  /** Resolves when it is committed. */
  run<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((done, failed) => {
      this.jobs.push({ work, done: done as Job['done'], failed });
      this.running ??= Promise.resolve().then(() => this.drain());
    });
  }

  async close(): Promise<void> {
    while (this.running) await this.running;
    await this.checkpointer.close();
    this.db.close();
  }

  private async drain(): Promise<void> {
    while (this.jobs.length > 0) {
      const jobs = this.jobs;
      this.jobs = [];
      try {
        const results = await this.transact(jobs);
        jobs.forEach((job, i) => job.done(results[i]));
      } catch (error) {
        if (jobs.length === 1) jobs[0]!.failed(error);
        else await this.oneByOne(jobs);
      }
      await this.checkpointer.afterCommit(this.db);
    }
    this.running = undefined;
  }

  /** One of them failed and took the others with it. */
  private async oneByOne(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) await this.transact([job]).then(([result]) => job.done(result), job.failed);
  }

  private async transact(jobs: readonly Job[]): Promise<unknown[]> {
    await this.begin();
    try {
      const results: unknown[] = [];
      let since = performance.now();
      for (const { work } of jobs) {
        const steps = work();
        let step = steps.next();
        for (; !step.done; step = steps.next())
          if (performance.now() - since > SLICE_MS) {
            await new Promise(setImmediate);
            since = performance.now();
          }
        results.push(step.value);
      }
      this.db.exec('COMMIT');
      return results;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Waits its turn without blocking the event loop: the other writer may be in this very thread. */
  private async begin(): Promise<void> {
    for (const until = performance.now() + BUSY_MAX_MS; ; await sleep(BUSY_RETRY_MS))
      try {
        return this.db.exec('BEGIN IMMEDIATE');
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw error;
      }
  }
}

const SQLITE_BUSY = 5;
const isBusy = (error: unknown): boolean => ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY;

/**
 * Copies the write-ahead log into the file, in a thread of its own: in the writer's thread that is its slowest moment.
 */
class Checkpointer {
  private readonly worker: Worker;
  private working: Promise<void> | undefined;

  constructor(file: string) {
    this.worker = new Worker(CHECKPOINTER, { eval: true, workerData: { file } });
    this.worker.unref();
  }

  async afterCommit(db: DatabaseSync): Promise<void> {
    const { log, checkpointed } = db.prepare('PRAGMA wal_checkpoint(NOOP)').get() as Record<string, number>;
    if (log! - checkpointed! > LOG_PAGES) this.working ??= this.work();
    // Only between two transactions can all of the log be copied, and only then does it begin anew.
    if (log! > LOG_PAGES_MAX) await this.working;
  }

  async close(): Promise<void> {
    await this.working;
    await this.worker.terminate();
  }

  private work(): Promise<void> {
    return new Promise<void>((done) => {
      this.worker.once('message', done);
      this.worker.postMessage('checkpoint');
    }).finally(() => (this.working = undefined));
  }
}

// JavaScript as text, so that the thread starts alike from sources, from a build and under test.
const CHECKPOINTER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(workerData.file, { timeout: 1000 });
  parentPort.on('message', () => {
    try { db.exec('PRAGMA wal_checkpoint(PASSIVE)'); } catch {}
    parentPort.postMessage('done');
  });
`;
