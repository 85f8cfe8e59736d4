import { Controller, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiProduces } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { messages } from '../projections/chat/messages.js';
import { readersOf, threads } from '../projections/chat/threads.js';
import { PAGE_MAX } from '../projections/kernel/read-models.js';
import { patients } from '../projections/patients/patients.js';
import { doctors } from '../projections/practitioners/doctors.js';
import { awaitMessages, chatEvents, messagesOf } from './chat-live.js';
import { type Join, readOne, readPage, readSearch } from './kernel/ask.js';
import { CLOCK, type Clock } from './kernel/clock.js';
import { EVENT_STREAM, lastEventId, Live, wantsLive } from './kernel/live.js';
import { Key, Paging } from './kernel/paging.js';
import { FromSearchText, SearchesForPeople } from './kernel/search-text.js';

const Sequence = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const OfChat = z.strictObject({
  after: Sequence.default(0).describe('Messages with a greater number, in order.'),
  before: Sequence.optional().describe('Messages with a smaller number, the latest first.'),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50).describe('How many at most.'),
  wait: z.coerce.number().int().min(0).max(25).default(0).describe('Seconds to wait for a first message.'),
  minPosition: z.string().optional(),
});

const PEOPLE: readonly Join[] = [
  { by: 'doctorId', from: doctors, as: 'doctor', show: ['name', 'portrait'] },
  { by: 'patientId', from: patients, as: 'patient', show: ['name', 'portrait'] },
];

@Controller()
export class ChatController {
  constructor(
    @Inject(QueryBus) private readonly bus: QueryBus,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Live) private readonly live: Live,
  ) {}

  @QuestionRoute('listChatsOfPatient', 'patients/:patientId/chats', "A patient's chats, the latest message first.")
  ofPatient(
    @Param('patientId', { schema: Key }) patientId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byPatient', equal: { patientId }, order: 'descending' as const, ...page };
    return this.bus.execute(readPage(threads, query, asker, { parties: { patientId }, join: PEOPLE }));
  }

  @QuestionRoute('listChatsOfDoctor', 'doctors/:doctorId/chats', "A doctor's chats, the latest message first.")
  ofDoctor(
    @Param('doctorId', { schema: Key }) doctorId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byDoctor', equal: { doctorId }, order: 'descending' as const, ...page };
    return this.bus.execute(readPage(threads, query, asker, { parties: { doctorId }, join: PEOPLE }));
  }

  @QuestionRoute('readChat', 'chats/:id', 'One chat: until when it is open, how many messages, what is unread.')
  one(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return this.bus.execute(readOne(threads, id, asker, { join: PEOPLE }));
  }

  @ApiProduces('application/json', EVENT_STREAM)
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string', pattern: '^\\d{1,15}$' } })
  @QuestionRoute(
    'readMessages',
    'chats/:id/messages',
    'Messages by number. `wait` holds the answer until there is one; with Accept: text/event-stream they come as they ' +
      'are sent, after Last-Event-ID or `after`.',
  )
  async messages(
    @Param('id', { schema: Key }) id: string,
    @Query({ schema: OfChat }) { after, before, limit, wait }: z.output<typeof OfChat>,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastSeen: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromAsker() asker: Asker,
  ) {
    const chat = { id, asker, bus: this.bus, clock: this.clock };
    if (wantsLive(accept)) return this.live.stream(reply, chatEvents(chat, this.live, lastEventId(lastSeen) ?? after));
    if (wait > 0 && before === undefined) return awaitMessages(chat, this.live, { after, limit, waitMs: wait * 1_000 });
    return messagesOf(chat, { after, before, limit });
  }

  @SearchesForPeople()
  @QuestionRoute('searchChat', 'chats/:id/messages/search', 'Messages of one chat that hold these words.')
  async search(
    @Param('id', { schema: Key }) id: string,
    @FromSearchText() text: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const thread = await this.bus.execute(readOne(threads, id, asker));
    const parties = readersOf(thread, this.clock.now());
    return this.bus.execute(readSearch(messages, { text, equal: { threadId: id }, ...page }, asker, { parties }));
  }

  @SearchesForPeople()
  @QuestionRoute(
    'searchMessagesOfPatient',
    'patients/:patientId/messages/search',
    "Messages of all of a patient's chats that hold these words.",
  )
  searchAll(
    @Param('patientId', { schema: Key }) patientId: string,
    @FromSearchText() text: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    return this.bus.execute(
      readSearch(messages, { text, equal: { patientId }, ...page }, asker, { parties: { patientId } }),
    );
  }
}
