import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { asItWas, event } from '../kernel/event.js';
import { health } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { Day, Id, Instant, Line, Money } from '../kernel/types.js';
import { accountOf, ForeignId, GatewayId, gatewayId, moved, Postings, Pot, Purpose, Received } from './bookkeeping.js';

// What is owed for one thing, and the money that came and went for it. Attempts to pay are transactions of their own;
// here arrives only money that the gateway confirmed. The first that fits pays; what is not owed goes back.

/** The payment for one thing: `appointment_<appointmentId>`. */
export const paymentIdOf = (purpose: Purpose, objectId: string): string => `${purpose}_${objectId}`;

export const commands = {
  OpenPayment: z.strictObject({ purpose: Purpose, objectId: Id }),
  /** An attempt ended without money. */
  DeclineAttempt: z.strictObject({
    transactionId: GatewayId,
    reason: z.enum(['no-session', 'failed', 'cancelled', 'expired']),
  }),
  ReceiveMoney: z.strictObject({ received: Received, risk: z.enum(['low', 'high']) }),
  /** Sent by an import: somebody tried to pay in another system, and either did or did not. */
  TakeOverAttempt: z.strictObject({
    purpose: Purpose,
    objectId: Id,
    transactionId: GatewayId,
    startedAt: Instant,
    outcome: z.union([Received, z.enum(['failed', 'expired'])]),
  }),
  AcceptHeldPayment: z.strictObject({ validationId: ForeignId }),
  /** Without an amount: all that is left. Without a validation id: of the money that paid. */
  RequestRefund: z.strictObject({
    amount: z.int().min(1).max(1_000_000_000_000).optional().describe('in the smallest unit of the currency'),
    validationId: ForeignId.optional(),
    reason: health(Line(200)),
  }),
  /** What was to be paid for does not take place: nothing is owed any more, and what was taken goes back. */
  WithdrawPayment: z.strictObject({ reason: Line(100), unlessPaid: z.boolean().optional() }),
  /** What is to be paid for takes the place of something that may be paid already. */
  CoverPayment: z.strictObject({ purpose: Purpose, objectId: Id, by: Id }),
  RecordRefundAnswer: z.strictObject({
    refundId: GatewayId,
    gatewayRefundId: ForeignId.optional(),
    status: z.enum(['processing', 'refunded', 'failed']),
  }),
  CheckRefund: z.strictObject({ refundId: GatewayId, check: z.int().min(1) }),
};

const About = z.strictObject({ purpose: Purpose, objectId: Id, patientId: Id, hospitalId: Id });
const Booked = Received.extend({ postings: Postings });
const Returned = z.strictObject({
  refundId: GatewayId,
  validationId: ForeignId,
  pot: Pot,
  total: Money,
  postings: Postings,
});

export const events = {
  PaymentOpened: event(About.extend({ total: Money }), asItWas),
  AttemptStarted: event(z.strictObject({ transactionId: GatewayId, total: Money, startedAt: Instant })),
  PaymentDeclined: event(commands.DeclineAttempt),
  /** Money came in another amount or currency than asked for: it pays nothing and stands in suspense. */
  PaymentSuspicious: event(Booked.extend({ reason: z.enum(['amount-differs', 'currency-differs']) })),
  /** Paid, but the gateway thinks it risky: somebody has to accept it or pay it back. */
  PaymentHeld: event(Booked),
  /** `day` is the hospital's, for its books. */
  PaymentSettled: event(About.extend({ ...Booked.shape, paymentId: Id, day: Day }), asItWas),
  OverpaymentReceived: event(Booked),
  PaymentWithdrawn: event(z.strictObject({ reason: z.string(), coveredBy: Id.optional() })),
  /** Paid by another payment; its money stays where it is. */
  PaymentCovered: event(z.strictObject({ coveredBy: Id })),
  RefundRequested: event(Returned.extend({ bankTransactionId: ForeignId.optional(), reason: health(Line(200)) })),
  RefundStarted: event(z.strictObject({ refundId: GatewayId, gatewayRefundId: ForeignId })),
  RefundCheckDue: event(z.strictObject({ refundId: GatewayId, gatewayRefundId: ForeignId, check: z.int() })),
  RefundCompleted: event(Returned.extend({ paymentId: Id, day: Day })),
  RefundFailed: event(Returned),
};

