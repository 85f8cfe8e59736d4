import { gatewayId } from '../../../domain/payments/bookkeeping.js';
import { balances } from '../../../projections/payments/balances.js';
import { invoices } from '../../../projections/payments/invoices.js';
import { payments } from '../../../projections/payments/payments.js';
import { reconciliations } from '../../../projections/payments/reconciliations.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const stream = 'payment-appointment_a';
const key = 'appointment_a';
const T1 = gatewayId('HS', '00000000-0000-4000-8000-000000000001');
const T2 = gatewayId('HS', '00000000-0000-4000-8000-000000000002');
const total = { amount: 50_000, currency: 'BDT' };
const about = { purpose: 'appointment' as const, objectId: 'a', patientId: 'patient-1', hospitalId: 'hospital-1' };
const meta = { tenant: 'hospital-1', subject: 'patient-1' };
const moves = (amount: number, from: string, to: string) =>
  [
    { account: to, amount },
    { account: from, amount: -amount },
  ] as { account: 'gateway'; amount: number }[];
const money = (n: number, transactionId: string) => ({ transactionId, validationId: `V${n}`, total });
const refund = (refundId: string, amount: number) => ({
  refundId,
  validationId: 'V1',
  pot: 'income' as const,
  total: { amount, currency: 'BDT' },
});

const opened = { stream, meta, type: 'PaymentOpened' as const, data: { ...about, total } };
const attempt = (transactionId: string) => ({
  stream,
  meta,
  type: 'AttemptStarted' as const,
  data: { transactionId, total, startedAt: NOW },
});
const session = (transactionId: string) => ({
  stream: `transaction-${transactionId}`,
  meta,
  type: 'GatewaySessionOpened' as const,
  data: {
    transactionId,
    paymentId: key,
    patientId: 'patient-1',
    hospitalId: 'hospital-1',
    total,
    sessionKey: 'S',
    pageUrl: `https://gateway.example/${transactionId}`,
    openedAt: NOW,
  },
});
const declined = (transactionId: string) => ({
  stream,
  meta,
  type: 'PaymentDeclined' as const,
  data: { transactionId, reason: 'failed' as const },
});
const settled = (n: number, transactionId: string) => ({
  stream,
  meta,
  type: 'PaymentSettled' as const,
  data: {
    ...money(n, transactionId),
    ...about,
    paymentId: key,
    day: '2030-01-01',
    postings: moves(50_000, 'income.appointment', 'gateway'),
  },
});
const requested = (refundId: string, amount: number) => ({
  stream,
  meta,
  type: 'RefundRequested' as const,
  data: {
    ...refund(refundId, amount),
    postings: moves(amount, 'refundsPayable', 'income.appointment'),
    reason: 'Doctor ill',
  },
});
const completed = (refundId: string, amount: number) => ({
  stream,
  meta,
  type: 'RefundCompleted' as const,
  data: {
    ...refund(refundId, amount),
    paymentId: key,
    day: '2030-01-02',
    postings: moves(amount, 'gateway', 'refundsPayable'),
  },
});
const failed = (refundId: string, amount: number) => ({
  stream,
  meta,
  type: 'RefundFailed' as const,
  data: { ...refund(refundId, amount), postings: moves(amount, 'income.appointment', 'refundsPayable') },
});
const numbered = {
  patientId: 'patient-1',
  hospitalId: 'hospital-1',
  paymentId: key,
  total,
  day: '2030-01-01',
  sequence: 1,
};
const invoiced = {
  stream: 'invoiceBook-hospital-1_2030',
  meta,
  type: 'InvoiceIssued' as const,
  data: { ...numbered, number: 'INV-2030-000001', purpose: 'appointment' as const, objectId: 'a' },
};
const credited = {
  stream: 'invoiceBook-hospital-1_2030',
  meta,
  type: 'CreditNoteIssued' as const,
  data: { ...numbered, number: 'CN-2030-000001', refundId: 'R1' },
};
type Happened = Parameters<typeof project<typeof payments.from, never>>[1];
const shown = (...events: Happened[]) => project(payments, ...events)[key];

