import type { Collection as Rows, Filter } from 'mongodb';
import type { CollectionSpec, DocumentWrite, Page, SearchQuery } from '../../projections/kernel/read-models.js';
import { ensured, reached } from '../mongodb/client.js';
import type { Cursors } from './cursor.js';
import { docIn, type Row, tokenOf, type WordRow, wordsIn } from './mongodb-rows.js';
import { afterPrefix } from './query.js';
import { comparePlaces, EVERYWHERE, type Place, type Search, searchOf, wordsOfDocument } from './search.js';
import { compareTexts, isOneTypo, type Rank, rankOf, TYPO, typoStubsOf, vocabularyStubsOf } from './text.js';

/** Up to so many documents are ranked in memory; more are walked along, word by word. */
const LIST_MAX = 500;
/** The vocabulary does not know which words a scope has, so a walk within one may meet many words in vain. */
const SCOPED_LIST_MAX = 5_000;
const WORDS_PAGE = 100;
/** Words whose documents are asked for at the same time; fewer at first, for a frequent one may fill the page. */
const WORDS_AT_ONCE_MAX = 8;
/** Words that are known to be in the vocabulary. */
const KNOWN_MAX = 50_000;

/** The words that a write adds to a document, and those it takes away. */
export interface WordsChange {
  readonly key: string;
  readonly entered: readonly string[];
  readonly left: readonly string[];
}

/** Fails alike for every question when the generation is gone. */
export type Look = <T extends readonly unknown[]>(work: () => Promise<T>) => Promise<T>;
type Tokens = Pick<Row, '_id' | 'tokens'>;

/**
 * Each document has its words, once for each scope in which it is found, in an array with an ordinary index. Beside the
 * documents lies the vocabulary: all words in their order, with the deletes of each, by which a typo finds it.
 */
export class MongoSearch {
  private known = new Set<string>();

  constructor(
    private readonly spec: CollectionSpec,
    private readonly rows: Rows<Row>,
    private readonly vocabulary: Rows<WordRow>,
    private readonly cursors: Cursors,
  ) {}

  /** What writes do to the words of their documents. */
  async changes(writes: readonly DocumentWrite<object>[]): Promise<readonly WordsChange[]> {
    if (!this.spec.search) return [];
    const unknown = writes.filter(({ expected, before }) => expected !== undefined && before === undefined);
    const stored = new Map<string, readonly string[]>();
    if (unknown.length > 0) {
      const rows = this.rows.find({ _id: { $in: unknown.map(({ key }) => key) } }, { projection: { tokens: 1 } });
      for (const row of await reached(() => rows.toArray())) stored.set(row._id, wordsIn(row));
    }
    return writes.map(({ key, before, doc }) => {
      const old = before ? wordsOfDocument(this.spec, before) : (stored.get(key) ?? []);
      const next = doc ? wordsOfDocument(this.spec, doc) : [];
      return { key, entered: except(next, old), left: except(old, next) };
    });
  }

  /** Before the documents are written: no word is found that the vocabulary does not know. */
  async enter(changes: readonly WordsChange[]): Promise<void> {
    const words = new Set(changes.flatMap(({ entered }) => entered.filter((word) => !this.known.has(word))));
    await this.add([...words]);
  }

  /**
   * After they were written: a word that no document has any more leaves the vocabulary. Another writer may enter the same
   * word at that moment, so each looks once more after what it did.
   */
  async settle(changes: readonly WordsChange[], lost: ReadonlySet<string>): Promise<void> {
    const done = changes.filter(({ key }) => !lost.has(key));
    const entered = [...new Set(done.flatMap((change) => change.entered))];
    for (const word of entered) this.known.delete(word);
    await this.add(entered);
    const left = await this.unused([...new Set(done.flatMap((change) => change.left))]);
    if (left.length === 0) return;
    for (const word of left) this.known.delete(word);
    await reached(() => this.vocabulary.deleteMany({ _id: { $in: left } }));
    const unused = new Set(await this.unused(left));
    await this.add(left.filter((word) => !unused.has(word)));
  }

