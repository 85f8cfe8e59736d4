import { events } from '../../domain/index.js';
import type { Events, Seen } from '../../domain/kernel/event.js';
import { projection } from '../kernel/projection.js';

/** How much happened on a day (UTC), or altogether. Tells about nobody. */
export interface LedgerStatistics {
  /** `2030-01-31`, or `total`. */
  readonly day: string;
  readonly events: number;
  /**
   * By the kind of stream (`doctorDay`, `prescription`), then by type. Every event copies this, so it is nested: a few
   * types of one kind and not all there are.
   */
  readonly byCategory: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const oneMore = (counts: Readonly<Record<string, number>> = {}, name: string) => ({
  ...counts,
  [name]: (counts[name] ?? 0) + 1,
});

const count = (doc: LedgerStatistics | undefined, { type, stream }: Seen<Events>, day: string): LedgerStatistics => {
  const category = stream.slice(0, stream.indexOf('-'));
  return {
    day,
    events: (doc?.events ?? 0) + 1,
    byCategory: { ...doc?.byCategory, [category]: oneMore(doc?.byCategory[category], type) },
  };
};

export const ledgerStatistics = projection<LedgerStatistics>()({
  name: 'ledgerStatistics',
  version: 2,
  from: events,
  key: ({ meta }) => [meta.recordedAt.slice(0, 10), 'total'],
  indexes: { byDay: ['day'] },
  parties: () => ({}),
  phi: false,
  on: Object.fromEntries(Object.keys(events).map((type) => [type, count])),
});
