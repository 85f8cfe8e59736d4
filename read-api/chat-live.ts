import type { QueryBus } from '@nestjs/cqrs';
import { Rejection } from '../domain/kernel/rejection.js';
import type { Asker } from '../infrastructure/http/door.js';
import { messages } from '../projections/chat/messages.js';
import { readersOf, threads } from '../projections/chat/threads.js';
import { type IndexQuery, PAGE_MAX } from '../projections/kernel/read-models.js';
import { type Answered, readOne, readPage } from './kernel/ask.js';
import type { Clock } from './kernel/clock.js';
import type { Live, LiveEvent } from './kernel/live.js';

type Message = Answered<typeof messages>;

interface Chat {
  readonly id: string;
  readonly asker: Asker;
  readonly bus: QueryBus;
  readonly clock: Clock;
}

/** Whom the words of a chat are for, now. Throws for everybody who has nothing to do with it. */
const readers = async ({ id, asker, bus, clock }: Chat) => {
  const thread = await bus.execute(readOne(threads, id, asker));
  return { thread, parties: readersOf(thread, clock.now()) };
};

/** Messages of a chat by number, after one in order or before one from the latest back. */
export const messagesOf = async (
  chat: Chat,
  { after, before, limit }: { after: number; before?: number | undefined; limit: number },
): Promise<{ readonly items: readonly Message[] }> => {
  const { parties } = await readers(chat);
  const range = { from: after + 1, ...(before !== undefined && { to: before }) };
  const order = before === undefined ? ('ascending' as const) : ('descending' as const);
  const query = { index: 'byThread', equal: { threadId: chat.id }, range, order, limit };
  const { items } = await chat.bus.execute(readPage(messages, query, chat.asker, { parties }));
  return { items };
};

/** The same, waiting up to so many milliseconds for a first one. */
export const awaitMessages = (
  chat: Chat,
  live: Live,
  { after, limit, waitMs }: { after: number; limit: number; waitMs: number },
): Promise<{ readonly items: readonly Message[] }> =>
  live.briefly(async (signal) => {
    const watch = live.watch((_, key) => key.startsWith(`${chat.id}_`), signal);
    const until = performance.now() + waitMs;
    for (;;) {
      const found = await messagesOf(chat, { after, limit });
      const leftMs = until - performance.now();
      if (found.items.length > 0 || leftMs <= 0 || !(await watch.next(leftMs))) return found;
    }
  });

/**
 * What happens in a chat: `message` for each new one, in order of number and each once; `changed` for one that was
 * corrected or redacted; `read` when somebody has read further. The id is the number of the last message, so a client
 * that comes back with it gets all later messages, and again the changes since that one was sent.
 */
export const chatEvents = (chat: Chat, live: Live, lastSequence: number) =>
  async function* (signal: AbortSignal, heartbeatMs: number): AsyncGenerator<LiveEvent | undefined> {
    const { id: threadId, asker, bus } = chat;
    // The thread's own document changes with every event of it; a message's may be written a moment later.
    const watch = live.watch((_, key) => key === threadId || key.startsWith(`${threadId}_`), signal);
    let sequence = lastSequence;
    let revision = await revisionOf(chat, lastSequence);
    let told = '';
    while (!signal.aborted) {
      const { thread, parties } = await readers(chat);
      const receipts = { readUpTo: thread.readUpTo, closesAt: thread.closesAt };
      if (told !== (told = JSON.stringify(receipts))) yield { id: String(sequence), event: 'read', data: receipts };

      const sent = new Map<number, number>();
      for (let more = true; more && !signal.aborted;) {
        const range = { from: sequence + 1 };
        const query = { index: 'byThread', equal: { threadId }, range, limit: PAGE_MAX };
        const { items } = await bus.execute(readPage(messages, query, asker, { parties }));
        for (const message of items) {
          sequence = message.sequence;
          sent.set(sequence, message.revision);
          yield { id: String(sequence), event: 'message', data: message };
        }
        more = items.length === PAGE_MAX;
      }
      for (let more = true; more && !signal.aborted;) {
        const range = { from: revision + 1 };
        const query = { index: 'byChange', equal: { threadId }, range, limit: PAGE_MAX };
        const { items } = await bus.execute(readPage(messages, query, asker, { parties }));
        for (const message of items) {
          // A message that came after the pages above is theirs, in the next round.
          if (message.sequence > sequence) break;
          revision = message.revision;
          if (sent.get(message.sequence) !== revision) yield { id: String(sequence), event: 'changed', data: message };
        }
        more = items.length === PAGE_MAX && revision === items.at(-1)!.revision;
      }
      if (!(await watch.next(heartbeatMs))) yield undefined;
    }
  };

/** The revision at which a message was sent: what changed later is told. Before the first one: the newest there is. */
const revisionOf = async (chat: Chat, sequence: number): Promise<number> => {
  const { parties } = await readers(chat);
  const { asker, bus, id: threadId } = chat;
  const query: IndexQuery =
    sequence > 0
      ? { index: 'byThread', equal: { threadId, sequence }, limit: 1 }
      : { index: 'byChange', equal: { threadId }, order: 'descending', limit: 1 };
  const { items } = await bus.execute(readPage(messages, query, asker, { parties }));
  if (sequence > 0 && !items[0]) throw new Rejection('message-unknown', 'There is no such message.', 'missing');
  return sequence > 0 ? items[0]!.original.revision : (items[0]?.revision ?? -1);
};
