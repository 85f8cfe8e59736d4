import { setImmediate as turn } from 'node:timers/promises';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
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
import { limitOf, valueAt, type Walk, walkOf } from './query.js';
import { failureOf, quote, rows, type SqliteFile } from './sqlite-file.js';
import { SqliteSearch } from './sqlite-search.js';
import { SqliteTraces } from './sqlite-traces.js';

const column = (path: string): string => quote(`.${path}`);

/** All fields of a collection that an index holds. */
const fieldsOf = (spec: CollectionSpec): string[] => [...new Set(Object.values(spec.indexes).flat())].sort();

/** The tables of a generation. Removed documents stay behind as their `at`, outside all indexes. */
export const createTables = (id: string, spec: CollectionSpec): string => `
  CREATE TABLE ${quote(id)} (key TEXT NOT NULL UNIQUE, at TEXT NOT NULL, doc TEXT, removed INTEGER NOT NULL, words TEXT,
    stream TEXT${fieldsOf(spec)
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

/**
 * One generation of a collection: a table with the documents as JSON text, the indexed fields as columns beside it, and
 * one SQLite index per declared index, with the key as its last column for a stable order.
 */
export class SqliteCollection<Doc extends object> implements Collection<Doc> {
  private readonly fields: readonly string[];
  private readonly search_: SqliteSearch;
  private readonly walks = new Map<string, StatementSync>();
  private readonly one: StatementSync;
  private readonly held: StatementSync;
  private readonly insert: StatementSync;
  private readonly update: StatementSync;
  private readonly updateDoc: StatementSync;
  private readonly traces: SqliteTraces;

  constructor(
    readonly id: string,
    readonly spec: CollectionSpec,
    private readonly file: SqliteFile,
  ) {
    const { reader, writer } = file;
    const table = quote(id);
    this.fields = fieldsOf(spec);
    this.search_ = new SqliteSearch(id, spec, file);
    const columns = this.fields.map(column);
    this.one = rows(reader, `SELECT key, at, doc FROM ${table} WHERE key = ? AND removed = 0`);
    this.held = rows(writer.db, `SELECT key, at, doc FROM ${table} WHERE key = ?`);
    const set = ['doc', 'removed', 'words', ...columns];
    this.insert = writer.db.prepare(
      `INSERT INTO ${table} (${['key', 'at', 'stream', ...set].join(', ')})
       VALUES (?, ?, ?${', ?'.repeat(set.length)}) ON CONFLICT (key) DO NOTHING`,
    );
    const where = 'WHERE key = ? AND at = ? RETURNING stream';
    this.update = rows(writer.db, `UPDATE ${table} SET at = ?, ${set.map((c) => `${c} = ?`).join(', ')} ${where}`);
    this.updateDoc = rows(writer.db, `UPDATE ${table} SET at = ?, doc = ? ${where}`);
    this.traces = new SqliteTraces(id, file);
  }

  get(key: string): Promise<Found<Doc> | undefined> {
    return this.look(() => this.found(key));
  }

  getMany(keys: readonly string[]): Promise<Map<string, Found<Doc>>> {
    return this.look(() => new Map(keys.flatMap((key) => this.found(key) ?? []).map((each) => [each.key, each])));
  }

  query(query: IndexQuery): Promise<Page<Doc>> {
    return this.look(() => {
      const walk = walkOf(this.spec, query);
      const limit = limitOf(query.limit);
      const descending = query.order === 'descending';
      const bound = [this.spec.name, walk, descending];
      const after = query.after === undefined ? undefined : this.file.cursors.open(bound, query.after);
      const { sql, values } = sqlOf(this.id, walk, descending, after);

      const read = this.statement(`SELECT key, at, doc ${sql} LIMIT ?`).all(...values, limit + 1) as unknown as Row[];
      const items = read.slice(0, limit).map((row) => found<Doc>(row));
      if (read.length <= limit) return { items };
      const { key, doc } = items.at(-1)!;
      const ended = walk.fields.slice(walk.equal.length).map((field) => valueAt(doc, field));
      return { items, next: this.file.cursors.seal(bound, [...ended, key]) };
    });
  }

  search(query: SearchQuery): Promise<Page<Doc>> {
    return this.look(() => this.search_.search<Doc>(query));
  }

  count(query: Parameters<Collection<Doc>['count']>[0], max = Number.MAX_SAFE_INTEGER): Promise<number> {
    return this.look(() => {
      const { sql, values } = sqlOf(this.id, walkOf(this.spec, query), false, undefined);
      const counted = this.statement(`SELECT count(*) FROM (SELECT 1 ${sql} LIMIT ?)`).get(...values, max);
      return (counted as unknown as [number])[0];
    });
  }

  load(keys: readonly string[]): Promise<Map<string, Held<Doc>>> {
    return this.look(() => {
      const documents = new Map<string, Held<Doc>>();
      for (const key of keys) {
        const row = this.held.get(key) as unknown as Row | undefined;
        if (row) documents.set(key, { at: row[1], doc: row[2] === null ? null : (JSON.parse(row[2]) as Doc) });
      }
      return documents;
    });
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
        return rows(db, `SELECT key, at, doc FROM ${quote(this.id)} WHERE removed = 0 ORDER BY key`).iterate();
      });
      for (const row of all) {
        const { key, doc } = found<object>(row as unknown as Row);
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
    const row = this.one.get(key) as unknown as Row | undefined;
    return row && found(row);
  }

  /** Sets one document, where it is at `expected`. */
  private set(write: DocumentWrite<Doc>): boolean {
    const { key, expected, doc, streams = [] } = write;
    const before =
      expected === undefined ? null : write.before === undefined ? this.atExpected(key, expected) : write.before;
    const first = this.store(write, before);
    if (first === undefined) return false;
    this.search_.replace(key, before, doc);
    this.traces.add(key, first, streams);
    return true;
  }

  /** Gives the stream that fed the document first; undefined when the document is not where it was expected. */
  private store(
    { key, expected, at, doc, streams }: DocumentWrite<Doc>,
    before: Doc | null,
  ): string | null | undefined {
    const text = doc === null ? null : JSON.stringify(doc);
    const first = streams?.[0] ?? null;
    // Indexes are only touched where something indexed changed: they cost more than the document.
    if (doc !== null && before !== null && this.isIndexedAlike(doc, before)) {
      const row = this.updateDoc.get(at, text, key, expected!) as [string | null] | undefined;
      return row && row[0];
    }
    const indexed = this.fields.map((field) => (doc === null ? null : stored(valueAt(doc, field))));
    const set = [text, doc === null ? 1 : 0, this.search_.wordsOf(doc), ...indexed];
    if (expected === undefined) return this.insert.run(key, at, first, ...set).changes === 1 ? first : undefined;
    const row = this.update.get(at, ...set, key, expected) as [string | null] | undefined;
    return row && row[0];
  }

  private isIndexedAlike(doc: Doc, before: Doc): boolean {
    return (
      this.fields.every((field) => valueAt(doc, field) === valueAt(before, field)) &&
      this.search_.wordsOf(doc) === this.search_.wordsOf(before)
    );
  }

  private atExpected(key: string, expected: Position): Doc | null {
    const row = this.held.get(key) as unknown as Row | undefined;
    return row && row[1] === expected && row[2] !== null ? (JSON.parse(row[2]) as Doc) : null;
  }

  private statement(sql: string): StatementSync {
    let statement = this.walks.get(sql);
    if (!statement) this.walks.set(sql, (statement = rows(this.file.reader, sql)));
    return statement;
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
