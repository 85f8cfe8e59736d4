import type { AppendExpectedRevision, EventStoreDBClient, ExpectedRevision } from '@eventstore/db-client';
import {
  type Appended,
  type Expected,
  Fatal,
  type Ledger,
  type LedgerEvent,
  type NewEvent,
  READ_ALL_MAX,
  type ReadAllOptions,
  type ReadStreamOptions,
  type Retention,
  StreamDeleted,
  StreamNotFound,
  type SubscribeOptions,
  type Subscription,
  WrongExpectedVersion,
} from '../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import { Clients, type Credentials } from './eventstoredb/clients.js';
import { clientPosition, isOf, isShown, positionOf, sentEvent } from './eventstoredb/events.js';
import { retentionMetadata } from './eventstoredb/metadata.js';
import { type Pace, systemPace } from './eventstoredb/pace.js';
import { eventsOf } from './eventstoredb/reading.js';
import { readAgain, type Write, writeSurely } from './eventstoredb/repeating.js';
import { Subscriptions } from './eventstoredb/subscriptions.js';
import { checkedAppend, checkExpected, checkName, checkRetention } from './limits.js';

export interface EventStoreOptions {
  /** `esdb://user:password@host:port?tls=true`, or `esdb+discover://` for a cluster. */
  readonly url: string;
  /** How long one attempt of a call may take. */
  readonly deadlineMs?: number;
  readonly pace?: Pace;
}

/** A second more than twice the server's own limit for a commit. */
const DEADLINE_MS = 5_000;
/** How often somebody else may change a stream's metadata in between. */
const RETENTION_ATTEMPTS_MAX = 5;
const PAGE_MAX = 4_096;
const PAGE_MIN = 32;

/**
 * The ledger in an EventStoreDB of version 23.10 or later, or in what speaks its protocol. Loads the client, and asks
 * the store for its head before it resolves.
 *
 * @throws Fatal for an address that is none, AccessDenied, Transient when nobody answers there.
 */
export const openEventStoreLedger = async (options: EventStoreOptions): Promise<Ledger> => {
  const ledger = new EventStoreLedger(await Clients.of(options.url), options);
  try {
    await ledger.head();
  } catch (error) {
    await ledger.close();
    throw error;
  }
  return ledger;
};

/** What every call is made with. */
interface Call {
  readonly client: EventStoreDBClient;
  readonly options: { readonly credentials: Credentials; readonly deadline: number; readonly requiresLeader: boolean };
}

