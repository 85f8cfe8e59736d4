import { paymentIdOf } from '../../domain/payments/payment.js';
import { categoryOf, medicine, TYPES } from '../../domain/pharmacy/medicine.js';
import { order } from '../../domain/pharmacy/order.js';
import { stock, stockId } from '../../domain/pharmacy/stock.js';
import { MedicineCommand, OrderCommand, StockCommand } from '../pharmacy.js';
import { Entry, idOf, MISSING, type Plan, type Row, step } from './entry.js';
import { hospitalIdOf } from './hospitals.js';
import type { Known } from './known.js';
import { orphan } from './prescribed.js';
import { countOf, instantOf, lineOf, paisaOf, textOf } from './reading.js';
import { isPaid } from './visits.js';

const MEDICINE = 'pharmacy_medicine';
const ORDER = 'pharmacy_order';
const CURRENCY = 'BDT';
const DELIVERY_FEE = 4_000;

export const orderIdOf = (order: Row[string] | undefined): string => idOf(ORDER, order);

/** Medicines with their stock, then orders with their lines. */
export const shopPlans = (known: Known): Plan[][] => [
  known.rows(MEDICINE).map((row) => medicinePlan(row, known)),
  known.rows(ORDER).map((row) => orderPlan(row, known)),
  [
    ...known
      .rows('pharmacy_order_orderitems')
      .filter(({ order_id: of }) => !known.row(ORDER, of))
      .map((row) => orphan(new Entry('pharmacy_order_orderitems', row), known)),
    ...known
      .rows('pharmacy_cart')
      .filter(
        ({ id }) => !known.by('pharmacy_order_orderitems', 'cart_id', id).some((of) => known.row(ORDER, of.order_id)),
      )
      .map((row) => orphan(new Entry('pharmacy_cart', row), known)),
  ],
];

const money = (amount: number) => ({ amount, currency: CURRENCY });

/** The original knew one stock for all hospitals: it lies in the pharmacy of the first one. */
const medicinePlan = (row: Row, known: Known): Plan => {
  const entry = new Entry(MEDICINE, row);
  const id = idOf(MEDICINE, row.serial_number);
  const hospitalId = hospitalIdOf(known.firstHospital);
  const price = paisaOf(row.price);
  if (price === undefined) entry.mend('price', 'none can be read', 'not sold until it has a price');
  else if (typeof row.price !== 'number')
    entry.mend('price', 'a text in a column of numbers', `read as ${price / 100}`);
  const category = categoryOf(String(row.medicine_category ?? ''));
  if (!category) entry.refuse('medicine_category', 'Not one of the 17 categories.');
  else if (category !== row.medicine_category) entry.mend('medicine_category', 'misspelt', category);
  const type = TYPES.find((one) => one === row.medicine_type);
  if (!type) entry.mend('medicine_type', 'not one of the four', 'general');
  const units = countOf(row.stock_quantity);
  if (units === undefined)
    entry.mend('stock_quantity', row.stock_quantity === null ? 'not told' : 'below zero', 'nothing on hand');
  const [strength, packSize, description] = [lineOf(row.weight), countOf(row.quantity), textOf(row.description)];
  const at = `${known.asOf}T00:00:00.000Z`;
  return {
    entry,
    lane: id,
    at,
    steps: [
      step(MedicineCommand, medicine, id, {
        type: 'AddMedicine',
        data: {
          name: lineOf(row.name) ?? '',
          type: type ?? 'general',
          category: category ?? ('general' as never),
          price: money(price ?? 0),
          prescriptionRequired: row.Prescription_reqiuired === 'yes',
          ...(strength && { strength }),
          ...(packSize && { packSize }),
          ...(description && { description }),
        },
      }),
      ...(price === undefined
        ? [
            step(MedicineCommand, medicine, id, {
              type: 'DiscontinueMedicine',
              data: { reason: 'The system it came from told no price.' },
            }),
          ]
        : []),
      ...(units
        ? [step(StockCommand, stock, stockId(hospitalId, id), { type: 'ReceiveUnits', data: { quantity: units } })]
        : []),
    ],
  };
};

