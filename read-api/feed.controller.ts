import { Controller, Headers, Inject, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiProduces } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Rejection } from '../domain/kernel/rejection.js';
import { IntegrationFeed } from '../infrastructure/feed/feed.js';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { EVENT_STREAM, lastEventId, Live, type LiveEvent, wantsLive } from './kernel/live.js';

const LIMIT_MAX = 1_000;

const OfFeed = z.strictObject({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('The sequence seen last.'),
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(100).describe('How many at most.'),
  types: z
    .string()
    .max(4_000)
    .transform((names) => new Set(names.split(',').map((name) => name.trim())))
    .optional()
    .describe('Names of events with commas between; without them all.'),
});

@Controller('feed')
export class FeedController {
  constructor(
    @Inject(IntegrationFeed) private readonly feed: IntegrationFeed,
    @Inject(Live) private readonly live: Live,
  ) {}

  @ApiProduces('application/json', EVENT_STREAM)
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string', pattern: '^\\d{1,15}$' } })
  @QuestionRoute(
    'readFeed',
    '',
    'What happened, as CloudEvents 1.0 numbered without a gap; with Accept: text/event-stream as it happens.',
    {
      answer:
        '`events`, `next` to ask after, and whether it is the end. `previoussequence` proves that none is missing.',
    },
  )
  async read(
    @Query({ schema: OfFeed }) { after, limit, types }: z.output<typeof OfFeed>,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastSeen: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromAsker() asker: Asker,
  ) {
    await asker.authorize({});
    const unknown = [...(types ?? [])].find((name) => !this.feed.types.includes(name));
    if (unknown !== undefined) throw new Rejection('invalid', 'There is no event of that name.', 'invalid', 'types');
    if (!wantsLive(accept)) return this.feed.read(after, limit, types);
    return this.live.stream(reply, this.events(lastEventId(lastSeen) ?? after, types));
  }

  /** The id is the sequence looked at last; `progress` moves it where nothing that was asked for came by. */
  private events(after: number, types: ReadonlySet<string> | undefined) {
    const { feed } = this;
    return async function* (signal: AbortSignal, heartbeatMs: number): AsyncGenerator<LiveEvent | undefined> {
      let from = after;
      while (!signal.aborted) {
        const { events, next, atEnd } = await feed.read(from, LIMIT_MAX, types);
        for (const data of events) yield { id: data.sequence, event: 'event', data };
        if (next > Number(events.at(-1)?.sequence ?? from))
          yield { id: String(next), event: 'progress', data: { next } };
        else if (events.length === 0) yield undefined;
        from = next;
        if (atEnd) await feed.more(from, heartbeatMs, signal);
      }
    };
  }
}