describe('a payment shows', () => {
  test('its page while it is open, and not a moment longer', () => {
    expect(shown(opened, attempt(T1))).toMatchObject({ status: 'opening', transactionId: T1, openedAt: NOW });
    expect(shown(opened, attempt(T1), session(T1))).toMatchObject({
      status: 'open',
      pageUrl: `https://gateway.example/${T1}`,
    });
    const after = shown(opened, attempt(T1), session(T1), declined(T1));
    expect(after).toMatchObject({ status: 'declined', reason: 'failed' });
    expect(after!.pageUrl).toBeUndefined();
    expect(shown(opened, attempt(T1), session(T1), settled(1, T1))!.pageUrl).toBeUndefined();
  });
  test('the page of the latest attempt only', () => {
    const again = [opened, attempt(T1), declined(T1), attempt(T2)];
    expect(shown(...again, session(T1))).toMatchObject({ status: 'opening', transactionId: T2 });
    expect(shown(...again, session(T2), declined(T1))).toMatchObject({ status: 'open' });
  });
  test('how much of it went back', () => {
    const paid = [opened, attempt(T1), settled(1, T1)];
    const part = [...paid, requested('R1', 20_000), completed('R1', 20_000)];
    expect(shown(...paid, invoiced)).toMatchObject({ status: 'settled', invoice: 'INV-2030-000001', settledAt: NOW });
    expect(shown(...paid, requested('R1', 20_000))).toMatchObject({
      status: 'settled',
      refunds: { R1: { status: 'underWay' } },
    });
    expect(shown(...part, credited)).toMatchObject({ status: 'partlyRefunded', creditNotes: ['CN-2030-000001'] });
    expect(shown(...part, requested('R2', 30_000), completed('R2', 30_000))).toMatchObject({ status: 'refunded' });
    expect(shown(...part, requested('R2', 30_000), failed('R2', 30_000))).toMatchObject({ status: 'partlyRefunded' });
  });
  test('what came without being owed', () =>
    expect(
      shown(opened, attempt(T1), settled(1, T1), {
        stream,
        meta,
        type: 'OverpaymentReceived',
        data: { ...money(2, T2), postings: moves(50_000, 'overpayments', 'gateway') },
      }),
    ).toMatchObject({ status: 'settled', notOwed: { V2: { total, reason: 'not-owed' } } }));
  test('that it is covered, or withdrawn', () => {
    const covered = { stream, meta, type: 'PaymentCovered' as const, data: { coveredBy: 'appointment_old' } };
    const withdrawn = { stream, meta, type: 'PaymentWithdrawn' as const, data: { reason: 'cancelled' } };
    expect(shown(opened, covered)).toMatchObject({ status: 'covered', coveredBy: 'appointment_old' });
    expect(shown(opened, attempt(T1), session(T1), withdrawn)).toMatchObject({ status: 'withdrawn' });
    expect(shown(opened, attempt(T1), settled(1, T1), withdrawn)).toMatchObject({ status: 'settled' });
  });
  test('nothing where the beginning is missing', () => {
    expect(shown(session(T1))).toBeUndefined();
    expect(shown(requested('R1', 1), completed('R1', 1), invoiced)).toBeUndefined();
  });
});

test('the books of a hospital add up to zero, for each currency apart', () => {
  const usd = (n: number) => {
    const event = settled(n, T2);
    return { ...event, data: { ...event.data, total: { amount: 700, currency: 'USD' } } };
  };
  const docs = project(
    balances,
    settled(1, T1),
    requested('R1', 20_000),
    completed('R1', 20_000),
    requested('R2', 10_000),
    failed('R2', 10_000),
    usd(2),
  );
  expect(docs['hospital-1_BDT']).toEqual({
    hospitalId: 'hospital-1',
    currency: 'BDT',
    accounts: { gateway: 30_000, 'income.appointment': -30_000, refundsPayable: 0 },
    bookings: 5,
  });
  expect(docs['hospital-1_USD']).toMatchObject({ currency: 'USD', bookings: 1 });
  for (const { accounts } of Object.values(docs))
    expect(Object.values(accounts).reduce((sum, amount) => sum + amount, 0)).toBe(0);
});

test('invoices and credit notes', () =>
  expect(project(invoices, invoiced, credited)).toMatchObject({
    'hospital-1_INV-2030-000001': { kind: 'invoice', total, paymentId: key },
    'hospital-1_CN-2030-000001': { kind: 'creditNote', total, paymentId: key },
  }));

test('a reconciliation shows its last run', () => {
  const day = '2030-01-01';
  const of = { stream: `reconciliation-${day}` };
  const started = (run: number) => ({
    ...of,
    type: 'ComparisonStarted' as const,
    data: { day, run, part: 0, parts: 1, from: 0, to: 3 },
  });
  const differs = {
    ...of,
    type: 'PaymentDiffers' as const,
    data: { day, run: 1, transactionId: T1, paymentId: key, difference: 'not-paid-there' as const, booked: total },
  };
  const ended = (run: number, differences: number) => ({
    ...of,
    type: 'ComparisonEnded' as const,
    data: { day, run, part: 0, compared: 3, differences, pending: 1 },
  });
  const done = (run: number, differences: number) => ({
    ...of,
    type: 'DayReconciled' as const,
    data: { day, run, compared: 3, differences, pending: 1 },
  });
  expect(project(reconciliations, started(1), differs, ended(1, 1))[day]).toMatchObject({
    status: 'running',
    compared: 3,
    differences: 1,
    found: [{ transactionId: T1 }],
  });
  expect(project(reconciliations, started(1), differs, ended(1, 1), done(1, 1))[day]).toMatchObject({
    status: 'done',
    run: 1,
  });
  const again = project(
    reconciliations,
    started(1),
    differs,
    ended(1, 1),
    done(1, 1),
    started(2),
    ended(2, 0),
    done(2, 0),
  );
  expect(again[day]).toMatchObject({ status: 'done', run: 2, differences: 0, found: [] });
});
