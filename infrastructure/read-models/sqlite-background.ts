import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** So long may the log get, in pages of 4 KiB, before it is copied into the database. */
const LOG_PAGES = 8_000;
/** So few pages are copied while the writer waits. */
const LAST_PAGES = 400;
/** After so many passes the writer waits, however much it has added meanwhile. */
const FREE_PASSES_MAX = 3;
/** Every index reads its whole table, page by page; mapped, that is no call to the system for each. */
const MAP_BYTES = 1024 ** 3;

interface Answer {
  /** Pages that were added to the log while it was copied. */
  readonly left?: number;
  readonly failed?: string;
}

/**
 * A thread for what would hold up the writer's thread: making indexes, dropping tables, and copying the write-ahead log
 * into the database, which there would be by far the slowest moment. The log begins anew only when all of it was copied,
 * so the last pass runs between two transactions.
 */
export class Background {
  private readonly worker: Worker;
  private readonly log: StatementSync;
  private readonly asked: ((answer: Answer) => void)[] = [];
  private copying: Promise<void> | undefined;

  constructor(
    db: DatabaseSync,
    file: string,
    private readonly betweenTransactions: (work: () => Promise<void>) => Promise<void>,
  ) {
    this.log = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.worker = new Worker(THREAD, { eval: true, workerData: { file } });
    this.worker.on('message', (answer: Answer) => {
      this.asked.shift()!(answer);
      if (this.asked.length === 0) this.worker.unref();
    });
    this.worker.unref();
  }

  /** Runs statements, each a transaction of its own. */
  async exec(sql: string): Promise<void> {
    const { failed } = await this.ask({ sql });
    if (failed !== undefined) throw new Error(failed);
  }

  /** After each commit. */
  committed(): void {
    if (this.copying) return;
    const { log } = this.log.get() as { log: number };
    if (log > LOG_PAGES) this.copying = this.copy().finally(() => (this.copying = undefined));
  }

  /** Ends the thread, and with it its connection. */
  async close(): Promise<void> {
    await this.copying;
    this.worker.ref();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.worker.once('exit', () => resolve());
    this.worker.postMessage({ close: true });
    await ended;
  }

  private async copy(): Promise<void> {
    for (let pass = 1; pass <= FREE_PASSES_MAX; pass++) {
      const { left = 0 } = await this.ask({ copy: true });
      if (left < LAST_PAGES) break;
    }
    await this.betweenTransactions(async () => void (await this.ask({ copy: true })));
  }

  private ask(order: object): Promise<Answer> {
    return new Promise((answered) => {
      this.asked.push(answered);
      // Kept alive while somebody waits for it, and only then.
      this.worker.ref();
      this.worker.postMessage(order);
    });
  }
}

// JavaScript as text, so that the thread starts alike from sources, from a build and under test. What could not be copied
// (another program reads an old state, the disk is full) is tried again after a later commit.
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(workerData.file, { timeout: 600000 });
  db.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -1024');
  const copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  const look = db.prepare('PRAGMA wal_checkpoint(NOOP)');
  const run = ({ sql }) => {
    if (sql) {
      db.exec('PRAGMA cache_size = -65536; PRAGMA mmap_size = ${MAP_BYTES}; ' + sql);
      db.exec('PRAGMA cache_size = -1024; PRAGMA mmap_size = 0; PRAGMA shrink_memory');
      return {};
    }
    copy.get();
    const { log, checkpointed } = look.get();
    return { left: log - checkpointed };
  };
  parentPort.on('message', (order) => {
    if (order.close) {
      db.close();
      return parentPort.close();
    }
    try {
      parentPort.postMessage(run(order));
    } catch (error) {
      parentPort.postMessage({ failed: error.message });
    }
  });
`;
