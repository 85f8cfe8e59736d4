import type { LedgerEvent } from '../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import type { EventDef, Events, Seen } from '../../domain/kernel/event.js';
import type { AnyProjection } from '../../projections/kernel/projection.js';
import {
  type Collection,
  type DocumentWrite,
  type ReadModels,
  STREAMS_MAX,
  Superseded,
} from '../../projections/kernel/read-models.js';
import { folded, keysOf, seenAs } from './events.js';
import type { ParkedDocuments } from './parked.js';

/** A document in memory: as it is stored, and as the events since have made it. */
interface Entry {
  readonly before: object | null;
  readonly expected: Position | undefined;
  doc: object | null;
  at: Position | undefined;
  /** What fed it since; nearly always one stream. */
  streams: string | Set<string> | undefined;
}

interface Step {
  readonly key: string;
  readonly event: Seen<Events>;
  /** The document it belongs to, once that is in memory. */
  entry: Entry | undefined;
}

/** Attempts at documents that another runner writes as well. */
const RACES_MAX = 20;
const WRITES_BESIDE_MAX = 2_000;

/** One projection on its way into one generation of its documents. */
export class Feed {
  /** Everything at or before this position is in the documents, or parked. */
  applied: Position | undefined;
  private saved: Position | undefined;
  private steps: Step[] = [];
  /** Documents that were touched since the last look at the memory, and those that were not. */
  private young = new Map<string, Entry>();
  private old = new Map<string, Entry>();
  /** Nothing was written yet: a document that is not in memory does not exist. */
  private empty: boolean;
  /** The greatest key that a rebuild has met. */
  private greatest = '';

  constructor(
    readonly projection: AnyProjection,
    readonly collection: Collection<object>,
    readonly parked: ParkedDocuments,
    applied: Position | undefined,
    /** Into a fresh generation, which nobody else writes. */
    public building = false,
  ) {
    this.applied = this.saved = applied;
    this.empty = building;
  }

  /** Documents in memory. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  isBehind(position: Position): boolean {
    return this.applied === undefined || comparePositions(this.applied, position) < 0;
  }

  /** Takes an event for the next `fold`. Which documents it belongs to may be what fails. */
  take(event: Seen<Events>): void {
    if (this.parked.holds('stream', event.stream, event.position)) return this.refuse(event, undefined);
    try {
      for (const key of keysOf(this.projection, event)) this.steps.push({ key, event, entry: undefined });
    } catch (error) {
      this.refuse(event, error);
    }
  }

  /** Nobody can tell whose event it is, so its whole stream waits. */
  refuse(event: Pick<LedgerEvent, 'id' | 'type' | 'stream' | 'position'>, error: unknown): void {
    this.parked.park('stream', event.stream, event, error);
  }

  /** Folds what was taken into the documents in memory. A rebuild keeps them there, to write each of them once. */
  async fold(breathe: () => Promise<void> | undefined): Promise<void> {
    await this.load(this.steps);
    for (const step of this.steps) {
      this.step(step);
      const pause = breathe();
      if (pause) await pause;
    }
    if (this.building) this.steps = [];
  }

  /** Writes the changed documents and lets go of them. Gives their keys. */
  async flush(): Promise<string[]> {
    const keys = new Set<string>();
    for (let race = 1; ; race++) {
      const lost = await this.write([this.old, this.young], keys);
      if (lost.length === 0) break;
      if (race === RACES_MAX) throw new Superseded(`Somebody else writes ${this.collection.id} all the time.`);
      // Their documents may have come less far than ours, or further; what they have not seen is folded again.
      const again = new Set(lost);
      const steps = this.steps.filter(({ key }) => again.has(key));
      await this.load(steps);
      for (const step of steps) this.step(step);
    }
    this.steps = [];
    return [...keys];
  }

  /** Makes room: writes the documents that were not touched since the last time. */
  async evict(): Promise<void> {
    await this.write([this.old], new Set());
    this.old = this.young;
    this.young = new Map();
  }

  /** Lets go of what failed half-way, to begin again from what is stored. */
  forget(): void {
    this.steps = [];
    this.young.clear();
    this.old.clear();
  }

  /** Saves how far it has come, when that has changed. */
  async saveCheckpoint(readModels: ReadModels): Promise<void> {
    const { applied } = this;
    if (applied === undefined || applied === this.saved) return;
    await readModels.saveCheckpoint(this.collection.id, applied);
    this.saved = applied;
  }

  private async write(generations: readonly Map<string, Entry>[], keys: Set<string>): Promise<readonly string[]> {
    const writes: DocumentWrite<object>[] = [];
    for (const entries of generations)
      for (const [key, entry] of entries)
        if (entry.at !== entry.expected) {
          writes.push(writeOf(key, entry));
          keys.add(key);
        }
    // Neighbours land on the same page, and a page is written once for all of them.
    if (this.building) writes.sort((a, b) => (a.key < b.key ? -1 : 1));
    const [lost] = await settled([
      this.building ? this.writeBeside(writes) : this.writeLive(writes),
      this.parked.save(),
    ]);
    for (const entries of generations) entries.clear();
    this.empty &&= writes.length === 0;
    return lost;
  }

