import type { Seen } from '../../domain/kernel/event.js';
import type { Account } from '../../domain/payments/bookkeeping.js';
import { payment } from '../../domain/payments/payment.js';
import { projection } from '../kernel/projection.js';

/** A hospital's books in one currency: what each account holds. Debits are positive; all together are zero. */
export interface Balances {
  readonly hospitalId: string;
  readonly currency: string;
  /** In the smallest unit of the currency. */
  readonly accounts: Readonly<Partial<Record<Account, number>>>;
  /** How many events were booked. */
  readonly bookings: number;
}

const { PaymentSuspicious, PaymentHeld, PaymentSettled, OverpaymentReceived } = payment.events;
const { RefundRequested, RefundCompleted, RefundFailed } = payment.events;
const booked = {
  PaymentSuspicious,
  PaymentHeld,
  PaymentSettled,
  OverpaymentReceived,
  RefundRequested,
  RefundCompleted,
  RefundFailed,
};

const book = (doc: Balances | undefined, { data: { total, postings }, meta }: Seen<typeof booked>): Balances => {
  const accounts: Partial<Record<Account, number>> = { ...doc?.accounts };
  for (const { account, amount } of postings) accounts[account] = (accounts[account] ?? 0) + amount;
  return { hospitalId: meta.tenant!, currency: total.currency, accounts, bookings: (doc?.bookings ?? 0) + 1 };
};

export const balances = projection<Balances>()({
  name: 'balances',
  version: 1,
  from: booked,
  key: ({ data: { total }, meta: { tenant } }) => (tenant === undefined ? undefined : `${tenant}_${total.currency}`),
  indexes: { byHospital: ['hospitalId', 'currency'] },
  parties: ({ hospitalId }) => ({ hospitalId }),
  phi: false,
  on: {
    PaymentSuspicious: book,
    PaymentHeld: book,
    PaymentSettled: book,
    OverpaymentReceived: book,
    RefundRequested: book,
    RefundCompleted: book,
    RefundFailed: book,
  },
});
