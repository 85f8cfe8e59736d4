import { BadQuery, type CollectionSpec, type Scalar, type SearchQuery } from '../../projections/kernel/read-models.js';
import type { Cursors } from './cursor.js';
import { isScalar, limitOf, valuesAt } from './query.js';
import { compareRanks, compareTexts, type Rank, searchedWords, wordsOfAll } from './text.js';

/** Where a document stands in the answer to a search. */
export interface Place {
  readonly rank: Rank;
  readonly key: string;
}

export const comparePlaces = (a: Place, b: Place): number => compareRanks(a.rank, b.rank) || compareTexts(a.key, b.key);

/** The scope of a search that is not narrowed. */
export const EVERYWHERE = '';

/** The words of a document are entered once for everywhere, and once for each value of each filter. */
export const scopeOf = (field: string, value: Scalar): string => `${field}=${JSON.stringify(value)}`;

/** A search checked against what was declared, the same for every store. */
export interface Search {
  readonly words: readonly string[];
  /** Of the filters by which it is narrowed, in the order in which they were declared. */
  readonly scopes: readonly string[];
  /** The last place of the page before. */
  readonly from: Place | undefined;
  readonly limit: number;
  /** The cursor of a page that ends at this place. */
  readonly cursorAt: (place: Place) => string;
  /** Whether a document is within all scopes. */
  readonly covers: (doc: object) => boolean;
}

/** Undefined when no word is asked for. Throws BadQuery for what was not declared, and for a cursor of another search. */
export const searchOf = (spec: CollectionSpec, query: SearchQuery, cursors: Cursors): Search | undefined => {
  const { text, equal = {}, after } = query;
  const limit = limitOf(query.limit);
  if (!spec.search) throw new BadQuery(`${spec.name} is not searched.`);
  const filters = spec.searchFilters ?? [];
  const narrowed = Object.keys(equal);
  const unknown = narrowed.find((field) => !filters.includes(field) || !isScalar(equal[field]));
  if (unknown !== undefined) throw new BadQuery(`A search of ${spec.name} is not narrowed by ${unknown}.`);
  const words = searchedWords(text);
  if (words.length === 0) return undefined;

  const fields = filters.filter((field) => narrowed.includes(field));
  const scopes = fields.map((field) => scopeOf(field, equal[field]!));
  const bound = [spec.name, 'search', words, scopes];
  return {
    words,
    scopes,
    limit,
    from: after === undefined ? undefined : placeOf(cursors.open(bound, after)),
    cursorAt: ({ rank: { typos, last, word }, key }) => cursors.seal(bound, [typos, last, word, key]),
    covers: (doc) => fields.every((field) => valuesAt(doc, field).includes(equal[field]!)),
  };
};

/** The words that a document is found by. */
export const wordsOfDocument = ({ search }: CollectionSpec, doc: object): string[] => {
  const texts = search?.flatMap((path) => valuesAt(doc, path)).filter((value) => typeof value === 'string');
  return wordsOfAll(texts ?? []);
};

/** The scopes in which a document is found. */
export const scopesOfDocument = ({ searchFilters = [] }: CollectionSpec, doc: object): string[] => [
  ...new Set([EVERYWHERE, ...searchFilters.flatMap((field) => valuesAt(doc, field).map((v) => scopeOf(field, v)))]),
];

const placeOf = ([typos, last, word, key]: readonly Scalar[]): Place => ({
  rank: { typos, last, word } as Rank,
  key: key as string,
});
