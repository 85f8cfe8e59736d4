import type { Parties } from '../../domain/kernel/envelope.js';
import type { Events, Seen } from '../../domain/kernel/event.js';

/**
 * Fields of the document, by path (`address.city`), in the order of the index. A query gives equal values for the
 * leading ones, and a range or a prefix or nothing on the next; the rest is its order.
 * A field may be text, a number, a boolean or missing.
 */
export type Index = readonly string[];

/** A read model: what is shown, and how events become it. Pure. */
export interface Projection<Es extends Events = Events, Doc extends object = object> {
  /** camelCase, unique. */
  readonly name: string;
  /** Raised when documents must be built again from the first event. */
  readonly version: number;
  readonly from: Es;
  /** The document or documents that an event belongs to; undefined when it belongs to none. */
  readonly key: (event: Seen<Es>) => string | readonly string[] | undefined;
  /** Pure and total: the next document, or null to remove it. `key` tells which, where an event has several. */
  readonly on: { readonly [T in keyof Es]: (doc: Doc | undefined, event: Seen<Es, T>, key: string) => Doc | null };
  /** Every query names one of these. */
  readonly indexes: Readonly<Record<string, Index>>;
  /** Fields whose words can be searched for, by path; an array of texts counts as all of them. */
  readonly search?: readonly string[];
  /** Fields that a search may be narrowed by (equality). */
  readonly searchFilters?: readonly string[];
  /** Whom a document is about: the policy asks it on every read, and the access record names them. */
  readonly parties: (doc: Doc) => Parties;
  /** Whether reading it tells about a patient, so that the access is recorded. */
  readonly phi: boolean;
}

/** Infers the events and checks that each of them is handled. */
export const projection =
  <Doc extends object>() =>
  <Es extends Events>(p: Projection<Es, Doc>): Projection<Es, Doc> =>
    p;

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyProjection = Projection<any, any>;
export type DocOf<P extends AnyProjection> = P extends Projection<infer _Es, infer Doc> ? Doc : never;
