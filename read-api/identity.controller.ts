import { Controller, Header, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { type Issuer, TOKEN_ISSUER } from '../infrastructure/identity/tokens.js';
import { accounts } from '../projections/identity/accounts.js';
import { invitations } from '../projections/identity/invitations.js';
import { openSessions } from '../projections/identity/open-sessions.js';
import { staff } from '../projections/identity/staff.js';
import { readOne, readPage } from './kernel/ask.js';
import { Key, Paging } from './kernel/paging.js';

const OfStatus = Paging.extend({ status: z.enum(['open', 'accepted', 'withdrawn']).default('open') });

const person = { by: 'accountId', from: accounts, as: 'person', show: ['name', 'email'] };

@Controller()
export class IdentityController {
  constructor(
    @Inject(QueryBus) private readonly bus: QueryBus,
    @Inject(TOKEN_ISSUER) private readonly issuer: Issuer,
  ) {}

  @Header('cache-control', 'public, max-age=300')
  @QuestionRoute('readKeys', '.well-known/jwks.json', 'The keys with which access tokens verify.', { open: true })
  keys() {
    return this.issuer.jwks();
  }

  @QuestionRoute('readMe', 'me', 'The account of the token.')
  me(@FromAsker() asker: Asker) {
    return this.bus.execute(readOne(accounts, asker.account!.accountId, asker));
  }

  @QuestionRoute('readSessions', 'sessions', 'Where the account of the token is logged in.')
  sessions(@FromAsker() asker: Asker) {
    return this.bus.execute(readOne(openSessions, asker.account!.accountId, asker));
  }

  @QuestionRoute('readStaff', 'hospitals/:hospitalId/staff', "A hospital's staff, by role.")
  staff(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospital', equal: { hospitalId }, ...page };
    return this.bus.execute(readPage(staff, query, asker, { parties: { hospitalId }, join: [person] }));
  }

  @QuestionRoute('readInvitations', 'hospitals/:hospitalId/invitations', "A hospital's invitations, by status.")
  invitations(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: OfStatus }) { status, ...page }: z.output<typeof OfStatus>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospital', equal: { hospitalId, status }, ...page };
    return this.bus.execute(readPage(invitations, query, asker, { parties: { hospitalId } }));
  }
}
