import type { LedgerEvent } from '../../application/kernel/ledger.js';
import type { Meta } from '../../domain/kernel/envelope.js';
import { decode, type Events, type Seen } from '../../domain/kernel/event.js';
import type { AnyProjection } from '../../projections/kernel/projection.js';

/** An event as projections see it; undefined when it is none of these. Throws when its data do not fit the schema. */
export const seenAs = (events: Events, event: LedgerEvent): Seen<Events> | undefined => {
  const { type, id, stream, revision, position } = event;
  const meta = event.metadata as Meta | undefined;
  const decoded = decode(events, { type, version: meta?.schemaVersion ?? 1, data: event.data });
  return decoded && ({ type, data: decoded.data, id, stream, revision, position, meta } as Seen<Events>);
};

/** The documents that an event belongs to, each once. Throws what the projection throws. */
export const keysOf = (projection: AnyProjection, event: Seen<Events>): readonly string[] => {
  const keys = projection.key(event);
  if (keys === undefined) return [];
  if (typeof keys === 'string' && keys !== '') return [keys];
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'string' || key === ''))
    throw new TypeError('The key of a document is a text.');
  return keys.length > 1 ? [...new Set(keys as string[])] : (keys as string[]);
};

/** The next document, or null. Throws what the projection throws, and when it gives neither. */
export const folded = (
  projection: AnyProjection,
  doc: object | null,
  event: Seen<Events>,
  key: string,
): object | null => {
  const next = projection.on[event.type]!(doc ?? undefined, event, key) as object | null;
  if (typeof next !== 'object') throw new TypeError('A projection gives a document or null.');
  return next;
};
