import { randomBytes } from 'node:crypto';
import type { AnyBulkWriteOperation, Collection as Rows, Document, Filter, Sort } from 'mongodb';
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
  STREAMS_MAX,
  Superseded,
} from '../../projections/kernel/read-models.js';
import { ensured, isDuplicate, type MongoDatabase, reached } from '../mongodb/client.js';
import type { Cursors } from './cursor.js';
import { Digest } from './digest.js';
import { MongoSearch } from './mongodb-search.js';
import { docIn, fieldOf, indexesOf, indexName, MARK, type Row, rowOf } from './mongodb-rows.js';
import { endOf, limitOf, type Walk, walkOf } from './query.js';

const DIGEST_BATCH = 1_000;
const SHOWN = { at: 1, doc: 1 } as const;

/**
 * One generation of a collection: a MongoDB collection with one compound index per declared index. Every write is of one
 * document and stands for itself, so that it needs no transaction.
 */
export class MongoCollection<Doc extends object> implements Collection<Doc> {
  private readonly rows: Rows<Row>;
  private readonly words: MongoSearch;

  constructor(
    readonly id: string,
    readonly spec: CollectionSpec,
    private readonly database: MongoDatabase,
    private readonly cursors: Cursors,
  ) {
    this.rows = database.db.collection(id);
    this.words = new MongoSearch(spec, this.rows, database.db.collection(wordsOf(id)), cursors);
  }

  /** Makes the empty collection; nothing where it is there already. */
  async make(): Promise<void> {
    const mark = { $setOnInsert: { at: '', by: '', streams: [] } };
    await ensured(() => this.rows.updateOne({ _id: MARK }, mark, { upsert: true }));
  }

  async makeIndexes(): Promise<void> {
    const db = this.database.patient();
    await reached(() => db.collection(this.id).createIndexes(indexesOf(this.spec)));
    if (this.spec.search) await reached(() => db.collection(wordsOf(this.id)).createIndex({ stubs: 1 }));
    await this.held([], SHOWN, true);
  }

  async drop(): Promise<void> {
    const db = this.database.patient();
    for (const name of [this.id, wordsOf(this.id)]) await reached(() => db.collection(name).drop());
  }

  async get(key: string): Promise<Found<Doc> | undefined> {
    return (await this.getMany([key])).get(key);
  }

  async getMany(keys: readonly string[]): Promise<Map<string, Found<Doc>>> {
    const found = new Map<string, Found<Doc>>();
    for (const row of await this.held(keys, SHOWN)) if (row.doc !== undefined) found.set(row._id, foundIn(row));
    return found;
  }

  async query(query: IndexQuery): Promise<Page<Doc>> {
    const walk = walkOf(this.spec, query);
    const limit = limitOf(query.limit);
    const descending = query.order === 'descending';
    const bound = [this.spec.name, walk, descending];
    const after = query.after === undefined ? undefined : this.cursors.open(bound, query.after);
    const rows = await this.look(() =>
      this.rows
        .find(filterOf(walk, descending, after), { projection: SHOWN, hint: indexName(walk.fields), limit: limit + 1 })
        .sort(sortOf(walk, descending))
        .batchSize(limit + 2)
        .toArray(),
    );
    const items = rows.slice(0, limit).map((row) => foundIn<Doc>(row));
    return rows.length <= limit ? { items } : { items, next: this.cursors.seal(bound, endOf(walk, items.at(-1)!)) };
  }

  async search(query: SearchQuery): Promise<Page<Doc>> {
    return this.words.search<Doc>(query, (work) => this.look(work));
  }

  async count(query: Parameters<Collection<Doc>['count']>[0], max?: number): Promise<number> {
    const walk = walkOf(this.spec, query);
    const options = { hint: indexName(walk.fields), ...(max !== undefined && { limit: max }) };
    const [count] = await this.look(async () => {
      const counted = await this.rows.countDocuments(filterOf(walk, false, undefined), options);
      return counted === 0 ? [] : [counted];
    });
    return count ?? 0;
  }

  async load(keys: readonly string[]): Promise<Map<string, Held<Doc>>> {
    const rows = await this.held(keys, SHOWN);
    return new Map(rows.map((row) => [row._id, { at: row.at, doc: docIn<Doc>(row) ?? null }]));
  }

  async write(writes: readonly DocumentWrite<Doc>[]): Promise<readonly string[]> {
    if (writes.length === 0) return [];
    const by = randomBytes(9).toString('base64url');
    const changes = await this.words.changes(writes);
    await this.words.enter(changes);
    const sure = await this.writeRows(writes, by);
    const mine = new Map<string, string>();
    // A repetition by the driver, or one of several writers: then it is asked who wrote what is there.
    for (const row of await this.held(sure ? [] : writes.map(({ key }) => key), { at: 1, by: 1 }, true))
      if (row.by === by) mine.set(row._id, row.at);
    const lost = sure ? [] : writes.filter(({ key, at }) => mine.get(key) !== at).map(({ key }) => key);
    await this.words.settle(changes, new Set(lost));
    return lost;
  }

  async streamsOf(key: string): Promise<readonly string[] | undefined> {
    const [row] = await this.held([key], { streams: 1 });
    return row?.streams === null ? undefined : [...(row?.streams ?? [])].sort();
  }

  async digest(): Promise<{ readonly documents: number; readonly sha256: string }> {
    const digest = new Digest();
    await this.look(async () => {
      const all = this.rows.find({}, { projection: SHOWN, batchSize: DIGEST_BATCH }).sort({ _id: 1 });
      for await (const row of all) if (row.doc !== undefined) digest.add(row._id, docIn<object>(row)!);
      return digest.documents === 0 ? [] : [digest];
    });
    return digest.end();
  }

