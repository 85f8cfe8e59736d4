import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { Fatal, type LedgerError, StorageFull, Transient, UnknownOutcome } from '../../../application/kernel/ledger.js';

/** What a failed transaction means: for those who asked for it, and for the ledger if it cannot go on. */
export interface Failure {
  readonly error: LedgerError;
  readonly fatal?: Fatal;
}

// https://www.sqlite.org/rescode.html; the low byte is the primary code.
const BUSY = 5;
const NOMEM = 7;
const IOERR = 10;
const FULL = 13;
const CONSTRAINT = 19;
const IOERR_FSYNC = IOERR | (4 << 8);

/** Reads the error of a transaction that was rolled back. */
export const failureOf = (cause: unknown, path: string): Failure => {
  const { errcode, code } = cause as { errcode?: number; code?: string };
  const primary = errcode === undefined ? undefined : errcode & 0xff;
  const mayBeFull = primary === IOERR && errcode !== IOERR_FSYNC;
  if (primary === FULL || isFull(code) || (mayBeFull && diskRefusesMore(path)))
    return { error: new StorageFull('There is no room for more events.', { cause }) };
  // A constraint fails only where another program wrote into the file: what was known of it is read again.
  if (primary === BUSY || primary === NOMEM || primary === CONSTRAINT)
    return { error: new Transient('The ledger is busy.', { cause }) };
  const fatal = new Fatal(`${path} failed and must be opened again: ${(cause as Error).message}`, { cause });
  // Frames that could not be forced to the disk may be found there at the next start, or not.
  if (primary === IOERR)
    return { error: new UnknownOutcome('The disk failed while it was written.', { cause }), fatal };
  return { error: fatal, fatal };
};

/**
 * SQLite calls a file-size limit or a quota an I/O error like any other and does not pass errno on. So the disk is asked
 * the same again: a block at the offset where the log would grow, in a scratch file with nothing before it.
 */
const diskRefusesMore = (path: string): boolean => {
  const scratch = `${path}-probe`;
  const offset = Math.max(sizeOf(path), sizeOf(`${path}-wal`));
  try {
    const file = openSync(scratch, 'w');
    try {
      writeSync(file, Buffer.alloc(4096), 0, 4096, offset);
      return false;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return isFull((error as NodeJS.ErrnoException).code);
  } finally {
    rmSync(scratch, { force: true });
  }
};

const isFull = (code: string | undefined): boolean => code === 'ENOSPC' || code === 'EFBIG' || code === 'EDQUOT';

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
