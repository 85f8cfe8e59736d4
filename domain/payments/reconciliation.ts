import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { Day, Id, Money } from '../kernel/types.js';
import { ForeignId, GatewayId } from './bookkeeping.js';

// One stream per calendar day (UTC): the transactions that began on it, and what a comparison with the gateway's own
// records found. It says what differs; it changes no payment.

/** What was found to differ: between our books and what the gateway says. */
const Difference = z.object({
  transactionId: GatewayId,
  paymentId: Id,
  difference: z.enum(['not-paid-there', 'not-booked-here', 'amount-differs', 'validation-differs']),
  booked: Money.optional(),
  atGateway: Money.optional(),
  validationId: ForeignId.optional(),
});
export type Difference = z.infer<typeof Difference>;

export const commands = {
  ListTransaction: z.strictObject({ transactionId: GatewayId, paymentId: Id }),
  ReconcileDay: z.strictObject({}),
  RecordComparison: z.strictObject({
    run: z.int().positive(),
    part: z.int().min(0),
    differences: z.array(Difference).max(1_000),
    pending: z.int().min(0),
  }),
};

export const events = {
  TransactionListed: event(z.object({ day: Day, transactionId: GatewayId, paymentId: Id })),
  /** Compares the listed transactions `from` (inclusive) to `to` (exclusive). */
  ComparisonStarted: event(
    z.object({ day: Day, run: z.int().positive(), part: z.int(), parts: z.int(), from: z.int(), to: z.int() }),
  ),
  PaymentDiffers: event(Difference.extend({ day: Day, run: z.int() })),
  ComparisonEnded: event(
    z.object({ day: Day, run: z.int(), part: z.int(), compared: z.int(), differences: z.int(), pending: z.int() }),
  ),
  DayReconciled: event(z.object({ day: Day, run: z.int(), compared: z.int(), differences: z.int(), pending: z.int() })),
};

export interface Listed {
  readonly transactionId: string;
  readonly paymentId: string;
}
export interface State {
  readonly listed: readonly Listed[];
  readonly run: number;
  /** Of the run: the parts under way, with how many transactions each compares. */
  readonly waiting: Readonly<Record<number, number>>;
  readonly found: { readonly compared: number; readonly differences: number; readonly pending: number };
}

/** Bounds what one effect asks of the gateway. */
const PART_MAX = 50;
const NOTHING = { compared: 0, differences: 0, pending: 0 };

export const reconciliation = decider<State>()({
  category: 'reconciliation',
  commands,
  events,
  initial: { listed: [], run: 0, waiting: {}, found: NOTHING },
  parties: () => ({}),
  decide: {
    // Each transaction is listed by one event, whose id keeps it from being listed twice.
    ListTransaction: (_, listed, { id }) => [{ type: 'TransactionListed', data: { day: id, ...listed } }],

    ReconcileDay: ({ listed, run }, _, { id }) => {
      const parts = Math.ceil(listed.length / PART_MAX);
      if (parts === 0) return [{ type: 'DayReconciled', data: { day: id, run: run + 1, ...NOTHING } }];
      return Array.from({ length: parts }, (_, part) => {
        const from = part * PART_MAX;
        const to = Math.min(from + PART_MAX, listed.length);
        return { type: 'ComparisonStarted', data: { day: id, run: run + 1, part, parts, from, to } };
      });
    },

    RecordComparison: ({ run: current, waiting, found }, { run, part, differences, pending }, { id }) => {
      const compared = waiting[part];
      if (run !== current || compared === undefined) return [];
      const ended = { compared, differences: differences.length, pending };
      const last = Object.keys(waiting).length === 1;
      return [
        ...differences.map((data) => ({ type: 'PaymentDiffers' as const, data: { ...data, day: id, run } })),
        { type: 'ComparisonEnded' as const, data: { day: id, run, part, ...ended } },
        ...(last ? [{ type: 'DayReconciled' as const, data: { day: id, run, ...sum(found, ended) } }] : []),
      ];
    },
  },
  evolve: {
    TransactionListed: (state, { transactionId, paymentId }) => ({
      ...state,
      listed: [...state.listed, { transactionId, paymentId }],
    }),
    ComparisonStarted: (state, { run, part, from, to }) => {
      // A new run takes the place of one that did not end.
      const { waiting, found } = run === state.run ? state : { waiting: {}, found: NOTHING };
      return { ...state, run, waiting: { ...waiting, [part]: to - from }, found };
    },
    PaymentDiffers: (state) => state,
    ComparisonEnded: (state, { part, ...ended }) => {
      const { [part]: _, ...waiting } = state.waiting;
      return { ...state, waiting, found: sum(state.found, ended) };
    },
    DayReconciled: (state, { run }) => ({ ...state, run }),
  },
});

const sum = (a: State['found'], b: State['found']): State['found'] => ({
  compared: a.compared + b.compared,
  differences: a.differences + b.differences,
  pending: a.pending + b.pending,
});

/** Money that we have on our books for a transaction. */
export interface BookedMoney {
  readonly validationId: string;
  readonly total: Money;
}

/** What the gateway says about a transaction: the money it holds, or that nothing is known yet. */
export type GatewaySays = 'pending' | 'nothing' | BookedMoney;

/** What differs between our books and the gateway's for one transaction; undefined where they agree. */
export const differenceOf = (
  listed: Listed,
  booked: readonly BookedMoney[],
  says: GatewaySays,
): Difference | undefined => {
  const ours =
    typeof says === 'object' ? booked.find(({ validationId }) => validationId === says.validationId) : undefined;
  const other = ours ?? booked[0];
  const about = { ...listed, ...(other && { booked: other.total, validationId: other.validationId }) };
  if (says === 'pending' || says === 'nothing')
    return other && says === 'nothing' ? { ...about, difference: 'not-paid-there' } : undefined;
  const { total: atGateway, validationId } = says;
  if (!other) return { ...listed, difference: 'not-booked-here', atGateway, validationId };
  if (!ours) return { ...about, difference: 'validation-differs', atGateway };
  const same = ours.total.amount === atGateway.amount && ours.total.currency === atGateway.currency;
  return same ? undefined : { ...about, difference: 'amount-differs', atGateway };
};