interface Receipt extends Omit<Received, 'card'> {
  readonly pot: Pot;
  /** Paid back or on its way back. */
  readonly refunded: number;
}
interface Refund extends Pick<z.output<typeof Returned>, 'refundId' | 'validationId' | 'pot' | 'total'> {
  readonly status: 'requested' | 'started' | 'ended';
  readonly gatewayRefundId?: string;
  readonly checks: number;
}
export interface State {
  readonly opened: z.output<typeof events.PaymentOpened.schema> | undefined;
  readonly withdrawn: boolean;
  /** The validation id of the money that paid. */
  readonly paidBy: string | undefined;
  /** Another payment that pays for it. */
  readonly coveredBy: string | undefined;
  /** When each attempt began; null once it ended. */
  readonly attempts: Readonly<Record<string, string | null>>;
  /** By validation id. */
  readonly receipts: Readonly<Record<string, Receipt>>;
  readonly refunds: Readonly<Record<string, Refund>>;
}

/** What is to be paid, from the folded state of the thing paid for. */
export interface Price {
  readonly patientId: string;
  readonly hospitalId: string;
  readonly total: Money;
  /** Why it cannot be paid (any more); undefined when it can. */
  readonly refusal?: string | undefined;
}
export interface Facts {
  readonly price?: Price | undefined;
  /** The payment that covers this one, where it is settled. */
  readonly covering?: string | undefined;
  /** The day at the hospital. */
  readonly today: string;
}

const SESSION_MINUTES = 30;
const ATTEMPTS_MAX = 20;

type Opened = NonNullable<State['opened']>;

const openedOf = ({ opened }: State): Opened =>
  opened ?? reject('payment-unknown', 'There is no such payment.', 'missing');

const opened = (of: { purpose: Purpose; objectId: string }, { patientId, hospitalId, total }: Price) => ({
  type: 'PaymentOpened' as const,
  data: { ...of, patientId, hospitalId, total },
});

const leftOf = ({ total, refunded }: Receipt): number => total.amount - refunded;

const settled = (id: string, { total: _, ...about }: Opened, day: string, booked: z.output<typeof Booked>) => ({
  type: 'PaymentSettled' as const,
  data: { ...booked, ...about, paymentId: id, day },
});

const book = (pot: Pot, received: Received, { purpose }: Opened) => ({
  ...received,
  postings: moved(received.total.amount, accountOf(pot, purpose), 'gateway'),
});

/** What received money is: what was asked for, not owed any more, or neither. */
const bookedAs = (state: State, opened: Opened, received: Received, id: string, today: string) => {
  const { total } = received;
  if (total.currency !== opened.total.currency || total.amount !== opened.total.amount) {
    const reason =
      total.currency === opened.total.currency ? ('amount-differs' as const) : ('currency-differs' as const);
    return { type: 'PaymentSuspicious' as const, data: { ...book('suspense', received, opened), reason } };
  }
  if (state.paidBy || state.coveredBy || state.withdrawn)
    return { type: 'OverpaymentReceived' as const, data: book('overpayments', received, opened) };
  return settled(id, opened, today, book('income', received, opened));
};

const refundRequested = ({ purpose }: Opened, receipt: Receipt, refundId: string, reason: string, amount: number) => {
  const { validationId, bankTransactionId, pot } = receipt;
  const total = { amount, currency: receipt.total.currency };
  const postings = moved(amount, 'refundsPayable', accountOf(pot, purpose));
  return {
    type: 'RefundRequested' as const,
    data: { refundId, validationId, bankTransactionId, pot, total, postings, reason },
  };
};

