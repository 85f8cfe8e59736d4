import type { StatementSync } from 'node:sqlite';
import { STREAMS_MAX } from '../../projections/kernel/read-models.js';
import { quote, rows, type SqliteFile } from './sqlite-file.js';

/** In the place of the first stream: there were too many. */
const UNTRACED = '*';

/**
 * Which streams fed a document. Nearly all documents are fed by one, which stands in the document's own row; the others
 * have a table of their own.
 */
export class SqliteTraces {
  private readonly enter: StatementSync;
  private readonly count: StatementSync;
  private readonly clear: StatementSync;
  private readonly mark: StatementSync;
  private readonly first: StatementSync;
  private readonly others: StatementSync;

  static tables(id: string): string[] {
    return [`${id}.streams`];
  }

  static createTables(id: string): string {
    return `CREATE TABLE ${quote(`${id}.streams`)} (key TEXT, stream TEXT, PRIMARY KEY (key, stream)) WITHOUT ROWID`;
  }

  constructor(id: string, { reader, writer: { db } }: SqliteFile) {
    const [docs, streams] = [id, `${id}.streams`].map(quote);
    this.enter = db.prepare(`INSERT OR IGNORE INTO ${streams} (key, stream) VALUES (?, ?)`);
    this.count = rows(db, `SELECT count(*) FROM ${streams} WHERE key = ?`);
    this.clear = db.prepare(`DELETE FROM ${streams} WHERE key = ?`);
    this.mark = db.prepare(`UPDATE ${docs} SET stream = '${UNTRACED}' WHERE key = ?`);
    this.first = rows(reader, `SELECT stream FROM ${docs} WHERE key = ?`);
    this.others = rows(reader, `SELECT stream FROM ${streams} WHERE key = ?`);
  }

  /** Part of a write's transaction; `first` is what the document's row says. */
  add(key: string, first: string | null, streams: readonly string[]): void {
    if (first === UNTRACED) return;
    let entered = 0;
    for (const stream of streams) if (stream !== first) entered += Number(this.enter.run(key, stream).changes);
    if (entered === 0 || (this.count.get(key) as unknown as [number])[0] < STREAMS_MAX) return;
    this.clear.run(key);
    this.mark.run(key);
  }

  streamsOf(key: string): readonly string[] | undefined {
    const [first] = (this.first.get(key) as [string | null] | undefined) ?? [];
    if (first === UNTRACED) return undefined;
    const others = (this.others.all(key) as unknown as [string][]).map(([stream]) => stream);
    return [...(first === undefined || first === null ? [] : [first]), ...others].sort();
  }
}
