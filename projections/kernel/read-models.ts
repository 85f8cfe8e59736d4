import type { Position } from '../../domain/kernel/envelope.js';
import type { Index } from './projection.js';

/** What a collection of documents must know of itself. */
export interface CollectionSpec {
  /** camelCase. */
  readonly name: string;
  readonly version: number;
  readonly indexes: Readonly<Record<string, Index>>;
  readonly search?: readonly string[];
  readonly searchFilters?: readonly string[];
}

/**
 * What an index holds: text, a number, a truth; null where the document has nothing else there.
 * The order: null, numbers, texts by code point, false, true.
 */
export type Scalar = string | number | boolean | null;

/** One walk along one declared index. A query that would scan cannot be written. */
export interface IndexQuery {
  /** The name of a declared index. */
  readonly index: string;
  /** Values of its leading fields, in any order; all fields before the range field must be given. */
  readonly equal?: Readonly<Record<string, Scalar>>;
  /** On the field after those: from inclusive, to exclusive, both of one type and not null. Other types are left out. */
  readonly range?: { readonly from?: Scalar; readonly to?: Scalar };
  /** On the field after those, a text. */
  readonly prefix?: string;
  readonly order?: 'ascending' | 'descending';
  /** The cursor of the page before. */
  readonly after?: string;
  /** At most PAGE_MAX. */
  readonly limit: number;
}

export interface SearchQuery {
  /** What a person typed; every word must be found, the last one also as a prefix, each with a typo. */
  readonly text: string;
  /** Equality on declared searchFilters; a field that holds an array equals each of its elements. */
  readonly equal?: Readonly<Record<string, Scalar>>;
  readonly after?: string;
  readonly limit: number;
}

export interface Found<Doc> {
  readonly key: string;
  readonly doc: Doc;
  readonly at: Position;
}

export interface Page<Doc> {
  readonly items: readonly Found<Doc>[];
  /** Opaque; missing on the last page. */
  readonly next?: string;
}

/** A write of the projector: set when the document is at `expected` (undefined: never written), else left alone. */
export interface DocumentWrite<Doc> {
  readonly key: string;
  readonly expected: Position | undefined;
  readonly at: Position;
  /** null removes the document; its `at` stays behind. */
  readonly doc: Doc | null;
  /** The document as it is at `expected`, where the writer knows it; spares the store a look at it. */
  readonly before?: Doc | null;
  /** Streams that fed the document with this write; kept as a set beside it. */
  readonly streams?: readonly string[];
}

/** A document with its `at`; `doc` is null where it was removed. */
export interface Held<Doc> {
  readonly at: Position;
  readonly doc: Doc | null;
}

export interface Collection<Doc extends object> {
  /** Names this generation of the documents: a rebuild makes another one. */
  readonly id: string;
  /** What was declared when this generation was made. */
  readonly spec: CollectionSpec;
  get(key: string): Promise<Found<Doc> | undefined>;
  /** Those that exist, in one round trip. */
  getMany(keys: readonly string[]): Promise<Map<string, Found<Doc>>>;
  /** Throws BadQuery for an unknown index, a hole in its leading fields, a bad cursor or limit. */
  query(query: IndexQuery): Promise<Page<Doc>>;
  search(query: SearchQuery): Promise<Page<Doc>>;
  /** How many documents an index holds for these leading values; counts up to `max`. */
  count(query: Pick<IndexQuery, 'index' | 'equal' | 'range' | 'prefix'>, max?: number): Promise<number>;
  /** For the projector: also removed ones. */
  load(keys: readonly string[]): Promise<Map<string, Held<Doc>>>;
  /** Each write stands for itself (compare-and-set); gives the keys that were not where expected. */
  write(writes: readonly DocumentWrite<Doc>[]): Promise<readonly string[]>;
  /** The streams that fed a document, in order; undefined when they were more than STREAMS_MAX. */
  streamsOf(key: string): Promise<readonly string[] | undefined>;
  /** Over canonical documents in key order; the same for the same documents on every adapter. */
  digest(): Promise<{ readonly documents: number; readonly sha256: string }>;
}

export interface ReadModels {
  /**
   * The live generation of a collection, made when there is none. Cheap: a reader asks anew for every question, for
   * after a switch it is another one. While a newer version is being built this is still the older one.
   */
  open<Doc extends object>(spec: CollectionSpec): Promise<Collection<Doc>>;
  /** A fresh generation beside the live one, which nobody reads until `switchTo`. Ends an unfinished one. */
  openBeside<Doc extends object>(spec: CollectionSpec): Promise<Collection<Doc>>;
  /**
   * Makes the indexes of a generation beside: cheaper once most of its documents are there than with each of them.
   * Without it `switchTo` does so, while others wait.
   */
  makeIndexes(built: Pick<Collection<object>, 'id' | 'spec'>): Promise<void>;
  /**
   * Makes a finished generation the live one. Atomic: readers see the old one or the new one, never half of it. The old
   * one is kept until `dropOld`. Throws Superseded when another rebuild was begun since.
   */
  switchTo(built: Pick<Collection<object>, 'id' | 'spec'>): Promise<void>;
  /** Exchanges the live generation and the old one. Throws Superseded when there is no old one. */
  switchBack(name: string): Promise<void>;
  /** Removes the old generation, if there is one. */
  dropOld(name: string): Promise<void>;
  /** The version that is live: undefined where there is none yet. */
  liveVersion(name: string): Promise<number | undefined>;
  /** How far a reader of the ledger has come. Projections keep theirs under the id of the generation. */
  checkpoint(name: string): Promise<Position | undefined>;
  saveCheckpoint(name: string, position: Position): Promise<void>;
  close(): Promise<void>;
}

export const PAGE_MAX = 200;

/** A document fed by more streams than this (a total, say) is not traced back to them; only the whole ledger tells. */
export const STREAMS_MAX = 1_000;

/** A query that does not fit the declared indexes, or a cursor that was not given out. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery';
}

/** A generation of documents that is no longer there, or never became the one it was meant to be. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}
