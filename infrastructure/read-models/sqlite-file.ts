import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Superseded } from '../../projections/kernel/read-models.js';
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

/** What a statement failed with; Superseded when the tables of its generation are gone. */
export const failureOf = (error: unknown, id: string): unknown =>
  (error as { message?: string }).message?.match(/^no such table: (main\.)?(.*)$/)?.[2]?.startsWith(id)
    ? new Superseded(`${id} is no longer there. Ask for the collection anew.`)
    : error;