  async search<Doc extends object>(query: SearchQuery, look: Look): Promise<Page<Doc>> {
    const search = searchOf(this.spec, query, this.cursors);
    if (!search) return { items: [] };
    const { limit, from } = search;
    const [scope = EVERYWHERE, ...others] = search.scopes;
    const near = await this.nearTo(search.words);
    const [within, ...rest] = conditionsOf(search.words, [scope, ...others], near);
    const listMax = scope === EVERYWHERE ? LIST_MAX : SCOPED_LIST_MAX;
    const listed = await look(() =>
      this.rows
        .find({ ...within, ...(rest.length > 0 && { $and: rest }) }, { projection: { tokens: 1 }, limit: listMax + 1 })
        .batchSize(listMax + 2)
        .toArray(),
    );
    const places =
      listed.length > listMax
        ? await firstOf(this.walked(search, scope, rest, near.get(search.words.at(-1)!)!), limit + 1)
        : ranked(search.words, listed)
            .filter((place) => !from || comparePlaces(place, from) > 0)
            .sort(comparePlaces);
    const page = places.slice(0, limit);
    const docs = await this.docs<Doc>(page.map(({ key }) => key));
    const items = page.flatMap(({ key }) => docs.get(key) ?? []);
    return places.length > limit ? { items, next: search.cursorAt(page.at(-1)!) } : { items };
  }

  private async docs<Doc>(keys: readonly string[]) {
    const rows =
      keys.length === 0
        ? []
        : await reached(() =>
            this.rows.find({ _id: { $in: keys }, live: true }, { projection: { at: 1, doc: 1 } }).toArray(),
          );
    return new Map(rows.map((row) => [row._id, { key: row._id, at: row.at, doc: docIn<Doc>(row)! }]));
  }

  /** In the order of the answer, after where the page before ended, no further than is asked for. */
  private async *walked(
    { words, from }: Search,
    scope: string,
    rest: readonly Filter<Row>[],
    near: readonly string[],
  ): AsyncGenerator<Place> {
    const wanted = words.at(-1)!;
    for (let typos = from?.rank.typos ?? 0; typos < words.length; typos++) {
      const here = from?.rank.typos === typos ? from : undefined;
      const isMistyped = here?.rank.last === TYPO;
      const mistyped = isMistyped ? near.filter((word) => compareTexts(word, here.rank.word) >= 0) : near;
      const answers = (rank: Rank, word: string) => rank.typos === typos && rank.word === word;
      if (!isMistyped)
        for await (const some of this.begun(wanted, here?.rank.word))
          for await (const { word, rank, key } of this.along(some, words, scope, rest, here))
            if (answers(rank, word)) yield { rank, key };
      for await (const { word, rank, key } of this.along(mistyped, words, scope, rest, here))
        if (answers(rank, word) && rank.last === TYPO) yield { rank, key };
    }
  }

  /** The words of the vocabulary that begin so, a page at a time. */
  private async *begun(wanted: string, first = wanted): AsyncGenerator<readonly string[]> {
    const end = afterPrefix(wanted)!;
    for (let range: object = { $gte: first, $lt: end }; ;) {
      const words = await reached(() =>
        this.vocabulary
          .find({ _id: range }, { projection: { _id: 1 }, limit: WORDS_PAGE })
          .sort({ _id: 1 })
          .toArray(),
      );
      yield words.map(({ _id }) => _id);
      if (words.length < WORDS_PAGE) return;
      range = { $gt: words.at(-1)!._id, $lt: end };
    }
  }

