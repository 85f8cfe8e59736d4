import type { Ledger } from '../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import { breather, type Feed, Router } from './feed.js';

export interface Progress {
  readonly projections: readonly string[];
  /** Events read so far. */
  readonly events: number;
  readonly position: Position;
  /** Where the ledger ended when this was told. */
  readonly head: Position;
}

const PAGE = 4_000;
const SLICE_MS = 8;
/** Documents in memory of all feeds together; with more, those not touched lately are written. */
export const DOCUMENTS_IN_MEMORY_MAX = 50_000;

/** How a reader of the ledger goes on; a position it has had is not given again. */
async function* pagesAfter(ledger: Ledger, after: Position | undefined) {
  for (let from = after; ;) {
    const page = await ledger.readAll({ maxCount: PAGE, ...(from !== undefined && { from }) });
    const events = from === undefined ? page : page.filter(({ position }) => comparePositions(position, from!) > 0);
    if (events.length > 0) yield events;
    if (page.length < PAGE) return;
    from = page.at(-1)!.position;
  }
}

/**
 * Brings feeds to the end of the ledger, or to `until`. Documents of a rebuild are folded in memory and written when they
 * have not been touched for a while, or at the end.
 */
export const catchUp = async (
  ledger: Ledger,
  feeds: readonly Feed[],
  options: {
    readonly until?: Position;
    readonly documentsMax?: number;
    readonly onProgress?: (progress: Progress) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> => {
  const { until, documentsMax = DOCUMENTS_IN_MEMORY_MAX, onProgress, signal } = options;
  const router = new Router(feeds);
  const breathe = breather(SLICE_MS);
  let events = 0;
  let position: Position | undefined;

  for await (const page of pagesAfter(ledger, earliest(feeds))) {
    signal.throwIfAborted();
    const wanted = until === undefined ? page : page.filter((e) => comparePositions(e.position, until) <= 0);
    for (const event of wanted) {
      router.route(event);
      const pause = breathe();
      if (pause) await pause;
    }
    for (const feed of feeds) {
      await feed.fold(breathe);
      if (!feed.building) await feed.flush();
    }
    position = wanted.at(-1)?.position ?? position;
    events += wanted.length;
    if (feeds.reduce((sum, feed) => sum + feed.size, 0) > documentsMax) for (const feed of feeds) await feed.evict();
    if (position !== undefined && onProgress) {
      const head = (await ledger.head()) ?? position;
      onProgress({ projections: feeds.map(({ projection }) => projection.name), events, position, head });
    }
    if (wanted.length < page.length) break;
  }
  for (const feed of feeds) {
    await feed.flush();
    if (position !== undefined && feed.isBehind(position)) feed.applied = position;
  }
};

/** Where reading must begin so that no feed misses anything; undefined for the beginning. */
export const earliest = (feeds: readonly Feed[]): Position | undefined => {
  const positions = feeds.map(({ applied }) => applied);
  return positions.includes(undefined) ? undefined : (positions as Position[]).sort(comparePositions)[0];
};
