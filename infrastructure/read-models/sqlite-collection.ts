import { setImmediate as turn } from 'node:timers/promises';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Position } from '../../domain/kernel/envelope.js';
import {
  type Collection,
  type CollectionSpec,
  type DocumentWrite,
  type Found,
  type Held,
  type IndexQuery,
  type Page,
  type Scalar,
  type SearchQuery,
} from '../../projections/kernel/read-models.js';
import { Digest } from './digest.js';
import { indexedFields } from './generation.js';
import { endOf, limitOf, valueAt, type Walk, walkOf } from './query.js';
import { failureOf, LIMIT, quote, type SqliteFile, Statement } from './sqlite-file.js';
import { SqliteSearch } from './sqlite-search.js';
import { SqliteTraces } from './sqlite-traces.js';

const column = (path: string): string => quote(`.${path}`);

/** The tables of a generation. Removed documents stay behind as their `at`, outside all indexes. */
export const createTables = (id: string, spec: CollectionSpec): string => `
  CREATE TABLE ${quote(id)} (n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at TEXT NOT NULL, doc TEXT, removed INTEGER NOT NULL, words TEXT,
    stream TEXT${indexedFields(spec)
      .map((field) => `, ${column(field)}`)
      .join('')});
  ${SqliteTraces.createTables(id)};
  ${SqliteSearch.createTables(id)}`;

/** Its indexes. Made once the documents are there they cost a fraction of what they cost document by document. */
export const createIndexes = (id: string, { indexes }: CollectionSpec): string =>
  Object.entries(indexes)
    .map(([name, fields]) => {
      const columns = [...fields.map(column), 'key'].join(', ');
      return `CREATE INDEX IF NOT EXISTS ${quote(`${id}.${name}`)} ON ${quote(id)} (${columns}) WHERE removed = 0`;
    })
    .join('; ');

export const dropTables = (id: string): string =>
  [id, ...SqliteTraces.tables(id), ...SqliteSearch.tables(id)]
    .map((table) => `DROP TABLE IF EXISTS ${quote(table)}`)
    .join('; ');

type Row = [key: string, at: Position, doc: string];
/** A row's number, and the stream that fed it first. */
type Stored = [n: number, stream: string | null];

/**
 * One generation of a collection: a table with the documents as JSON text, the indexed fields as columns beside it, and
 * one SQLite index per declared index, with the key as its last column for a stable order.
 */
export class SqliteCollection<Doc extends object> implements Collection<Doc> {
  private readonly fields: readonly string[];
  private readonly words: SqliteSearch;
  private readonly traces: SqliteTraces;
  private readonly walks = new Map<string, Statement<readonly unknown[]>>();
  private readonly one: Statement<Row>;
  private readonly held: Statement<[key: string, at: Position, doc: string | null]>;
  private readonly insert: Statement;
  private readonly update: Statement;
  private readonly updateDoc: Statement;
  private readonly stored: Statement<Stored>;

  constructor(
    readonly id: string,
    readonly spec: CollectionSpec,
    private readonly file: SqliteFile,
  ) {
    const { reader, writer } = file;
    const table = quote(id);
    this.fields = indexedFields(spec);
    this.words = new SqliteSearch(id, spec, file);
    this.traces = new SqliteTraces(id, file);
    this.one = new Statement(reader, `SELECT key, at, doc FROM ${table} WHERE key = ? AND removed = 0`);
    this.held = new Statement(writer.db, `SELECT key, at, doc FROM ${table} WHERE key = ?`);
    const set = ['doc', 'removed', 'words', ...this.fields.map(column)];
    this.insert = new Statement(
      writer.db,
      `INSERT INTO ${table} (${['key', 'at', 'stream', ...set].join(', ')})
       VALUES (?, ?, ?${', ?'.repeat(set.length)}) ON CONFLICT (key) DO NOTHING`,
    );
    const all = set.map((c) => `${c} = ?`).join(', ');
    // Not RETURNING: it makes SQLite keep a journal for each statement, which takes several times as long as a look.
    const where = 'WHERE key = ? AND at = ?';
    this.update = new Statement(writer.db, `UPDATE ${table} SET at = ?, ${all} ${where}`);
    this.stored = new Statement(writer.db, `SELECT n, stream FROM ${table} WHERE key = ?`);
    this.updateDoc = new Statement(writer.db, `UPDATE ${table} SET at = ?, doc = ? ${where}`);
  }