class EventStoreLedger implements Ledger {
  readonly deadlineMs: number;
  readonly pace: Pace;
  private readonly subscriptions: Subscriptions;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly clients: Clients,
    { deadlineMs = DEADLINE_MS, pace = systemPace }: EventStoreOptions,
  ) {
    this.deadlineMs = deadlineMs;
    this.pace = pace;
    this.subscriptions = new Subscriptions({ clients, heads: this, pace, deadlineMs });
  }

  async append(stream: string, events: readonly NewEvent[], expected: Expected): Promise<Appended> {
    const sent = checkedAppend(stream, events, expected).map(sentEvent);
    const { client, options } = this.call();
    const expectedRevision = expectedOfAppend(expected);
    let attempts = 0;
    try {
      return await this.writing({ stream, expected }, async () => {
        attempts++;
        const done = await client.appendToStream(stream, sent, { ...options, expectedRevision });
        return { revision: Number(done.nextExpectedRevision), position: positionOf(done.position!.commit) };
      });
    } catch (error) {
      const begins = attempts > 1 && expected === 'noStream' && error instanceof WrongExpectedVersion;
      const done = begins ? await this.begunWith(stream, sent) : undefined;
      if (done) return done;
      throw error;
    }
  }

  async readStream(
    stream: string,
    { from, direction = 'forwards', maxCount = Infinity }: ReadStreamOptions = {},
  ): Promise<LedgerEvent[]> {
    if (maxCount < 1) return [];
    const fromRevision = from !== undefined ? BigInt(from) : direction === 'backwards' ? 'end' : 'start';
    return this.reading(stream, ({ client, options }) => {
      const read = client.readStream(stream, {
        ...options,
        direction,
        fromRevision,
        ...(maxCount !== Infinity && { maxCount }),
      });
      return eventsOf(read, this.deadlineMs);
    });
  }

  /** The client cannot filter here, so pages are read until enough matches; each is longer than the one before. */
  async readAll({
    from,
    direction = 'forwards',
    maxCount = READ_ALL_MAX,
    filter,
    systemEvents = false,
  }: ReadAllOptions = {}): Promise<LedgerEvent[]> {
    const backwards = direction === 'backwards';
    const events: LedgerEvent[] = [];
    const wanted = (event: LedgerEvent) => (systemEvents ? !filter || isOf(event, filter) : isShown(event, filter));
    let place = from;
    for (let page = PAGE_MIN; events.length < maxCount; page = Math.min(PAGE_MAX, page * 4)) {
      const size = Math.max(page, Math.min(maxCount - events.length, PAGE_MAX));
      const fromPosition = place !== undefined ? clientPosition(place) : backwards ? 'end' : 'start';
      const found = await this.reading('$all', ({ client, options }) =>
        eventsOf(client.readAll({ ...options, direction, fromPosition, maxCount: size }), this.deadlineMs),
      );
      // Forwards a page begins with the last event of the one before.
      const fresh = place !== from && found[0]?.position === place ? found.slice(1) : found;
      for (const event of fresh) if (events.length < maxCount && wanted(event)) events.push(event);
      if (found.length < size || fresh.length === 0) break;
      place = fresh.at(-1)!.position;
    }
    return events;
  }

  subscribe(options?: SubscribeOptions): Subscription {
    this.refuseClosed();
    return this.subscriptions.toAll(options);
  }

  subscribeToStream(stream: string, options?: { readonly after?: number | 'end' }): Subscription {
    this.refuseClosed();
    return this.subscriptions.toStream(stream, options);
  }

  async head(): Promise<Position | undefined> {
    const [last] = await this.reading('$all', ({ client, options }) =>
      eventsOf(
        client.readAll({ ...options, direction: 'backwards', fromPosition: 'end', maxCount: 1 }),
        this.deadlineMs,
      ),
    );
    return last?.position;
  }

  /** For subscriptions to a stream: where it ends. */
  async lastRevision(stream: string): Promise<number | 'hidden' | undefined> {
    try {
      const [last] = await this.readStream(stream, { direction: 'backwards', maxCount: 1 });
      return last?.revision ?? 'hidden';
    } catch (error) {
      if (!(error instanceof StreamNotFound)) throw error;
    }
    const { metadata } = await this.metadata(stream);
    return metadata.$tb === undefined ? undefined : 'hidden';
  }

  async setRetention(stream: string, retention: Retention): Promise<void> {
    checkName('stream', stream);
    checkRetention(retention);
    for (let attempt = 1; ; attempt++) {
      const { metadata, revision } = await this.metadata(stream);
      const data = retentionMetadata(stream, metadata, retention);
      const id = crypto.randomUUID();
      const { client, options } = this.call();
      try {
        await this.writing({ stream, expected: revision ?? 'noStream' }, () =>
          client.appendToStream(
            `$$${stream}`,
            { id, type: '$metadata', contentType: 'application/json', data, metadata: undefined },
            { ...options, expectedRevision: revision === undefined ? 'no_stream' : BigInt(revision) },
          ),
        );
        return;
      } catch (error) {
        // Somebody else changed it in between.
        if (!(error instanceof WrongExpectedVersion) || attempt === RETENTION_ATTEMPTS_MAX) throw error;
      }
    }
  }

  async softDelete(stream: string, expected: Expected = 'any'): Promise<void> {
    checkName('stream', stream);
    checkExpected(expected);
    const { client, options } = this.call();
    const expectedRevision = expectedOfDelete(expected);
    await this.writing({ stream, expected }, () => client.deleteStream(stream, { ...options, expectedRevision }));
  }

  async tombstone(stream: string, expected: Expected = 'any'): Promise<void> {
    checkName('stream', stream);
    checkExpected(expected);
    const { client, options } = this.call();
    let attempts = 0;
    await this.writing({ stream, expected }, async () => {
      attempts++;
      await client.tombstoneStream(stream, { ...options, expectedRevision: expectedOfDelete(expected) });
    }).catch((error: unknown) => {
      // An attempt before, whose answer was lost, did it.
      if (!(error instanceof StreamDeleted && attempts > 1)) throw error;
    });
  }

  compare(a: Position, b: Position): number {
    return comparePositions(a, b);
  }

  close(): Promise<void> {
    return (this.closing ??= this.shut());
  }

  private async shut(): Promise<void> {
    this.subscriptions.close();
    await this.clients.close();
  }

  private refuseClosed(): void {
    if (this.closing) throw new Fatal('The ledger is closed.');
  }

  private call(): Call {
    this.refuseClosed();
    const { calls: client, credentials } = this.clients;
    return { client, options: { credentials, deadline: this.deadlineMs, requiresLeader: true } };
  }

  private writing<T>(asked: Write, write: () => Promise<T>): Promise<T> {
    return writeSurely(this, asked, () => {
      this.refuseClosed();
      return write();
    });
  }

  private reading<T>(stream: string, read: (call: Call) => Promise<T>): Promise<T> {
    return readAgain(this, stream, async () => {
      const answer = await read(this.call());
      // Closing cuts it short.
      this.refuseClosed();
      return answer;
    });
  }

  /**
   * The outcome of an append to no stream whose answer was lost. A stream that was deleted and begun again goes on with
   * its old revisions, where the store does not look for a repeated append.
   */
  private async begunWith(stream: string, sent: readonly { readonly id?: string }[]): Promise<Appended | undefined> {
    const events = await this.readStream(stream, { maxCount: sent.length });
    const last = events.at(-1);
    const same = events.length === sent.length && events.every(({ id }, i) => id === sent[i]!.id);
    return last && same ? { revision: last.revision, position: last.position } : undefined;
  }

  /** Of the stream, with the revision of its metadata stream. */
  private async metadata(stream: string): Promise<{ metadata: Readonly<Record<string, unknown>>; revision?: number }> {
    try {
      const [last] = await this.readStream(`$$${stream}`, { direction: 'backwards', maxCount: 1 });
      return { metadata: (last?.data ?? {}) as Record<string, unknown>, revision: last?.revision };
    } catch (error) {
      if (error instanceof StreamNotFound) return { metadata: {} };
      throw error;
    }
  }
}

const expectedOfAppend = (expected: Expected): AppendExpectedRevision =>
  expected === 'streamExists' ? 'stream_exists' : expectedOfDelete(expected);

/** To delete a stream that is not there is refused whatever is expected; the client cannot send `stream_exists`. */
const expectedOfDelete = (expected: Expected): ExpectedRevision => {
  if (typeof expected === 'number') return BigInt(expected);
  return expected === 'noStream' ? 'no_stream' : 'any';
};