  /** Whether every write was set. */
  private async writeRows(writes: readonly DocumentWrite<Doc>[], by: string): Promise<boolean> {
    const fresh: Row[] = [];
    const others: AnyBulkWriteOperation<Row>[] = [];
    for (const write of writes) {
      const row = rowOf(this.spec, by, write);
      if (write.expected === undefined) fresh.push(row);
      else others.push({ updateOne: { filter: { _id: row._id, at: write.expected }, update: replacing(row) } });
    }
    let set = 0;
    if (fresh.length > 0) set += await reached(() => this.insert(fresh));
    if (others.length > 0)
      set += await reached(async () => (await this.rows.bulkWrite(others, { ordered: false })).matchedCount);
    return set === writes.length;
  }

  /** How many were not there yet. */
  private async insert(fresh: readonly Row[]): Promise<number> {
    try {
      return (await this.rows.insertMany(fresh, { ordered: false })).insertedCount;
    } catch (error) {
      const { writeErrors, insertedCount = 0 } = error as { writeErrors?: Document[]; insertedCount?: number };
      if (!isDuplicate(error) || ![writeErrors].flat().every(isDuplicate)) throw error;
      return insertedCount;
    }
  }

  /** Rows by their keys, with the mark of the generation in the same look. */
  private async held(keys: readonly string[], projection: Document, written = false): Promise<Row[]> {
    const rows = await this.failing(() =>
      this.rows
        .find({ _id: { $in: [MARK, ...keys] } }, { projection })
        .batchSize(keys.length + 2)
        .toArray(),
    );
    if (rows.some(({ _id }) => _id === MARK)) return rows.filter(({ _id }) => _id !== MARK);
    // What was written into a generation that is gone has made an empty one.
    if (written) await this.drop();
    throw this.gone();
  }

  /** Looks at rows. An answer of nothing may mean that the generation is gone. */
  private async look<T extends readonly unknown[]>(work: () => Promise<T>): Promise<T> {
    const rows = await this.failing(work);
    if (rows.length === 0) await this.held([], SHOWN);
    return rows;
  }

  /** Questions fail in several ways when the collection or its indexes are gone. */
  private async failing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await reached(work);
    } catch (error) {
      if (!GONE.includes((error as { code?: number }).code!)) throw error;
      if (!(await reached(() => this.rows.findOne({ _id: MARK })))) throw this.gone();
      throw error;
    }
  }

  private gone(): Superseded {
    return new Superseded(`${this.id} is no longer there. Ask for the collection anew.`);
  }
}

const wordsOf = (id: string): string => `${id}.words`;

/** BadValue (the hint), NamespaceNotFound, IndexNotFound, CursorNotFound, QueryPlanKilled. */
const GONE = [2, 26, 27, 43, 175];

const foundIn = <Doc>(row: Pick<Row, '_id' | 'at' | 'doc'>): Found<Doc> => ({
  key: row._id,
  at: row.at,
  doc: docIn<Doc>(row)!,
});

/** Sets everything, and adds to the streams: all in one step. */
const replacing = ({ streams, ...row }: Row): Document[] => {
  const all = { $setUnion: ['$streams', { $literal: streams ?? [] }] };
  const tooMany = { $gt: [{ $size: { $ifNull: ['$$all', []] } }, STREAMS_MAX] };
  const traced = streams && { $let: { vars: { all }, in: { $cond: [tooMany, null, '$$all'] } } };
  return [{ $replaceWith: { $mergeObjects: [{ $literal: row }, { streams: traced }] } }];
};

const nameOf = (path: string): string => `on.${fieldOf(path)}`;

const sortOf = ({ fields, equal }: Walk, descending: boolean): Sort =>
  new Map([...fields.slice(equal.length).map(nameOf), '_id'].map((name) => [name, descending ? -1 : 1]));

/** A walk along one index, from where the page before ended. */
const filterOf = (walk: Walk, descending: boolean, after: readonly Scalar[] | undefined): Filter<Row> => {
  const { fields, equal, lower, upper } = walk;
  const rest = [...fields.slice(equal.length).map(nameOf), '_id'];
  const filter: Record<string, unknown> = { live: true };
  for (const [i, value] of equal.entries()) filter[nameOf(fields[i]!)] = value;
  const bounds = {
    ...(lower && isOfType(walk, lower.value) && { [lower.inclusive ? '$gte' : '$gt']: lower.value }),
    ...(upper && isOfType(walk, upper.value) && { [upper.inclusive ? '$lte' : '$lt']: upper.value }),
  };
  if (lower || upper) filter[rest[0]!] = bounds;
  if (after) filter.$expr = beyond(rest, descending, after);
  return filter;
};

/** MongoDB compares within one type only, so a bound that stands for the end of the type is left out. */
const isOfType = ({ lower, upper }: Walk, value: Scalar): boolean =>
  typeof value === typeof (lower && lower.value !== null ? lower.value : upper!.value);

/** What follows a place in the order of an index; in `$expr` values of all types compare, in the order of the index. */
const beyond = (rest: readonly string[], descending: boolean, after: readonly Scalar[]): Document => {
  const [further, notBefore] = descending ? ['$lt', '$lte'] : ['$gt', '$gte'];
  const parts = rest.map((name, i) => [`$${name}`, { $literal: after[i] }]);
  const last = parts.length - 1;
  const follows = parts
    .slice(0, last)
    .reduceRight<Document>((next, part) => ({ $or: [{ [further]: part }, { $and: [{ $eq: part }, next] }] }), {
      [further]: parts[last],
    });
  // The first alone bounds the walk.
  return last === 0 ? follows : { $and: [{ [notBefore]: parts[0] }, follows] };
};
