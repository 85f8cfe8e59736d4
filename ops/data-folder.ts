import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Fatal } from '../application/kernel/ledger.js';
import { openSqliteLedger } from '../infrastructure/ledger/sqlite.js';
import { isInUse } from '../infrastructure/ledger/sqlite/file.js';

// A folder is filled as a whole or not at all: while the mark lies in it, what else lies there is unfinished.

const LEDGER = 'ledger.sqlite';
const MARK = 'unfinished-simulation';
const MADE = /^(ledger|read-models|vault)\.sqlite(-.*)?$|^(files|gateway\.jsonl|mail)$/;

/** Throws away what a simulation that was interrupted left behind. Throws Fatal while one is at work. */
export const discardUnfinished = (folder: string): void => {
  if (!existsSync(join(folder, MARK))) return;
  if (isInUse(join(folder, LEDGER))) throw new Fatal(`${folder} is being filled by another process.`);
  for (const name of readdirSync(folder).filter((each) => MADE.test(each)))
    rmSync(join(folder, name), { recursive: true, force: true });
  rmSync(join(folder, MARK));
};

/** Whether anything has happened yet. Throws Fatal where the ledger cannot be opened. */
export const holdsEvents = async (folder: string): Promise<boolean> => {
  const file = join(folder, LEDGER);
  if (!existsSync(file)) return false;
  const ledger = await openSqliteLedger({ file });
  try {
    return (await ledger.head()) !== undefined;
  } finally {
    await ledger.close();
  }
};

/** Marks what is in the folder from now on as unfinished; gives what ends that. */
export const markUnfinished = (folder: string): (() => void) => {
  mkdirSync(folder, { recursive: true });
  const mark = join(folder, MARK);
  writeFileSync(mark, '', { flush: true });
  return () => rmSync(mark);
};

/**
 * Makes the folder and takes it away again; step by step, because a recursive mkdir never ends on some file systems.
 * Throws Fatal where nothing can be written.
 */
export const ensureWritable = (folder: string): void => {
  const made: string[] = [];
  try {
    for (const path of missingOf(resolve(folder))) {
      mkdirSync(path);
      made.push(path);
    }
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Fatal(`DATA_DIR: ${resolve(folder)} cannot be written (${code}).`);
  } finally {
    made.toReversed().forEach((path) => rmdirSync(path));
  }
};

const missingOf = (path: string): string[] => (existsSync(path) ? [] : [...missingOf(dirname(path)), path]);
