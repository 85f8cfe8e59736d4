import { setTimeout as sleep } from 'node:timers/promises';
import { CheckpointAhead, type Ledger, type LedgerEvent } from '../../application/kernel/ledger.js';
import type { Clock } from '../../application/kernel/ports.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import { Waiting } from '../read-models/waiting.js';
import {
  type Checkpoint,
  Fenced,
  type LogRecord,
  type LogSession,
  type Mark,
  type Parked,
  partitionName,
  type RelayLog,
  type Resumption,
  resumption,
} from './log.js';
import { recordOf, type RelayOffer } from './record.js';

/** Where the relay tells what happened. Fields hold ids and codes only. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RelayOptions extends RelayOffer {
  readonly ledger: Ledger;
  readonly log: RelayLog;
  /** The topic of each offered type. All types of a stream have the same one, or its order would be lost. */
  readonly topics: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Types that stay inside. Any other type that is not offered comes from a newer release, which must relay it. */
  readonly withheld?: ReadonlySet<string>;
  /** Told of what was acknowledged, and when the batch had begun (milliseconds since 1970). */
  readonly onBatch?: ((events: readonly LedgerEvent[], began: number) => void) | undefined;
  readonly batchMax?: number;
  readonly retry?: { readonly firstMs: number; readonly longestMs: number };
  /** How long a relay that was shut out waits before it looks whether the other one works. */
  readonly standbyMs?: number;
}

/**
 * `waiting`: for the log or the ledger, trying again. `standby`: another relay writes. `stopped`: for a reason that only
 * people can mend, or because it was told to.
 */
export type RelayState = 'waiting' | 'relaying' | 'standby' | 'stopped';

export interface RelayStatus {
  readonly state: RelayState;
  /** The kind of the last error, while it waits or has stopped for good. */
  readonly failure?: string;
  /** The last event that was acknowledged. */
  readonly through?: Mark;
  readonly parked: Checkpoint['parked'];
}

/** What is offered and not acknowledged yet, counted up to LAG_EVENTS_MAX, and the age of the oldest. */
export interface RelayLag {
  readonly events: number;
  readonly seconds: number;
}

export const LAG_EVENTS_MAX = 1_000;
const BATCH_MAX = 500;
const PARKED_MAX = 20;
const RETRY = { firstMs: 100, longestMs: 5_000 };
const STANDBY_MS = 10_000;

/**
 * Carries what happened from the ledger to the log. The ledger is the outbox: nothing is written twice over, and while
 * the log is away the ledger keeps what is to come. How far it came is read from the log itself, where it was written in
 * one step with the records; so a crash anywhere leaves neither a gap nor a double. A second relay shuts the first one
 * out, which then waits until it is needed.
 */