  private async writeLive(writes: readonly DocumentWrite<object>[]): Promise<readonly string[]> {
    return writes.length > 0 ? this.collection.write(writes) : [];
  }

  /** A little at a time, so that the live read models have their turn between. */
  private async writeBeside(writes: readonly DocumentWrite<object>[]): Promise<readonly string[]> {
    for (let i = 0; i < writes.length; i += WRITES_BESIDE_MAX) {
      const lost = await this.collection.write(writes.slice(i, i + WRITES_BESIDE_MAX));
      if (lost.length > 0) throw new Superseded(`Somebody else writes ${this.collection.id}.`);
    }
    return [];
  }

  /** Gives every step the document it belongs to. */
  private async load(steps: readonly Step[]): Promise<void> {
    const missing = new Set<string>();
    for (const step of steps) {
      const { key } = step;
      // Keys that begin with a position only grow: where nothing was met before, nothing need be looked for.
      const isNew = this.building && key > this.greatest;
      if (isNew) this.greatest = key;
      step.entry = isNew ? undefined : this.find(key);
      if (step.entry) continue;
      if (isNew || this.empty) step.entry = this.enter(key, entryOf(null, undefined));
      else missing.add(key);
    }
    if (missing.size === 0) return;
    for (const [key, { doc, at }] of await this.collection.load([...missing])) this.enter(key, entryOf(doc, at));
    for (const step of steps) step.entry ??= this.find(step.key) ?? this.enter(step.key, entryOf(null, undefined));
  }

  private enter(key: string, entry: Entry): Entry {
    this.young.set(key, entry);
    return entry;
  }

  private find(key: string): Entry | undefined {
    const young = this.young.get(key);
    if (young) return young;
    const old = this.old.get(key);
    if (!old) return undefined;
    this.old.delete(key);
    return this.enter(key, old);
  }

  private step({ key, event, entry }: Step): void {
    if (!entry) throw new Error(`${key} was not loaded.`);
    if (entry.at !== undefined && comparePositions(event.position, entry.at) <= 0) return;
    if (this.parked.holds('document', key, event.position)) return this.parked.park('document', key, event, undefined);
    try {
      entry.doc = folded(this.projection, entry.doc, event, key);
      entry.at = event.position;
      fedBy(entry, event.stream);
    } catch (error) {
      this.parked.park('document', key, event, error);
    }
  }
}

/** Like Promise.all, but never fails while one of them still works. */
export const settled = async <T extends readonly unknown[]>(
  works: readonly [...T],
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> => {
  const outcomes = await Promise.allSettled(works);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as never;
};

const entryOf = (doc: object | null, at: Position | undefined): Entry => ({
  before: doc,
  expected: at,
  doc,
  at,
  streams: undefined,
});

const fedBy = (entry: Entry, stream: string): void => {
  const { streams } = entry;
  if (streams === stream) return;
  if (streams === undefined) entry.streams = stream;
  else if (typeof streams === 'string') entry.streams = new Set([streams, stream]);
  else if (streams.size <= STREAMS_MAX) streams.add(stream);
};

const writeOf = (key: string, { doc, at, before, expected, streams }: Entry): DocumentWrite<object> => {
  const fed = typeof streams === 'string' ? [streams] : [...(streams ?? [])];
  return { key, expected, at: at!, doc, before, streams: fed };
};

/** Who wants an event, by the event's declaration: each is decoded once for all of them. */
export class Router {
  private readonly wanted = new Map<string, Map<EventDef, { readonly events: Events; readonly feeds: Feed[] }>>();

  constructor(readonly feeds: readonly Feed[]) {
    for (const feed of feeds)
      for (const [type, def] of Object.entries(feed.projection.from as Events)) {
        const byDef = this.wanted.get(type) ?? new Map<EventDef, { events: Events; feeds: Feed[] }>();
        const entry = byDef.get(def) ?? { events: feed.projection.from as Events, feeds: [] };
        entry.feeds.push(feed);
        this.wanted.set(type, byDef.set(def, entry));
      }
  }

  /** Hands an event to the feeds that want it and have not had it. */
  route(event: LedgerEvent): void {
    const wanted = this.wanted.get(event.type);
    if (wanted) for (const { events, feeds } of wanted.values()) this.hand(event, events, feeds);
  }

  private hand(event: LedgerEvent, events: Events, feeds: readonly Feed[]): void {
    let seen: Seen<Events> | undefined;
    for (const feed of feeds) {
      if (!feed.isBehind(event.position)) continue;
      try {
        seen ??= seenAs(events, event)!;
      } catch (error) {
        feed.refuse(event, error);
        continue;
      }
      feed.take(seen);
    }
  }
}

/** Gives the event loop to others when its slice is over, so that requests are answered while much is folded. */
export const breather = (sliceMs: number): (() => Promise<void> | undefined) => {
  let since = performance.now();
  let calls = 0;
  return () => {
    if (++calls % 32 !== 0 || performance.now() - since < sliceMs) return undefined;
    return new Promise<void>((resume) =>
      setImmediate(() => {
        since = performance.now();
        resume();
      }),
    );
  };
};
