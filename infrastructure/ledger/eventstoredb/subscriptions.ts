import type { EventStoreDBClient } from '@eventstore/db-client';
import {
  AccessDenied,
  CheckpointAhead,
  Fatal,
  type LedgerError,
  StreamDeleted,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionMessage,
  Transient,
} from '../../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../../domain/kernel/envelope.js';
import type { Clients, Lease } from './clients.js';
import { clientPosition, isShown, positionOf } from './events.js';
import { readFailure } from './failures.js';
import { BATCHES_HELD, Feed } from './feed.js';
import { backOffMs, type Pace } from './pace.js';

const BATCH_MAX = 256;
/** How many events a filter looks at before it tells how far it is, in two steps: a window, and windows a checkpoint. */
const SEARCH_WINDOW = 256;
const WINDOWS_PER_CHECKPOINT = 4;

/** Where streams stand, as the subscriptions must know it. */
export interface Heads {
  head(): Promise<Position | undefined>;
  /** The stream's last revision; undefined for one that was never written, 'hidden' where nothing can be seen of it. */
  lastRevision(stream: string): Promise<number | 'hidden' | undefined>;
}

export interface SubscriptionsParts {
  readonly clients: Clients;
  readonly heads: Heads;
  readonly pace: Pace;
  readonly deadlineMs: number;
}

/** Catch-up subscriptions that survive the loss of their connection. */
export class Subscriptions {
  private readonly open = new Set<CatchUp>();

  constructor(private readonly parts: SubscriptionsParts) {}

  toAll({ after, filter, batchMax = BATCH_MAX }: SubscribeOptions = {}): Subscription {
    const { clients, heads } = this.parts;
    let at = after;
    /** Up to where checkpoints were told. */
    let told: Position | undefined;
    const passed = (position: Position): SubscriptionMessage | undefined => {
      if (told !== undefined && comparePositions(position, told) <= 0) return undefined;
      at = told = position;
      return { kind: 'checkpoint', position };
    };
    return this.started(Math.max(1, batchMax), {
      connect: async (client, open) => {
        const head = await heads.head();
        if (at === 'end') at = head;
        if (at !== undefined && comparePositions(at, head ?? '0') > 0)
          throw new CheckpointAhead(`Position ${at} lies beyond the ledger's head, ${head}.`);
        told = at;
        const filtered = { maxSearchWindow: SEARCH_WINDOW, checkpointInterval: WINDOWS_PER_CHECKPOINT } as const;
        const checkpointReached = (_: unknown, { commit }: { commit: bigint }) => feed.checkpoint(positionOf(commit));
        const subscription = client.subscribeToAll(
          {
            fromPosition: at === undefined ? 'start' : clientPosition(at),
            filter: filter
              ? { ...filtered, filterOn: 'streamName', ...prefixesOf(filter.streamPrefixes), checkpointReached }
              : { ...filtered, filterOn: 'eventType', regex: NOT_SYSTEM, checkpointReached },
            credentials: clients.credentials,
          },
          { highWaterMark: batchMax * BATCHES_HELD },
        );
        const feed = open(subscription, (event) => isShown(event, filter));
        return { feed, caughtUp: () => (head === undefined ? undefined : passed(head)) };
      },
      delivered: (message) => {
        if (message.kind === 'checkpoint') return passed(message.position);
        if (message.kind === 'events') at = told = message.events.at(-1)!.position;
        return message;
      },
    });
  }

  toStream(stream: string, { after }: { readonly after?: number | 'end' } = {}): Subscription {
    const { clients, heads } = this.parts;
    let at = after;
    return this.started(
      BATCH_MAX,
      {
        connect: async (client, open) => {
          const last = at === undefined ? undefined : await heads.lastRevision(stream);
          if (at === 'end') at = typeof last === 'number' ? last : undefined;
          if (at !== undefined && last !== 'hidden' && at > (last ?? -1))
            throw new CheckpointAhead(`Revision ${at} lies beyond the end of ${stream}, ${last ?? 'noStream'}.`);
          const subscription = client.subscribeToStream(
            stream,
            { fromRevision: at === undefined ? 'start' : BigInt(at), credentials: clients.credentials },
            { highWaterMark: BATCH_MAX * BATCHES_HELD },
          );
          return { feed: open(subscription, ({ type }) => !type.startsWith('$')), caughtUp: () => undefined };
        },
        delivered: (message) => {
          if (message.kind === 'events') at = message.events.at(-1)!.revision;
          return message;
        },
      },
      stream,
    );
  }

