import { setTimeout as sleep } from 'node:timers/promises';
import { CheckpointAhead, type Ledger, type LedgerEvent } from '../../application/kernel/ledger.js';
import type { Position } from '../../domain/kernel/envelope.js';
import { Rejection } from '../../domain/kernel/rejection.js';
import type { Collection, CollectionSpec, ReadModels } from '../../projections/kernel/read-models.js';
import { NotNow } from '../http/problems.js';
import { type CloudEvent, cloudEvent, type Offer } from './cloud-event.js';

/** The position of the event that has this number. Every so many events one is kept, so that any number is found fast. */
interface Milestone {
  readonly sequence: number;
  /** Undefined before the first event. */
  readonly position: Position | undefined;
}

export const MILESTONES: CollectionSpec = {
  name: 'feedMilestones',
  version: 1,
  indexes: { bySequence: ['sequence'] },
};

export interface FeedOptions extends Offer {
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly logger: { error(fields: object, message: string): void; warn(fields: object, message: string): void };
  readonly milestoneEvery?: number;
}

export interface FeedPage {
  readonly events: readonly CloudEvent[];
  /** Ask after this number next; everything up to it was looked at. */
  readonly next: number;
  /** Whether there was nothing more when it was read. */
  readonly atEnd: boolean;
}

const MILESTONE_EVERY = 256;
const READ_PAGE = 1_000;
/** How many events one question looks at; with a rare type it may find none of it and answers how far it came. */
const LOOK_MAX = 20_000;
const RESUBSCRIBE_MS = 1_000;

/**
 * What happened, for other systems, in the ledger's order, numbered 1, 2, 3, ... without a gap. A number is the count of
 * offered events up to it: nothing assigns it, so it is the same whoever counts and however often.
 */
export class IntegrationFeed {
  /** Why it stands still, where it does. */
  failure: Error | undefined;
  private milestones!: Collection<{ readonly sequence: number; readonly position: Position }>;
  private head: Milestone = { sequence: 0, position: undefined };
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private waiting: (() => void)[] = [];

  constructor(private readonly options: FeedOptions) {}

  /** The names of what is offered. */
  get types(): readonly string[] {
    return Object.keys(this.options.offered);
  }

  async start(): Promise<void> {
    this.milestones = await this.options.readModels.open(MILESTONES);
    this.head = await this.milestoneBefore(Number.MAX_SAFE_INTEGER);
    this.running = this.count();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  /**
   * The events after a number, of these types or of all; at most `limit`.
   *
   * @throws Rejection `feed-ahead` for a number that was not given out yet: the ledger was restored from a backup.
   * @throws NotNow while the numbers do not fit the ledger.
   */
  async read(after: number, limit: number, types?: ReadonlySet<string>): Promise<FeedPage> {
    const { offered } = this.options;
    if (this.failure) throw new NotNow('feed-stopped', 'The feed does not fit the ledger and waits for a person.', 60);
    const events: CloudEvent[] = [];
    let { sequence, position } = after >= this.head.sequence ? this.head : await this.milestoneBefore(after);
    let previous = after;
    for (let looked = 0; looked < LOOK_MAX;) {
      const page = await this.eventsAfter(position);
      for (const event of page) {
        position = event.position;
        looked++;
        if (!Object.hasOwn(offered, event.type)) continue;
        if (++sequence <= after || (types && !types.has(event.type))) continue;
        events.push(cloudEvent(this.options, event, sequence, previous));
        previous = sequence;
        if (events.length === limit) return { events, next: sequence, atEnd: false };
      }
      if (page.length === 0) {
        if (sequence < after) throw new Rejection('feed-ahead', `The feed ends at ${sequence}.`, 'conflict', 'after');
        return { events, next: sequence, atEnd: true };
      }
    }
    return { events, next: Math.max(sequence, after), atEnd: false };
  }

  /** Resolves when there is something after a number, after so many milliseconds, with the signal, or when the feed stops. */
  async more(after: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const over = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
    over.addEventListener('abort', () => this.wake(), { once: true });
    while (this.head.sequence <= after && !over.aborted)
      await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Counts along and sets the milestones. */
  private async count(): Promise<void> {
    const { ledger, logger } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const { position } = this.head;
      const subscription = ledger.subscribe(position === undefined ? {} : { after: position });
      const cancel = () => subscription.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        for await (const message of subscription) {
          if (message.kind === 'events') await this.pass(message.events);
          if (signal.aborted) return;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof CheckpointAhead || error instanceof NumbersDiffer) {
          this.failure = error;
          return logger.error({ error: error.name }, 'The feed stands still: its numbers do not fit the ledger.');
        }
        logger.warn({ error: (error as Error).name }, 'The feed lost the ledger; subscribing again.');
        await sleep(RESUBSCRIBE_MS, undefined, { signal }).catch(() => undefined);
      } finally {
        signal.removeEventListener('abort', cancel);
        subscription.cancel();
      }
    }
  }

  private async pass(events: readonly LedgerEvent[]): Promise<void> {
    const { offered, milestoneEvery = MILESTONE_EVERY } = this.options;
    let { sequence } = this.head;
    const reached: { sequence: number; position: Position }[] = [];
    for (const { type, position } of events)
      if (Object.hasOwn(offered, type) && ++sequence % milestoneEvery === 0) reached.push({ sequence, position });
    if (reached.length > 0) await this.keep(reached);
    this.head = { sequence, position: events.at(-1)!.position };
    this.wake();
  }

  /** Another process may have counted here before, and must have come to the same. */
  private async keep(reached: readonly { sequence: number; position: Position }[]): Promise<void> {
    const lost = await this.milestones.write(
      reached.map((doc) => ({ key: String(doc.sequence), expected: undefined, at: doc.position, doc })),
    );
    const kept = await this.milestones.getMany(lost);
    const differs = reached.some(({ sequence, position }) => {
      const other = kept.get(String(sequence));
      return other !== undefined && other.doc.position !== position;
    });
    if (differs) throw new NumbersDiffer();
  }

  private async milestoneBefore(sequence: number): Promise<Milestone> {
    const { items } = await this.milestones.query({
      index: 'bySequence',
      range: { to: sequence + 1 },
      order: 'descending',
      limit: 1,
    });
    return items[0]?.doc ?? { sequence: 0, position: undefined };
  }

  private async eventsAfter(position: Position | undefined): Promise<LedgerEvent[]> {
    if (position === undefined) return this.options.ledger.readAll({ maxCount: READ_PAGE });
    const page = await this.options.ledger.readAll({ from: position, maxCount: READ_PAGE + 1 });
    return page[0]?.position === position ? page.slice(1) : page;
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }
}

class NumbersDiffer extends Error {
  override readonly name = 'NumbersDiffer';
}
