import { randomBytes, randomUUID } from 'node:crypto';
import {
  type Expected,
  type Filter,
  type Ledger,
  type LedgerEvent,
  type NewEvent,
  type Subscription,
  type SubscriptionMessage,
  WrongExpectedVersion,
} from '../../../application/kernel/ledger.js';
import type { Position } from '../../../domain/kernel/envelope.js';

/** An adapter at work, and what a test may do to it. */
export interface LedgerFixture {
  readonly ledger: Ledger;
  /** Cuts the adapter off its store (or stops both) and brings it back; answers the ledger to go on with. */
  readonly interrupt?: () => Promise<Ledger>;
  readonly close: () => Promise<void>;
}

/** The adapter under test and a part of its store that nobody else writes to. */
export class Subject {
  readonly prefix = `contract${randomBytes(6).toString('hex')}`;
  readonly own: Filter = { streamPrefixes: [this.prefix] };
  /** Where the ledger ended before the run; undefined for an empty one. "From the start" is from there on. */
  start: Position | undefined;
  private fixture: LedgerFixture | undefined;
  private current: Ledger | undefined;
  private streams = 0;

  async use(fixture: LedgerFixture): Promise<void> {
    this.fixture = fixture;
    this.current = fixture.ledger;
    this.start = await fixture.ledger.head();
  }

  get ledger(): Ledger {
    return this.current!;
  }

  /** The name of a stream that does not exist yet. */
  stream(kind = ''): string {
    return `${this.prefix}${kind}-${++this.streams}`;
  }

  /** False where the fixture cannot do it. */
  async interrupt(): Promise<boolean> {
    if (!this.fixture?.interrupt) return false;
    this.current = await this.fixture.interrupt();
    return true;
  }

  async close(): Promise<void> {
    await this.fixture?.close();
  }

  /** A new stream with `count` events. */
  async filled(count: number, kind = ''): Promise<{ stream: string; events: NewEvent[] }> {
    const stream = this.stream(kind);
    const events = happened(count);
    await this.ledger.append(stream, events, 'noStream');
    return { stream, events };
  }

  /** The position of the last event of the whole ledger, '0' when there is none. */
  async head(): Promise<string> {
    return (await this.ledger.head()) ?? '0';
  }
}

export const event = (over: Partial<NewEvent> = {}): NewEvent => ({
  id: randomUUID(),
  type: 'Happened',
  data: { what: 'this' },
  metadata: { by: 'somebody' },
  ...over,
});

export const happened = (count: number): NewEvent[] => Array.from({ length: count }, (_, n) => event({ data: { n } }));

export const ids = (events: readonly (NewEvent | LedgerEvent)[]): string[] => events.map((e) => e.id);

export const revisions = (events: readonly LedgerEvent[]): number[] => events.map((e) => e.revision);

export const oneTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Reads messages until `enough` says so, then leaves the subscription. */
export const messagesOf = async (
  subscription: Subscription,
  enough: (last: SubscriptionMessage, events: readonly LedgerEvent[]) => boolean,
): Promise<{ messages: SubscriptionMessage[]; events: LedgerEvent[] }> => {
  const messages: SubscriptionMessage[] = [];
  const events: LedgerEvent[] = [];
  for await (const message of subscription) {
    messages.push(message);
    if (message.kind === 'events') events.push(...message.events);
    if (enough(message, events)) break;
  }
  return { messages, events };
};

export const untilCaughtUp = (message: SubscriptionMessage): boolean => message.kind === 'caughtUp';

/** Resolves with the first event; rejects with what the subscription throws. */
export const firstOf = async (subscription: Subscription): Promise<LedgerEvent> =>
  (await messagesOf(subscription, (_, events) => events.length > 0)).events[0]!;

export const refusedAt = async (
  append: Promise<unknown>,
  expected: Expected,
  actual: number | 'noStream',
): Promise<void> => {
  const error = await append.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(WrongExpectedVersion);
  expect(error).toMatchObject({ expected, actual });
};

/** Polls a condition for at most five seconds. */
export const eventually = async (condition: () => Promise<boolean> | boolean): Promise<void> => {
  const end = Date.now() + 5_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('It did not come true in five seconds.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