  get(key: string): Promise<Found<Doc> | undefined> {
    return this.look(() => this.found(key));
  }

  getMany(keys: readonly string[]): Promise<Map<string, Found<Doc>>> {
    const find = () => new Map(keys.flatMap((key) => this.found(key) ?? []).map((each) => [each.key, each]));
    return this.look(() => this.file.read(find));
  }

  query(query: IndexQuery): Promise<Page<Doc>> {
    return this.look(() => {
      const walk = walkOf(this.spec, query);
      const limit = limitOf(query.limit);
      const descending = query.order === 'descending';
      const bound = [this.spec.name, walk, descending];
      const after = query.after === undefined ? undefined : this.file.cursors.open(bound, query.after);
      const { sql, values } = sqlOf(this.id, walk, descending, after);

      const read = this.statement<Row>(`SELECT key, at, doc ${sql} ${LIMIT}`).all(...values, limit + 1);
      const items = read.slice(0, limit).map((row) => found<Doc>(row));
      if (read.length <= limit) return { items };
      return { items, next: this.file.cursors.seal(bound, endOf(walk, items.at(-1)!)) };
    });
  }

  search(query: SearchQuery): Promise<Page<Doc>> {
    return this.look(() => this.words.search<Doc>(query));
  }

  count(query: Parameters<Collection<Doc>['count']>[0], max = Number.MAX_SAFE_INTEGER): Promise<number> {
    return this.look(() => {
      const { sql, values } = sqlOf(this.id, walkOf(this.spec, query), false, undefined);
      return this.statement<[number]>(`SELECT count(*) FROM (SELECT 1 ${sql} ${LIMIT})`).get(...values, max)![0];
    });
  }

  load(keys: readonly string[]): Promise<Map<string, Held<Doc>>> {
    const documents = new Map<string, Held<Doc>>();
    const load = () => {
      for (const key of keys) {
        const row = this.held.get(key);
        if (row) documents.set(key, { at: row[1], doc: row[2] === null ? null : (JSON.parse(row[2]) as Doc) });
      }
      return documents;
    };
    return this.look(() => this.file.load(load));
  }

  write(writes: readonly DocumentWrite<Doc>[]): Promise<readonly string[]> {
    const set = this.set.bind(this);
    const written = this.file.writer.run(function* () {
      const lost: string[] = [];
      for (const write of writes) {
        if (!set(write)) lost.push(write.key);
        yield;
      }
      return lost;
    });
    return written.catch((error: unknown) => {
      throw failureOf(error, this.id);
    });
  }

  streamsOf(key: string): Promise<readonly string[] | undefined> {
    return this.look(() => this.traces.streamsOf(key));
  }

  async digest(): Promise<{ readonly documents: number; readonly sha256: string }> {
    // A connection of its own sees one moment, however long it takes.
    const db = new DatabaseSync(this.file.path, { readOnly: true });
    try {
      const digest = new Digest();
      const all = await this.look(() => {
        db.exec('BEGIN');
        return new Statement<Row>(
          db,
          `SELECT key, at, doc FROM ${quote(this.id)} WHERE removed = 0 ORDER BY key`,
        ).iterate();
      });
      for (const row of all) {
        const { key, doc } = found<object>(row);
        digest.add(key, doc);
        if (digest.documents % 500 === 0) await turn();
      }
      return digest.end();
    } finally {
      db.close();
    }
  }

