import type { Index } from '../../projections/kernel/projection.js';
import {
  BadQuery,
  type CollectionSpec,
  type IndexQuery,
  PAGE_MAX,
  type Scalar,
} from '../../projections/kernel/read-models.js';

export interface Bound {
  readonly value: Scalar;
  readonly inclusive: boolean;
}

/** A query checked against its index, the same for every store: one stretch of one index. */
export interface Walk {
  readonly index: string;
  readonly fields: Index;
  /** Values of the leading fields, in the order of the index. */
  readonly equal: readonly Scalar[];
  /** On the field after those. */
  readonly lower?: Bound;
  readonly upper?: Bound;
}

/** Throws BadQuery unless the index can answer it in one walk. */
export const walkOf = (spec: CollectionSpec, query: Omit<IndexQuery, 'limit' | 'after' | 'order'>): Walk => {
  const { index, equal = {}, range, prefix } = query;
  const fields = Object.hasOwn(spec.indexes, index) ? spec.indexes[index] : undefined;
  if (!fields) throw new BadQuery(`${spec.name} has no index ${index}.`);
  const given = Object.keys(equal).length;
  const leading = fields.slice(0, given);
  const hole = leading.find((field) => !isScalar(equal[field]));
  if (given > fields.length || hole !== undefined)
    throw new BadQuery(`The index ${index} needs values for its leading fields: ${fields.join(', ')}.`);

  const walk = { index, fields, equal: leading.map((field) => equal[field]!) };
  if (range === undefined && prefix === undefined) return walk;
  if (range !== undefined && prefix !== undefined) throw new BadQuery('Either a range or a prefix.');
  if (given === fields.length) throw new BadQuery(`The index ${index} has no field left for a range or a prefix.`);
  return { ...walk, ...(prefix === undefined ? boundsOfRange(range!) : boundsOfPrefix(prefix)) };
};

/** Throws BadQuery when it is not a whole number of 1 to PAGE_MAX. */
export const limitOf = (limit: number): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_MAX) return limit;
  throw new BadQuery(`A page holds 1 to ${PAGE_MAX} documents.`);
};

/** What an index holds of a document: the scalar at a path, else null. */
export const valueAt = (doc: object, path: string): Scalar => {
  const value = at(doc, path);
  return isScalar(value) ? value : null;
};

/** Where a page of a walk ends: what the index holds of its last document after the equal values. */
export const endOf = (
  { fields, equal }: Walk,
  { key, doc }: { readonly key: string; readonly doc: object },
): Scalar[] => [...fields.slice(equal.length).map((field) => valueAt(doc, field)), key];

/** All scalars at a path, those in an array as well. */
export const valuesAt = (doc: object, path: string): Scalar[] => {
  const value = at(doc, path);
  return Array.isArray(value) ? value.filter(isScalar) : isScalar(value) ? [value] : [null];
};

/** The least text above all texts that begin with this one; undefined when there is none. */
export const afterPrefix = (prefix: string): string | undefined => {
  const points = Array.from(prefix, (char) => char.codePointAt(0)!);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // The surrogates are no characters: after U+D7FF comes U+E000.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
};

const at = (doc: object, path: string): unknown => {
  // Nearly all paths are one name, and they are looked up for every document written.
  if (!path.includes('.')) return own(doc, path);
  return path.split('.').reduce<unknown>(own, doc);
};

const own = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object' && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** Whether an index can hold it. */
export const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);

type Bounds = Pick<Walk, 'lower' | 'upper'>;

/** A range holds values of one type; an open end goes to the end of that type. */
const boundsOfRange = ({ from, to }: NonNullable<IndexQuery['range']>): Bounds => {
  const types = new Set([from, to].filter((value) => value !== undefined).map((value) => typeof value));
  const [type] = types;
  const whole = type === undefined ? undefined : WHOLE[type];
  if (types.size !== 1 || !whole || ![from ?? 0, to ?? 0].every(isScalar))
    throw new BadQuery('A range needs from, to or both, as texts, numbers or truths of one type.');
  return {
    lower: from === undefined ? whole.lower : { value: from, inclusive: true },
    ...(to !== undefined ? { upper: { value: to, inclusive: false } } : whole.upper && { upper: whole.upper }),
  };
};

const boundsOfPrefix = (prefix: string): Bounds => {
  if (typeof prefix !== 'string') throw new BadQuery('A prefix is a text.');
  const upper = afterPrefix(prefix);
  return {
    lower: { value: prefix, inclusive: true },
    upper: upper === undefined ? WHOLE.string!.upper! : { value: upper, inclusive: false },
  };
};

/** Where the values of a type begin and end in the order of the index. */
const WHOLE: Readonly<Record<string, { readonly lower: Bound; readonly upper?: Bound }>> = {
  number: { lower: { value: null, inclusive: false }, upper: { value: '', inclusive: false } },
  string: { lower: { value: '', inclusive: true }, upper: { value: false, inclusive: false } },
  boolean: { lower: { value: false, inclusive: true } },
};