export const payment = decider<State, Facts>()({
  category: 'payment',
  commands,
  events,
  initial: {
    opened: undefined,
    withdrawn: false,
    paidBy: undefined,
    coveredBy: undefined,
    attempts: {},
    receipts: {},
    refunds: {},
  },
  parties: ({ opened }, _, { facts }) => ({
    patientId: opened?.patientId ?? facts?.price?.patientId,
    hospitalId: opened?.hospitalId ?? facts?.price?.hospitalId,
  }),

  decide: {
    OpenPayment: (state, { purpose, objectId }, { at, commandId, facts: { price } }) => {
      if (!price) return reject('nothing-to-pay', 'There is nothing to be paid under this id.', 'missing', 'objectId');
      if (state.paidBy || state.coveredBy) return reject('already-paid', 'It is paid already.');
      if (state.withdrawn || price.refusal)
        return reject('not-payable', price.refusal ?? 'This does not have to be paid any more.');
      if (Object.values(state.receipts).some((receipt) => receipt.pot === 'held' && leftOf(receipt) > 0))
        return reject('payment-held', 'A payment for it is being looked at.');
      const started = Object.values(state.attempts);
      const oldest = new Date(Date.parse(at) - SESSION_MINUTES * 60_000).toISOString();
      if (started.some((when) => when !== null && when > oldest)) return [];
      if (started.length >= ATTEMPTS_MAX) return reject('too-many-attempts', 'Paying for it was tried too often.');
      const total = state.opened?.total ?? price.total;
      const data = { transactionId: gatewayId('HS', commandId), total, startedAt: at };
      return [...(state.opened ? [] : [opened({ purpose, objectId }, price)]), { type: 'AttemptStarted', data }];
    },

    DeclineAttempt: ({ attempts }, data) => (attempts[data.transactionId] ? [{ type: 'PaymentDeclined', data }] : []),

    ReceiveMoney: (state, { received, risk }, { id, commandId, facts }) => {
      const opened = openedOf(state);
      const { validationId, total } = received;
      if (state.receipts[validationId]) return [];
      const booked = bookedAs(state, opened, received, id, facts.today);
      if (booked.type === 'OverpaymentReceived') {
        const receipt: Receipt = { ...received, pot: 'overpayments', refunded: 0 };
        const refundId = gatewayId('RF', commandId);
        return [booked, refundRequested(opened, receipt, refundId, 'Paid without being owed.', total.amount)];
      }
      if (booked.type === 'PaymentSettled' && risk === 'high')
        return [{ type: 'PaymentHeld', data: book('held', received, opened) }];
      return [booked];
    },

    // What was paid in another system without being owed stays where it is: paying it back is for people to decide.
    TakeOverAttempt: (state, { purpose, objectId, transactionId, startedAt, outcome }, { id, facts }) => {
      const price = facts.price ?? reject('nothing-to-pay', 'There is nothing to be paid for.', 'missing', 'objectId');
      const begins = state.opened ? [] : [opened({ purpose, objectId }, price)];
      const owed = state.opened ?? begins[0]!.data;
      const started = { type: 'AttemptStarted' as const, data: { transactionId, total: owed.total, startedAt } };
      if (typeof outcome === 'string')
        return [...begins, started, { type: 'PaymentDeclined', data: { transactionId, reason: outcome } }];
      if (state.receipts[outcome.validationId]) reject('money-known', 'This money is in the books already.');
      return [...begins, started, bookedAs(state, owed, outcome, id, facts.today)];
    },

    AcceptHeldPayment: (state, { validationId }, { id, facts }) => {
      const opened = openedOf(state);
      if (state.paidBy === validationId) return [];
      const receipt = state.receipts[validationId];
      if (receipt?.pot !== 'held' || receipt.refunded > 0) return reject('not-held', 'No such payment is being held.');
      if (state.paidBy || state.coveredBy || state.withdrawn)
        return reject('not-payable', 'It is not owed any more; the held money can only be paid back.');
      const { pot: _, refunded: __, ...received } = receipt;
      const postings = moved(received.total.amount, accountOf('income', opened.purpose), 'held');
      return [settled(id, opened, facts.today, { ...received, postings })];
    },

    RequestRefund: (state, { amount, reason, validationId = state.paidBy }, { commandId }) => {
      const opened = openedOf(state);
      const receipt = validationId === undefined ? undefined : state.receipts[validationId];
      if (!receipt) return reject('not-paid', 'There is no money to be paid back.');
      const left = leftOf(receipt);
      if (left === 0) return reject('nothing-left', 'All of it is paid back or on its way.');
      if (amount !== undefined && amount > left)
        return reject('refund-too-large', 'More than is left of the payment.', 'conflict', 'amount');
      return [refundRequested(opened, receipt, gatewayId('RF', commandId), reason, amount ?? left)];
    },

    WithdrawPayment: (state, { reason, unlessPaid }, { commandId }) => {
      const { opened, coveredBy } = state;
      if (!opened || state.withdrawn || (unlessPaid && (state.paidBy || coveredBy))) return [];
      const taken = Object.values(state.receipts).filter(
        (receipt) => receipt.pot !== 'suspense' && leftOf(receipt) > 0,
      );
      return [
        { type: 'PaymentWithdrawn', data: { reason, coveredBy } },
        ...taken.map((receipt, i) =>
          refundRequested(opened, receipt, gatewayId('RF', commandId) + (i || ''), reason, leftOf(receipt)),
        ),
      ];
    },

    CoverPayment: (state, { purpose, objectId }, { facts: { price, covering } }) => {
      if (!price || !covering || state.paidBy || state.coveredBy) return [];
      const covered = { type: 'PaymentCovered' as const, data: { coveredBy: covering } };
      return state.opened ? [covered] : [opened({ purpose, objectId }, price), covered];
    },

    RecordRefundAnswer: (state, { refundId, gatewayRefundId, status }, { id, facts }) => {
      const { purpose } = openedOf(state);
      const refund = state.refunds[refundId] ?? reject('refund-unknown', 'There is no such refund.', 'missing');
      if (refund.status === 'ended') return [];
      const started =
        refund.status === 'requested' && gatewayRefundId !== undefined
          ? [{ type: 'RefundStarted' as const, data: { refundId, gatewayRefundId } }]
          : [];
      const { validationId, pot, total } = refund;
      const ended = (to: ReturnType<typeof accountOf>) => ({
        refundId,
        validationId,
        pot,
        total,
        postings: moved(total.amount, to, 'refundsPayable'),
      });
      if (status === 'processing') return started;
      if (status === 'failed') return [...started, { type: 'RefundFailed', data: ended(accountOf(pot, purpose)) }];
      return [...started, { type: 'RefundCompleted', data: { ...ended('gateway'), paymentId: id, day: facts.today } }];
    },

    CheckRefund: ({ refunds }, { refundId, check }) => {
      const refund = refunds[refundId];
      if (refund?.status !== 'started' || check <= refund.checks) return [];
      return [{ type: 'RefundCheckDue', data: { refundId, gatewayRefundId: refund.gatewayRefundId!, check } }];
    },
  },

  evolve: {
    PaymentOpened: (state, opened) => ({ ...state, opened }),
    AttemptStarted: (state, { transactionId, startedAt }) => withAttempt(state, transactionId, startedAt),
    PaymentDeclined: (state, { transactionId }) => withAttempt(state, transactionId, null),
    PaymentSuspicious: (state, received) => withReceipt(state, received, 'suspense'),
    PaymentHeld: (state, received) => withReceipt(state, received, 'held'),
    PaymentSettled: (state, received) => ({
      ...withReceipt(state, received, 'income'),
      paidBy: received.validationId,
    }),
    OverpaymentReceived: (state, received) => withReceipt(state, received, 'overpayments'),
    PaymentWithdrawn: (state) => ({ ...state, withdrawn: true }),
    PaymentCovered: (state, { coveredBy }) => ({ ...state, coveredBy }),
    RefundRequested: (state, { refundId, validationId, pot, total }) => {
      const refund: Refund = { refundId, validationId, pot, total, status: 'requested', checks: 0 };
      return withRefund(withReturned(state, validationId, total.amount), refundId, refund);
    },
    RefundStarted: (state, { refundId, gatewayRefundId }) =>
      withRefund(state, refundId, { status: 'started', gatewayRefundId }),
    RefundCheckDue: (state, { refundId, check }) => withRefund(state, refundId, { checks: check }),
    RefundCompleted: (state, { refundId }) => withRefund(state, refundId, { status: 'ended' }),
    RefundFailed: (state, { refundId, validationId, total }) =>
      withRefund(withReturned(state, validationId, -total.amount), refundId, { status: 'ended' }),
  },
});

const withAttempt = (state: State, transactionId: string, began: string | null): State => ({
  ...state,
  attempts: { ...state.attempts, [transactionId]: began },
});

/** Money ends the attempt that brought it. */
const withReceipt = (state: State, received: Received, pot: Pot): State => {
  const { transactionId, validationId, bankTransactionId, total } = received;
  const receipt: Receipt = { transactionId, validationId, bankTransactionId, total, pot, refunded: 0 };
  return withAttempt({ ...state, receipts: { ...state.receipts, [validationId]: receipt } }, transactionId, null);
};

const withReturned = (state: State, validationId: string, amount: number): State => {
  const receipt = state.receipts[validationId];
  if (!receipt) return state;
  const next = { ...receipt, refunded: receipt.refunded + amount };
  return { ...state, receipts: { ...state.receipts, [validationId]: next } };
};

const withRefund = (state: State, refundId: string, change: Partial<Refund>): State => ({
  ...state,
  refunds: { ...state.refunds, [refundId]: { ...state.refunds[refundId], ...change } as Refund },
});
