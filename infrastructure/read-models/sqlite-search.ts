import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  BadQuery,
  type CollectionSpec,
  type Found,
  type Page,
  type Scalar,
  type SearchQuery,
} from '../../projections/kernel/read-models.js';
import { afterPrefix, limitOf, valuesAt } from './query.js';
import { quote, rows, type SqliteFile } from './sqlite-file.js';
import {
  afterWord,
  compareRanks,
  compareTexts,
  isOneTypo,
  type Rank,
  rankOf,
  searchedWords,
  TYPO,
  typoStubsOf,
  vocabularyStubsOf,
  wordsOfAll,
} from './text.js';

/** So many documents with a rare word are looked at one by one; more are walked through in the order of the answer. */
const GATHER_MAX = 500;
const EVERYWHERE = '';

type Row = [key: string, at: string, doc: string, words: string, word: string];
interface Hit {
  readonly rank: Rank;
  readonly key: string;
  readonly row: Row;
}

/**
 * Words of documents, one row for each word, document and scope: everywhere, and once per value of each filter, so that
 * a narrowed search is one walk as well. Beside it the vocabulary of deletes, which finds words within one typo.
 */
export class SqliteSearch {
  private readonly filters: readonly string[];
  private readonly statements: Record<'walk' | 'count' | 'keys' | 'one', StatementSync> | undefined;
  private readonly near = new Map<number, StatementSync>();
  private readonly writes: Record<'enter' | 'leave' | 'left' | 'enterStub' | 'leaveStub', StatementSync> | undefined;

  static createTables(db: DatabaseSync, id: string): void {
    db.exec(`CREATE TABLE ${quote(`${id}.words`)}
      (scope TEXT, word TEXT, key TEXT, PRIMARY KEY (scope, word, key)) WITHOUT ROWID`);
    db.exec(`CREATE TABLE ${quote(`${id}.typos`)} (stub TEXT, word TEXT, PRIMARY KEY (stub, word)) WITHOUT ROWID`);
  }

  static dropTables(db: DatabaseSync, id: string): void {
    for (const table of [`${id}.words`, `${id}.typos`]) db.exec(`DROP TABLE IF EXISTS ${quote(table)}`);
  }

  constructor(
    private readonly id: string,
    private readonly spec: CollectionSpec,
    private readonly file: SqliteFile,
  ) {
    this.filters = spec.searchFilters ?? [];
    if (!spec.search) return;
    const { reader, writer } = file;
    const [docs, words, typos] = [id, `${id}.words`, `${id}.typos`].map(quote);
    this.statements = {
      walk: rows(
        reader,
        `SELECT d.key, d.at, d.doc, d.words, w.word FROM ${words} w CROSS JOIN ${docs} d ON d.key = w.key
         WHERE w.scope = ? AND (w.word, w.key) > (?, ?) AND w.word < ? ORDER BY w.word, w.key LIMIT ?`,
      ),
      count: rows(reader, `SELECT count(*) FROM (SELECT 1 FROM ${words} WHERE scope = ? AND word = ? LIMIT ?)`),
      keys: rows(reader, `SELECT key FROM ${words} WHERE scope = ? AND word = ?`),
      one: rows(reader, `SELECT key, at, doc, words, '' FROM ${docs} WHERE key = ?`),
    };
    this.writes = {
      enter: writer.db.prepare(`INSERT OR IGNORE INTO ${words} (scope, word, key) VALUES (?, ?, ?)`),
      leave: writer.db.prepare(`DELETE FROM ${words} WHERE scope = ? AND word = ? AND key = ?`),
      left: writer.db.prepare(`SELECT 1 FROM ${words} WHERE scope = '' AND word = ? LIMIT 1`),
      enterStub: writer.db.prepare(`INSERT OR IGNORE INTO ${typos} (stub, word) VALUES (?, ?)`),
      leaveStub: writer.db.prepare(`DELETE FROM ${typos} WHERE stub = ? AND word = ?`),
    };
  }

