import { Controller, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { Instant } from '../domain/kernel/types.js';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { audit } from '../projections/audit/audit.js';
import { ledgerStatistics } from '../projections/audit/ledger-statistics.js';
import { accounts } from '../projections/identity/accounts.js';
import { PAGE_MAX } from '../projections/kernel/read-models.js';
import { type Join, readOne, readPage } from './kernel/ask.js';
import { AskHistory } from './kernel/history.js';
import { Key, Paging } from './kernel/paging.js';

const Period = Paging.extend({
  from: Instant.optional().describe('Included.'),
  to: Instant.optional().describe('Not included.'),
  order: z.enum(['ascending', 'descending']).default('descending').describe('By time.'),
});
const BY = {
  actor: ['byActor', 'actorId'],
  patient: ['byPatient', 'patientId'],
  action: ['byType', 'type'],
  hospital: ['byTenant', 'tenant'],
  correlation: ['byCorrelation', 'correlationId'],
} as const;
const Trail = Period.extend({
  actor: Key.optional().describe('Who. At most one of these five.'),
  patient: Key.optional().describe('To whom.'),
  action: Key.optional().describe("What: the event's name."),
  hospital: Key.optional().describe('Where.'),
  correlation: Key.optional().describe('Everything that came of one request.'),
}).refine((asked) => Object.keys(BY).filter((name) => name in asked).length <= 1, {
  message: 'Ask by one of actor, patient, action, hospital and correlation at a time, with a period.',
});
const OfObject = z.strictObject({
  from: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('The revision to begin with.'),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50).describe('How many at most.'),
  minPosition: z.string().optional(),
});
const Days = Paging.extend({ from: z.iso.date().optional(), to: z.iso.date().optional().describe('Not included.') });

const NAMES: readonly Join[] = [
  { by: 'actorId', from: accounts, as: 'actor', show: ['name'] },
  { by: 'patientId', from: accounts, as: 'patient', show: ['name'] },
];

@Controller()
export class AuditController {
  constructor(@Inject(QueryBus) private readonly bus: QueryBus) {}

  @QuestionRoute('readAuditTrail', 'audit', 'Who did what, when, to whom, on whose behalf, because of what.')
  trail(@Query({ schema: Trail }) asked: z.output<typeof Trail>, @FromAsker() asker: Asker) {
    const { from, to, order, limit, after } = asked;
    const by = (Object.keys(BY) as (keyof typeof BY)[]).find((name) => asked[name] !== undefined);
    const [index, field] = by ? BY[by] : (['byTime', undefined] as const);
    const equal = by && field ? { [field]: asked[by]! } : {};
    return this.bus.execute(
      readPage(audit, { index, equal, ...period({ from, to }), order, limit, after }, asker, { join: NAMES }),
    );
  }

  @QuestionRoute('readAuditOfPatient', 'audit/patients/:id', "Who touched a patient's record.")
  async ofPatient(
    @Param('id', { schema: Key }) patientId: string,
    @Query({ schema: Period }) { from, to, order, limit, after }: z.output<typeof Period>,
    @FromAsker() asker: Asker,
  ) {
    await asker.authorize({ patientId }, patientId);
    const query = { index: 'byPatient', equal: { patientId }, ...period({ from, to }), order, limit, after };
    // Of a patient whom it knows, a hospital still sees only what was done there.
    return this.bus.execute(readPage(audit, query, asker, { join: NAMES }));
  }

  @QuestionRoute('readHistory', 'audit/objects/:stream', 'The events of one object in order, with before and after.')
  ofObject(
    @Param('stream', { schema: Key }) stream: string,
    @Query({ schema: OfObject }) { from, limit }: z.output<typeof OfObject>,
    @FromAsker() asker: Asker,
  ) {
    return this.bus.execute(new AskHistory(stream, { from, limit }, asker));
  }

  @QuestionRoute('readLedgerStatistics', 'ledger/statistics', 'How many events by day, kind of object and type.')
  statistics(@Query({ schema: Days }) { from, to, ...page }: z.output<typeof Days>, @FromAsker() asker: Asker) {
    const query = { index: 'byDay', ...period({ from, to: to ?? '9999' }), ...page };
    return this.bus.execute(readPage(ledgerStatistics, query, asker, {}));
  }

  @QuestionRoute('readLedgerTotals', 'ledger/statistics/total', 'How many events altogether.')
  totals(@FromAsker() asker: Asker) {
    return this.bus.execute(readOne(ledgerStatistics, 'total', asker));
  }
}

const period = (given: { readonly from?: string | undefined; readonly to?: string | undefined }) => {
  const range = Object.fromEntries(Object.entries(given).filter(([, moment]) => moment !== undefined));
  return Object.keys(range).length > 0 ? { range } : {};
};
