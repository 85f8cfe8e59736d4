import { Body, Controller, Inject, Param } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import { ChatTermsCommand, ThreadCommand } from '../application/chat.js';
import type { Accepted, Caller } from '../application/kernel/transact.js';
import { commands as terms } from '../domain/chat/chat-terms.js';
import { commands, ThreadId } from '../domain/chat/thread.js';
import { Id } from '../domain/kernel/types.js';
import { CommandRoute, FromCaller } from '../infrastructure/http/routes.js';

type In<S extends z.ZodType> = z.output<S>;

const Send = commands.SendMessage.meta({ id: 'SendMessage' });
const Correct = commands.CorrectMessage.meta({ id: 'CorrectMessage' });
const Redact = commands.RedactMessage.meta({ id: 'RedactMessage' });
const Read = commands.MarkRead.meta({ id: 'MarkRead' });
const Grace = terms.SetGracePeriod.meta({ id: 'SetGracePeriod' });

const inPath = { schema: ThreadId };

@Controller()
export class ChatController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute('sendMessage', 'chats/:id/send', 'The doctor or the patient of a chat writes.')
  send(@Param('id', inPath) id: string, @Body({ schema: Send }) data: In<typeof Send>, @FromCaller() caller: Caller) {
    return this.change(id, { type: 'SendMessage', data }, caller);
  }

  @CommandRoute('correctMessage', 'chats/:id/correct', 'The sender puts a message right; what it was stays visible.')
  correct(
    @Param('id', inPath) id: string,
    @Body({ schema: Correct }) data: In<typeof Correct>,
    @FromCaller() caller: Caller,
  ) {
    return this.change(id, { type: 'CorrectMessage', data }, caller);
  }

  @CommandRoute('redactMessage', 'chats/:id/redact', 'Takes the words of a message away, with the reason.')
  redact(
    @Param('id', inPath) id: string,
    @Body({ schema: Redact }) data: In<typeof Redact>,
    @FromCaller() caller: Caller,
  ) {
    return this.change(id, { type: 'RedactMessage', data }, caller);
  }

  @CommandRoute('markMessagesRead', 'chats/:id/read', 'Everything up to this message was read.')
  read(@Param('id', inPath) id: string, @Body({ schema: Read }) data: In<typeof Read>, @FromCaller() caller: Caller) {
    return this.change(id, { type: 'MarkRead', data }, caller);
  }

  @CommandRoute(
    'setChatGracePeriod',
    'hospitals/:id/set-chat-grace',
    'How long people may write after an appointment that is confirmed from now on.',
  )
  grace(
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: Grace }) data: In<typeof Grace>,
    @FromCaller() caller: Caller,
  ): Promise<Accepted> {
    return this.bus.execute(new ChatTermsCommand({ id, message: { type: 'SetGracePeriod', data }, caller }));
  }

  private change(id: string, message: ThreadCommand['envelope']['message'], caller: Caller): Promise<Accepted> {
    return this.bus.execute(new ThreadCommand({ id, message, caller }));
  }
}