  /** The words a document is found by, with spaces between; null where it is not searched for. */
  wordsOf(doc: object | null): string | null {
    if (!this.spec.search || doc === null) return null;
    const texts = this.spec.search.flatMap((path) => valuesAt(doc, path)).filter((value) => typeof value === 'string');
    return wordsOfAll(texts).join(' ');
  }

  /** Part of a write's transaction: a document's words give way to those of its next state. */
  replace(key: string, before: object | null, next: object | null): void {
    if (!this.writes) return;
    const old = this.entriesOf(before);
    const entries = this.entriesOf(next);
    for (const [entry, [scope, word]] of entries) if (!old.has(entry)) this.enter(scope, word, key);
    for (const [entry, [scope, word]] of old) if (!entries.has(entry)) this.leave(scope, word, key);
  }

  async search<Doc extends object>({ text, equal = {}, after, limit }: SearchQuery): Promise<Page<Doc>> {
    limitOf(limit);
    if (!this.statements) throw new BadQuery(`${this.spec.name} is not searched.`);
    const narrowed = Object.keys(equal);
    const unknown = narrowed.find((field) => !this.filters.includes(field) || equal[field] === undefined);
    if (unknown !== undefined) throw new BadQuery(`A search of ${this.spec.name} is not narrowed by ${unknown}.`);
    const words = searchedWords(text);
    if (words.length === 0) return { items: [] };

    const [first, ...others] = this.filters.filter((field) => narrowed.includes(field));
    const scope = first === undefined ? EVERYWHERE : scopeOf(first, equal[first]!);
    const bound = [this.spec.name, 'search', words, scope, others.map((field) => equal[field])];
    const from = after === undefined ? undefined : hitOf(this.file.cursors.open(bound, after));

    const items: Found<Doc>[] = [];
    let last: Hit | undefined;
    for (const hit of this.hits(words, scope, from)) {
      const [key, at, text] = hit.row;
      const doc = JSON.parse(text) as Doc;
      if (others.some((field) => !valuesAt(doc, field).includes(equal[field]!))) continue;
      if (items.length === limit) {
        const { typos, last: how, word } = last!.rank;
        return { items, next: this.file.cursors.seal(bound, [typos, how, word, last!.key]) };
      }
      items.push({ key, at, doc });
      last = hit;
    }
    return { items };
  }

  /** What answers the words, in the order of the answer, after `from`. */
  private hits(words: readonly string[], scope: string, from: Pick<Hit, 'rank' | 'key'> | undefined): Iterable<Hit> {
    const others = words.slice(0, -1).map((word) => [word, ...this.nearTo(word)]);
    const counts = others.map((near) => near.reduce((sum, word) => sum + this.count(scope, word), 0));
    const rarest = counts.indexOf(Math.min(...counts));
    return rarest >= 0 && counts[rarest]! <= GATHER_MAX
      ? this.gathered(words, scope, others[rarest]!, from)
      : this.walked(words, scope, others.filter((near) => near.length > 1).length, from);
  }

  private gathered(
    words: readonly string[],
    scope: string,
    rare: readonly string[],
    from: Pick<Hit, 'rank' | 'key'> | undefined,
  ): Hit[] {
    const keys = new Set(
      rare.flatMap((word) => this.statements!.keys.all(scope, word) as unknown as [string][]).map(([key]) => key),
    );
    const hits: Hit[] = [];
    for (const key of keys) {
      const row = this.statements!.one.get(key) as unknown as Row;
      const rank = rankOf(words, row[3].split(' '));
      if (rank && (!from || compareHits({ rank, key }, from) > 0)) hits.push({ rank, key, row });
    }
    return hits.sort(compareHits);
  }

