import { AppointmentId, bookingWith } from '../domain/appointments/bookings.js';
import { dayOfAppointment, doctorDay, events as appointments } from '../domain/appointments/doctor-day.js';
import { dayIn } from '../domain/appointments/slots.js';
import type { CommandOf } from '../domain/kernel/decider.js';
import { hospital } from '../domain/organisations/hospital.js';
import { bill } from '../domain/payments/bill.js';
import type { Purpose } from '../domain/payments/bookkeeping.js';
import { invoiceBook, invoiceBookId } from '../domain/payments/invoice-book.js';
import { type Facts, payment, paymentIdOf, type Price } from '../domain/payments/payment.js';
import { reconciliation } from '../domain/payments/reconciliation.js';
import { transaction } from '../domain/payments/transaction.js';
import { order, paymentRefusal } from '../domain/pharmacy/order.js';
import { DomainCommand, handle } from './kernel/handle.js';
import type { Load } from './kernel/ports.js';
import { type Due, reaction, send, timer } from './kernel/reaction.js';

export class PaymentCommand extends DomainCommand<typeof payment> {}
export class TransactionCommand extends DomainCommand<typeof transaction> {}
export class InvoiceBookCommand extends DomainCommand<typeof invoiceBook> {}
export class ReconciliationCommand extends DomainCommand<typeof reconciliation> {}

// What is to be paid is asked of the thing paid for, never of whoever pays.

const priceOf = async (purpose: Purpose, objectId: string, load: Load): Promise<Price | undefined> => {
  switch (purpose) {
    case 'appointment':
      return priceOfAppointment(objectId, load);
    case 'pharmacyOrder':
      return priceOfOrder(objectId, load);
    case 'bill':
      return priceOfBill(objectId, load);
    case 'labTest':
      return undefined;
  }
};

const PAYABLE = new Set(['requested', 'confirmed', 'arrived', 'fulfilled']);

const priceOfAppointment = async (appointmentId: string, load: Load): Promise<Price | undefined> => {
  if (!AppointmentId.safeParse(appointmentId).success) return undefined;
  const { bookings } = await load(doctorDay, dayOfAppointment(appointmentId));
  const booking = bookingWith(bookings, appointmentId);
  if (!booking || booking.fee.amount === 0) return undefined;
  const { patientId, hospitalId, fee: total, status } = booking;
  const refusal = PAYABLE.has(status) ? undefined : 'Only an appointment that was asked for and takes place is paid.';
  return { patientId, hospitalId, total, refusal };
};

const priceOfOrder = async (orderId: string, load: Load): Promise<Price | undefined> => {
  const placed = await load(order, orderId);
  if (!placed) return undefined;
  const { patientId, hospitalId, total } = placed;
  return { patientId, hospitalId, total, refusal: paymentRefusal(placed) };
};

const priceOfBill = async (billId: string, load: Load): Promise<Price | undefined> => {
  const written = await load(bill, billId);
  if (!written) return undefined;
  const { status, ...price } = written;
  return { ...price, refusal: status === 'cancelled' ? 'This bill was called off.' : undefined };
};

/** The payment that pays for what this one paid for, where there still is money in it. */
const coveringOf = async (paymentId: string, load: Load): Promise<string | undefined> => {
  const { coveredBy, paidBy, receipts, withdrawn } = await load(payment, paymentId);
  if (coveredBy) return coveredBy;
  const receipt = paidBy === undefined ? undefined : receipts[paidBy];
  return receipt && !withdrawn && receipt.refunded < receipt.total.amount ? paymentId : undefined;
};

const factsOf = async (
  { type, data }: CommandOf<typeof payment.commands>,
  { id, at, load }: { readonly id: string; readonly at: string; readonly load: Load },
): Promise<Facts> => {
  const asks = type === 'OpenPayment' || type === 'CoverPayment' || type === 'TakeOverAttempt';
  const price = asks ? await priceOf(data.purpose, data.objectId, load) : undefined;
  const covering = type === 'CoverPayment' ? await coveringOf(data.by, load) : undefined;
  const hospitalId = price?.hospitalId ?? (await load(payment, id)).opened?.hospitalId;
  const { timeZone } = hospitalId === undefined ? hospital.initial : await load(hospital, hospitalId);
  return { price, covering, today: dayIn(timeZone, at) };
};

