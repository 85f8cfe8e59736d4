import { type Ledger, StreamDeleted, StreamNotFound } from '../../application/kernel/ledger.js';
import { comparePositions } from '../../domain/kernel/envelope.js';
import { STREAMS_MAX } from '../../projections/kernel/read-models.js';
import type { Feed } from './feed.js';
import type { Parked } from './parked.js';
import { keysIn, Poison, refold } from './refold.js';

/** Keys of documents that are whole again; undefined when only a rebuild can tell, for streams are gone or too many. */
export type Mended = readonly string[] | undefined;

/**
 * Tries again what a read model has put aside: the documents concerned are folded anew from all streams that fed them,
 * up to where the read model stands. What fails again stays parked.
 */
export const retryParked = async (ledger: Ledger, feed: Feed): Promise<Mended> => {
  const until = feed.applied;
  if (until === undefined) return [];
  const concerned = new Map<Parked, readonly string[]>();
  const streams = new Map<string, Set<string>>();
  try {
    for (const parked of feed.parked.all()) {
      if (parked.streams.length >= STREAMS_MAX) return undefined;
      const keys =
        parked.of === 'document'
          ? [parked.name]
          : await unlessPoison(keysIn(ledger, feed.projection, parked.name, until));
      if (!keys) continue;
      concerned.set(parked, keys);
      for (const key of keys) streams.set(key, new Set([...(streams.get(key) ?? []), ...parked.streams]));
    }
    const mended = new Set<string>();
    for (const [key, more] of streams) {
      const known = await feed.collection.streamsOf(key);
      if (!known) return undefined;
      if (await mend(ledger, feed, key, [...new Set([...known, ...more])], until)) mended.add(key);
    }
    for (const [parked, keys] of concerned) if (keys.every((key) => mended.has(key))) await feed.parked.remove(parked);
    return [...mended];
  } catch (error) {
    if (error instanceof StreamNotFound || error instanceof StreamDeleted) return undefined;
    throw error;
  }
};

const mend = async (
  ledger: Ledger,
  { projection, collection }: Feed,
  key: string,
  streams: readonly string[],
  until: string,
): Promise<boolean> => {
  const refolded = await unlessPoison(refold(ledger, projection, key, streams, until));
  if (!refolded) return false;
  const held = (await collection.load([key])).get(key);
  const { doc, at = held?.at } = refolded;
  if (at === undefined) return true;
  const newest = held && comparePositions(held.at, at) > 0 ? held.at : at;
  const lost = await collection.write([{ key, expected: held?.at, at: newest, doc, streams }]);
  return lost.length === 0;
};

const unlessPoison = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: unknown) => {
    if (error instanceof Poison) return undefined;
    throw error;
  });
