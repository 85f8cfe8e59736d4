import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Cursors } from './cursor.js';
import type { Writer } from './sqlite-writer.js';

/** What the collections of one file share. */
export interface SqliteFile {
  readonly path: string;
  readonly reader: DatabaseSync;
  readonly writer: Writer;
  readonly cursors: Cursors;
}

/** A name as SQL; it holds no quotes. */
export const quote = (name: string): string => `"${name}"`;

/** A statement whose rows are arrays, which are quicker than objects. */
export const rows = (db: DatabaseSync, sql: string): StatementSync => {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
};