export const handlers = [
  handle(PaymentCommand, payment, factsOf),
  handle(TransactionCommand, transaction),
  handle(InvoiceBookCommand, invoiceBook),
  handle(ReconciliationCommand, reconciliation),
];

const { PaymentSettled, PaymentWithdrawn, RefundStarted, RefundCheckDue, RefundCompleted, RefundFailed } =
  payment.events;
const { GatewaySessionOpened, TransactionCheckDue, TransactionDeclined, MoneyConfirmed } = transaction.events;

/** The calendar day (UTC) under which a transaction is reconciled. */
const reconciliationDay = (at: string): string => at.slice(0, 10);

const withdraw = (purpose: Purpose, objectId: string, reason: string) =>
  send(PaymentCommand, paymentIdOf(purpose, objectId), { type: 'WithdrawPayment', data: { reason } });

export const reactions = [
  reaction({
    name: 'book-money-when-gateway-confirms-it',
    from: { MoneyConfirmed },
    on: {
      MoneyConfirmed: ({ data: { paymentId, received, risk } }) => [
        send(PaymentCommand, paymentId, { type: 'ReceiveMoney', data: { received, risk } }),
      ],
    },
  }),
  reaction({
    name: 'decline-attempt-when-transaction-declined',
    from: { TransactionDeclined },
    on: {
      TransactionDeclined: ({ stream, data: { paymentId, reason } }) => {
        const transactionId = idOf(stream);
        return [send(PaymentCommand, paymentId, { type: 'DeclineAttempt', data: { transactionId, reason } })];
      },
    },
  }),
  reaction({
    name: 'issue-invoice-when-payment-settles',
    from: { PaymentSettled },
    on: {
      PaymentSettled: ({ data: { paymentId, purpose, objectId, patientId, hospitalId, total, day } }) => {
        const data = { paymentId, purpose, objectId, patientId, total, day };
        return [send(InvoiceBookCommand, invoiceBookId(hospitalId, day), { type: 'IssueInvoice', data })];
      },
    },
  }),
  reaction({
    name: 'issue-credit-note-when-income-is-paid-back',
    from: { RefundCompleted },
    on: {
      // What was never income was never invoiced.
      RefundCompleted: ({ data: { pot, paymentId, refundId, total, day }, meta: { subject, tenant } }) =>
        pot === 'income'
          ? [
              send(InvoiceBookCommand, invoiceBookId(tenant!, day), {
                type: 'IssueCreditNote',
                data: { paymentId, refundId, patientId: subject!, total, day },
              }),
            ]
          : [],
    },
  }),
  reaction({
    name: 'list-transaction-for-reconciliation',
    from: { GatewaySessionOpened },
    on: {
      GatewaySessionOpened: ({ data: { transactionId, paymentId, openedAt } }) => [
        send(ReconciliationCommand, reconciliationDay(openedAt), {
          type: 'ListTransaction',
          data: { transactionId, paymentId },
        }),
      ],
    },
  }),
  reaction({
    name: 'withdraw-payment-when-appointment-is-called-off',
    from: {
      AppointmentRejected: appointments.AppointmentRejected,
      AppointmentCancelled: appointments.AppointmentCancelled,
      AppointmentExpired: appointments.AppointmentExpired,
    },
    on: {
      AppointmentRejected: ({ data }) => [withdraw('appointment', data.appointmentId, 'rejected')],
      AppointmentCancelled: ({ data }) => [withdraw('appointment', data.appointmentId, 'cancelled')],
      AppointmentExpired: ({ data }) => [withdraw('appointment', data.appointmentId, 'expired')],
    },
  }),
  reaction({
    name: 'keep-payment-when-appointment-moves-to-another-day',
    from: { AppointmentRequested: appointments.AppointmentRequested },
    on: {
      // First the old payment is closed if it is unpaid: after that it is certain whether it covers the new one.
      AppointmentRequested: ({ data: { appointmentId, replaces } }) => {
        if (replaces === undefined) return [];
        const by = paymentIdOf('appointment', replaces);
        const data = { purpose: 'appointment' as const, objectId: appointmentId, by };
        return [
          send(PaymentCommand, by, { type: 'WithdrawPayment', data: { reason: 'moved', unlessPaid: true } }),
          send(PaymentCommand, paymentIdOf('appointment', appointmentId), { type: 'CoverPayment', data }),
        ];
      },
    },
  }),
  reaction({
    name: 'withdraw-payment-that-covered-what-is-withdrawn',
    from: { PaymentWithdrawn },
    on: {
      PaymentWithdrawn: ({ data: { coveredBy, reason } }) =>
        coveredBy === undefined ? [] : [send(PaymentCommand, coveredBy, { type: 'WithdrawPayment', data: { reason } })],
    },
  }),
];

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const RECONCILE_AT_MS = 3 * 60 * MINUTE_MS;
/** How long after the one before each check comes; afterwards the last of them again. */
const TRANSACTION_CHECKS_MS = [30, 30, 60, 240, 1_080, 1_440].map((minutes) => minutes * MINUTE_MS);
const REFUND_CHECKS_MS = [10, 60, 360, 1_440, 2_880, 5_760].map((minutes) => minutes * MINUTE_MS);