export class Relay {
  private state: RelayState = 'waiting';
  private failure: string | undefined;
  private through: Mark | undefined;
  private parked: Checkpoint['parked'] = { count: 0, last: [] };
  private readonly stopping = new AbortController();
  private readonly waiting = new Waiting();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: RelayOptions) {
    const homeless = Object.keys(options.offered).find((type) => !options.topics.has(type));
    if (homeless !== undefined) throw new Error(`No topic for ${homeless}.`);
  }

  /** Begins; the log need not be there yet. */
  start(): void {
    this.running = this.run();
  }

  /** Ends after the batch at hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.state = 'stopped';
    this.waiting.end();
  }

  status(): RelayStatus {
    const { state, failure, through, parked } = this;
    return { state, ...(failure !== undefined && { failure }), ...(through && { through }), parked };
  }

  async lag(): Promise<RelayLag> {
    const { missing } = await this.missingAfter(this.through?.position);
    const now = Date.parse(this.options.clock.now());
    return {
      events: missing.length,
      seconds: missing[0] ? Math.max(0, (now - Date.parse(missing[0].created)) / 1_000) : 0,
    };
  }

  /** Whether everything at or before a position is acknowledged in time. */
  async waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    const reached = () => this.through !== undefined && comparePositions(position, this.through.position) <= 0;
    return this.waiting.until(reached, timeoutMs);
  }

  private async run(): Promise<void> {
    const { logger, retry = RETRY } = this.options;
    let pauseMs = retry.firstMs;
    while (!this.stopping.signal.aborted) {
      const before = this.through;
      try {
        await this.relay();
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        const { name } = error as Error;
        if (error instanceof Fenced) {
          logger.info({}, 'Another relay took over; standing by.');
          await this.standBy();
        } else if (error instanceof CheckpointAhead || error instanceof Misfit) {
          this.turn('stopped', error instanceof Misfit ? error.message : name);
          return logger.error({ failure: this.failure }, 'The relay stands still and waits for a person.');
        } else {
          this.turn('waiting', name);
          if (this.through !== before) pauseMs = retry.firstMs;
          logger.warn({ error: name, pauseMs }, 'The relay lost the log or the ledger; trying again.');
          await this.pause(pauseMs);
          pauseMs = Math.min(pauseMs * 2, retry.longestMs);
        }
      }
    }
  }

  /** One session with the log, until it fails or the relay is stopped. */
  private async relay(): Promise<void> {
    const { ledger, log, batchMax = BATCH_MAX } = this.options;
    const { signal } = this.stopping;
    const session = await log.open(signal);
    try {
      const { checkpoint, partitions } = session.ends;
      this.ensureSamePartitions(checkpoint?.partitions ?? {}, partitions);
      const resumed = resumption(session.ends);
      this.parked = checkpoint?.parked ?? { count: 0, last: [] };
      this.through = resumed.from;
      this.waiting.wake();
      if (signal.aborted) return;
      this.turn('relaying');
      const after = resumed.from?.position;
      const subscription = ledger.subscribe({ batchMax, ...(after !== undefined && { after }) });
      const cancel = () => subscription.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        for await (const message of subscription) {
          if (message.kind === 'events') await this.pass(session, resumed, message.events);
          if (signal.aborted) return;
        }
      } finally {
        signal.removeEventListener('abort', cancel);
        subscription.cancel();
      }
    } finally {
      await session.close().catch(() => undefined);
    }
  }

  /** Writes what is offered of these events; the next ones are not read before that is acknowledged. */
  private async pass(session: LogSession, { ends }: Resumption, events: readonly LedgerEvent[]): Promise<void> {
    const began = Date.now();
    const records: LogRecord[] = [];
    const parked: Parked[] = [];
    let sequence = this.through?.sequence ?? 0;
    for (const event of events) {
      const topic = this.topicOf(event);
      if (topic === undefined) continue;
      const mark: Mark = { position: event.position, sequence: ++sequence };
      const partition = session.partitionOf(topic, event.stream);
      const name = partitionName(topic, partition);
      const end = ends.get(name);
      if (end && comparePositions(event.position, end.position) <= 0) continue;
      const place = { topic, partition, mark, previous: end?.sequence ?? 0 };
      const made = recordOf(this.options, event, place, session.recordBytesMax);
      records.push(made.record);
      if (made.parked) parked.push(made.parked);
      ends.set(name, mark);
    }
    const through = { position: events.at(-1)!.position, sequence };
    const all = {
      count: this.parked.count + parked.length,
      last: [...this.parked.last, ...parked].slice(-PARKED_MAX),
    };
    if (records.length > 0) {
      const { partitions } = session.ends;
      await session.write(records, { through, ends: Object.fromEntries(ends), partitions, parked: all });
    }
    for (const each of parked) this.options.logger.error(each, 'An event went without its data.');
    this.parked = all;
    this.through = through;
    this.waiting.wake();
    this.options.onBatch?.(events, began);
  }

  private topicOf({ type }: LedgerEvent): string | undefined {
    const { topics, withheld, offered } = this.options;
    if (Object.hasOwn(offered, type)) return topics.get(type)!;
    if (withheld?.has(type)) return undefined;
    // Passed over now, it would be missing for ever.
    throw new Misfit(`Events of the type ${type} come from a newer release, which must relay them.`);
  }

  private ensureSamePartitions(before: Checkpoint['partitions'], now: Checkpoint['partitions']): void {
    for (const [topic, count] of Object.entries(before))
      if (now[topic] !== undefined && now[topic] !== count)
        throw new Misfit(
          `${topic} has ${now[topic]} partitions and was begun with ${count}: keys would change places.`,
        );
  }

  /** Until the other relay leaves something undone from one look to the next. */
  private async standBy(): Promise<void> {
    this.turn('standby');
    let undone: Position | 'beginning' | undefined;
    for (;;) {
      await this.pause(this.options.standbyMs ?? STANDBY_MS);
      if (this.stopping.signal.aborted) return;
      try {
        const through = await this.options.log.latest();
        const { missing, seen } = await this.missingAfter(through?.position);
        const idle = missing.length === 0;
        this.through = idle && seen ? { position: seen, sequence: through?.sequence ?? 0 } : through;
        this.waiting.wake();
        const at = through?.position ?? 'beginning';
        if (!idle && undone === at) return;
        undone = idle ? undefined : at;
      } catch {
        // Then the other one has nothing to write to either.
        undone = undefined;
      }
    }
  }

  /** What is offered after a position, as far as one page goes, and the last position that was looked at. */
  private async missingAfter(from: Position | undefined) {
    const page = await this.options.ledger.readAll({
      ...(from !== undefined && { from }),
      maxCount: LAG_EVENTS_MAX + 1,
    });
    const missing = page.filter(({ type, position }) => position !== from && Object.hasOwn(this.options.offered, type));
    return { missing: missing.slice(0, LAG_EVENTS_MAX), seen: page.at(-1)?.position };
  }

  private turn(state: RelayState, failure?: string): void {
    this.state = state;
    this.failure = failure;
  }

  private pause(ms: number): Promise<unknown> {
    return sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

/** What the ledger and the log hold does not fit together, or this release. */
class Misfit extends Error {
  override readonly name = 'Misfit';
}