  /** The documents that have a word of those met, word by word, by key. */
  private async *along(
    met: readonly string[],
    words: readonly string[],
    scope: string,
    rest: readonly Filter<Row>[],
    from: Place | undefined,
  ): AsyncGenerator<Place & { readonly word: string }> {
    const page = (word: string, after: string): Promise<Tokens[]> =>
      reached(() =>
        this.rows
          .find(
            { tokens: tokenOf(scope, word), _id: { $gt: after }, ...(rest.length > 0 && { $and: [...rest] }) },
            { projection: { tokens: 1 }, limit: WORDS_PAGE },
          )
          .sort({ _id: 1 })
          .toArray(),
      );
    for (let i = 0, count = 1; i < met.length; i += count, count = Math.min(2 * count, WORDS_AT_ONCE_MAX)) {
      const some = met.slice(i, i + count);
      const pages = await Promise.all(some.map((word) => page(word, word === from?.rank.word ? from.key : '')));
      for (const [j, word] of some.entries())
        for (let rows = pages[j]!; ; rows = await page(word, rows.at(-1)!._id)) {
          for (const { key, rank } of ranked(words, rows)) yield { word, key, rank };
          if (rows.length < WORDS_PAGE) break;
        }
    }
  }

  /** For each of these words, those of the vocabulary that one typo makes of it. */
  private async nearTo(words: readonly string[]): Promise<Map<string, string[]>> {
    const stubs = words.flatMap(typoStubsOf);
    const met =
      stubs.length === 0
        ? []
        : await reached(() => this.vocabulary.find({ stubs: { $in: stubs } }, { projection: { _id: 1 } }).toArray());
    const near = (word: string) =>
      typoStubsOf(word).length === 0 ? [] : met.map(({ _id }) => _id).filter((each) => isOneTypo(word, each));
    return new Map(words.map((word) => [word, near(word).sort(compareTexts)]));
  }

  private async add(words: readonly string[]): Promise<void> {
    if (words.length === 0) return;
    const found = await reached(() =>
      this.vocabulary
        .find({ _id: { $in: words } }, { projection: { _id: 1 } })
        .batchSize(words.length + 1)
        .toArray(),
    );
    const missing = except(
      words,
      found.map(({ _id }) => _id),
    );
    const rows = missing.map((_id) => ({ _id, stubs: vocabularyStubsOf(_id) }));
    if (rows.length > 0) await ensured(() => this.vocabulary.insertMany(rows, { ordered: false }));
    if (this.known.size > KNOWN_MAX) this.known = new Set();
    for (const word of words) this.known.add(word);
  }

  /** Those that no document has. */
  private async unused(words: readonly string[]): Promise<string[]> {
    const unused: string[] = [];
    for (const word of words) {
      const used = await reached(() =>
        this.rows.findOne({ tokens: tokenOf(EVERYWHERE, word) }, { projection: { _id: 1 } }),
      );
      if (!used) unused.push(word);
    }
    return unused;
  }
}

/**
 * What a document fulfils that has every word, as it is or with a typo, the last one also as a beginning, in all scopes.
 * The last word within the first scope comes first.
 */
const conditionsOf = (
  words: readonly string[],
  scopes: readonly string[],
  near: ReadonlyMap<string, readonly string[]>,
): Filter<Row>[] => {
  const wanted = words.at(-1)!;
  const anyOf = (word: string): Filter<Row> => ({
    tokens: { $in: [word, ...near.get(word)!].map((each) => tokenOf(scopes[0]!, each)) },
  });
  const begun = (scope: string): Filter<Row> => {
    const range = { $gte: tokenOf(scope, wanted), $lt: tokenOf(scope, afterPrefix(wanted)!) };
    const beginning = { tokens: { $elemMatch: range } };
    const mistyped = near.get(wanted)!.map((each) => tokenOf(scope, each));
    return mistyped.length === 0 ? beginning : { $or: [beginning, { tokens: { $in: mistyped } }] };
  };
  return [...scopes.map(begun), ...words.slice(0, -1).map(anyOf)];
};

/** The places of rows that answer the words, in the order of the rows. */
const ranked = (words: readonly string[], rows: readonly Tokens[]): Place[] =>
  rows.flatMap((row) => {
    const rank = rankOf(words, wordsIn(row));
    return rank ? [{ rank, key: row._id }] : [];
  });

const firstOf = async <T>(all: AsyncIterable<T>, count: number): Promise<T[]> => {
  const first: T[] = [];
  for await (const each of all) if (first.push(each) === count) break;
  return first;
};

const except = (words: readonly string[], others: readonly string[]): string[] => {
  const without = new Set(others);
  return words.filter((word) => !without.has(word));
};
