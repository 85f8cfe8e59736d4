import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Background } from './sqlite-background.js';

/** Work inside a transaction; yields wherever it may be interrupted for a moment. Must bear being run again. */
export type Work<T> = () => Generator<void, T>;

interface Job {
  readonly work: Work<unknown>;
  readonly done: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
}

const SLICE_MS = 4;
const BUSY_RETRY_MS = 5;
/** Making an index of millions of documents takes its time. */
const BUSY_MAX_MS = 600_000;

/**
 * The one writing connection of a file. What is asked for in the same turn of the event loop shares a transaction (one
 * commit, one fsync where there is one), and long transactions let the event loop breathe.
 */
export class Writer {
  private jobs: Job[] = [];
  private pauses: (() => Promise<void>)[] = [];
  private running: Promise<void> | undefined;
  /** For what takes long. It waits for the writer's transactions, and they for it. */
  readonly background: Background;

  constructor(
    readonly db: DatabaseSync,
    file: string,
  ) {
    this.background = new Background(db, file, (work) => this.between(work));
  }

  /** Resolves when it is committed. */
  run<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((done, failed) => {
      this.jobs.push({ work, done: done as Job['done'], failed });
      this.start();
    });
  }

  async close(): Promise<void> {
    while (this.running) await this.running;
    await this.background.close();
    this.db.close();
  }

  /** Runs something while no transaction is open. */
  private between(work: () => Promise<void>): Promise<void> {
    return new Promise((done) => {
      this.pauses.push(() => work().finally(done));
      this.start();
    });
  }

  private start(): void {
    this.running ??= Promise.resolve().then(() => this.drain());
  }

  private async drain(): Promise<void> {
    while (this.jobs.length > 0 || this.pauses.length > 0) {
      for (const pause of this.pauses.splice(0)) await pause();
      const jobs = this.jobs.splice(0);
      if (jobs.length === 0) continue;
      try {
        const results = await this.transact(jobs);
        jobs.forEach((job, i) => job.done(results[i]));
      } catch (error) {
        if (jobs.length === 1) jobs[0]!.failed(error);
        else await this.oneByOne(jobs);
      }
      this.background.committed();
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
