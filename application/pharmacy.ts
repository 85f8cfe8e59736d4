import { file } from '../domain/files/file.js';
import type { CommandOf } from '../domain/kernel/decider.js';
import type { Actor } from '../domain/kernel/envelope.js';
import type { Money } from '../domain/kernel/types.js';
import { hospital } from '../domain/organisations/hospital.js';
import { events as payments, paymentIdOf } from '../domain/payments/payment.js';
import { cart, type Facts as CartFacts } from '../domain/pharmacy/cart.js';
import { unitsOf } from '../domain/pharmacy/lots.js';
import { type Facts as MedicineFacts, type Medicine, medicine } from '../domain/pharmacy/medicine.js';
import { claimIdOf, type Support, type Wanted } from '../domain/pharmacy/order-line.js';
import { type Facts as OrderFacts, order, events as orders } from '../domain/pharmacy/order.js';
import { expiredLots, stock, stockId, events as stocks } from '../domain/pharmacy/stock.js';
import { events as prescriptions, invalidity, prescription, refusalOf } from '../domain/prescriptions/prescription.js';
import { isSameMedicine } from '../domain/prescriptions/warnings.js';
import { DomainCommand, handle } from './kernel/handle.js';
import type { Load } from './kernel/ports.js';
import { type Due, reaction, send, timer } from './kernel/reaction.js';
import { isPatient } from './patients.js';
import { PaymentCommand } from './payments.js';
import { PrescriptionCommand } from './prescriptions.js';

export class MedicineCommand extends DomainCommand<typeof medicine> {}
export class StockCommand extends DomainCommand<typeof stock> {}
export class CartCommand extends DomainCommand<typeof cart> {}
export class OrderCommand extends DomainCommand<typeof order> {}

const medicineFacts = async (
  { data }: CommandOf<typeof medicine.commands>,
  { load }: { readonly load: Load },
): Promise<MedicineFacts> => ('image' in data && data.image ? { picture: await load(file, data.image) } : {});

const cartFacts = async (
  { type, data }: CommandOf<typeof cart.commands>,
  { load }: { readonly load: Load },
): Promise<CartFacts> => {
  if (type !== 'AddToCart') return { sold: true };
  const [place, known] = await Promise.all([load(hospital, data.hospitalId), load(medicine, data.medicineId)]);
  return { sold: place.status === 'open' && isSold(known) };
};

const isSold = (known: Medicine | undefined): known is Medicine => known !== undefined && !known.discontinued;

const NOTHING: OrderFacts = { open: false, patientKnown: false, sold: {}, support: {}, expiredLots: [] };

const orderFacts = async (
  { type, data }: CommandOf<typeof order.commands>,
  { id, at, actor, load }: { readonly id: string; readonly at: string; readonly actor: Actor; readonly load: Load },
): Promise<OrderFacts> => {
  switch (type) {
    case 'PlaceOrder': {
      const [place, patientKnown] = await Promise.all([
        load(hospital, data.hospitalId),
        isPatient(data.patientId ?? actor.id, load),
      ]);
      const lines = await Promise.all(
        data.lines.map(async (wanted) => {
          const [known, { price }] = await Promise.all([
            load(medicine, wanted.medicineId),
            load(stock, stockId(data.hospitalId, wanted.medicineId)),
          ]);
          return { wanted, known, price, support: await supportOf(wanted, known, at, load) };
        }),
      );
      return {
        open: place.status === 'open',
        patientKnown,
        sold: Object.fromEntries(lines.map(({ wanted, known, price }) => [wanted.medicineId, soldAs(known, price)])),
        support: Object.fromEntries(lines.map(({ support }, i) => [i + 1, support])),
        expiredLots: [],
      };
    }
    case 'DispenseLine': {
      const placed = await load(order, id);
      const line = placed?.lines[data.line - 1];
      if (!placed || !line) return NOTHING;
      const [known, held] = await Promise.all([
        load(medicine, line.medicineId),
        load(stock, stockId(placed.hospitalId, line.medicineId)),
      ]);
      const support = await supportOf(line, known, at, load, true);
      return { ...NOTHING, support: { [data.line]: support }, expiredLots: expiredLots(held, at.slice(0, 10)) };
    }
    default:
      return NOTHING;
  }
};

const soldAs = (known: Medicine | undefined, own: Money | undefined): OrderFacts['sold'][string] => {
  if (!isSold(known)) return undefined;
  const { price, taxBasisPoints, prescriptionRequired } = known;
  return { price: own ?? price, taxBasisPoints, prescriptionRequired };
};