  /** Statements run at once; the promise is the port's. */
  private async look<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw failureOf(error, this.id);
    }
  }

  private found(key: string): Found<Doc> | undefined {
    const row = this.one.get(key);
    return row && found(row);
  }

  /** Sets one document, where it is at `expected`. */
  private set(write: DocumentWrite<Doc>): boolean {
    const { key, expected, doc, streams = [] } = write;
    const before =
      expected === undefined ? null : write.before === undefined ? this.atExpected(key, expected) : write.before;
    // Indexes are touched only where something indexed changed: they cost more than the document.
    const alike = doc !== null && before !== null && this.isIndexedAlike(before, doc);
    const row = alike ? this.storeDoc(write) : this.storeAll(write);
    if (!row) return false;
    const [n, first] = row;
    if (!alike) this.words.replace(n, key, before, doc);
    this.traces.add(key, first, streams);
    return true;
  }

  /** Undefined when the document is not where it was expected. */
  private storeDoc({ key, expected, at, doc }: DocumentWrite<Doc>): Stored | undefined {
    return this.updateDoc.run(at, JSON.stringify(doc), key, expected!) === 1 ? this.stored.get(key) : undefined;
  }

  private storeAll({ key, expected, at, doc, streams }: DocumentWrite<Doc>): Stored | undefined {
    const indexed = this.fields.map((field) => (doc === null ? null : stored(valueAt(doc, field))));
    const text = doc === null ? null : JSON.stringify(doc);
    const set = [text, doc === null ? 1 : 0, this.words.wordsOf(doc), ...indexed];
    if (expected !== undefined)
      return this.update.run(at, ...set, key, expected) === 1 ? this.stored.get(key) : undefined;
    const first = streams?.[0] ?? null;
    const n = this.insert.insert(key, at, first, ...set);
    return n === undefined ? undefined : [n, first];
  }

  private isIndexedAlike(before: Doc, doc: Doc): boolean {
    return (
      this.fields.every((field) => valueAt(doc, field) === valueAt(before, field)) && this.words.isAlike(before, doc)
    );
  }

  private atExpected(key: string, expected: Position): Doc | null {
    const row = this.held.get(key);
    return row && row[1] === expected && row[2] !== null ? (JSON.parse(row[2]) as Doc) : null;
  }

  private statement<R extends readonly unknown[]>(sql: string): Statement<R> {
    let statement = this.walks.get(sql);
    if (!statement) this.walks.set(sql, (statement = new Statement(this.file.reader, sql)));
    return statement as Statement<R>;
  }
}

const found = <Doc>([key, at, doc]: Row): Found<Doc> => ({ key, at, doc: JSON.parse(doc) as Doc });

const FALSE = Uint8Array.of(0);
const TRUE = Uint8Array.of(1);

/**
 * How a column holds a scalar, so that SQLite's order of types is ours. NULL would compare with nothing, so a missing
 * value is the least number; truths are blobs, which come after texts.
 */
const stored = (value: Scalar): SQLInputValue =>
  value === null ? -Infinity : value === true ? TRUE : value === false ? FALSE : value;

/** From, where and order of a walk along one index, the same text for all walks of one shape. */
export const sqlOf = (
  id: string,
  walk: Walk,
  descending: boolean,
  after: readonly Scalar[] | undefined,
): { readonly sql: string; readonly values: SQLInputValue[] } => {
  const { index, fields, equal } = walk;
  const columns = [...fields.map(column), 'key'];
  const rest = columns.slice(equal.length);
  const where = ['removed = 0', ...equal.map((_, i) => `${columns[i]!} = ?`)];
  const values = equal.map(stored);
  const bound = (operator: string, value: Scalar) => {
    where.push(`${rest[0]!} ${operator} ?`);
    values.push(stored(value));
  };
  // The cursor lies within the bounds, so it stands for the one that it replaces.
  if (walk.lower && (descending || !after)) bound(walk.lower.inclusive ? '>=' : '>', walk.lower.value);
  if (walk.upper && (!descending || !after)) bound(walk.upper.inclusive ? '<=' : '<', walk.upper.value);
  if (after) {
    where.push(`(${rest.join(', ')}) ${descending ? '<' : '>'} (${rest.map(() => '?').join(', ')})`);
    values.push(...after.map(stored));
  } else if (where.length === 1) bound('>=', null);
  const order = rest.map((c) => (descending ? `${c} DESC` : c)).join(', ');
  const sql = `FROM ${quote(id)} INDEXED BY ${quote(`${id}.${index}`)} WHERE ${where.join(' AND ')} ORDER BY ${order}`;
  return { sql, values };
};
