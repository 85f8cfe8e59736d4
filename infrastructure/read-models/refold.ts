import type { Ledger, LedgerEvent } from '../../application/kernel/ledger.js';
import { comparePositions, type Meta, type Position } from '../../domain/kernel/envelope.js';
import { decode, type Events, type Seen } from '../../domain/kernel/event.js';
import type { AnyProjection } from '../../projections/kernel/projection.js';

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
    for await (const event of eventsOf(ledger, stream, until)) {
      const seen = seenBy(projection, event);
      if (seen && keysOf(projection, seen).has(key)) events.push(seen);
    }
  events.sort((a, b) => comparePositions(a.position, b.position));
  let doc: object | null = null;
  for (const event of events)
    doc = orPoison(() => projection.on[event.type]!(doc ?? undefined, event, key) as object | null);
  return { doc, at: events.at(-1)?.position };
};

/** The keys of all documents that a stream's events belong to, up to a position. */
export const keysIn = async (
  ledger: Ledger,
  projection: AnyProjection,
  stream: string,
  until: Position,
): Promise<string[]> => {
  const keys = new Set<string>();
  for await (const event of eventsOf(ledger, stream, until)) {
    const seen = seenBy(projection, event);
    if (seen) for (const key of keysOf(projection, seen)) keys.add(key);
  }
  return [...keys];
};

/** An event as a projection sees it; undefined when it is none of its events. */
const seenBy = (projection: AnyProjection, event: LedgerEvent): Seen<Events> | undefined =>
  orPoison(() => {
    const { type, id, stream, revision, position } = event;
    const meta = event.metadata as Meta | undefined;
    const decoded = decode(projection.from as Events, { type, version: meta?.schemaVersion ?? 1, data: event.data });
    return decoded && ({ ...decoded, id, stream, revision, position, meta } as Seen<Events>);
  });

const keysOf = (projection: AnyProjection, event: Seen<Events>): ReadonlySet<string> =>
  orPoison(() => new Set([(projection.key(event) as string | readonly string[] | undefined) ?? []].flat()));

const orPoison = <T>(work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    throw new Poison('An event cannot be folded.', { cause });
  }
};

async function* eventsOf(ledger: Ledger, stream: string, until: Position): AsyncGenerator<LedgerEvent> {
  for (let from = 0; ; from += PAGE) {
    const page = await ledger.readStream(stream, { from, maxCount: PAGE });
    for (const event of page) {
      if (comparePositions(event.position, until) > 0) return;
      yield event;
    }
    if (page.length < PAGE) return;
  }
}
