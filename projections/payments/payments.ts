import type { Money } from '../../domain/kernel/types.js';
import type { Purpose } from '../../domain/payments/bookkeeping.js';
import { invoiceBook } from '../../domain/payments/invoice-book.js';
import { payment } from '../../domain/payments/payment.js';
import { transaction } from '../../domain/payments/transaction.js';
import { projection } from '../kernel/projection.js';

/**
 * `opening`: the gateway is asked for a page. `open`: the payer may go there. `declined`: may be tried again. `held`:
 * paid at a risk that somebody has to accept. `covered`: paid by another payment.
 */
export type PaymentStatus =
  'opening' | 'open' | 'declined' | 'held' | 'settled' | 'partlyRefunded' | 'refunded' | 'covered' | 'withdrawn';

/** What is owed for one thing, and what became of it. */
export interface Payment {
  readonly purpose: Purpose;
  readonly objectId: string;
  readonly patientId: string;
  readonly hospitalId: string;
  readonly total: Money;
  readonly status: PaymentStatus;
  readonly openedAt: string;
  /** Of the latest attempt. */
  readonly transactionId?: string;
  /** Where the payer pays; only while it is open. */
  readonly pageUrl?: string;
  /** Why the latest attempt was declined. */
  readonly reason?: string;
  readonly coveredBy?: string;
  /** Of the money that paid, or is held. */
  readonly validationId?: string;
  readonly settledAt?: string;
  readonly invoice?: string;
  readonly creditNotes?: readonly string[];
  /** Money that came without being owed, or in another amount or currency, by validation id. */
  readonly notOwed?: Readonly<Record<string, { readonly total: Money; readonly reason: string }>>;
  readonly refunds: Readonly<Record<string, Refund>>;
  /** Of its stream: the ETag of every command on it. */
  readonly revision: number;
}
interface Refund {
  readonly validationId: string;
  readonly total: Money;
  readonly status: 'underWay' | 'completed' | 'failed';
  readonly at: string;
}

const changed = (doc: Payment | undefined, change: Partial<Payment>): Payment | null =>
  doc ? { ...doc, ...change } : null;

/** The status that follows from the refunds of the money that paid. */
const afterRefunds = (doc: Payment): PaymentStatus => {
  if (doc.status !== 'settled' && doc.status !== 'partlyRefunded' && doc.status !== 'refunded') return doc.status;
  const returned = Object.values(doc.refunds)
    .filter(({ status, validationId }) => status === 'completed' && validationId === doc.validationId)
    .reduce((sum, { total }) => sum + total.amount, 0);
  if (returned === 0) return 'settled';
  return returned < doc.total.amount ? 'partlyRefunded' : 'refunded';
};

const withRefund = (doc: Payment | undefined, id: string, refund: Refund, revision: number): Payment | null => {
  if (!doc) return null;
  const next = { ...doc, refunds: { ...doc.refunds, [id]: refund }, revision };
  return { ...next, status: afterRefunds(next) };
};

const notOwed = (
  doc: Payment | undefined,
  { validationId, total }: { readonly validationId: string; readonly total: Money },
  reason: string,
  revision: number,
) => changed(doc, { notOwed: { ...doc?.notOwed, [validationId]: { total, reason } }, revision });

const { GatewaySessionOpened } = transaction.events;
const { InvoiceIssued, CreditNoteIssued } = invoiceBook.events;

export const payments = projection<Payment>()({
  name: 'payments',
  version: 1,
  from: { ...payment.events, GatewaySessionOpened, InvoiceIssued, CreditNoteIssued },
  key: (event) =>
    event.type === 'GatewaySessionOpened' || event.type === 'InvoiceIssued' || event.type === 'CreditNoteIssued'
      ? event.data.paymentId
      : event.stream.slice(event.stream.indexOf('-') + 1),
  indexes: {
    byPatient: ['patientId', 'openedAt'],
    byHospital: ['hospitalId', 'openedAt'],
    byHospitalStatus: ['hospitalId', 'status', 'openedAt'],
  },
  parties: ({ patientId, hospitalId }) => ({ patientId, hospitalId }),
  phi: true,
  on: {
    PaymentOpened: (_doc, { data, meta, revision }) => ({
      ...data,
      status: 'opening',
      openedAt: meta.recordedAt,
      refunds: {},
      revision,
    }),
    AttemptStarted: (doc, { data: { transactionId }, revision }) =>
      changed(doc, { status: 'opening', transactionId, pageUrl: undefined, reason: undefined, revision }),
    // The page comes from another stream: by then the attempt may have ended.
    GatewaySessionOpened: (doc, { data: { transactionId, pageUrl } }) =>
      doc?.status === 'opening' && doc.transactionId === transactionId
        ? { ...doc, status: 'open', pageUrl }
        : (doc ?? null),
    PaymentDeclined: (doc, { data: { transactionId, reason }, revision }) =>
      doc?.transactionId === transactionId && (doc.status === 'opening' || doc.status === 'open')
        ? { ...doc, status: 'declined', pageUrl: undefined, reason, revision }
        : changed(doc, { revision }),
    PaymentSuspicious: (doc, { data, revision }) => notOwed(doc, data, data.reason, revision),
    PaymentHeld: (doc, { data: { validationId }, revision }) =>
      changed(doc, { status: 'held', validationId, pageUrl: undefined, revision }),
    PaymentSettled: (doc, { data: { validationId }, meta, revision }) =>
      changed(doc, { status: 'settled', validationId, settledAt: meta.recordedAt, pageUrl: undefined, revision }),
    OverpaymentReceived: (doc, { data, revision }) => notOwed(doc, data, 'not-owed', revision),
    PaymentWithdrawn: (doc, { revision }) =>
      changed(doc, { ...(!doc?.settledAt && { status: 'withdrawn' as const }), pageUrl: undefined, revision }),
    PaymentCovered: (doc, { data: { coveredBy }, revision }) =>
      changed(doc, { status: 'covered', coveredBy, pageUrl: undefined, revision }),
    RefundRequested: (doc, { data: { refundId, validationId, total }, meta, revision }) =>
      withRefund(doc, refundId, { validationId, total, status: 'underWay', at: meta.recordedAt }, revision),
    RefundStarted: (doc, { revision }) => changed(doc, { revision }),
    RefundCheckDue: (doc, { revision }) => changed(doc, { revision }),
    RefundCompleted: (doc, { data: { refundId, validationId, total }, meta, revision }) =>
      withRefund(doc, refundId, { validationId, total, status: 'completed', at: meta.recordedAt }, revision),
    RefundFailed: (doc, { data: { refundId, validationId, total }, meta, revision }) =>
      withRefund(doc, refundId, { validationId, total, status: 'failed', at: meta.recordedAt }, revision),
    InvoiceIssued: (doc, { data: { number } }) => changed(doc, { invoice: number }),
    CreditNoteIssued: (doc, { data: { number } }) =>
      changed(doc, { creditNotes: [...(doc?.creditNotes ?? []), number] }),
  },
});
