import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { Rejection } from '../../domain/kernel/rejection.js';
import { NotNow } from '../../infrastructure/http/problems.js';

export const CHANGES = Symbol('Changes');

/** Documents that changed, by read model; `unknown` where any may have. */
export type Changed = readonly { readonly projection: string; readonly keys: readonly string[] }[] | 'unknown';

/** Tells which documents changed, after they can be read. Gives the function that ends it. */
export interface Changes {
  onApplied(listener: (changed: Changed) => void): () => void;
}

/** One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface LiveEvent {
  /** What a client that comes back gives as Last-Event-ID. */
  readonly id: string;
  readonly event: string;
  readonly data: object;
}

/** Clients that send this in Accept get events as they happen instead of a page. */
export const EVENT_STREAM = 'text/event-stream';

export const wantsLive = (accept: string | undefined): boolean => accept?.includes(EVENT_STREAM) ?? false;

/** The number that a client saw last, as it gives it when it comes back. */
export const lastEventId = (header: string | undefined): number | undefined => {
  if (header === undefined) return undefined;
  if (!/^\d{1,15}$/.test(header))
    throw new Rejection('invalid', 'Last-Event-ID is a number that was given out.', 'invalid', 'Last-Event-ID');
  return Number(header);
};

const STREAMS_MAX = 1_000;
/** A token may be taken back: so a stream ends now and then, and its client comes back with a good one. */
const STREAM_MAX_MS = 5 * 60_000;
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 1_000;

/** Whether a document, by its read model and its key, is one of those that are waited for. */
type Concerns = (projection: string, key: string) => boolean;

/** Waits for documents to change. Changes between two waits end the second at once, so none is missed. */
export class Watch {
  private changed = false;
  private resume: () => void = () => undefined;

  constructor(
    changes: Changes,
    concerns: Concerns,
    private readonly signal: AbortSignal,
  ) {
    const wake = () => {
      this.changed = true;
      this.resume();
    };
    const isConcerned = (changed: Changed): boolean =>
      changed === 'unknown' || changed.some(({ projection, keys }) => keys.some((key) => concerns(projection, key)));
    const end = changes.onApplied((changed) => {
      if (isConcerned(changed)) wake();
    });
    signal.addEventListener(
      'abort',
      () => {
        end();
        wake();
      },
      { once: true },
    );
  }

  /** Whether something changed within so many milliseconds. */
  async next(timeoutMs: number): Promise<boolean> {
    if (!this.changed && !this.signal.aborted) {
      let timeout: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.resume = resolve;
        timeout = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timeout);
    }
    const { changed } = this;
    this.changed = false;
    return changed && !this.signal.aborted;
  }
}

/** Answers that go on: they end with their client, after some minutes, and when the application closes. */
@Injectable()
export class Live implements OnModuleDestroy {
  private readonly open = new Set<AbortController>();

  constructor(@Inject(CHANGES) private readonly changes: Changes) {}

  onModuleDestroy(): void {
    for (const ending of this.open) ending.abort();
  }

  watch(concerns: Concerns, signal: AbortSignal): Watch {
    return new Watch(this.changes, concerns, signal);
  }

  /** Runs a question that may wait; the signal comes with its end, and when the application closes. */
  async briefly<T>(question: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = this.begin();
    try {
      return await question(ending.signal);
    } finally {
      this.end(ending);
    }
  }

  /**
   * The body of a text/event-stream. `undefined` from the source is a sign of life. The first event is asked for before
   * the answer begins, so that a refusal is still a problem+json.
   */
  async stream(
    reply: FastifyReply,
    source: (signal: AbortSignal, heartbeatMs: number) => AsyncGenerator<LiveEvent | undefined>,
  ): Promise<Readable> {
    const ending = this.begin();
    const late = setTimeout(() => ending.abort(), STREAM_MAX_MS).unref();
    const close = () => {
      clearTimeout(late);
      this.end(ending);
    };
    const events = source(ending.signal, HEARTBEAT_MS);
    try {
      const first = await events.next();
      const body = Readable.from(written(first, events));
      body.once('close', close);
      // A connection that was kept for more requests would hold up the end of the application.
      const headers = { 'content-type': EVENT_STREAM, 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
      void reply.headers({ ...headers, connection: 'close' });
      return body;
    } catch (error) {
      close();
      throw error;
    }
  }

  private begin(): AbortController {
    if (this.open.size >= STREAMS_MAX) throw new NotNow('too-many-streams', 'Too many are listening already.', 5);
    const ending = new AbortController();
    this.open.add(ending);
    return ending;
  }

  private end(ending: AbortController): void {
    ending.abort();
    this.open.delete(ending);
  }
}

const written = async function* (
  first: IteratorResult<LiveEvent | undefined>,
  rest: AsyncGenerator<LiveEvent | undefined>,
): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\n\n`;
  if (first.done) return;
  yield lines(first.value);
  for await (const event of rest) yield lines(event);
};

const lines = (event: LiveEvent | undefined): string =>
  event ? `id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n` : ':\n\n';
