import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { Phone, phone, PhoneText } from '../kernel/phone.js';
import { health, identity } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { Id, Instant, Line, Money, Prose } from '../kernel/types.js';
import { LINES_MAX } from './cart.js';
import { first, minus, Pick as Units, plus, unitsOf } from './lots.js';
import {
  ensureSupported,
  LineNumber,
  openOf,
  type OrderLine,
  Prescribed,
  Priced,
  pricedLines,
  Quantity,
  refundOf,
  type Sold,
  type Support,
  totalsOf,
  waiting,
  Wanted,
} from './order-line.js';

// Stream order-<orderId>. Prices, fee and tax are frozen when it is placed. It is ready to be paid when each line's
// units are reserved in stock and, where the line rests on a prescription, promised by it. Once paid it is closed: its
// lines never change, they are handed out, given up or returned. Stock and prescriptions follow its events.
//   placed -> reserved | short     reserved -> paid     placed, reserved -> expired | cancelled
//   paid -> dispensed | cancelled     dispensed -> handedOver | delivered

const DELIVERY_FEE = 4_000;
const RESERVED_MINUTES = 60;

// Commands

const delivery = { address: Prose(500) };
const reason = health(Line(300));

export const commands = {
  PlaceOrder: z.strictObject({
    hospitalId: Id.describe('Whose pharmacy it is.'),
    patientId: Id.optional().describe('Whom it is for; left out by patients, for whom it is themselves.'),
    lines: health(z.array(Wanted).min(1).max(LINES_MAX)),
    delivery: identity(z.strictObject({ ...delivery, phone: PhoneText }))
      .optional()
      .describe('Left out where it is picked up.'),
  }),
  /** Sent by reactions: a line's units are reserved, or too few are there. */
  RecordReserved: z.strictObject({ line: LineNumber, picks: z.array(Units).min(1) }),
  RecordShort: z.strictObject({ line: LineNumber, available: z.int().min(0) }),
  /** Sent by reactions: a line's prescription promises its units, or does not. */
  RecordPromised: z.strictObject({ line: LineNumber }),
  RecordNotPromised: z.strictObject({ line: LineNumber }),
  /** Sent by a timer. */
  ExpireOrder: z.strictObject({}),
  /** Sent by a reaction: the payment was settled. */
  MarkOrderPaid: z.strictObject({ paymentId: Id, total: Money }),
  DispenseLine: z.strictObject({
    line: LineNumber,
    quantity: Quantity.optional().describe('All that is left of the line, unless told.'),
  }),
  HandOverOrder: z.strictObject({}),
  MarkOrderDelivered: z.strictObject({}),
  /** Sent by an import: what somebody ordered in another system, at its prices. Stock there stands as it is. */
  TakeOverOrder: z.strictObject({
    hospitalId: Id,
    patientId: Id,
    lines: health(z.array(z.strictObject({ medicineId: Id, quantity: Quantity, unitPrice: Money })).max(LINES_MAX)),
    fee: Money,
    total: Money,
    paymentId: Id.optional().describe('What paid it; without it nobody paid, and nothing was handed out.'),
  }),
  /** Gives up what was not handed out. */
  CancelOrder: z.strictObject({ reason }),
  ReturnUnits: z.strictObject({ line: LineNumber, quantity: Quantity, reason }),
};

// Events

const About = z.object({ orderId: Id, patientId: Id, hospitalId: Id, at: Instant });
/** Lines of which stock and prescriptions may hold something that is not needed any more. */
const Open = health(z.array(z.object({ line: LineNumber, medicineId: Id, prescriptionId: Id.optional() })));
const Ended = About.extend({ open: Open });
const Moved = About.extend({
  line: LineNumber,
  medicineId: health(Id),
  picks: z.array(Units),
  prescription: health(Prescribed).optional(),
});

