import { Controller, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { mails } from '../projections/notifications/mails.js';
import { readPage } from './kernel/ask.js';
import { Paging } from './kernel/paging.js';

const OfStatus = Paging.extend({ status: z.enum(['requested', 'waiting', 'sent', 'refused', 'givenUp']) });

const latest = { order: 'descending' } as const;

@Controller()
export class NotificationsController {
  constructor(@Inject(QueryBus) private readonly bus: QueryBus) {}

  @QuestionRoute('readMyMails', 'me/mails', 'What was mailed to you, and what became of it, latest first.')
  mine(@Query({ schema: Paging }) page: z.output<typeof Paging>, @FromAsker() asker: Asker) {
    const { accountId } = asker.account!;
    const query = { index: 'byRecipient', equal: { recipientId: accountId }, ...latest, ...page };
    return this.bus.execute(readPage(mails, query, asker, { parties: { accountId } }));
  }

  @QuestionRoute('readMails', 'mails', 'Mails that wait, were sent, refused or given up, latest first.')
  ofStatus(@Query({ schema: OfStatus }) { status, ...page }: z.output<typeof OfStatus>, @FromAsker() asker: Asker) {
    const query = { index: 'byStatus', equal: { status }, ...latest, ...page };
    return this.bus.execute(readPage(mails, query, asker, {}));
  }
}
