import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { reject } from '../kernel/rejection.js';
import { Id, Instant, Money } from '../kernel/types.js';
import { ForeignId, GatewayId, Received } from './bookkeeping.js';

// One attempt to pay, as the gateway knows it; the stream is named after the transaction id that the gateway is told,
// so a callback finds it, and a callback for a transaction that is not ours finds nothing. It begins with the gateway's
// session. What it tells the payment is only what the gateway confirmed when asked.

const Callback = z.strictObject({
  validationId: ForeignId.optional(),
  status: z.enum(['valid', 'failed', 'cancelled', 'other']),
  /** SHA-256 over the whole form: the same form is the same callback. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});

const Declined = z.enum(['failed', 'cancelled', 'expired']);

export const commands = {
  RecordSession: z.strictObject({
    paymentId: Id,
    patientId: Id,
    hospitalId: Id,
    total: Money,
    sessionKey: ForeignId,
    pageUrl: z.url().max(1000),
  }),
  /** A form came, by the payer's browser or from the gateway itself. */
  ReceiveCallback: Callback.extend({
    via: z.enum(['return', 'notification']),
    authentic: z.boolean().describe('whether the signature over the form is right'),
  }),
  /** Asked about `validationId`, or about the transaction where there was none to ask about. */
  RecordGatewayAnswer: z.strictObject({
    validationId: ForeignId.optional(),
    answer: Received.partial().extend({
      status: z.enum(['valid', 'validated', 'pending', 'failed', 'unknown']),
      transactionId: z.string().max(100).optional(),
      risk: z.enum(['low', 'high']).optional(),
    }),
  }),
  /** Sent by timers, numbered from 1. */
  CheckTransaction: z.strictObject({ check: z.int().min(1) }),
};

export const events = {
  GatewaySessionOpened: event(commands.RecordSession.extend({ transactionId: GatewayId, openedAt: Instant })),
  ReturnReceived: event(Callback),
  NotificationReceived: event(Callback),
  /** Not believed, and nothing follows from it. */
  CallbackSuspected: event(
    z.strictObject({
      reason: z.enum(['forged', 'unknown-to-gateway', 'transaction-differs']),
      /** Of the form, or the validation id that the gateway did not confirm. */
      of: z.string(),
    }),
  ),
  /** Nobody has told how it ended: the gateway is to be asked. */
  TransactionCheckDue: event(z.strictObject({ check: z.int(), at: Instant })),
  TransactionDeclined: event(z.strictObject({ paymentId: Id, reason: Declined })),
  /** The gateway holds money for it. Whether that pays anything is for the payment to decide. */
  MoneyConfirmed: event(z.strictObject({ paymentId: Id, risk: z.enum(['low', 'high']), received: Received })),
};

export interface State {
  readonly session: z.output<typeof commands.RecordSession> | undefined;
  readonly status: 'open' | 'declined' | 'paid';
  /** Callbacks and suspicions that are known already. */
  readonly seen: readonly string[];
  readonly suspicions: number;
  /** Validation ids under which the gateway confirmed money. */
  readonly confirmed: readonly string[];
  readonly checks: number;
}

const CHECKS_MAX = 6;
/** A stranger who has seen the transaction id cannot make the stream grow for ever. */
const SUSPICIONS_MAX = 20;

const sessionOf = ({ session }: State): NonNullable<State['session']> =>
  session ?? reject('transaction-unknown', 'There is no such transaction.', 'missing');

const suspected = (state: State, reason: 'forged' | 'unknown-to-gateway' | 'transaction-differs', of: string) =>
  state.seen.includes(of) || state.suspicions >= SUSPICIONS_MAX
    ? []
    : [{ type: 'CallbackSuspected' as const, data: { reason, of } }];

const declined = (state: State, reason: z.infer<typeof Declined>) =>
  state.status === 'open'
    ? [{ type: 'TransactionDeclined' as const, data: { paymentId: sessionOf(state).paymentId, reason } }]
    : [];

export const transaction = decider<State>()({
  category: 'transaction',
  commands,
  events,
  initial: { session: undefined, status: 'open', seen: [], suspicions: 0, confirmed: [], checks: 0 },
  parties: ({ session }, data) => ({
    patientId: session?.patientId ?? data.patientId,
    hospitalId: session?.hospitalId ?? data.hospitalId,
  }),

  decide: {
    RecordSession: ({ session }, data, { id, at }) =>
      session ? [] : [{ type: 'GatewaySessionOpened', data: { ...data, transactionId: id, openedAt: at } }],

    ReceiveCallback: (state, { via, authentic, ...form }) => {
      sessionOf(state);
      if (state.seen.includes(via + form.digest)) return [];
      if (!authentic) return suspected(state, 'forged', form.digest);
      const { status } = form;
      return [
        { type: via === 'return' ? 'ReturnReceived' : 'NotificationReceived', data: form },
        ...(status === 'failed' || status === 'cancelled' ? declined(state, status) : []),
      ];
    },

    RecordGatewayAnswer: (state, { validationId: asked, answer }, { id }) => {
      const { paymentId } = sessionOf(state);
      const { status, risk = 'low', transactionId, validationId, total, bankTransactionId, card } = answer;
      switch (status) {
        case 'pending':
          return [];
        case 'failed':
          return declined(state, 'failed');
        case 'unknown':
          // Not knowing a validation id speaks against the callback; not knowing the transaction, that nobody paid.
          return asked === undefined ? declined(state, 'expired') : suspected(state, 'unknown-to-gateway', asked);
        default: {
          const other = transactionId !== id || !validationId || !total;
          if (other || (asked !== undefined && asked !== validationId))
            return suspected(state, 'transaction-differs', validationId ?? transactionId ?? id);
          if (state.confirmed.includes(validationId)) return [];
          const received = { transactionId: id, validationId, bankTransactionId, card, total };
          return [{ type: 'MoneyConfirmed', data: { paymentId, risk, received } }];
        }
      }
    },

    CheckTransaction: (state, { check }, { at }) => {
      if (sessionOf(state) && (state.status !== 'open' || check <= state.checks)) return [];
      return check > CHECKS_MAX ? declined(state, 'expired') : [{ type: 'TransactionCheckDue', data: { check, at } }];
    },
  },

  evolve: {
    GatewaySessionOpened: (state, { transactionId: _, openedAt: __, ...session }) => ({ ...state, session }),
    ReturnReceived: (state, { digest }) => ({ ...state, seen: [...state.seen, `return${digest}`] }),
    NotificationReceived: (state, { digest }) => ({ ...state, seen: [...state.seen, `notification${digest}`] }),
    CallbackSuspected: (state, { of }) => ({
      ...state,
      seen: [...state.seen, of],
      suspicions: state.suspicions + 1,
    }),
    TransactionCheckDue: (state, { check }) => ({ ...state, checks: check }),
    TransactionDeclined: (state) => ({ ...state, status: 'declined' }),
    MoneyConfirmed: (state, { received }) => ({
      ...state,
      status: 'paid',
      confirmed: [...state.confirmed, received.validationId],
    }),
  },
});