export const events = {
  OrderPlaced: event(
    About.extend({
      lines: health(z.array(Priced)),
      delivery: identity(z.object({ ...delivery, phone: Phone })).optional(),
      /** Of all lines without tax; then their tax, the fee of delivery, and all together. */
      net: Money,
      tax: Money,
      fee: Money,
      total: Money,
      /** How long units stay reserved without being paid for. */
      until: Instant,
    }),
  ),
  OrderLineReserved: event(About.extend({ line: LineNumber, picks: z.array(Units) })),
  OrderLinePromised: event(About.extend({ line: LineNumber })),
  /** Everything is there: it can be paid. */
  OrderReserved: event(About.extend({ lines: health(z.array(Wanted.omit({ prescription: true }))), total: Money })),
  /** A line cannot be had: the whole order ends, nothing stays reserved. */
  OrderShort: event(
    Ended.extend({ line: LineNumber, reason: z.enum(['stock', 'prescription']), available: z.int().min(0).optional() }),
  ),
  OrderExpired: event(Ended),
  /** Nothing was handed out; if it was paid, all of it goes back. */
  OrderCancelled: event(Ended.extend({ reason: health(z.string()), paid: z.boolean() })),
  OrderPaid: event(About.extend({ paymentId: Id, total: Money })),
  OrderLineDispensed: event(Moved),
  /** Nothing is left to be handed out. */
  OrderDispensed: event(About),
  OrderHandedOver: event(About),
  OrderDelivered: event(About),
  /** Part was handed out; the rest was given up. */
  OrderRestCancelled: event(Ended.extend({ reason: health(z.string()) })),
  OrderUnitsReturned: event(Moved.extend({ reason: health(z.string()) })),
  /** Part of what was paid goes back to the payer. */
  OrderRefundRequested: event(
    About.extend({ paymentId: Id, refund: Money, reason: z.enum(['rest-cancelled', 'returned']) }),
  ),
};

// State

export const STATUSES = [
  'placed',
  'reserved',
  'short',
  'expired',
  'cancelled',
  'paid',
  'dispensed',
  'handedOver',
  'delivered',
] as const;
export type OrderStatus = (typeof STATUSES)[number];

export interface Order {
  readonly status: OrderStatus;
  readonly orderId: string;
  readonly patientId: string;
  readonly hospitalId: string;
  readonly lines: readonly OrderLine[];
  readonly toDeliver: boolean;
  readonly total: Money;
  readonly until: string;
  readonly paymentId?: string;
}

/** What an order must know of the catalogue, of prescriptions and of stock. */
export interface Facts {
  readonly open: boolean;
  readonly patientKnown: boolean;
  /** What this pharmacy sells, by medicine id. */
  readonly sold: Readonly<Record<string, Sold | undefined>>;
  /** By the line of the order that names a prescription. */
  readonly support: Readonly<Record<number, Support | undefined>>;
  /** Lots of the line to dispense that may not be handed out any more. */
  readonly expiredLots: readonly string[];
}

// Rules

const known = (order: Order | undefined): Order =>
  order ?? reject('order-unknown', 'There is no such order.', 'missing');

const lineOf = (order: Order, line: number): OrderLine =>
  order.lines[line - 1] ?? reject('line-unknown', 'The order has no such line.', 'missing', 'line');

const aboutOf = ({ orderId, patientId, hospitalId }: Order, at: string) => ({ orderId, patientId, hospitalId, at });

const withLine = <O extends Order | undefined>(
  order: O,
  number: number,
  change: (line: OrderLine) => Partial<OrderLine>,
): O =>
  order && { ...order, lines: order.lines.map((line) => (line.line === number ? { ...line, ...change(line) } : line)) };

const withStatus = (order: Order | undefined, status: OrderStatus): Order | undefined => order && { ...order, status };

/** Once the last line has all that it needs. */
const reservedWhenReady = (order: Order, at: string) => {
  if (order.lines.some(({ reserved, promised }) => !reserved || !promised)) return [];
  const lines = order.lines.map(({ medicineId, quantity }) => ({ medicineId, quantity }));
  return [{ type: 'OrderReserved' as const, data: { ...aboutOf(order, at), lines, total: order.total } }];
};

/** One line that cannot be had ends the order; later answers find it ended. */
const ended = (order: Order, line: number, reason: 'stock' | 'prescription', at: string, available?: number) => {
  const short = { ...aboutOf(order, at), open: openOf(order.lines), line, reason };
  return order.status === 'placed'
    ? [{ type: 'OrderShort' as const, data: { ...short, ...(available !== undefined && { available }) } }]
    : [];
};

const refundRequested = (order: Order, amount: number, reason: 'rest-cancelled' | 'returned', at: string) =>
  amount > 0
    ? [
        {
          type: 'OrderRefundRequested' as const,
          data: { ...aboutOf(order, at), paymentId: order.paymentId!, refund: { ...order.total, amount }, reason },
        },
      ]
    : [];

/** Why an order cannot be paid now; undefined when it can. */
export const paymentRefusal = (order: Order | undefined): string | undefined =>
  order?.status === 'reserved' ? undefined : 'The order is not waiting to be paid.';

const HANDED: ReadonlySet<OrderStatus> = new Set(['paid', 'dispensed', 'handedOver', 'delivered']);

