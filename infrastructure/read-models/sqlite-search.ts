import type { CollectionSpec, Found, Page, SearchQuery } from '../../projections/kernel/read-models.js';
import { afterPrefix, valuesAt } from './query.js';
import { comparePlaces, EVERYWHERE, type Place, scopesOfDocument, searchOf, wordsOfDocument } from './search.js';
import { LIMIT, quote, type SqliteFile, Statement } from './sqlite-file.js';
import {
  afterWord,
  compareTexts,
  EXACT,
  isOneTypo,
  PREFIX,
  type Rank,
  rankOf,
  TYPO,
  typoStubsOf,
  vocabularyStubsOf,
} from './text.js';

/** Up to so many places of a word are fetched and compared; a more frequent word is looked at document by document. */
const LIST_MAX = 500;
const WALK_PAGE_MAX = 256;

type Row = [key: string, at: string, doc: string, words: string, word: string];
interface Hit extends Place {
  readonly row: Row;
}
/** How a searched word was found in each document; undefined where it is too frequent to be listed. */
type List = ReadonlyMap<string, Pick<Rank, 'last' | 'word'>> | undefined;

/**
 * Words of documents, one row for each word, document and scope: everywhere, and once per value of each filter, so that
 * a narrowed search is one walk as well. Beside it the vocabulary of deletes, which finds words within one typo.
 */
export class SqliteSearch {
  private readonly along: Statement<Row>;
  private readonly places: Statement<[word: string, key: string]>;
  private readonly one: Statement<Row>;
  private readonly near = new Map<number, Statement<[word: string]>>();
  private readonly write: Readonly<Record<'enter' | 'leave' | 'enterStub' | 'leaveStub', Statement>>;
  private readonly left: Statement<[number]>;

  static tables(id: string): string[] {
    return [`${id}.words`, `${id}.typos`];
  }

  static createTables(id: string): string {
    const [words, typos] = SqliteSearch.tables(id).map(quote);
    return `
      CREATE TABLE ${words} (scope TEXT, word TEXT, key TEXT, n INTEGER, PRIMARY KEY (scope, word, key)) WITHOUT ROWID;
      CREATE TABLE ${typos} (stub TEXT, word TEXT, PRIMARY KEY (stub, word)) WITHOUT ROWID`;
  }

  constructor(
    private readonly id: string,
    private readonly spec: CollectionSpec,
    private readonly file: SqliteFile,
  ) {
    const { reader, writer } = file;
    const [docs, words, typos] = [id, `${id}.words`, `${id}.typos`].map(quote);
    this.along = new Statement(
      reader,
      `SELECT d.key, d.at, d.doc, d.words, w.word FROM ${words} w CROSS JOIN ${docs} d ON d.n = w.n
       WHERE w.scope = ? AND (w.word, w.key) > (?, ?) AND w.word < ? ORDER BY w.word, w.key ${LIMIT}`,
    );
    this.places = new Statement(
      reader,
      `SELECT word, key FROM ${words} WHERE scope = ? AND word >= ? AND word < ? ORDER BY word, key ${LIMIT}`,
    );
    this.one = new Statement(reader, `SELECT key, at, doc, words, '' FROM ${docs} WHERE key = ?`);
    this.left = new Statement(writer.db, `SELECT 1 FROM ${words} WHERE scope = '' AND word = ? LIMIT 1`);
    this.write = {
      enter: new Statement(writer.db, `INSERT OR IGNORE INTO ${words} (scope, word, key, n) VALUES (?, ?, ?, ?)`),
      leave: new Statement(writer.db, `DELETE FROM ${words} WHERE scope = ? AND word = ? AND key = ?`),
      enterStub: new Statement(writer.db, `INSERT OR IGNORE INTO ${typos} (stub, word) VALUES (?, ?)`),
      leaveStub: new Statement(writer.db, `DELETE FROM ${typos} WHERE stub = ? AND word = ?`),
    };
  }

