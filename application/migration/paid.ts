import type { z } from 'zod';
import { type Received } from '../../domain/payments/bookkeeping.js';
import { invoiceBook, invoiceBookId } from '../../domain/payments/invoice-book.js';
import { payment, paymentIdOf } from '../../domain/payments/payment.js';
import { dayIn } from '../../domain/appointments/slots.js';
import type { Load } from '../kernel/ports.js';
import { InvoiceBookCommand, PaymentCommand } from '../payments.js';
import { Entry, type Plan, type Row, type Step, step } from './entry.js';
import type { Known } from './known.js';
import { dhakaInstantOf, inDhaka, instantOf, isPlainAmount, paisaOf } from './reading.js';
import { orderIdOf } from './shop.js';
import { isPaid, visitIdsOf } from './visits.js';

const TABLE = 'sslcommerz_payment';
const CURRENCY = 'BDT';
const ZONE = 'Asia/Dhaka';

/** Payments in the order of their rows; what has no place of a row, the payer's address and the old number, is kept. */
export function* paymentPlans(known: Known): Iterable<Plan[]> {
  const settled: Settled[] = [];
  yield known.rows(TABLE).map((row) => paymentPlan(row, known, settled));
  yield invoicePlans(settled);
}

/** A payment that paid, to be invoiced. */
interface Settled {
  readonly row: Row;
  readonly bookId: string;
  readonly invoice: z.infer<typeof invoiceBook.commands.IssueInvoice>;
}

const paymentPlan = (row: Row, known: Known, settled: Settled[]): Plan => {
  const entry = new Entry(TABLE, row);
  entry.about = { patientId: known.patient(row.patient_id) };
  entry.kept = 'noPlace';
  const object = objectOf(entry, row, known);
  const paidAt = dhakaInstantOf(row.transaction_date);
  const at = paidAt ?? object?.at ?? inDhaka(known.asOf, '00:00');
  // Manual invoices belong to billing and paid tests to the laboratory, which are not here yet.
  if (row.payment_type === null || row.payment_type === 'test') {
    entry.kept = 'laterFeature';
    return { entry, lane: entry.id, at, steps: [] };
  }
  if (!object) entry.refuse('appointment_id', 'What it was for is not there any more.');
  tell(entry, row, known);
  const received = isPaid(row) ? receivedOf(entry, row) : undefined;
  if (isPaid(row) && !received) entry.refuse('currency_amount', 'No amount can be read.');
  const { purpose, objectId, patientOf } = object ?? { purpose: 'appointment' as const, objectId: '' };
  if (patientOf !== undefined && patientOf !== row.patient_id)
    entry.mend('patient_id', 'another one than of what it was for', 'the patient of what it was for');
  const id = paymentIdOf(purpose, objectId);
  return {
    entry,
    lane: id,
    at,
    steps: [
      step(PaymentCommand, payment, id, {
        type: 'TakeOverAttempt',
        data: {
          purpose,
          objectId,
          transactionId: transactionIdOf(row),
          startedAt: at,
          outcome: received ?? (row.status === 'FAILED' ? 'failed' : 'expired'),
        },
      }),
    ],
    ...(received !== undefined && { followUp: (load: Load) => tellWhatItPaid(entry, id, received, at, load, settled) }),
  };
};

const objectOf = (entry: Entry, row: Row, known: Known) => {
  if (row.payment_type === 'appointment') {
    const visit = known.row('doctor_appointment', row.appointment_id);
    const ids = visit && visitIdsOf(visit, known);
    if (visit && !ids) entry.refuse('appointment_id', 'Its appointment names no doctor or no day.');
    return visit && ids
      ? {
          purpose: 'appointment' as const,
          objectId: ids.id,
          patientOf: visit.patient_id,
          at: inDhaka(String(visit.date), '00:00'),
        }
      : undefined;
  }
  const order =
    known.row('pharmacy_order', row.order_id) ?? known.by('pharmacy_order', 'trans_ID', row.transaction_id)[0];
  return order
    ? {
        purpose: 'pharmacyOrder' as const,
        objectId: orderIdOf(order.id),
        patientOf: undefined,
        at: instantOf(order.created),
      }
    : undefined;
};

