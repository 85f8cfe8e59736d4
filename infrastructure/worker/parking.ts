import type { LedgerEvent } from '../../application/kernel/ledger.js';
import type { Collection, CollectionSpec } from '../../projections/kernel/read-models.js';
import { PAGE_MAX } from '../../projections/kernel/read-models.js';

/** An event that a reaction, an effect or a timer could not deal with, or that waits behind such a one. */
export interface Parked {
  readonly by: string;
  readonly stream: string;
  readonly revision: number;
  readonly eventId: string;
  readonly eventType: string;
  /** Kind and place of the error; `waiting` for those behind. Holds no data of the event. */
  readonly reason: string;
  readonly attempts: number;
  /** When it was last tried, an Instant. */
  readonly at: string;
}

export const PARKED: CollectionSpec = {
  name: 'parkedWork',
  version: 1,
  indexes: { byStream: ['by', 'stream', 'revision'], byTime: ['at'] },
};

export const WAITING = 'waiting';

/** Work put aside, so that the rest can go on. What comes later in the same stream waits behind it. */
export class Parking {
  private readonly blocked = new Map<string, { readonly by: string; readonly stream: string }>();

  private constructor(private readonly docs: Collection<Parked>) {}

  static async open(docs: Collection<Parked>): Promise<Parking> {
    const parking = new Parking(docs);
    for (let after: string | undefined; ;) {
      const page = await docs.query({ index: 'byStream', limit: PAGE_MAX, ...(after !== undefined && { after }) });
      for (const { doc } of page.items) parking.block(doc.by, doc.stream);
      if ((after = page.next) === undefined) return parking;
    }
  }

  blocks(by: string, stream: string): boolean {
    return this.blocked.has(`${by} ${stream}`);
  }

  /** Who waits where, oldest first. */
  all(): readonly { readonly by: string; readonly stream: string }[] {
    return [...this.blocked.values()];
  }

  /** Puts an event aside, or notes one more attempt at it. */
  async park(by: string, event: LedgerEvent, reason: string, at: string): Promise<void> {
    this.block(by, event.stream);
    const key = keyOf(by, event);
    const held = (await this.docs.load([key])).get(key);
    const { id: eventId, type: eventType, stream, revision } = event;
    if (held?.doc && reason === WAITING) return;
    const attempts = (held?.doc?.attempts ?? 0) + (reason === WAITING ? 0 : 1);
    const doc: Parked = { by, stream, revision, eventId, eventType, reason, attempts, at };
    await this.docs.write([{ key, expected: held?.at, at: event.position, doc }]);
  }

  /** The first event that waits in a stream; undefined when none does, and then the stream is free again. */
  async first(by: string, stream: string): Promise<Parked | undefined> {
    const { items } = await this.docs.query({ index: 'byStream', equal: { by, stream }, limit: 1 });
    if (!items[0]) this.blocked.delete(`${by} ${stream}`);
    return items[0]?.doc;
  }

  async remove(by: string, event: LedgerEvent): Promise<void> {
    const key = keyOf(by, event);
    const held = (await this.docs.load([key])).get(key);
    if (held) await this.docs.write([{ key, expected: held.at, at: event.position, doc: null }]);
  }

  private block(by: string, stream: string): void {
    this.blocked.set(`${by} ${stream}`, { by, stream });
  }
}

const keyOf = (by: string, event: LedgerEvent): string => `${by}/${event.id}`;