const after = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();

const waitFor = (key: string, at: string, ms: number, outgoing: Due['outgoing'][number]): Due[] => [
  { key, at: after(at, ms), outgoing: [outgoing] },
];
const noLonger = (key: string): Due[] => [{ key, at: null, outgoing: [] }];

const checkTransaction = (transactionId: string, at: string, check: number): Due[] =>
  waitFor(
    transactionId,
    at,
    TRANSACTION_CHECKS_MS[Math.min(check, TRANSACTION_CHECKS_MS.length) - 1]!,
    send(TransactionCommand, transactionId, { type: 'CheckTransaction', data: { check } }),
  );

const checkRefund = (paymentId: string, refundId: string, at: string, check: number): Due[] =>
  check > REFUND_CHECKS_MS.length
    ? []
    : waitFor(
        refundId,
        at,
        REFUND_CHECKS_MS[check - 1]!,
        send(PaymentCommand, paymentId, { type: 'CheckRefund', data: { refundId, check } }),
      );

export const timers = [
  timer({
    name: 'check-transaction-that-did-not-end',
    from: { GatewaySessionOpened, TransactionCheckDue, TransactionDeclined, MoneyConfirmed },
    on: {
      GatewaySessionOpened: ({ data: { transactionId, openedAt } }) => checkTransaction(transactionId, openedAt, 1),
      TransactionCheckDue: ({ stream, data: { check, at } }) => checkTransaction(idOf(stream), at, check + 1),
      TransactionDeclined: ({ stream }) => noLonger(idOf(stream)),
      MoneyConfirmed: ({ stream }) => noLonger(idOf(stream)),
    },
  }),
  timer({
    name: 'check-refund-that-did-not-end',
    from: { RefundStarted, RefundCheckDue, RefundCompleted, RefundFailed },
    on: {
      RefundStarted: ({ stream, data, meta }) => checkRefund(idOf(stream), data.refundId, meta.recordedAt, 1),
      RefundCheckDue: ({ stream, data, meta }) =>
        checkRefund(idOf(stream), data.refundId, meta.recordedAt, data.check + 1),
      RefundCompleted: ({ data }) => noLonger(data.refundId),
      RefundFailed: ({ data }) => noLonger(data.refundId),
    },
  }),
  timer({
    name: 'reconcile-day-when-it-is-over',
    from: { TransactionListed: reconciliation.events.TransactionListed },
    on: {
      TransactionListed: ({ data: { day } }) =>
        waitFor(
          day,
          `${day}T00:00:00.000Z`,
          DAY_MS + RECONCILE_AT_MS,
          send(ReconciliationCommand, day, { type: 'ReconcileDay', data: {} }),
        ),
    },
  }),
];
