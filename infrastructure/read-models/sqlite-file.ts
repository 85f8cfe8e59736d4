import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Superseded } from '../../projections/kernel/read-models.js';
import type { Cursors } from './cursor.js';
import type { Writer } from './sqlite-writer.js';

/** What the collections of one file share. */
export interface SqliteFile {
  readonly path: string;
  readonly reader: DatabaseSync;
  readonly writer: Writer;
  /** Looks through the reader, and through the writer. */
  readonly read: AtOnce;
  readonly load: AtOnce;
  readonly cursors: Cursors;
}

/** A name as SQL; it holds no quotes. */
export const quote = (name: string): string => `"${name}"`;

/** SQLite plans a statement anew for each value of a bare `LIMIT ?`, which costs more than many of ours do. */
export const LIMIT = 'LIMIT ? + 0';

/** A statement, prepared when it is first used; its rows are arrays, which are quicker than objects. */
export class Statement<Row extends readonly unknown[] = never> {
  private prepared: StatementSync | undefined;

  constructor(
    private readonly db: DatabaseSync,
    private readonly sql: string,
  ) {}

  get(...values: SQLInputValue[]): Row | undefined {
    return this.ready().get(...values) as unknown as Row | undefined;
  }

  all(...values: SQLInputValue[]): Row[] {
    return this.ready().all(...values) as unknown as Row[];
  }

  iterate(...values: SQLInputValue[]): Iterable<Row> {
    return this.ready().iterate(...values) as unknown as Iterable<Row>;
  }

  /** Gives how many rows it changed. */
  run(...values: SQLInputValue[]): number {
    return Number(this.ready().run(...values).changes);
  }

  /** Gives the number of the new row; undefined when there is one already. */
  insert(...values: SQLInputValue[]): number | undefined {
    const { changes, lastInsertRowid } = this.ready().run(...values);
    return changes === 1 ? Number(lastInsertRowid) : undefined;
  }

  private ready(): StatementSync {
    if (!this.prepared) {
      this.prepared = this.db.prepare(this.sql);
      this.prepared.setReturnArrays(true);
    }
    return this.prepared;
  }
}

/** Makes several looks at one moment; the file is locked once for all of them, and not for each. */
export type AtOnce = <T>(looks: () => T) => T;

export const atOnceOn = (db: DatabaseSync): AtOnce => {
  const begin = new Statement(db, 'BEGIN');
  const commit = new Statement(db, 'COMMIT');
  return (looks) => {
    if (db.isTransaction) return looks();
    begin.run();
    try {
      return looks();
    } finally {
      commit.run();
    }
  };
};

/** What a statement failed with; Superseded when the tables of its generation are gone. */
export const failureOf = (error: unknown, id: string): unknown =>
  (error as { message?: string }).message?.match(/^no such table: (main\.)?(.*)$/)?.[2]?.startsWith(id)
    ? new Superseded(`${id} is no longer there. Ask for the collection anew.`)
    : error;