/** What a line's prescription is worth to it: whether so much is left; once that was promised, whether it still holds. */
const supportOf = async (
  { prescription: named, quantity }: Pick<Wanted, 'prescription' | 'quantity'>,
  known: Medicine | undefined,
  at: string,
  load: Load,
  promised = false,
): Promise<Support | undefined> => {
  const held = named && (await load(prescription, named.prescriptionId));
  if (!held || !named) return undefined;
  const line = held.medicines.find((m) => m.line === named.line);
  return {
    patientId: held.patientId,
    sameMedicine: line !== undefined && known !== undefined && isSameMedicine(line, known),
    refusal: promised ? invalidity(held, at) : refusalOf(held, named.line, quantity, at),
  };
};

export const handlers = [
  handle(MedicineCommand, medicine, medicineFacts),
  handle(StockCommand, stock, async ({ type }, { id, load }) =>
    type === 'SetPrice' ? { currency: (await load(medicine, id.slice(id.indexOf('_') + 1)))?.price.currency } : {},
  ),
  handle(CartCommand, cart, cartFacts),
  handle(OrderCommand, order, orderFacts),
];

const { OrderPlaced, OrderReserved, OrderShort, OrderExpired, OrderCancelled, OrderPaid } = orders;
const { OrderLineDispensed, OrderRestCancelled, OrderUnitsReturned, OrderRefundRequested } = orders;

/** The order and its line that a reservation in stock, or a promise of a prescription, is for. */
const ofClaim = (claimId: string) => {
  const cut = claimId.lastIndexOf('_');
  return { orderId: claimId.slice(0, cut), line: Number(claimId.slice(cut + 1)) };
};

/** Gives back what stock and prescriptions still hold for these lines. */
const release = ({ data: { orderId, hospitalId, open } }: { readonly data: Ended }) =>
  open.flatMap(({ line, medicineId, prescriptionId }) => {
    const claimId = claimIdOf(orderId, line);
    const units = { type: 'ReleaseUnits' as const, data: { reservationId: claimId } };
    const promise = { type: 'ReleaseClaim' as const, data: { claimId } };
    return [
      send(StockCommand, stockId(hospitalId, medicineId), units),
      ...(prescriptionId === undefined ? [] : [send(PrescriptionCommand, prescriptionId, promise)]),
    ];
  });
interface Ended {
  readonly orderId: string;
  readonly hospitalId: string;
  readonly open: readonly {
    readonly line: number;
    readonly medicineId: string;
    readonly prescriptionId?: string | undefined;
  }[];
}

const withdrawPayment = (orderId: string, reason: string) =>
  send(PaymentCommand, paymentIdOf('pharmacyOrder', orderId), { type: 'WithdrawPayment', data: { reason } });