  /** Ends every subscription. */
  close(): void {
    for (const subscription of this.open) subscription.cancel();
  }

  private started(batchMax: number, source: Source, stream = '$all'): Subscription {
    const subscription = new CatchUp(this.parts, source, { batchMax, stream }, () => this.open.delete(subscription));
    this.open.add(subscription);
    return subscription;
  }
}

/** `excludeSystemEvents()` of the client. */
const NOT_SYSTEM = '^[^\\$].*';

/** No prefix matches nothing; the store would take it for no filter. */
const prefixesOf = (prefixes: readonly string[]) =>
  prefixes.length > 0 ? { prefixes: [...prefixes] } : { regex: '^(?!)' };

type Open = (
  subscription: ConstructorParameters<typeof Feed>[0],
  isShown: ConstructorParameters<typeof Feed>[1],
) => Feed;

interface Connected {
  readonly feed: Feed;
  /** What catching up says beyond itself: a checkpoint where the ledger ended when it was connected. */
  readonly caughtUp: () => SubscriptionMessage | undefined;
}

/** Where a subscription goes on from, kept up to date by what was delivered. */
interface Source {
  connect(client: EventStoreDBClient, open: Open): Promise<Connected>;
  /** Undefined for what need not be told. */
  delivered(message: SubscriptionMessage): SubscriptionMessage | undefined;
}

class CatchUp implements Subscription, AsyncIterator<SubscriptionMessage> {
  private connected: Connected | undefined;
  private lease: Lease | undefined;
  private failures = 0;
  private held: SubscriptionMessage | undefined;
  private readonly ending = new AbortController();

  constructor(
    private readonly parts: SubscriptionsParts,
    private readonly source: Source,
    private readonly options: { readonly batchMax: number; readonly stream: string },
    private readonly ended: () => void,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<SubscriptionMessage> {
    return this;
  }

  async next(): Promise<IteratorResult<SubscriptionMessage>> {
    try {
      while (!this.ending.signal.aborted) {
        const message = await this.pulled();
        if (message && !this.ending.signal.aborted) return { done: false, value: message };
      }
    } catch (error) {
      this.cancel();
      throw error;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<SubscriptionMessage>> {
    this.cancel();
    return { done: true, value: undefined };
  }

  cancel(): void {
    this.ending.abort();
    this.disconnect();
    this.ended();
  }

  /** A message, or undefined after something else was done about it. */
  private async pulled(): Promise<SubscriptionMessage | undefined> {
    const { held } = this;
    this.held = undefined;
    if (held) return held;
    try {
      const { feed, caughtUp } = (this.connected ??= await this.connect());
      const message = feed.take(this.options.batchMax);
      if (message) {
        this.failures = 0;
        if (message.kind !== 'caughtUp') return this.source.delivered(message);
        const passed = caughtUp();
        if (passed) this.held = message;
        return passed ?? message;
      }
      if (!(await feed.more())) throw new Transient('The event store ended the subscription.');
    } catch (error) {
      await this.recover(readFailure(error, this.options.stream));
    }
    return undefined;
  }

  private async connect(): Promise<Connected> {
    this.lease = this.parts.clients.lease();
    const late = () => new Transient('The event store did not confirm the subscription in time.');
    const connected = await this.source.connect(
      this.lease.client,
      (subscription, isShown) => new Feed(subscription, isShown, { deadlineMs: this.parts.deadlineMs, late }),
    );
    if (this.ending.signal.aborted) connected.feed.close();
    return connected;
  }

  /** Lets go of what failed and waits before the next attempt, unless there is none. */
  private async recover(failure: LedgerError): Promise<void> {
    this.disconnect();
    if (this.ending.signal.aborted) return;
    if (isFinal(failure)) throw failure;
    const { wait, random } = this.parts.pace;
    await wait(backOffMs(++this.failures, random), this.ending.signal);
  }

  private disconnect(): void {
    this.connected?.feed.close();
    this.connected = undefined;
    this.lease?.release();
    this.lease = undefined;
  }
}

const isFinal = (failure: LedgerError): boolean =>
  failure instanceof StreamDeleted ||
  failure instanceof AccessDenied ||
  failure instanceof CheckpointAhead ||
  failure instanceof Fatal;