/** The payments of an order are found by its transaction; only some of them name it. */
export const paymentsOfOrder = (row: Row, known: Known): readonly Row[] => {
  const named = known.by('sslcommerz_payment', 'order_id', row.id);
  const others = known
    .by('sslcommerz_payment', 'transaction_id', row.trans_ID)
    .filter((payment) => payment.payment_type === 'pharmacy' && payment.order_id === null);
  return [...named, ...others];
};

/** Paid orders were handed out, nobody knows when; the others are baskets that nobody paid. */
const orderPlan = (row: Row, known: Known): Plan => {
  const entry = new Entry(ORDER, row);
  const id = orderIdOf(row.id);
  const patientId = known.patientOfUser(row.user_id);
  const hospitalId = hospitalIdOf(known.firstHospital);
  entry.about = { patientId, hospitalId };
  if (!patientId) entry.refuse('user_id', 'Only patients order here.');
  const paid = row.payment_status === 'VALID';
  if (paid && row.ordered === 0) entry.mend('ordered', 'paid, but still open', 'closed', true);

  const items = known.by('pharmacy_order_orderitems', 'order_id', row.id);
  const lines = items.map((item) => lineFor(item, known));
  const sum = lines.reduce((total, { line }) => total + (line ? line.quantity * line.unitPrice.amount : 0), 0);
  const received = paymentsOfOrder(row, known).find(isPaid);
  const nothingLeft = paid && lines.length === 0;
  if (nothingLeft) entry.mend('items', 'paid, and its lines were deleted', 'costs what was paid for it');
  const cost = nothingLeft ? paisaOf(received?.currency_amount) : undefined;
  if (paid && !received) entry.mend('payment_status', 'VALID, but no payment is told of', 'paid, by nobody knows what');
  const parts = lines.flatMap((each) => each.parts);
  for (const part of parts) part.about = entry.about;
  return {
    entry,
    parts,
    lane: id,
    at: instantOf(row.created) ?? `${known.asOf}T00:00:00.000Z`,
    steps: [
      step(OrderCommand, order, id, {
        type: 'TakeOverOrder',
        data: {
          hospitalId,
          patientId: patientId ?? '',
          lines: lines.flatMap(({ line }) => line ?? []),
          fee: money(DELIVERY_FEE),
          total: money(Math.max(cost ?? sum + DELIVERY_FEE, DELIVERY_FEE)),
          ...(paid && { paymentId: paymentIdOf('pharmacyOrder', id) }),
        },
      }),
    ],
  };
};

/** An item of an order and the line of the cart that it names; each pair is one line of the order. */
const lineFor = (item: Row, known: Known) => {
  const cart = known.row('pharmacy_cart', item.cart_id);
  const itemEntry = new Entry('pharmacy_order_orderitems', item);
  if (!cart) {
    itemEntry.refuse('cart_id', MISSING);
    return { parts: [itemEntry], line: undefined };
  }
  const cartEntry = new Entry('pharmacy_cart', cart);
  const sold = known.row(MEDICINE, cart.item_id);
  const quantity = countOf(cart.quantity);
  if (!sold || !quantity) {
    cartEntry.refuse(sold ? 'quantity' : 'item_id', sold ? 'Nothing was ordered.' : MISSING);
    itemEntry.refuse('cart_id', MISSING);
    return { parts: [itemEntry, cartEntry], line: undefined };
  }
  const price = paisaOf(sold.price);
  if (typeof sold.price !== 'number')
    cartEntry.mend(
      'item_id',
      'its medicine has no number as price',
      price ? `read as ${price / 100}` : 'counted as nothing',
    );
  const line = { medicineId: idOf(MEDICINE, sold.serial_number), quantity, unitPrice: money(price ?? 0) };
  return { parts: [itemEntry, cartEntry], line };
};
