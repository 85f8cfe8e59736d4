import { Controller, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { balances } from '../projections/payments/balances.js';
import { bills } from '../projections/payments/bills.js';
import { invoices } from '../projections/payments/invoices.js';
import { payments } from '../projections/payments/payments.js';
import { reconciliations } from '../projections/payments/reconciliations.js';
import { readOne, readPage } from './kernel/ask.js';
import { Key, Paging } from './kernel/paging.js';

const STATUSES = [
  'opening',
  'open',
  'declined',
  'held',
  'settled',
  'partlyRefunded',
  'refunded',
  'covered',
  'withdrawn',
] as const;
const OfStatus = Paging.extend({ status: z.enum(STATUSES).optional().describe('Of all, unless told.') });
const OfKind = Paging.extend({ kind: z.enum(['invoice', 'creditNote']).default('invoice') });
const OfBillStatus = Paging.extend({ status: z.enum(['pending', 'paid', 'cancelled']).default('pending') });
const Returned = z.strictObject({ transaction: Key });

const latest = { order: 'descending' } as const;

@Controller()
export class PaymentsController {
  constructor(@Inject(QueryBus) private readonly bus: QueryBus) {}

  @QuestionRoute('readReturn', 'payments/returned', 'Where the gateway sends the payer back to. Tells nothing.', {
    open: true,
  })
  returned(@Query({ schema: Returned }) { transaction }: z.output<typeof Returned>) {
    return {
      transaction,
      detail: 'You are back from the payment page. The payment is being checked; your payments tell how it ended.',
    };
  }

  @QuestionRoute('readPayment', 'payments/:id', 'One payment: how it stands, and where it is paid while it is open.')
  one(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return this.bus.execute(readOne(payments, id, asker));
  }

  @QuestionRoute('readPatientPayments', 'patients/:patientId/payments', "A patient's payments, latest first.")
  patient(
    @Param('patientId', { schema: Key }) patientId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byPatient', equal: { patientId }, ...latest, ...page };
    return this.bus.execute(readPage(payments, query, asker, { parties: { patientId } }));
  }

  @QuestionRoute('readHospitalPayments', 'hospitals/:hospitalId/payments', "A hospital's payments, latest first.")
  hospital(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: OfStatus }) { status, ...page }: z.output<typeof OfStatus>,
    @FromAsker() asker: Asker,
  ) {
    const index = status === undefined ? 'byHospital' : 'byHospitalStatus';
    const query = { index, equal: { hospitalId, ...(status && { status }) }, ...latest, ...page };
    return this.bus.execute(readPage(payments, query, asker, { parties: { hospitalId } }));
  }

  @QuestionRoute('readBill', 'bills/:id', 'One bill that a hospital wrote by hand.')
  bill(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return this.bus.execute(readOne(bills, id, asker));
  }

  @QuestionRoute('readPatientBills', 'patients/:patientId/bills', "A patient's bills, latest first.")
  patientBills(
    @Param('patientId', { schema: Key }) patientId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byPatient', equal: { patientId }, ...latest, ...page };
    return this.bus.execute(readPage(bills, query, asker, { parties: { patientId } }));
  }

  @QuestionRoute('readHospitalBills', 'hospitals/:hospitalId/bills', "A hospital's bills by status, latest first.")
  hospitalBills(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: OfBillStatus }) { status, ...page }: z.output<typeof OfBillStatus>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospitalStatus', equal: { hospitalId, status }, ...latest, ...page };
    return this.bus.execute(readPage(bills, query, asker, { parties: { hospitalId } }));
  }

  @QuestionRoute('readPatientInvoices', 'patients/:patientId/invoices', 'Invoices and credit notes, latest first.')
  patientInvoices(
    @Param('patientId', { schema: Key }) patientId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byPatient', equal: { patientId }, ...latest, ...page };
    return this.bus.execute(readPage(invoices, query, asker, { parties: { patientId } }));
  }

  @QuestionRoute('readHospitalInvoices', 'hospitals/:hospitalId/invoices', 'In the order of their numbers.')
  hospitalInvoices(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: OfKind }) { kind, ...page }: z.output<typeof OfKind>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospital', equal: { hospitalId, kind }, ...page };
    return this.bus.execute(readPage(invoices, query, asker, { parties: { hospitalId } }));
  }

  @QuestionRoute('readBalances', 'hospitals/:hospitalId/balances', "A hospital's books, one for each currency.")
  books(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospital', equal: { hospitalId }, ...page };
    return this.bus.execute(readPage(balances, query, asker, { parties: { hospitalId } }));
  }

  @QuestionRoute('readReconciliations', 'reconciliations', 'What comparing with the gateway found, latest day first.')
  reconciled(@Query({ schema: Paging }) page: z.output<typeof Paging>, @FromAsker() asker: Asker) {
    return this.bus.execute(readPage(reconciliations, { index: 'byDay', ...latest, ...page }, asker, {}));
  }
}
