import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fatal } from '../../../application/kernel/ledger.js';
import { APPLICATION_ID, createSchema, SCHEMA_VERSION } from './schema.js';

/** How long a statement waits for a program that holds the file, in milliseconds. */
const BUSY_TIMEOUT_MS = 200;
const CACHE_KIB = 32 * 1024;

export interface LedgerFile {
  readonly path: string;
  readonly db: DatabaseSync;
  /** Lets another process have the file. The database is closed before. */
  release(): void;
}

/**
 * Opens the file for this process alone, or makes it. What is not a sound ledger of a version known here is refused
 * before anything is changed.
 *
 * @throws Fatal with one line for the person who starts the program.
 */
export const openLedgerFile = (file: string, durable = true): LedgerFile => {
  const path = resolve(file);
  const isNew = sizeOf(path) === 0;
  if (!isNew) refuseForeign(path);
  const lock = takeLock(path);
  let db: DatabaseSync | undefined;
  try {
    // SQLite removes its log when the last connection closes: one that lies there is the mark of an unclean stop.
    const uncleanStop = !isNew && sizeOf(`${path}-wal`) > 0;
    if (isNew) opened(path, () => create(path));
    const file = opened(path, () => new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }));
    db = file;
    opened(path, () => settle(file, durable));
    if (uncleanStop) checkIntegrity(path, db);
    return { path, db, release: () => lock.close() };
  } catch (error) {
    if (db?.isOpen) db.close();
    lock.close();
    throw error;
  }
};

const headerOf = (path: string): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(file);
  }
  return header;
};

const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\u0000';

/** Made under another name and renamed, so that a file of this name is a whole ledger whenever the power goes. */
const create = (path: string): void => {
  for (const leftover of [`${path}-new`, `${path}-new-journal`]) rmSync(leftover, { force: true });
  const db = new DatabaseSync(`${path}-new`);
  try {
    createSchema(db);
  } finally {
    db.close();
  }
  renameSync(`${path}-new`, path);
};

/** A durable commit is on the disk when it returns; checkpoints of the log are made elsewhere, in a thread of their own. */
const settle = (db: DatabaseSync, durable: boolean): void => {
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${durable ? 'FULL' : 'OFF'};
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cache_size = -${CACHE_KIB};
    PRAGMA temp_store = MEMORY;
  `);
};

/**
 * Looks at the file's header as it lies there: no lock, no log, no change, whatever it is. The rest is not looked at,
 * because after a crash in the middle of a checkpoint only file and log together are a database. Offsets: the SQLite
 * file format, 1.3.
 */
const refuseForeign = (path: string): void => {
  const header = opened(path, () => headerOf(path));
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Fatal(`${path} is not a ledger.`);
  const version = header.readUInt32BE(60);
  const application = header.readUInt32BE(68);
  if (application !== APPLICATION_ID) throw new Fatal(`${path} is not a ledger.`);
  if (version > SCHEMA_VERSION)
    throw new Fatal(`${path} is from a newer version (${version}; this program knows up to ${SCHEMA_VERSION}).`);
};

/**
 * A transaction held open in a file beside the ledger. The operating system lets go of it when the process ends, however
 * it ends. The ledger's own locks cannot serve: they let many processes in, one write after another.
 */
const takeLock = (path: string): DatabaseSync => {
  const lock = opened(path, () => new DatabaseSync(`${path}-lock`, { timeout: 0 }));
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    throw new Fatal(`${path} is in use by another process.`, { cause });
  }
};

/** Whether another process has the ledger of this name. */
export const isInUse = (file: string): boolean => {
  try {
    takeLock(resolve(file)).close();
    return false;
  } catch {
    return true;
  }
};

const checkIntegrity = (path: string, db: DatabaseSync): void => {
  const findings = opened(path, () => db.prepare('PRAGMA integrity_check(1)').all());
  const first = findings[0]?.['integrity_check'];
  if (first !== 'ok') throw new Fatal(`${path} is damaged: ${String(first)}`);
};

const opened = <T>(path: string, attempt: () => T): T => {
  try {
    return attempt();
  } catch (cause) {
    throw new Fatal(`${path} cannot be opened as a ledger: ${(cause as Error).message}`, { cause });
  }
};

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