/** What is said of a row whether it is taken over or not. */
const tell = (entry: Entry, row: Row, known: Known): void => {
  if (known.by(TABLE, 'invoice_number', row.invoice_number).length > 1)
    entry.mend('invoice_number', 'given to several payments', 'a new number, without gaps, where it was paid');
  if (/^1\d{9}$/.test(String(row.phone ?? ''))) entry.mend('phone', 'had lost its leading zero', 'kept as received');
  if (row.currency_amount !== null && !isPlainAmount(row.currency_amount))
    entry.mend('currency_amount', 'not a plain number', `read as ${(paisaOf(row.currency_amount) ?? 0) / 100}`);
  if (row.status === 'VALIDATED') entry.mend('status', 'the other word of the gateway for paid', 'paid');
  if (row.status === 'PENDING') entry.mend('status', 'never ended', 'an attempt that brought no money');
  if (row.status === null) entry.note('status', 'the page was opened and nothing came back: an attempt without money');
  if (row.status === 'FAILED') entry.note('status', 'failed: an attempt without money');
  if (row.transaction_id && known.by(TABLE, 'transaction_id', row.transaction_id).length > 1)
    entry.note('transaction_id', 'also of another payment; each belongs to what it was for');
};

/** As the gateway wants ids: letters and digits. */
const transactionIdOf = (row: Row): string =>
  String(row.transaction_id ?? '')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 30) || `LEGACY${row.payment_id}`;

const receivedOf = (entry: Entry, row: Row): Received | undefined => {
  const amount = paisaOf(row.currency_amount);
  if (amount === undefined) return undefined;
  if (row.val_transaction_id === null) entry.mend('val_transaction_id', 'none was given', 'the transaction id', true);
  const text = (column: string, max: number): string => String(row[column] ?? '').slice(0, max);
  return {
    transactionId: transactionIdOf(row),
    validationId: text('val_transaction_id', 100) || transactionIdOf(row),
    ...(row.bank_transaction_id && { bankTransactionId: text('bank_transaction_id', 100) }),
    card: {
      type: text('card_type', 60),
      brand: text('card_brand', 60),
      issuer: text('card_issuer', 120),
      masked: text('card_no', 30),
    },
    total: { amount, currency: String(row.currency ?? CURRENCY) },
  };
};

/** What paid is to be invoiced; what did not is told. */
const tellWhatItPaid = async (
  entry: Entry,
  paymentId: string,
  { validationId }: Received,
  at: string,
  load: Load,
  settled: Settled[],
): Promise<readonly Step[]> => {
  const { opened, paidBy, receipts } = await load(payment, paymentId);
  const pot = receipts[validationId]?.pot;
  if (pot === 'suspense') entry.mend('currency_amount', 'not what was asked for', 'stands in suspense, pays nothing');
  if (pot === 'overpayments') entry.mend('status', 'paid already by another payment', 'an overpayment, not refunded');
  if (!opened || paidBy !== validationId) return [];
  const { purpose, objectId, patientId, hospitalId, total } = opened;
  const day = dayIn(ZONE, at);
  const invoice = { paymentId, purpose, objectId, patientId, total, day };
  settled.push({ row: entry.row, bookId: invoiceBookId(hospitalId, day), invoice });
  return [];
};

const INVOICES_AT_ONCE = 50;

/** Invoices are numbered by day; many at once, for a book gives its numbers one after another. */
const invoicePlans = (settled: readonly Settled[]): Plan[] =>
  [...Map.groupBy(settled, ({ bookId }) => bookId)].flatMap(([bookId, all]) => {
    const inOrder = all.toSorted(
      (a, b) => a.invoice.day.localeCompare(b.invoice.day) || Number(a.row.payment_id) - Number(b.row.payment_id),
    );
    return Array.from({ length: Math.ceil(inOrder.length / INVOICES_AT_ONCE) }, (_, n): Plan => {
      const some = inOrder.slice(n * INVOICES_AT_ONCE, (n + 1) * INVOICES_AT_ONCE);
      const entry = new Entry(TABLE, some[0]!.row, some.map(({ row }) => row.payment_id).join(','));
      const invoices = some.map(({ invoice }) => invoice);
      return {
        entry,
        counted: true,
        lane: bookId,
        at: inDhaka(some[0]!.invoice.day, '00:00'),
        steps: [step(InvoiceBookCommand, invoiceBook, bookId, { type: 'TakeOverInvoices', data: { invoices } })],
      };
    });
  });
