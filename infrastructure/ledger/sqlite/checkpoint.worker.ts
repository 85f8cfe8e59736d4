import { fsyncSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { CheckpointReport, CheckpointThreadData } from './checkpoints.js';

const { path, descriptor } = workerData as CheckpointThreadData;
const db = new DatabaseSync(path, { timeout: 1_000 });
// Without FULL here the database might be younger than the log that is then overwritten.
db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -1024');
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');

const report = (): CheckpointReport => {
  try {
    checkpoint.get();
    // SQLite leaves this to the pass that reaches the log's end, and the writer waits for that one.
    fsyncSync(descriptor);
    return {};
  } catch (error) {
    const { message, errcode, code } = error as Error & { errcode?: number; code?: string };
    return { failed: { message, errcode, code } };
  }
};

parentPort!.on('message', (order: 'checkpoint' | 'close') => {
  if (order === 'checkpoint') return parentPort!.postMessage(report());
  db.close();
  parentPort!.close();
});
