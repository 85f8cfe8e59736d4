import type { Ledger, LedgerEvent } from '../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import type { Events, Seen } from '../../domain/kernel/event.js';
import type { AnyProjection } from '../../projections/kernel/projection.js';
import { folded, keysOf, seenAs } from './events.js';

export interface Refolded {
  readonly doc: object | null;
  /** The last event that is in it; undefined when nothing had happened to it. */
  readonly at: Position | undefined;
}

/** An event that a schema or a projection cannot deal with, told from a ledger that cannot be read. */
export class Poison extends Error {
  override readonly name = 'Poison';
}

const PAGE = 1_000;

/**
 * A document as it was at a position: the fold of the streams that fed it, not of the ledger. Throws Poison, and what
 * the ledger throws.
 */
export const refold = async (
  ledger: Ledger,
  projection: AnyProjection,
  key: string,
  streams: readonly string[],
  until: Position,
): Promise<Refolded> => {
  const events: Seen<Events>[] = [];
  for (const stream of streams)
    for await (const [event, keys] of eventsOf(ledger, projection, stream, until))
      if (keys.includes(key)) events.push(event);
  events.sort((a, b) => comparePositions(a.position, b.position));
  let doc: object | null = null;
  for (const event of events) doc = orPoison(() => folded(projection, doc, event, key));
  return { doc, at: events.at(-1)?.position };
};

/** The keys of all documents that a stream's events belong to, up to a position. Throws like `refold`. */
export const keysIn = async (
  ledger: Ledger,
  projection: AnyProjection,
  stream: string,
  until: Position,
): Promise<string[]> => {
  const all = new Set<string>();
  for await (const [, keys] of eventsOf(ledger, projection, stream, until)) for (const key of keys) all.add(key);
  return [...all];
};

/** A stream's events that a projection wants, with the keys of their documents. */
async function* eventsOf(
  ledger: Ledger,
  projection: AnyProjection,
  stream: string,
  until: Position,
): AsyncGenerator<[Seen<Events>, readonly string[]]> {
  for (let from = 0; ;) {
    const page: LedgerEvent[] = await ledger.readStream(stream, { from, maxCount: PAGE });
    for (const event of page) {
      if (comparePositions(event.position, until) > 0) return;
      const seen = orPoison(() => seenAs(projection.from as Events, event));
      if (seen) yield [seen, orPoison(() => keysOf(projection, seen))];
    }
    if (page.length < PAGE) return;
    from = page.at(-1)!.revision + 1;
  }
}

const orPoison = <T>(work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    throw new Poison('An event cannot be folded.', { cause });
  }
};
