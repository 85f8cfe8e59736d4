import type { Money } from '../../domain/kernel/types.js';
import { unitsOf } from '../../domain/pharmacy/lots.js';
import type { Priced } from '../../domain/pharmacy/order-line.js';
import { events, type OrderStatus } from '../../domain/pharmacy/order.js';
import { projection } from '../kernel/projection.js';

interface Line extends Priced {
  /** In stock, waiting to be handed out. */
  readonly reserved: number;
  /** Whether its prescription promised the units; missing where none is named. */
  readonly promised?: boolean;
  readonly dispensed: number;
  readonly returned: number;
}

export { STATUSES } from '../../domain/pharmacy/order.js';

/** An order of a patient at a hospital's pharmacy. Names are joined when read. */
export interface OrderPage {
  readonly orderId: string;
  readonly patientId: string;
  readonly hospitalId: string;
  readonly status: OrderStatus;
  readonly lines: readonly Line[];
  /** Of the lines, for joining. */
  readonly medicineIds: readonly string[];
  /** Missing where it is picked up. */
  readonly delivery?: { readonly address: string; readonly phone: { readonly e164: string; readonly given: string } };
  readonly net: Money;
  readonly tax: Money;
  readonly fee: Money;
  readonly total: Money;
  /** What went back or is on its way back of what was paid. */
  readonly refunds: Money;
  readonly placedAt: string;
  readonly changedAt: string;
  /** How long units stay reserved without being paid for. */
  readonly until: string;
  readonly paymentId?: string;
  /** Why it ended: its own reason, or the line that could not be had. */
  readonly reason?: string;
  readonly short?: { readonly line: number; readonly reason: string; readonly available?: number | undefined };
  /** Of its stream: the ETag of every command on it. */
  readonly revision: number;
}

interface At {
  readonly data: { readonly at: string };
  readonly revision: number;
}

const changed = (doc: OrderPage | undefined, { data: { at }, revision }: At, change: Partial<OrderPage> = {}) =>
  doc ? { ...doc, ...change, changedAt: at, revision } : null;

const withLine = (doc: OrderPage | undefined, event: At, number: number, change: (line: Line) => Partial<Line>) =>
  changed(doc, event, {
    lines: (doc?.lines ?? []).map((line) => (line.line === number ? { ...line, ...change(line) } : line)),
  });

/** Nothing waits to be handed out any more. */
const released = (doc: OrderPage | undefined) => (doc?.lines ?? []).map((line) => ({ ...line, reserved: 0 }));

export const orders = projection<OrderPage>()({
  name: 'orders',
  version: 1,
  from: events,
  key: ({ data }) => data.orderId,
  indexes: {
    byPatient: ['patientId', 'placedAt'],
    byHospital: ['hospitalId', 'placedAt'],
    byHospitalStatus: ['hospitalId', 'status', 'placedAt'],
  },
  parties: ({ patientId, hospitalId }) => ({ patientId, hospitalId }),
  phi: true,
  on: {
    OrderPlaced: (_, { data: { at, lines, ...placed }, revision }) => ({
      ...placed,
      status: 'placed',
      lines: lines.map((line) => ({
        ...line,
        ...{ reserved: 0, dispensed: 0, returned: 0 },
        ...(line.prescription && { promised: false }),
      })),
      medicineIds: [...new Set(lines.map(({ medicineId }) => medicineId))],
      refunds: { ...placed.total, amount: 0 },
      placedAt: at,
      changedAt: at,
      revision,
    }),
    OrderLineReserved: (doc, event) =>
      withLine(doc, event, event.data.line, () => ({ reserved: unitsOf(event.data.picks) })),
    OrderLinePromised: (doc, event) => withLine(doc, event, event.data.line, () => ({ promised: true })),
    OrderReserved: (doc, event) => changed(doc, event, { status: 'reserved' }),
    OrderShort: (doc, event) => {
      const { line, reason, available } = event.data;
      return changed(doc, event, { status: 'short', lines: released(doc), short: { line, reason, available } });
    },
    OrderExpired: (doc, event) => changed(doc, event, { status: 'expired', lines: released(doc) }),
    OrderCancelled: (doc, event) =>
      changed(doc, event, {
        ...{ status: 'cancelled', lines: released(doc), reason: event.data.reason },
        ...(doc && event.data.paid && { refunds: doc.total }),
      }),
    OrderPaid: (doc, event) => changed(doc, event, { status: 'paid', paymentId: event.data.paymentId }),
    OrderLineDispensed: (doc, event) =>
      withLine(doc, event, event.data.line, ({ reserved, dispensed }) => {
        const units = unitsOf(event.data.picks);
        return { reserved: reserved - units, dispensed: dispensed + units };
      }),
    OrderDispensed: (doc, event) => changed(doc, event, { status: 'dispensed' }),
    OrderHandedOver: (doc, event) => changed(doc, event, { status: 'handedOver' }),
    OrderDelivered: (doc, event) => changed(doc, event, { status: 'delivered' }),
    OrderRestCancelled: (doc, event) => changed(doc, event, { lines: released(doc), reason: event.data.reason }),
    OrderUnitsReturned: (doc, event) =>
      withLine(doc, event, event.data.line, ({ returned }) => ({ returned: returned + unitsOf(event.data.picks) })),
    OrderRefundRequested: (doc, event) =>
      changed(
        doc,
        event,
        doc && { refunds: { ...doc.refunds, amount: doc.refunds.amount + event.data.refund.amount } },
      ),
  },
});