export const reactions = [
  reaction({
    name: 'reserve-and-claim-when-order-placed',
    from: { OrderPlaced },
    on: {
      OrderPlaced: ({ data: { orderId, hospitalId, lines, until } }) =>
        lines.flatMap(({ line, medicineId, quantity, prescription: named }) => {
          const claimId = claimIdOf(orderId, line);
          const units = { reservationId: claimId, quantity, until };
          return [
            send(StockCommand, stockId(hospitalId, medicineId), { type: 'ReserveUnits', data: units }),
            ...(named
              ? [
                  send(PrescriptionCommand, named.prescriptionId, {
                    type: 'ClaimUnits',
                    data: { claimId, line: named.line, quantity, hospitalId },
                  }),
                ]
              : []),
          ];
        }),
    },
  }),
  reaction({
    name: 'tell-order-what-stock-says',
    from: { UnitsReserved: stocks.UnitsReserved, MedicineShort: stocks.MedicineShort },
    on: {
      UnitsReserved: ({ data: { reservationId, picks } }) => {
        const { orderId, line } = ofClaim(reservationId);
        return [send(OrderCommand, orderId, { type: 'RecordReserved', data: { line, picks } })];
      },
      MedicineShort: ({ data: { reservationId, available } }) => {
        const { orderId, line } = ofClaim(reservationId);
        return [send(OrderCommand, orderId, { type: 'RecordShort', data: { line, available } })];
      },
    },
  }),
  reaction({
    name: 'tell-order-what-its-prescription-says',
    from: {
      PrescriptionUnitsClaimed: prescriptions.PrescriptionUnitsClaimed,
      PrescriptionClaimRefused: prescriptions.PrescriptionClaimRefused,
    },
    on: {
      PrescriptionUnitsClaimed: ({ data: { claimId } }) => {
        const { orderId, line } = ofClaim(claimId);
        return [send(OrderCommand, orderId, { type: 'RecordPromised', data: { line } })];
      },
      PrescriptionClaimRefused: ({ data: { claimId } }) => {
        const { orderId, line } = ofClaim(claimId);
        return [send(OrderCommand, orderId, { type: 'RecordNotPromised', data: { line } })];
      },
    },
  }),
  reaction({
    name: 'take-out-of-cart-what-is-reserved',
    from: { OrderReserved },
    on: {
      OrderReserved: ({ data: { orderId, patientId, hospitalId, lines } }) => [
        send(CartCommand, patientId, { type: 'CheckOutCart', data: { hospitalId, orderId, lines } }),
      ],
    },
  }),
  reaction({
    name: 'release-what-an-order-holds-when-it-ends',
    from: { OrderShort, OrderExpired, OrderCancelled, OrderRestCancelled },
    on: { OrderShort: release, OrderExpired: release, OrderCancelled: release, OrderRestCancelled: release },
  }),
  reaction({
    name: 'mark-order-paid-when-payment-settled',
    from: { PaymentSettled: payments.PaymentSettled },
    on: {
      PaymentSettled: ({ data: { purpose, objectId, paymentId, total } }) =>
        purpose === 'pharmacyOrder'
          ? [send(OrderCommand, objectId, { type: 'MarkOrderPaid', data: { paymentId, total } })]
          : [],
    },
  }),
  reaction({
    name: 'withdraw-payment-when-order-ends',
    from: { OrderExpired, OrderCancelled },
    on: {
      OrderExpired: ({ data: { orderId } }) => [withdrawPayment(orderId, 'expired')],
      OrderCancelled: ({ data: { orderId } }) => [withdrawPayment(orderId, 'cancelled')],
    },
  }),
  reaction({
    name: 'refund-part-of-an-order',
    from: { OrderRefundRequested },
    on: {
      OrderRefundRequested: ({ data: { paymentId, refund, reason } }) => [
        send(PaymentCommand, paymentId, { type: 'RequestRefund', data: { amount: refund.amount, reason } }),
      ],
    },
  }),
  reaction({
    name: 'take-dispensed-units-out-of-stock-and-prescription',
    from: { OrderLineDispensed },
    on: {
      OrderLineDispensed: ({ data: { orderId, hospitalId, line, medicineId, picks, prescription: named } }) => {
        const claimId = claimIdOf(orderId, line);
        const units = { reservationId: claimId, picks };
        return [
          send(StockCommand, stockId(hospitalId, medicineId), { type: 'DispenseUnits', data: units }),
          ...(named
            ? [
                send(PrescriptionCommand, named.prescriptionId, {
                  type: 'RecordDispense',
                  data: { claimId, quantity: unitsOf(picks) },
                }),
              ]
            : []),
        ];
      },
    },
  }),
  reaction({
    name: 'put-returned-units-back-into-stock-and-prescription',
    from: { OrderUnitsReturned },
    on: {
      OrderUnitsReturned: ({ data: { hospitalId, medicineId, picks, prescription: named } }) => [
        send(StockCommand, stockId(hospitalId, medicineId), { type: 'ReturnUnits', data: { picks } }),
        ...(named
          ? [
              send(PrescriptionCommand, named.prescriptionId, {
                type: 'RecordReturn',
                data: { line: named.line, quantity: unitsOf(picks) },
              }),
            ]
          : []),
      ],
    },
  }),
];

const noLonger = ({ data: { orderId } }: { readonly data: { readonly orderId: string } }): Due[] => [
  { key: orderId, at: null, outgoing: [] },
];

export const timers = [
  timer({
    name: 'expire-order-that-is-not-paid',
    from: { OrderPlaced, OrderShort, OrderCancelled, OrderPaid },
    on: {
      OrderPlaced: ({ data: { orderId, until } }) => [
        { key: orderId, at: until, outgoing: [send(OrderCommand, orderId, { type: 'ExpireOrder', data: {} })] },
      ],
      OrderShort: noLonger,
      OrderCancelled: noLonger,
      OrderPaid: noLonger,
    },
  }),
];
