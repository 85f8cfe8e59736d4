import type { LedgerEvent } from '../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import {
  type Collection,
  type CollectionSpec,
  type DocumentWrite,
  PAGE_MAX,
  STREAMS_MAX,
} from '../../projections/kernel/read-models.js';

/** A document that a projection could not carry on, or a stream whose events it could not read. */
export interface Parked {
  readonly projection: string;
  readonly generation: string;
  readonly of: 'document' | 'stream';
  /** The document's key or the stream's name. */
  readonly name: string;
  /** The event it stopped at. What comes later waits. */
  readonly position: Position;
  readonly eventId: string;
  readonly eventType: string;
  /** The kind of error; never its message, which may quote somebody's data. */
  readonly error: string;
  readonly waiting: number;
  /** Where the events that were not applied lie. */
  readonly streams: readonly string[];
}

export const PARKED: CollectionSpec = {
  name: 'parkedDocuments',
  version: 1,
  indexes: { byGeneration: ['generation', 'position'], byProjection: ['projection', 'position'] },
};

interface Row {
  doc: Parked;
  at: Position;
  expected: Position | undefined;
}

/** What one generation of a read model has put aside. In memory too, for every event is asked about it. */
export class ParkedDocuments {
  private readonly rows = new Map<string, Row>();
  private readonly changed = new Set<string>();

  private constructor(
    private readonly docs: Collection<Parked>,
    private readonly projection: string,
    private readonly generation: string,
  ) {}

  static async open(docs: Collection<Parked>, projection: string, generation: string): Promise<ParkedDocuments> {
    const parked = new ParkedDocuments(docs, projection, generation);
    let after: string | undefined;
    do {
      const page = await docs.query({
        index: 'byGeneration',
        equal: { generation },
        limit: PAGE_MAX,
        ...(after !== undefined && { after }),
      });
      for (const { key, doc, at } of page.items) parked.rows.set(key, { doc, at, expected: at });
      after = page.next;
    } while (after !== undefined);
    return parked;
  }

  get size(): number {
    return this.rows.size;
  }

  all(): readonly Parked[] {
    return [...this.rows.values()].map(({ doc }) => doc);
  }

  /** Whether an event at this position waits behind a parked one of the same document or stream. */
  holds(of: Parked['of'], name: string, position: Position): boolean {
    if (this.rows.size === 0) return false;
    const row = this.rows.get(this.keyOf(of, name));
    return row !== undefined && comparePositions(row.doc.position, position) <= 0;
  }

  /** Puts an event aside with which the document or stream stops, or that waits there. */
  park(
    of: Parked['of'],
    name: string,
    event: Pick<LedgerEvent, 'id' | 'type' | 'stream' | 'position'>,
    error: unknown,
  ) {
    const key = this.keyOf(of, name);
    const row = this.rows.get(key);
    const { projection, generation } = this;
    if (!row) {
      const { id: eventId, type: eventType, stream, position } = event;
      const what = { eventId, eventType, error: error instanceof Error ? error.name : 'unknown' };
      const doc: Parked = { projection, generation, of, name, position, ...what, waiting: 0, streams: [stream] };
      this.rows.set(key, { doc, at: position, expected: undefined });
    } else if (comparePositions(row.at, event.position) < 0) {
      const { doc } = row;
      const known = doc.streams.length >= STREAMS_MAX || doc.streams.includes(event.stream);
      const streams = known ? doc.streams : [...doc.streams, event.stream];
      row.doc = { ...doc, waiting: doc.waiting + 1, streams };
      row.at = event.position;
    } else return;
    this.changed.add(key);
  }

  /** Writes down what was parked since. Another runner may have parked the same; then theirs and ours are merged. */
  async save(): Promise<void> {
    for (let keys = [...this.changed]; keys.length > 0;) {
      const writes = keys.map((key): DocumentWrite<Parked> => {
        const { doc, at, expected } = this.rows.get(key)!;
        return { key, expected, at, doc };
      });
      const lost = await this.docs.write(writes);
      for (const key of keys) {
        const row = this.rows.get(key)!;
        if (!lost.includes(key)) row.expected = row.at;
      }
      const theirs = lost.length > 0 ? await this.docs.load(lost) : undefined;
      for (const [key, held] of theirs ?? []) {
        const row = this.rows.get(key)!;
        row.expected = held.at;
        if (held.doc) row.doc = { ...row.doc, streams: [...new Set([...held.doc.streams, ...row.doc.streams])] };
        if (comparePositions(held.at, row.at) > 0) row.at = held.at;
      }
      keys = [...lost];
    }
    this.changed.clear();
  }

  async remove(parked: Parked): Promise<void> {
    const key = this.keyOf(parked.of, parked.name);
    const row = this.rows.get(key);
    if (!row) return;
    await this.docs.write([{ key, expected: row.expected, at: row.at, doc: null }]);
    this.rows.delete(key);
  }

  /** Removes what was put aside in generations that are gone. */
  static async sweep(docs: Collection<Parked>, projection: string, kept: readonly string[]): Promise<void> {
    for (let after: string | undefined; ;) {
      const page = await docs.query({
        index: 'byProjection',
        equal: { projection },
        limit: PAGE_MAX,
        ...(after !== undefined && { after }),
      });
      const gone = page.items.filter(({ doc }) => !kept.includes(doc.generation));
      await docs.write(gone.map(({ key, at }) => ({ key, expected: at, at, doc: null })));
      if ((after = page.next) === undefined) return;
    }
  }

  private keyOf(of: Parked['of'], name: string): string {
    return `${this.generation}/${of}/${name}`;
  }
}
