import { STREAMS_MAX } from '../../projections/kernel/read-models.js';
import { quote, type SqliteFile, Statement } from './sqlite-file.js';

/** In the place of the first stream: there were too many. */
const UNTRACED = '*';

/**
 * Which streams fed a document. Nearly all documents are fed by one, which stands in the document's own row; the others
 * have a table of their own.
 */
export class SqliteTraces {
  private readonly enter: Statement;
  private readonly count: Statement<[number]>;
  private readonly clear: Statement;
  private readonly mark: Statement;
  private readonly first: Statement<[string | null]>;
  private readonly others: Statement<[string]>;

  static tables(id: string): string[] {
    return [`${id}.streams`];
  }

  static createTables(id: string): string {
    return `CREATE TABLE ${quote(`${id}.streams`)} (key TEXT, stream TEXT, PRIMARY KEY (key, stream)) WITHOUT ROWID`;
  }

  constructor(id: string, { reader, writer: { db } }: SqliteFile) {
    const [docs, streams] = [id, `${id}.streams`].map(quote);
    this.enter = new Statement(db, `INSERT OR IGNORE INTO ${streams} (key, stream) VALUES (?, ?)`);
    this.count = new Statement(db, `SELECT count(*) FROM ${streams} WHERE key = ?`);
    this.clear = new Statement(db, `DELETE FROM ${streams} WHERE key = ?`);
    this.mark = new Statement(db, `UPDATE ${docs} SET stream = '${UNTRACED}' WHERE key = ?`);
    this.first = new Statement(reader, `SELECT stream FROM ${docs} WHERE key = ?`);
    this.others = new Statement(reader, `SELECT stream FROM ${streams} WHERE key = ?`);
  }

  /** Part of a write's transaction; `first` is what the document's row says. */
  add(key: string, first: string | null, streams: readonly string[]): void {
    if (first === UNTRACED) return;
    let entered = 0;
    for (const stream of streams) if (stream !== first) entered += this.enter.run(key, stream);
    if (entered === 0 || this.count.get(key)![0] < STREAMS_MAX) return;
    this.clear.run(key);
    this.mark.run(key);
  }

  streamsOf(key: string): readonly string[] | undefined {
    const [first] = this.first.get(key) ?? [];
    if (first === UNTRACED) return undefined;
    const others = this.others.all(key).map(([stream]) => stream);
    return [...(first === undefined || first === null ? [] : [first]), ...others].sort();
  }
}
