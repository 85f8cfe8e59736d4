import type { IndexDescription } from 'mongodb';
import {
  type CollectionSpec,
  type DocumentWrite,
  type Scalar,
  STREAMS_MAX,
} from '../../projections/kernel/read-models.js';
import type { Position } from '../../domain/kernel/envelope.js';
import { indexedFields } from './generation.js';
import { valueAt } from './query.js';
import { EVERYWHERE, scopesOfDocument, wordsOfDocument } from './search.js';

/** A document as it lies in MongoDB. Those that were removed leave `_id`, `at` and `streams`. */
export interface Row {
  /** Its key. */
  readonly _id: string;
  readonly at: Position;
  /** Who wrote it last: tells the winner of two who wrote it from the same position. */
  readonly by: string;
  readonly live?: true;
  /** The document, or its JSON where MongoDB could not hold it as it is. */
  readonly doc?: object | string;
  /** What the declared indexes hold of it, by path with `:` for `.`. */
  readonly on?: Readonly<Record<string, Scalar>>;
  /** Its words in each scope in which it is found. */
  readonly tokens?: readonly string[];
  /** The streams that fed it; null when they were too many. */
  readonly streams: readonly string[] | null;
}

/**
 * The key of a row that every generation has from its making: where it is missing the generation is gone, for MongoDB
 * answers from a collection that is not there as from an empty one, and makes it anew when it is written.
 */
export const MARK = '';

/** The vocabulary of a generation: its words, and under what a typo finds them. */
export interface WordRow {
  readonly _id: string;
  readonly stubs: readonly string[];
}

export const rowOf = (spec: CollectionSpec, by: string, write: DocumentWrite<object>): Row => {
  const { key: _id, at, doc, streams = [] } = write;
  const fed = streams.length > STREAMS_MAX ? null : [...streams];
  if (doc === null) return { _id, at, by, streams: fed };
  const on = Object.fromEntries(indexedFields(spec).map((path) => [fieldOf(path), valueAt(doc, path)]));
  const tokens = spec.search && tokensOf(spec, doc);
  const kept = isPlain(doc, DEPTH_MAX) ? doc : JSON.stringify(doc);
  return { _id, at, by, live: true, doc: kept, on, ...(tokens && { tokens }), streams: fed };
};

/** Undefined for a removed one. */
export const docIn = <Doc>({ doc }: Pick<Row, 'doc'>): Doc | undefined =>
  (typeof doc === 'string' ? JSON.parse(doc) : doc) as Doc | undefined;

/** How a path is called within `on`. */
export const fieldOf = (path: string): string => path.replaceAll('.', ':');

/** A word within a scope. */
export const tokenOf = (scope: string, word: string): string => `${scope} ${word}`;

const tokensOf = (spec: CollectionSpec, doc: object): string[] => {
  const words = wordsOfDocument(spec, doc);
  return words.length === 0
    ? []
    : scopesOfDocument(spec, doc).flatMap((scope) => words.map((word) => tokenOf(scope, word)));
};

/** The words of a row, out of its tokens. */
export const wordsIn = ({ tokens = [] }: Pick<Row, 'tokens'>): string[] =>
  tokens.filter((token) => token.startsWith(tokenOf(EVERYWHERE, ''))).map((token) => token.slice(1));

export const indexName = (fields: readonly string[]): string => ['live', ...fields].join();

/** One index per declared index; removed documents lie beyond `live`. Two declarations of the same fields share one. */
export const indexesOf = ({ indexes, search }: CollectionSpec): IndexDescription[] => {
  const declared = Object.values(indexes).map((fields): [string, IndexDescription] => {
    const keys = ['live', ...fields.map((path) => `on.${fieldOf(path)}`), '_id'];
    const name = indexName(fields);
    return [name, { name, key: new Map(keys.map((key) => [key, 1])) }];
  });
  const tokens = {
    name: 'tokens:1',
    key: new Map([
      ['tokens', 1 as const],
      ['_id', 1 as const],
    ]),
  };
  return [...new Map(declared).values(), ...(search ? [tokens] : [])];
};

/** MongoDB takes a hundred levels, some of which are ours. */
const DEPTH_MAX = 80;

/** Whether MongoDB gives a value back as its JSON would be. */
const isPlain = (value: unknown, depth: number): boolean => {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (value === null || typeof value !== 'object')
    return typeof value === 'string' || typeof value === 'boolean' || value === null;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((each) => isPlain(each, depth - 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.entries(value).every(
    // An undefined field is left out by both.
    ([name, each]) => isPlainName(name) && (each === undefined || isPlain(each, depth - 1)),
  );
};

/** Names that mean something to the server or the driver, and those that cannot be written. */
const isPlainName = (name: string): boolean =>
  !name.startsWith('$') &&
  !name.includes('\0') &&
  name !== '_bsontype' &&
  name !== '__proto__' &&
  name !== 'toBSON' &&
  name !== 'toJSON';
