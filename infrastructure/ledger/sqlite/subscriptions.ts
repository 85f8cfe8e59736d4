import {
  CheckpointAhead,
  StreamDeleted,
  StreamNotFound,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionMessage,
} from '../../../application/kernel/ledger.js';
import type { Names } from './names.js';
import { numberOf, type Reader, type Scanned } from './reader.js';

/** How far one look reaches, so that a filter that matches little does not hold the event loop. */
const SCAN_MAX = 4_096;
const BATCH_MAX = 256;
const EVERYTHING = Symbol('every stream');

type Scan = (from: number, upTo: number) => Scanned;

/** What was read last, of every stream. */
interface Look {
  readonly from: number;
  readonly upTo: number;
  readonly max: number;
  readonly found: Scanned;
}

/**
 * Catch-up subscriptions. Each reads the store at its consumer's pace and keeps nothing but its place; at the end it
 * waits until a commit wakes it. There is no queue, and so no seam between what was there and what comes.
 */
export class Subscriptions {
  private readonly waiting = new Map<string | symbol, Set<() => void>>();
  private readonly grown = new Set<string>();
  private closed = false;
  private latest: Look | undefined;

  constructor(
    private readonly reader: Reader,
    private readonly names: Names,
  ) {}

  toAll({ after, filter, batchMax = BATCH_MAX }: SubscribeOptions = {}): Subscription {
    const head = this.reader.head();
    const start = after === undefined ? 0 : after === 'end' ? head : numberOf(after);
    const max = Math.max(1, batchMax);
    const scan: Scan = (from, upTo) =>
      filter ? this.reader.scan(from, upTo, filter, max) : this.look(from, upTo, max);
    return this.started(EVERYTHING, allAfter(this.reader, start, scan));
  }

  toStream(stream: string, { after }: { readonly after?: number | 'end' } = {}): Subscription {
    const start = after === undefined ? -1 : after === 'end' ? this.names.head(stream).revision : after;
    return this.started(stream, streamAfter(this.reader, this.names, stream, start));
  }

  /** After a commit. Who waits is woken once a turn, when those who appended have been answered. */
  grew(appends: readonly { readonly stream: string }[]): void {
    if (this.waiting.size === 0) return;
    if (this.grown.size === 0)
      setImmediate(() => {
        this.wake([EVERYTHING, ...this.grown]);
        this.grown.clear();
      });
    for (const { stream } of appends) this.grown.add(stream);
  }

  /** Ends every subscription. */
  close(): void {
    this.closed = true;
    this.wake([...this.waiting.keys()]);
  }

  /** Many that wait at the end are woken by one commit: what it wrote is read for the first of them and given to all. */
  private look(from: number, upTo: number, max: number): Scanned {
    const { latest } = this;
    if (latest?.from === from && latest.upTo === upTo) {
      const count = latest.found.events.length;
      if (latest.max === max || (count < latest.max && count < max)) return latest.found;
    }
    const found = this.reader.scan(from, upTo, undefined, max);
    this.latest = { from, upTo, max, found };
    return found;
  }

  private wake(keys: readonly (string | symbol)[]): void {
    for (const key of keys) {
      const woken = this.waiting.get(key);
      this.waiting.delete(key);
      woken?.forEach((resume) => resume());
    }
  }

  private started(key: string | symbol, pull: () => SubscriptionMessage | undefined): Subscription {
    return new CatchUp({
      pull,
      isClosed: () => this.closed,
      wait: (resume) => {
        let waiting = this.waiting.get(key);
        if (!waiting) this.waiting.set(key, (waiting = new Set()));
        waiting.add(resume);
        return () => {
          if (waiting.delete(resume) && waiting.size === 0 && this.waiting.get(key) === waiting)
            this.waiting.delete(key);
        };
      },
    });
  }
}

interface Source {
  /** The next message, if there is one now. */
  readonly pull: () => SubscriptionMessage | undefined;
  readonly isClosed: () => boolean;
  /** Calls once when there may be more; what it answers takes the wish back. */
  readonly wait: (resume: () => void) => () => void;
}

/** Asks for the next message when the last one was dealt with; that is all the back-pressure there is to have. */
class CatchUp implements Subscription, AsyncIterator<SubscriptionMessage> {
  private ended = false;
  private resume: (() => void) | undefined;

  constructor(private readonly source: Source) {}

  [Symbol.asyncIterator](): AsyncIterator<SubscriptionMessage> {
    return this;
  }

  async next(): Promise<IteratorResult<SubscriptionMessage>> {
    while (!this.ended && !this.source.isClosed()) {
      const message = this.pulled();
      if (message) return { done: false, value: message };
      await new Promise<void>((resolve) => {
        const stop = this.source.wait((this.resume = () => (stop(), resolve())));
      });
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<SubscriptionMessage>> {
    this.cancel();
    return { done: true, value: undefined };
  }

  cancel(): void {
    this.ended = true;
    this.resume?.();
  }

  private pulled(): SubscriptionMessage | undefined {
    try {
      return this.source.pull();
    } catch (error) {
      this.ended = true;
      throw error;
    }
  }
}

const allAfter = (reader: Reader, start: number, scan: Scan) => {
  let scanned = start;
  let told = start;
  let caughtUp = false;
  return (): SubscriptionMessage | undefined => {
    const head = reader.head();
    if (scanned > head) throw new CheckpointAhead(`Position ${scanned} lies beyond the ledger's head, ${head}.`);
    if (scanned < head) {
      const { events, upTo } = scan(scanned, Math.min(scanned + SCAN_MAX, head));
      scanned = upTo;
      if (events.length > 0) {
        told = Number(events.at(-1)!.position);
        return { kind: 'events', events };
      }
    }
    if (told < scanned) {
      told = scanned;
      return { kind: 'checkpoint', position: String(told) };
    }
    if (caughtUp) return undefined;
    caughtUp = true;
    return { kind: 'caughtUp' };
  };
};

const streamAfter = (reader: Reader, names: Names, stream: string, start: number) => {
  let last = start;
  let caughtUp = false;
  return (): SubscriptionMessage | undefined => {
    const head = names.head(stream);
    if (head.tombstoned) throw new StreamDeleted(`${stream} was deleted.`);
    if (last > head.revision)
      throw new CheckpointAhead(`Revision ${last} lies beyond the end of ${stream}, ${head.revision}.`);
    const events = last < head.revision ? shown(reader, stream, last + 1) : [];
    last = events.at(-1)?.revision ?? head.revision;
    if (events.length > 0) return { kind: 'events', events };
    if (caughtUp) return undefined;
    caughtUp = true;
    return { kind: 'caughtUp' };
  };
};

const shown = (reader: Reader, stream: string, from: number) => {
  try {
    return reader.readStream(stream, { from, maxCount: BATCH_MAX });
  } catch (error) {
    // A deleted stream is quiet until it is written again.
    if (error instanceof StreamNotFound) return [];
    throw error;
  }
};