export const order = decider<Order | undefined, Facts>()({
  category: 'order',
  commands,
  events,
  initial: undefined as Order | undefined,

  parties(order, { hospitalId, patientId }, { actor }) {
    if (order) return { patientId: order.patientId, hospitalId: order.hospitalId };
    return hospitalId === undefined ? {} : { patientId: patientId ?? actor.id, hospitalId };
  },

  decide: {
    PlaceOrder(order, { hospitalId, lines: wanted, delivery, ...data }, { id, at, actor, facts }) {
      if (order) reject('order-exists', 'This order was placed already.');
      if (!facts.open) reject('hospital-unknown', 'There is no such pharmacy.', 'invalid', 'hospitalId');
      if (!facts.patientKnown) reject('patient-unknown', 'There is no such patient.', 'invalid', 'patientId');
      const patientId = data.patientId ?? actor.id;
      const lines = pricedLines(wanted, patientId, facts.sold, facts.support);
      const placed = {
        ...{ orderId: id, patientId, hospitalId, at, lines, ...totalsOf(lines, delivery ? DELIVERY_FEE : 0) },
        ...(delivery && { delivery: { ...delivery, phone: phone(delivery.phone) } }),
        until: new Date(Date.parse(at) + RESERVED_MINUTES * 60_000).toISOString(),
      };
      return [{ type: 'OrderPlaced', data: placed }];
    },

    TakeOverOrder(order, { lines: taken, fee, total, paymentId, ...whose }, { id, at }) {
      if (order) return [];
      const about = { orderId: id, ...whose, at };
      const lines = taken.map((line, i) => ({
        ...{ line: i + 1, ...line },
        taxBasisPoints: 0,
        prescriptionRequired: false,
      }));
      const net = { ...total, amount: total.amount - fee.amount };
      const prices = { net, tax: { ...total, amount: 0 }, fee, total };
      return [
        { type: 'OrderPlaced', data: { ...about, lines, ...prices, until: at } },
        ...(paymentId === undefined
          ? [{ type: 'OrderExpired' as const, data: { ...about, open: [] } }]
          : [
              { type: 'OrderPaid' as const, data: { ...about, paymentId, total } },
              { type: 'OrderDelivered' as const, data: about },
            ]),
      ];
    },

    // What comes too late finds the order ended; its release goes after it by the event that ended the order.
    RecordReserved(order, { line, picks }, { at }) {
      if (known(order).status !== 'placed' || lineOf(order!, line).reserved) return [];
      const next = withLine(order!, line, () => ({ reserved: picks }));
      return [
        { type: 'OrderLineReserved', data: { ...aboutOf(next, at), line, picks } },
        ...reservedWhenReady(next, at),
      ];
    },
    RecordPromised(order, { line }, { at }) {
      if (known(order).status !== 'placed' || lineOf(order!, line).promised) return [];
      const next = withLine(order!, line, () => ({ promised: true }));
      return [{ type: 'OrderLinePromised', data: { ...aboutOf(next, at), line } }, ...reservedWhenReady(next, at)];
    },
    RecordShort: (order, { line, available }, { at }) => ended(known(order), line, 'stock', at, available),
    RecordNotPromised: (order, { line }, { at }) => ended(known(order), line, 'prescription', at),
    ExpireOrder(order, _, { at }) {
      if (!order || !['placed', 'reserved'].includes(order.status) || at < order.until) return [];
      return [{ type: 'OrderExpired', data: { ...aboutOf(order, at), open: openOf(order.lines) } }];
    },

    // Money for an order that ended meanwhile goes back with its payment, which is withdrawn.
    MarkOrderPaid(order, { paymentId, total }, { at }) {
      const { status, total: asked } = known(order);
      if (status === 'placed') reject('order-not-ready', 'The order is not waiting to be paid.');
      if (status !== 'reserved') return [];
      if (total.amount !== asked.amount || total.currency !== asked.currency)
        reject('amount-differs', 'Not what the order costs was paid.');
      return [{ type: 'OrderPaid', data: { ...aboutOf(order!, at), paymentId, total } }];
    },
    DispenseLine(order, { line, quantity }, { at, facts }) {
      if (known(order).status !== 'paid') reject('order-not-paid', 'Only a paid order is handed out.');
      const from = lineOf(order!, line);
      const left = waiting(from);
      if (left === 0 || (quantity ?? left) > left)
        reject('too-few-reserved', `Only ${left} are left of this line.`, 'conflict', 'quantity');
      if (from.prescription) ensureSupported(facts.support[line], order!.patientId, 'line');
      const picks = first(from.reserved!, quantity ?? left);
      if (picks.some(({ lot }) => facts.expiredLots.includes(lot)))
        reject('lot-expired', 'What is reserved has expired meanwhile.', 'conflict', 'line');
      const { medicineId, prescription } = from;
      const moved = { ...aboutOf(order!, at), line, medicineId, picks, ...(prescription && { prescription }) };
      const done = order!.lines.every((other) => waiting(other) === (other.line === line ? unitsOf(picks) : 0));
      return [
        { type: 'OrderLineDispensed', data: moved },
        ...(done ? [{ type: 'OrderDispensed' as const, data: aboutOf(order!, at) }] : []),
      ];
    },
    HandOverOrder(order, _, { at }) {
      if (known(order).status === 'handedOver') return [];
      if (order!.status !== 'dispensed' || order!.toDeliver)
        reject('not-to-hand-over', 'It is not ready to be picked up.');
      return [{ type: 'OrderHandedOver', data: aboutOf(order!, at) }];
    },
    MarkOrderDelivered(order, _, { at }) {
      if (known(order).status === 'delivered') return [];
      if (order!.status !== 'dispensed' || !order!.toDeliver) reject('not-to-deliver', 'It is not on its way.');
      return [{ type: 'OrderDelivered', data: aboutOf(order!, at) }];
    },

    CancelOrder(order, { reason }, { at }) {
      const { status, lines } = known(order);
      if (status === 'cancelled') return [];
      if (!['placed', 'reserved', 'paid'].includes(status)) reject('order-closed', 'Nothing of it is left to cancel.');
      const ended = { ...aboutOf(order!, at), open: openOf(order!.lines), reason };
      if (lines.every(({ dispensed, charged, quantity }) => dispensed.length === 0 && charged === quantity))
        return [{ type: 'OrderCancelled', data: { ...ended, paid: status === 'paid' } }];
      const refund = lines.reduce((sum, line) => sum + refundOf(line, waiting(line)), 0);
      return [
        { type: 'OrderRestCancelled', data: ended },
        { type: 'OrderDispensed', data: aboutOf(order!, at) },
        ...refundRequested(order!, refund, 'rest-cancelled', at),
      ];
    },
    ReturnUnits(order, { line, quantity, reason }, { at }) {
      const from = lineOf(known(order), line);
      const out = unitsOf(from.dispensed);
      if (!HANDED.has(order!.status) || quantity > out)
        reject('return-exceeded', `Only ${out} of this line were handed out.`, 'conflict', 'quantity');
      // What was handed out last comes back first.
      const picks = first(from.dispensed.toReversed(), quantity);
      const { medicineId, prescription } = from;
      const moved = { ...aboutOf(order!, at), line, medicineId, picks, ...(prescription && { prescription }) };
      return [
        { type: 'OrderUnitsReturned', data: { ...moved, reason } },
        ...refundRequested(order!, refundOf(from, quantity), 'returned', at),
      ];
    },
  },

  evolve: {
    OrderPlaced: (_, { orderId, patientId, hospitalId, lines, delivery, total, until }) => ({
      status: 'placed',
      ...{ orderId, patientId, hospitalId, total, until },
      toDeliver: delivery !== undefined,
      lines: lines.map((line) => ({ ...line, promised: !line.prescription, dispensed: [], charged: line.quantity })),
    }),
    OrderLineReserved: (order, { line, picks }) => withLine(order, line, () => ({ reserved: picks })),
    OrderLinePromised: (order, { line }) => withLine(order, line, () => ({ promised: true })),
    OrderReserved: (order) => withStatus(order, 'reserved'),
    OrderShort: (order) => withStatus(order, 'short'),
    OrderExpired: (order) => withStatus(order, 'expired'),
    OrderCancelled: (order) => withStatus(order, 'cancelled'),
    OrderPaid: (order, { paymentId }) => order && { ...order, status: 'paid', paymentId },
    OrderLineDispensed: (order, { line, picks }) =>
      withLine(order, line, ({ reserved = [], dispensed }) => ({
        reserved: minus(reserved, picks),
        dispensed: plus(dispensed, picks),
      })),
    OrderDispensed: (order) => withStatus(order, 'dispensed'),
    OrderHandedOver: (order) => withStatus(order, 'handedOver'),
    OrderDelivered: (order) => withStatus(order, 'delivered'),
    OrderRestCancelled: (order) =>
      order && {
        ...order,
        lines: order.lines.map((line) => ({ ...line, charged: line.charged - waiting(line), reserved: [] })),
      },
    OrderUnitsReturned: (order, { line, picks }) =>
      withLine(order, line, ({ dispensed, charged }) => ({
        dispensed: minus(dispensed, picks),
        charged: charged - unitsOf(picks),
      })),
    OrderRefundRequested: (order) => order,
  },
});