  /** Whether two states of a document are found alike. */
  isAlike(before: object, next: object): boolean {
    const all = [...(this.spec.search ?? []), ...(this.spec.searchFilters ?? [])];
    return all.every((path) => {
      const [old, now] = [valuesAt(before, path), valuesAt(next, path)];
      return old.length === now.length && old.every((value, i) => value === now[i]);
    });
  }

  /** The words a document is found by, with spaces between; null where it is not searched for. */
  wordsOf(doc: object | null): string | null {
    return this.spec.search && doc !== null ? wordsOfDocument(this.spec, doc).join(' ') : null;
  }

  /** Part of a write's transaction: a document's words give way to those of its next state. */
  replace(n: number, key: string, before: object | null, next: object | null): void {
    if (!this.spec.search) return;
    const old = this.entriesOf(before);
    const entries = this.entriesOf(next);
    for (const [entry, [scope, word]] of entries) if (!old.has(entry)) this.enter(scope, word, key, n);
    for (const [entry, [scope, word]] of old) if (!entries.has(entry)) this.leave(scope, word, key);
  }

  search<Doc extends object>(query: SearchQuery): Page<Doc> {
    const search = searchOf(this.spec, query, this.file.cursors);
    if (!search) return { items: [] };
    const { words, scopes, from, limit, cursorAt, covers } = search;
    const page = (): Page<Doc> => {
      const items: Found<Doc>[] = [];
      let last: Place | undefined;
      for (const hit of this.hits(words, scopes[0] ?? EVERYWHERE, from, limit)) {
        const [key, at, text] = hit.row;
        if (items.length === limit && scopes.length <= 1) return { items, next: cursorAt(last!) };
        const doc = JSON.parse(text) as Doc;
        // The first scope was walked along.
        if (scopes.length > 1 && !covers(doc)) continue;
        if (items.length === limit) return { items, next: cursorAt(last!) };
        items.push({ key, at, doc });
        last = hit;
      }
      return { items };
    };
    // One word is mostly one look.
    return words.length === 1 ? page() : this.file.read(page);
  }

  /** What answers the words, in the order of the answer, after `from`. */
  private hits(words: readonly string[], scope: string, from: Place | undefined, limit: number): Iterable<Hit> {
    if (words.length === 1) return this.walked(words, scope, from, limit);
    const lists = words.map((word, i) => this.list(scope, word, i === words.length - 1));
    return lists.some((list) => list) ? this.gathered(words, lists, from) : this.walked(words, scope, from, limit);
  }

  /** For several words of which one at least is rare: the documents that have them all, put in order. */
  private *gathered(words: readonly string[], lists: readonly List[], from: Place | undefined): Generator<Hit> {
    const known = lists.filter((list) => list !== undefined).sort((a, b) => a.size - b.size);
    const places: Place[] = [];
    for (const key of known[0]!.keys()) {
      if (!known.every((list) => list.has(key))) continue;
      const rank = known.length === lists.length ? rankIn(lists, key) : rankOf(words, this.rowOf(key)[3].split(' '));
      if (rank && (!from || comparePlaces({ rank, key }, from) > 0)) places.push({ rank, key });
    }
    for (const place of places.sort(comparePlaces)) yield { ...place, row: this.rowOf(place.key) };
  }

  /** For one word or frequent ones: along the words, in the order of the answer, no further than is asked for. */
  private *walked(words: readonly string[], scope: string, from: Place | undefined, limit: number): Generator<Hit> {
    const wanted = words.at(-1)!;
    let near: string[] | undefined;
    for (let typos = from?.rank.typos ?? 0; typos < words.length; typos++) {
      const here = from?.rank.typos === typos ? from : undefined;
      const answers = ({ rank }: Place, word: string) => rank.typos === typos && rank.word === word;
      if (here?.rank.last !== TYPO) {
        const end = afterPrefix(wanted)!;
        yield* this.walk(words, scope, here?.rank.word ?? wanted, here?.key ?? '', end, limit, answers);
      }
      near ??= this.nearTo(wanted);
      for (const word of near) {
        const resumed = here?.rank.last === TYPO ? compareTexts(word, here.rank.word) : 1;
        if (resumed < 0) continue;
        yield* this.walk(words, scope, word, resumed === 0 ? here!.key : '', afterWord(word), limit, (place, met) => {
          return place.rank.last === TYPO && answers(place, met);
        });
      }
    }
  }

