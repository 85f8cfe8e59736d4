import { once } from 'node:events';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** So long may the log get, in pages of 4 KiB, before it is copied into the database. */
const LOG_PAGES = 8_000;
/** So few pages are copied while the writer waits. */
const LAST_PAGES = 400;
/** After so many passes the writer waits, however much it has added meanwhile. */
const FREE_PASSES_MAX = 3;

/**
 * Copies the write-ahead log into the database in a thread of its own: in the writer's thread that would be by far its
 * slowest moment. The log begins anew only when all of it was copied, so the last pass runs between two transactions.
 */
export class Checkpoints {
  private readonly worker: Worker;
  private readonly log: StatementSync;
  private running: Promise<void> | undefined;

  constructor(
    db: DatabaseSync,
    file: string,
    private readonly betweenTransactions: (work: () => Promise<void>) => Promise<void>,
  ) {
    this.log = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.worker = new Worker(THREAD, { eval: true, workerData: { file } });
    this.worker.unref();
  }

  /** After each commit. */
  committed(): void {
    if (this.running) return;
    const { log } = this.log.get() as { log: number };
    if (log > LOG_PAGES) this.running = this.run().finally(() => (this.running = undefined));
  }

  async close(): Promise<void> {
    await this.running;
    await this.worker.terminate();
  }

  private async run(): Promise<void> {
    for (let pass = 1; pass <= FREE_PASSES_MAX; pass++) if ((await this.pass()) < LAST_PAGES) break;
    await this.betweenTransactions(async () => void (await this.pass()));
  }

  /** Gives how many pages were added meanwhile. */
  private async pass(): Promise<number> {
    const answer = once(this.worker, 'message') as Promise<[number]>;
    this.worker.postMessage('copy');
    return (await answer)[0];
  }
}

// JavaScript as text, so that the thread starts alike from sources, from a build and under test. What it could not copy
// (another program reads an old state, the disk is full) is tried again after a later commit.
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(workerData.file, { timeout: 0 });
  db.exec('PRAGMA cache_size = -1024');
  const copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  const look = db.prepare('PRAGMA wal_checkpoint(NOOP)');
  parentPort.on('message', () => {
    let left = 0;
    try {
      copy.get();
      const { log, checkpointed } = look.get();
      left = log - checkpointed;
    } catch {}
    parentPort.postMessage(left);
  });
`;
