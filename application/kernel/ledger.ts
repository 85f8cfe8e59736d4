import type { Position } from '../../domain/kernel/envelope.js';

/** Where a writer believes a stream to be: its last revision, or one of three conditions. */
export type Expected = number | 'noStream' | 'streamExists' | 'any';

/** JSON, or bytes, which come back as they went in. */
export type Payload = unknown;

export interface NewEvent {
  /** A UUID. The same ids with the same expected revision are the same append, for ever. */
  readonly id: string;
  readonly type: string;
  readonly data: Payload;
  readonly metadata?: unknown;
}

export interface LedgerEvent {
  readonly id: string;
  readonly stream: string;
  /** 0, 1, 2, ... within its stream, without a gap. */
  readonly revision: number;
  /** Increasing over the whole ledger, not contiguous. */
  readonly position: Position;
  readonly type: string;
  readonly data: Payload;
  readonly metadata: unknown;
  /** When the store wrote it, an Instant. */
  readonly created: string;
}

export interface Appended {
  /** Of the last event of the append. */
  readonly revision: number;
  readonly position: Position;
}

export type Direction = 'forwards' | 'backwards';

/** Streams whose names begin with one of these; without it every stream but the store's own (`$...`). */
export interface Filter {
  readonly streamPrefixes: readonly string[];
}

export interface ReadStreamOptions {
  /** Inclusive, both ways. Without it: from the beginning, or backwards from the end. */
  readonly from?: number;
  readonly direction?: Direction;
  readonly maxCount?: number;
}

export interface ReadAllOptions {
  /** Forwards inclusive, backwards exclusive. Without it: from the beginning, or backwards from the end. */
  readonly from?: Position;
  readonly direction?: Direction;
  /** READ_ALL_MAX unless told: a page, not the ledger. */
  readonly maxCount?: number;
  readonly filter?: Filter;
  /** Also the store's own events (metadata, deletions). */
  readonly systemEvents?: boolean;
}

export interface SubscribeOptions {
  /** Exclusive. Without it from the beginning; `'end'` for what is appended from now on. */
  readonly after?: Position | 'end';
  readonly filter?: Filter;
  /** How many events a message may hold; 256 unless told. */
  readonly batchMax?: number;
}

export type SubscriptionMessage =
  /** In order, never empty, each event once. */
  | { readonly kind: 'events'; readonly events: readonly LedgerEvent[] }
  /** Nothing that matches lies at or before this position which was not delivered. */
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** What existed when the subscription began has been delivered; may come more than once. */
  | { readonly kind: 'caughtUp' };

/** Iterated by one consumer; the next message is fetched when the last one was dealt with (back-pressure). */
export interface Subscription extends AsyncIterable<SubscriptionMessage> {
  /** Ends the iteration; also done by leaving the loop. */
  cancel(): void;
}

/**
 * `maxAge` in seconds; `truncateBefore` a revision, which never moves back. Hidden from stream reads at once, not from
 * `readAll`.
 */
export interface Retention {
  readonly maxCount?: number;
  readonly maxAge?: number;
  readonly truncateBefore?: number;
}

/** The one port to the event store. Adapters: sqlite, eventstoredb. One contract suite holds for all of them. */
export interface Ledger {
  /**
   * All or nothing, durable when the promise resolves. An unknown outcome is repeated with the same ids and
   * the same expected revision; with `any` the ids protect nothing.
   */
  append(stream: string, events: readonly NewEvent[], expected: Expected): Promise<Appended>;
  /** Throws StreamNotFound, StreamDeleted. A stream whose events are all hidden gives none. */
  readStream(stream: string, options?: ReadStreamOptions): Promise<LedgerEvent[]>;
  readAll(options?: ReadAllOptions): Promise<LedgerEvent[]>;
  /** A stream's or everybody's events, then the live ones. Throws CheckpointAhead on the first message. */
  subscribe(options?: SubscribeOptions): Subscription;
  subscribeToStream(stream: string, options?: { readonly after?: number | 'end' }): Subscription;
  /** The position of the last event; undefined when there is none. */
  head(): Promise<Position | undefined>;
  setRetention(stream: string, retention: Retention): Promise<void>;
  /** Reads find no stream; a later append goes on with the next revision. */
  softDelete(stream: string, expected?: Expected): Promise<void>;
  /** The name is unusable for ever. */
  tombstone(stream: string, expected?: Expected): Promise<void>;
  compare(a: Position, b: Position): number;
  close(): Promise<void>;
}

/** Limits of the port, so that every adapter refuses alike: per append. */
export const APPEND_EVENTS_MAX = 1_000;
export const APPEND_BYTES_MAX = 768 * 1024;
/** How many events `readAll` gives when it is not told. */
export const READ_ALL_MAX = 10_000;

/** Base of all errors of the port. */
export class LedgerError extends Error {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
export class WrongExpectedVersion extends LedgerError {
  constructor(
    readonly stream: string,
    readonly expected: Expected,
    readonly actual: number | 'noStream',
  ) {
    super(`${stream} is at ${actual}, not at ${expected}.`);
  }
}
export class StreamNotFound extends LedgerError {}
export class StreamDeleted extends LedgerError {}
/** Over APPEND_EVENTS_MAX or APPEND_BYTES_MAX. */
export class TooLarge extends LedgerError {}
/** Refused before the store: an empty append, an empty name or type, a reserved name, an id that is no UUID. */
export class InvalidAppend extends LedgerError {}
/**
 * The store does not let us in. For adapters of stores that ask who comes.
 *
 * @public
 */
export class AccessDenied extends LedgerError {}
/** Not applied; try again. */
export class Transient extends LedgerError {}
/** No room on the disk. Not applied; reads go on. */
export class StorageFull extends Transient {}
/** May or may not have been applied; try again with the same ids and the same expected revision. */
export class UnknownOutcome extends LedgerError {}
/** A checkpoint beyond the head: the ledger was restored from an older backup. An alarm, never a wait. */
export class CheckpointAhead extends LedgerError {}
/** The store cannot go on: damaged, from a newer version, or failing. */
export class Fatal extends LedgerError {}
