import {
  type Appended,
  CheckpointAhead,
  type Expected,
  type Ledger,
  type LedgerEvent,
  type NewEvent,
  type ReadAllOptions,
  type ReadStreamOptions,
  StreamNotFound,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionMessage,
  WrongExpectedVersion,
} from '../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import type {
  Collection,
  CollectionSpec,
  DocumentWrite,
  Held,
  IndexQuery,
  ReadModels,
} from '../../projections/kernel/read-models.js';

/** What outlives a process: the events, the documents, the checkpoints. */
export class Disk {
  readonly events: LedgerEvent[] = [];
  readonly collections = new Map<string, Map<string, Held<object>>>();
  readonly checkpoints = new Map<string, Position>();
  readonly readers = new Set<() => void>();
}

/** Called before and after each write, so that a test can end the process there. */
export type Step = () => void;

/** The ledger port over a Disk, as far as transact and the worker use it. */
export class MemoryLedger implements Pick<Ledger, 'append' | 'readStream' | 'readAll' | 'subscribe' | 'head'> {
  constructor(
    private readonly disk: Disk,
    private readonly step: Step = () => undefined,
  ) {}

  async append(stream: string, events: readonly NewEvent[], expected: Expected): Promise<Appended> {
    this.step();
    const held = this.disk.events.filter((e) => e.stream === stream);
    const from = expected === 'noStream' ? 0 : (expected as number) + 1;
    if (from !== held.length) {
      const same = events.every((e, i) => held[from + i]?.id === e.id);
      if (!same) throw new WrongExpectedVersion(stream, expected, held.length - 1);
      return held[from + events.length - 1]!;
    }
    for (const [i, e] of events.entries())
      this.disk.events.push({
        ...structuredClone(e),
        metadata: structuredClone(e.metadata),
        stream,
        revision: from + i,
        position: String(this.disk.events.length * 10 + 1),
        created: new Date().toISOString(),
      });
    this.step();
    for (const wake of this.disk.readers) wake();
    return this.disk.events.at(-1)!;
  }

  async readStream(stream: string, { from = 0, maxCount = Infinity }: ReadStreamOptions = {}): Promise<LedgerEvent[]> {
    const held = this.disk.events.filter((e) => e.stream === stream);
    if (held.length === 0) throw new StreamNotFound(stream);
    return held.slice(from, from + maxCount);
  }

  async readAll({ direction, maxCount = Infinity }: ReadAllOptions = {}): Promise<LedgerEvent[]> {
    return (direction === 'backwards' ? this.disk.events.toReversed() : this.disk.events).slice(0, maxCount);
  }

  async head(): Promise<Position | undefined> {
    return this.disk.events.at(-1)?.position;
  }

  subscribe({ after, batchMax = 256 }: SubscribeOptions = {}): Subscription {
    const { events, readers } = this.disk;
    let cancelled = false;
    let wake: () => void = () => undefined;
    const poke = () => wake();
    const messages = async function* (): AsyncGenerator<SubscriptionMessage> {
      const head = events.at(-1)?.position ?? '0';
      if (after !== undefined && comparePositions(after, head) > 0) throw new CheckpointAhead();
      let next = after === undefined ? 0 : events.findIndex((e) => comparePositions(e.position, after) > 0);
      if (next < 0) next = events.length;
      readers.add(poke);
      while (!cancelled) {
        const batch = events.slice(next, next + batchMax);
        next += batch.length;
        if (batch.length > 0) yield { kind: 'events', events: structuredClone(batch) };
        else {
          yield { kind: 'caughtUp' };
          if (!cancelled && next === events.length) await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    };
    const cancel = () => {
      cancelled = true;
      readers.delete(poke);
      wake();
    };
    return { [Symbol.asyncIterator]: messages, cancel };
  }
}

/** The read-model port over a Disk, as far as the worker uses it. */
export class MemoryReadModels implements Pick<ReadModels, 'open' | 'checkpoint' | 'saveCheckpoint'> {
  constructor(
    private readonly disk: Disk,
    private readonly step: Step = () => undefined,
  ) {}

  async checkpoint(name: string): Promise<Position | undefined> {
    return this.disk.checkpoints.get(name);
  }

  async saveCheckpoint(name: string, position: Position): Promise<void> {
    this.step();
    this.disk.checkpoints.set(name, position);
    this.step();
  }

  async open<Doc extends object>(spec: CollectionSpec): Promise<Collection<Doc>> {
    const { collections } = this.disk;
    const docs = (collections.get(spec.name) ?? new Map()) as Map<string, Held<Doc>>;
    collections.set(spec.name, docs);
    const { step } = this;
    return {
      load: async (keys: readonly string[]) =>
        new Map(keys.flatMap((key) => (docs.has(key) ? [[key, docs.get(key)!] as const] : []))),
      write: async (writes: readonly DocumentWrite<Doc>[]) => {
        const lost: string[] = [];
        for (const { key, expected, at, doc } of writes) {
          step();
          if (docs.get(key)?.at === expected) docs.set(key, { at, doc });
          else lost.push(key);
          step();
        }
        return lost;
      },
      query: async ({ index, equal = {}, range = {}, limit }: IndexQuery) => {
        const fields = spec.indexes[index]!;
        const value = (doc: Doc, field: string) => (doc as Record<string, string | number>)[field]!;
        const next = fields[Object.keys(equal).length];
        const items = [...docs]
          .flatMap(([key, { at, doc }]) => (doc ? [{ key, at, doc }] : []))
          .filter(({ doc }) => Object.entries(equal).every(([field, wanted]) => value(doc, field) === wanted))
          .filter(({ doc }) => !range.to || value(doc, next!) < range.to)
          .sort((a, b) => {
            const differs = fields.find((field) => value(a.doc, field) !== value(b.doc, field));
            return differs ? (value(a.doc, differs) < value(b.doc, differs) ? -1 : 1) : a.key < b.key ? -1 : 1;
          });
        return { items: items.slice(0, limit) };
      },
    } as unknown as Collection<Doc>;
  }
}
