import { LRUCache } from 'lru-cache';
import { type AnyDecider, type StateOf } from '../../domain/kernel/decider.js';
import type { Meta, Position } from '../../domain/kernel/envelope.js';
import { decode } from '../../domain/kernel/event.js';
import { type Ledger, type LedgerEvent, StreamNotFound } from './ledger.js';

/** How a command ended that is in the stream already. */
export interface Outcome {
  readonly fingerprint: string;
  readonly revision: number;
  readonly position: Position;
}

/** A stream folded: its state, where it stands, and the commands that made it. */
export interface Folded<S> {
  readonly state: S;
  /** -1 for a stream without events. */
  readonly revision: number;
  readonly position: Position | undefined;
  /** By command id. Grows with its stream; streams stay short by design. */
  readonly outcomes: Map<string, Outcome>;
}

const STREAMS_CACHED_MAX = 20_000;
const EVENTS_CACHED_MAX = 400_000;
const COMMANDS_REMEMBERED_MAX = 50_000;
const PAGE = 1_000;

/**
 * Streams folded, the recently used ones kept. A kept state may be stale when another process appended. An append tells
 * so by a conflict; what appends nothing (a no, a fact for another decision) rests on `fresh` then.
 */
export class Streams {
  private readonly kept = new LRUCache<string, Folded<unknown>>({
    max: STREAMS_CACHED_MAX,
    maxSize: EVENTS_CACHED_MAX,
    sizeCalculation: ({ revision }) => revision + 2,
  });
  private readonly commands = new LRUCache<string, string>({ max: COMMANDS_REMEMBERED_MAX });
  private readonly queues = new Map<string, Promise<unknown>>();
  private hits = 0;
  private misses = 0;

  /** `shared`: other processes append to the same ledger. */
  constructor(
    private readonly ledger: Ledger,
    private readonly shared = false,
  ) {}

  async load<D extends AnyDecider>(d: D, id: string): Promise<Folded<StateOf<D>>> {
    const stream = streamName(d, id);
    const kept = this.kept.get(stream) as Folded<StateOf<D>> | undefined;
    if (kept) this.hits++;
    else this.misses++;
    return kept ?? this.advance(d, stream, empty(d));
  }

  /** How often a state was kept and how often it had to be read, since the start. */
  counts(): { readonly hits: number; readonly misses: number } {
    return { hits: this.hits, misses: this.misses };
  }

  /** As the ledger is now, whoever wrote it last. The only writer has nothing to read for that. */
  fresh<D extends AnyDecider>(d: D, id: string): Promise<Folded<StateOf<D>>> {
    return this.shared ? this.reload(d, id) : this.load(d, id);
  }

  /** The same state, or a newer one where another process appended meanwhile. */
  async confirm<D extends AnyDecider>(d: D, id: string, folded: Folded<StateOf<D>>): Promise<Folded<StateOf<D>>> {
    return this.shared ? this.reload(d, id) : folded;
  }

  /** Reads what came after a folded state, for instance after a conflict. */
  async reload<D extends AnyDecider>(d: D, id: string): Promise<Folded<StateOf<D>>> {
    const stream = streamName(d, id);
    const from = (this.kept.get(stream) as Folded<StateOf<D>> | undefined) ?? empty(d);
    return this.advance(d, stream, from);
  }

  keep(stream: string, folded: Folded<unknown>): void {
    this.kept.set(stream, folded);
  }

  /** The next load reads the stream. */
  forget(stream: string): void {
    this.kept.delete(stream);
  }

  /** Keeps the fingerprint of a command that was just recorded, until the read models know it. */
  remember(commandId: string, fingerprint: string): void {
    this.commands.set(commandId, fingerprint);
  }

  remembered(commandId: string): string | undefined {
    return this.commands.get(commandId);
  }

  /**
   * Runs one after another what wants to append to one stream from this process, so that a busy stream costs waiting
   * instead of conflicts. Correctness does not rest on it.
   */
  async inTurn<T>(stream: string, task: () => Promise<T>): Promise<T> {
    const before = this.queues.get(stream);
    const turn = before ? before.then(task, task) : task();
    this.queues.set(stream, turn);
    try {
      return await turn;
    } finally {
      if (this.queues.get(stream) === turn) this.queues.delete(stream);
    }
  }

  private async advance<D extends AnyDecider>(
    d: D,
    stream: string,
    from: Folded<StateOf<D>>,
  ): Promise<Folded<StateOf<D>>> {
    let folded = from;
    for (;;) {
      const events = await this.page(stream, folded.revision + 1);
      if (events.length > 0) folded = applyAll(d, folded, events);
      if (events.length < PAGE) break;
    }
    // Somebody else may have come further meanwhile.
    const kept = this.kept.get(stream) as Folded<StateOf<D>> | undefined;
    if (kept && kept.revision >= folded.revision) return kept;
    if (folded.revision >= 0) this.kept.set(stream, folded);
    return folded;
  }

  private async page(stream: string, from: number): Promise<LedgerEvent[]> {
    try {
      return await this.ledger.readStream(stream, { from, maxCount: PAGE });
    } catch (error) {
      if (error instanceof StreamNotFound) return [];
      throw error;
    }
  }
}

export const streamName = (d: AnyDecider, id: string): string => `${d.category}-${id}`;

const empty = <D extends AnyDecider>(d: D): Folded<StateOf<D>> => ({
  state: d.initial as StateOf<D>,
  revision: -1,
  position: undefined,
  outcomes: new Map(),
});

const applyAll = <D extends AnyDecider>(
  d: D,
  from: Folded<StateOf<D>>,
  events: readonly LedgerEvent[],
): Folded<StateOf<D>> => {
  const outcomes = new Map(from.outcomes);
  let state: unknown = from.state;
  for (const e of events) {
    const meta = e.metadata as Meta;
    const decoded = decode(d.events, { type: e.type, version: meta.schemaVersion, data: e.data });
    if (decoded) state = d.evolve[decoded.type]!(state, decoded.data);
    outcomes.set(meta.commandId, { fingerprint: meta.fingerprint, revision: e.revision, position: e.position });
  }
  const last = events.at(-1)!;
  return { state: state, revision: last.revision, position: last.position, outcomes };
};