  private *walked(
    words: readonly string[],
    scope: string,
    typosMax: number,
    from: Pick<Hit, 'rank' | 'key'> | undefined,
  ): Generator<Hit> {
    const wanted = words.at(-1)!;
    let near: string[] | undefined;
    for (let typos = from?.rank.typos ?? 0; typos <= typosMax; typos++) {
      const here = from?.rank.typos === typos ? from : undefined;
      const answers = ({ rank }: Hit, word: string) => rank.typos === typos && rank.word === word;
      if (here?.rank.last !== TYPO)
        yield* this.walk(words, scope, here?.rank.word ?? wanted, here?.key ?? '', afterPrefix(wanted)!, answers);
      near ??= this.nearTo(wanted).sort(compareTexts);
      for (const word of near) {
        const resumed = here?.rank.last === TYPO ? compareTexts(word, here.rank.word) : 1;
        if (resumed < 0) continue;
        const key = resumed === 0 ? here!.key : '';
        yield* this.walk(
          words,
          scope,
          word,
          key,
          afterWord(word),
          (hit, w) => hit.rank.last === TYPO && answers(hit, w),
        );
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
    answers: (hit: Hit, word: string) => boolean,
  ): Generator<Hit> {
    for (let page = 16; ; page = Math.min(page * 2, 512)) {
      const met = this.statements!.walk.all(scope, word, key, end, page) as unknown as Row[];
      for (const row of met) {
        [key, word] = [row[0], row[4]];
        const rank = rankOf(words, row[3].split(' '));
        const hit = rank && { rank, key, row };
        if (hit && answers(hit, word)) yield hit;
      }
      if (met.length < page) return;
    }
  }

  private count(scope: string, word: string): number {
    return (this.statements!.count.get(scope, word, GATHER_MAX + 1) as unknown as [number])[0];
  }

  /** The words of the vocabulary that one typo makes of this one. */
  private nearTo(word: string): string[] {
    const stubs = typoStubsOf(word);
    if (stubs.length === 0) return [];
    let statement = this.near.get(stubs.length);
    if (!statement) {
      const marks = stubs.map(() => '?').join(', ');
      statement = rows(
        this.file.reader,
        `SELECT DISTINCT word FROM ${quote(`${this.id}.typos`)} WHERE stub IN (${marks})`,
      );
      this.near.set(stubs.length, statement);
    }
    return (statement.all(...stubs) as unknown as [string][]).map(([w]) => w).filter((w) => isOneTypo(word, w));
  }

  private entriesOf(doc: object | null): Map<string, readonly [scope: string, word: string]> {
    const words = this.wordsOf(doc);
    if (!words) return new Map();
    const narrowed = this.filters.flatMap((field) => valuesAt(doc!, field).map((value) => scopeOf(field, value)));
    return new Map(
      [EVERYWHERE, ...narrowed].flatMap((scope) =>
        words.split(' ').map((word) => [`${word} ${scope}`, [scope, word] as const] as const),
      ),
    );
  }

  private enter(scope: string, word: string, key: string): void {
    const { enter, enterStub } = this.writes!;
    enter.run(scope, word, key);
    if (scope === EVERYWHERE)
      for (const stub of vocabularyStubsOf(word)) if (enterStub.run(stub, word).changes === 0) break;
  }

  private leave(scope: string, word: string, key: string): void {
    const { leave, left, leaveStub } = this.writes!;
    leave.run(scope, word, key);
    if (scope === EVERYWHERE && !left.get(word)) for (const stub of vocabularyStubsOf(word)) leaveStub.run(stub, word);
  }
}

const scopeOf = (field: string, value: Scalar): string => `${field}=${JSON.stringify(value)}`;

const hitOf = ([typos, last, word, key]: readonly Scalar[]): Pick<Hit, 'rank' | 'key'> => ({
  rank: { typos, last, word } as Rank,
  key: key as string,
});

const compareHits = (a: Pick<Hit, 'rank' | 'key'>, b: Pick<Hit, 'rank' | 'key'>): number =>
  compareRanks(a.rank, b.rank) || compareTexts(a.key, b.key);
