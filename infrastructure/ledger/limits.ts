import {
  APPEND_BYTES_MAX,
  APPEND_EVENTS_MAX,
  type Expected,
  InvalidAppend,
  type NewEvent,
  type Payload,
  type Retention,
  TooLarge,
} from '../../application/kernel/ledger.js';

/** The longest name of a stream or an event type, in UTF-16 code units. */
export const NAME_MAX = 512;

/** An event as a store keeps it: JSON as text, bytes as bytes. */
export interface WrittenEvent {
  /** Lower case, so that equal ids are equal texts. */
  readonly id: string;
  readonly type: string;
  readonly data: string | Uint8Array;
  readonly metadata: string | Uint8Array | null;
}

/**
 * What every adapter refuses before its store is asked, so that all refuse alike, and the events ready to be stored.
 * Serialised here, so that a caller who goes on changing its objects changes nothing.
 *
 * @throws InvalidAppend, TooLarge
 */
export const checkedAppend = (stream: string, events: readonly NewEvent[], expected: Expected): WrittenEvent[] => {
  checkName('stream', stream);
  checkExpected(expected);
  if (events.length === 0) throw new InvalidAppend('An append needs an event.');
  if (events.length > APPEND_EVENTS_MAX)
    throw new TooLarge(`${events.length} events in one append; at most ${APPEND_EVENTS_MAX}.`);
  const written = events.map(writtenEvent);
  checkSize(written);
  return written;
};

/** @throws InvalidAppend when the name is empty, too long, no Unicode, or reserved for the store (`$...`). */
export const checkName = (what: 'stream' | 'type', name: string): void => {
  if (name === '') throw new InvalidAppend(`The ${what} needs a name.`);
  if (name.charCodeAt(0) === DOLLAR) throw new InvalidAppend(`Names that begin with $ belong to the store: ${name}`);
  if (name.length > NAME_MAX) throw new InvalidAppend(`The ${what}'s name is longer than ${NAME_MAX} characters.`);
  if (!name.isWellFormed()) throw new InvalidAppend(`The ${what}'s name is not Unicode.`);
};

/** @throws InvalidAppend when it is neither a revision nor one of the conditions. */
export const checkExpected = (expected: Expected): void => {
  const known =
    typeof expected === 'number' ? Number.isSafeInteger(expected) && expected >= 0 : CONDITIONS.has(expected);
  if (!known) throw new InvalidAppend(`Not an expected revision: ${String(expected)}`);
};

/** @throws InvalidAppend when a limit is no whole number, or would keep nothing. */
export const checkRetention = ({ maxCount = 1, maxAge = 1, truncateBefore = 0 }: Retention): void => {
  const whole = [maxCount, maxAge, truncateBefore].every(Number.isSafeInteger);
  if (!whole || maxCount < 1 || maxAge < 1 || truncateBefore < 0)
    throw new InvalidAppend('Retention is told in whole events, seconds and revisions.');
};

const CONDITIONS: ReadonlySet<string> = new Set(['noStream', 'streamExists', 'any']);
const DOLLAR = 36;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const writtenEvent = (e: NewEvent): WrittenEvent => {
  checkName('type', e.type);
  return {
    id: uuid(e.id),
    type: e.type,
    data: written(e.data),
    metadata: e.metadata === undefined ? null : written(e.metadata),
  };
};

const uuid = (id: string): string => {
  if (UUID.test(id)) return id;
  const lower = id.toLowerCase();
  if (!UUID.test(lower)) throw new InvalidAppend(`The id of an event is a UUID, not "${id}".`);
  return lower;
};

const written = (payload: Payload): string | Uint8Array => {
  if (payload instanceof Uint8Array) return new Uint8Array(payload);
  let text: string | undefined;
  try {
    text = JSON.stringify(payload);
  } catch (cause) {
    throw new InvalidAppend('An event holds JSON or bytes.', { cause });
  }
  if (text === undefined) throw new InvalidAppend('An event holds JSON or bytes.');
  return text;
};

/** Counted as EventStoreDB 24.10 does: data, metadata, and two bytes for each character of the type. */
const checkSize = (events: readonly WrittenEvent[]): void => {
  // No character needs more than three bytes: nearly every append is let through without counting.
  let most = 0;
  for (const e of events) most += 3 * (e.data.length + (e.metadata?.length ?? 0)) + 2 * e.type.length;
  if (most <= APPEND_BYTES_MAX) return;
  let bytes = 0;
  for (const e of events) bytes += byteLength(e.data) + byteLength(e.metadata) + 2 * e.type.length;
  if (bytes > APPEND_BYTES_MAX) throw new TooLarge(`${bytes} bytes in one append; at most ${APPEND_BYTES_MAX}.`);
};

const byteLength = (stored: string | Uint8Array | null): number =>
  stored === null ? 0 : typeof stored === 'string' ? Buffer.byteLength(stored) : stored.byteLength;