  /** A document is met once for each of its words within the stretch, and is an answer at the best of them. */
  private *walk(
    words: readonly string[],
    scope: string,
    word: string,
    key: string,
    end: string,
    limit: number,
    answers: (place: Place, word: string) => boolean,
  ): Generator<Hit> {
    for (let page = limit + 1; ; page = Math.min(page * 2, WALK_PAGE_MAX)) {
      const met = this.along.all(scope, word, key, end, page);
      for (const row of met) {
        [key, , , , word] = row;
        const rank = rankOf(words, row[3].split(' '));
        const hit = rank && { rank, key, row };
        if (hit && answers(hit, word)) yield hit;
      }
      if (met.length < page) return;
    }
  }

  private rowOf(key: string): Row {
    return this.one.get(key)!;
  }

  /** Where a searched word is found, the best way of each document. */
  private list(scope: string, wanted: string, isLast: boolean): List {
    const found = new Map<string, Pick<Rank, 'last' | 'word'>>();
    const add = (from: string, end: string, how: (word: string) => Rank['last']): boolean => {
      const places = this.places.all(scope, from, end, LIST_MAX + 1);
      for (const [word, key] of places) if (!found.has(key)) found.set(key, { last: how(word), word });
      return places.length <= LIST_MAX;
    };
    const begun = isLast ? afterPrefix(wanted)! : afterWord(wanted);
    if (!add(wanted, begun, (word) => (word === wanted ? EXACT : PREFIX))) return undefined;
    for (const near of this.nearTo(wanted)) if (!add(near, afterWord(near), () => TYPO)) return undefined;
    return found;
  }

  /** The words of the vocabulary that one typo makes of this one. */
  private nearTo(word: string): string[] {
    const stubs = typoStubsOf(word);
    if (stubs.length === 0) return [];
    let statement = this.near.get(stubs.length);
    if (!statement) {
      const marks = stubs.map(() => '?').join(', ');
      const sql = `SELECT word FROM ${quote(`${this.id}.typos`)} WHERE stub IN (${marks})`;
      this.near.set(stubs.length, (statement = new Statement(this.file.reader, sql)));
    }
    const met = new Set(statement.all(...stubs).map(([near]) => near));
    return [...met].filter((near) => isOneTypo(word, near)).sort(compareTexts);
  }

  private entriesOf(doc: object | null): Map<string, readonly [scope: string, word: string]> {
    if (!this.spec.search || doc === null) return new Map();
    const words = wordsOfDocument(this.spec, doc);
    return new Map(
      scopesOfDocument(this.spec, doc).flatMap((scope) =>
        words.map((word) => [`${word} ${scope}`, [scope, word] as const] as const),
      ),
    );
  }

  private enter(scope: string, word: string, key: string, n: number): void {
    const { enter, enterStub } = this.write;
    enter.run(scope, word, key, n);
    if (scope === EVERYWHERE) for (const stub of vocabularyStubsOf(word)) if (enterStub.run(stub, word) === 0) break;
  }

  private leave(scope: string, word: string, key: string): void {
    const { leave, leaveStub } = this.write;
    leave.run(scope, word, key);
    if (scope === EVERYWHERE && !this.left.get(word))
      for (const stub of vocabularyStubsOf(word)) leaveStub.run(stub, word);
  }
}

/** The same as `rankOf` for a document that is in all lists. */
const rankIn = (lists: readonly List[], key: string): Rank => {
  const found = lists.map((list) => list!.get(key)!);
  return { typos: found.slice(0, -1).filter(({ last }) => last === TYPO).length, ...found.at(-1)! };
};
