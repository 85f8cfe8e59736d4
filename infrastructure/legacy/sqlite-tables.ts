import { closeSync, openSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** The file cannot be what it should be: one line for people. */
export class NotTheseTables extends Error {
  override readonly name = 'NotTheseTables';
}

const MAGIC = 'SQLite format 3\0';

/** The tables of a SQLite file of another system, read and never written. */
export interface SqliteTables {
  /** All rows, in the order of their key. */
  rows(table: string): Row[];
  close(): void;
}

/**
 * Opens a file that has these tables, each with its key. Throws NotTheseTables, with the reason, for anything else.
 */
export const openSqliteTables = (file: string, keys: Readonly<Record<string, string>>): SqliteTables => {
  ensureSqlite(file);
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    for (const [table, key] of Object.entries(keys)) {
      const columns = db.prepare(`SELECT name FROM pragma_table_info(?)`).all(table);
      if (columns.length === 0) throw new NotTheseTables(`it has no table ${table}`);
      if (!columns.some(({ name }) => name === key))
        throw new NotTheseTables(`its table ${table} has no column ${key}`);
    }
  } catch (error) {
    db.close();
    throw error instanceof NotTheseTables ? error : new NotTheseTables('it is damaged');
  }
  return {
    rows: (table) =>
      db
        .prepare(`SELECT * FROM "${table}" ORDER BY "${keys[table]}"`)
        .all()
        .map((row) => Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plain(value)]))),
    close: () => db.close(),
  };
};

/** Bytes have no meaning in any of the tables; as hexadecimal digits they lose nothing. */
const plain = (value: unknown): Value =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : (value as Value);

const ensureSqlite = (file: string): void => {
  const head = Buffer.alloc(MAGIC.length);
  try {
    const opened = openSync(file, 'r');
    try {
      readSync(opened, head, 0, head.length, 0);
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    throw new NotTheseTables(`it cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  if (head.toString('latin1') !== MAGIC) throw new NotTheseTables('it is not a SQLite database');
};
