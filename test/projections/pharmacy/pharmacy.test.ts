import fc from 'fast-check';
import type { EventOf } from '../../../domain/kernel/event.js';
import type { events as ofCart } from '../../../domain/pharmacy/cart.js';
import type { events as ofOrder } from '../../../domain/pharmacy/order.js';
import type { events as ofStock } from '../../../domain/pharmacy/stock.js';
import { carts } from '../../../projections/pharmacy/carts.js';
import { medicines } from '../../../projections/pharmacy/medicines.js';
import { orders } from '../../../projections/pharmacy/orders.js';
import { stocks } from '../../../projections/pharmacy/stocks.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const bdt = (amount: number) => ({ amount, currency: 'BDT' });

test('a medicine shows what was said last, and whether it is sold', () => {
  const about = { medicineId: 'm', at: NOW };
  const basics = { name: 'Napa', type: 'tablets' as const, category: 'fever' as const, price: bdt(250) };
  const added = { ...about, ...basics, prescriptionRequired: false, taxBasisPoints: 0, strength: '500 mg' };
  const stream = 'medicine-m';
  const past = [
    { stream, type: 'MedicineAdded' as const, data: added },
    { stream, type: 'MedicineRevised' as const, data: { ...about, price: bdt(300), strength: null } },
    { stream, type: 'MedicineDiscontinued' as const, data: { ...about, reason: 'x' } },
  ];
  const { at: _, strength: __, ...kept } = added;
  expect(project(medicines, ...past)).toEqual({ m: { ...kept, price: bdt(300), sold: false, revision: 2 } });
  expect(project(medicines, ...past, { stream, type: 'MedicineReinstated', data: about }).m?.sold).toBe(true);
});

describe('a shelf', () => {
  type Happened = EventOf<typeof ofStock>;
  const at = { hospitalId: 'h', medicineId: 'm', at: NOW };
  const shelf = (...past: Happened[]) => project(stocks, ...past.map((e) => ({ stream: 'stock-h_m', ...e }))).h_m!;
  const received = (lot: string, quantity: number, expires?: string): Happened => ({
    type: 'StockReceived',
    data: { ...at, lot, quantity, ...(expires && { expires }) },
  });
  const reserved = (lot: string, quantity: number): Happened => ({
    type: 'UnitsReserved',
    data: { ...at, reservationId: 'o_1', picks: [{ lot, quantity }], until: NOW },
  });

  test('is out, low or has enough, by its level', () => {
    expect(shelf(received('a', 10)).state).toBe('enough');
    expect(shelf(received('a', 10), reserved('a', 1)).state).toBe('low');
    expect(shelf(received('a', 10), reserved('a', 10)).state).toBe('out');
    const level: Happened = { type: 'ReorderLevelSet', data: { ...at, level: 11 } };
    expect(shelf(received('a', 10), level)).toMatchObject({ state: 'low', level: 11, onHand: 10 });
  });
  test('knows the next expiry of what is on hand, and the last shortage', () => {
    const past = [received('a', 5, '2030-06-01'), received('b', 5, '2030-03-01')];
    expect(shelf(...past).nextExpiry).toBe('2030-03-01');
    expect(shelf(...past, reserved('b', 5)).nextExpiry).toBe('2030-06-01');
    const short: Happened = { type: 'MedicineShort', data: { ...at, reservationId: 'o_2', quantity: 9, available: 5 } };
    expect(shelf(...past, short).lastShort).toEqual({ at: NOW, quantity: 9, available: 5 });
    expect(shelf(short)).toMatchObject({ state: 'out', onHand: 0 });
  });
  test('adds up, whatever happened', () => {
    const step = fc.record({
      what: fc.nat(6),
      lot: fc.constantFrom('a', 'b'),
      quantity: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        // By hand: where every unit lies.
        const where = { in: 0, onHand: 0, reserved: 0, dispensed: 0, writtenOff: 0 };
        const past = steps.map(({ what, lot, quantity }): Happened => {
          const picks = [{ lot, quantity }];
          const inLot = { ...at, lot, quantity };
          const reservation = { ...at, reservationId: 'o_1', picks };
          const move = (from: keyof typeof where | undefined, to: keyof typeof where) => {
            if (from) where[from] -= quantity;
            else where.in += quantity;
            where[to] += quantity;
          };
          switch (what) {
            case 0:
              move(undefined, 'onHand');
              return { type: 'StockReceived', data: inLot };
            case 1:
              move(undefined, 'onHand');
              return { type: 'StockFound', data: { ...inLot, reason: 'x' } };
            case 2:
              move('onHand', 'writtenOff');
              return { type: 'StockWrittenOff', data: { ...inLot, reason: 'x' } };
            case 3:
              move('onHand', 'reserved');
              return { type: 'UnitsReserved', data: { ...reservation, until: NOW } };
            case 4:
              move('reserved', 'onHand');
              return { type: 'UnitsReleased', data: reservation };
            case 5:
              move('reserved', 'dispensed');
              return { type: 'UnitsDispensed', data: reservation };
            default:
              move('dispensed', 'onHand');
              return { type: 'UnitsReturned', data: { ...at, picks } };
          }
        });
        if (past.length === 0) return;
        const { received: came, found, onHand, reserved: held, dispensed, writtenOff, lots } = shelf(...past);
        expect({ in: came + found, onHand, reserved: held, dispensed, writtenOff }).toEqual(where);
        expect(Object.values(lots).reduce((sum, lot) => sum + lot.onHand, 0)).toBe(onHand);
      }),
    );
  });
});

test('a cart shows its lines by pharmacy, and nothing once it is empty', () => {
  type Happened = EventOf<typeof ofCart>;
  const of = (hospitalId: string, medicineId: string) => ({ patientId: 'p', hospitalId, at: NOW, medicineId });
  const shown = (...past: Happened[]) => project(carts, ...past.map((e) => ({ stream: 'cart-p', ...e })));
  const past: Happened[] = [
    { type: 'MedicineAddedToCart', data: { ...of('h', 'napa'), quantity: 2 } },
    { type: 'MedicineAddedToCart', data: { ...of('g', 'napa'), quantity: 7 } },
    { type: 'MedicineAddedToCart', data: { ...of('h', 'zinc'), quantity: 1 } },
    { type: 'CartQuantityChanged', data: { ...of('h', 'napa'), quantity: 3 } },
  ];
  const base = { patientId: 'p', hospitalId: 'h' };
  expect(shown(...past)).toMatchObject({
    p_h: {
      ...base,
      lines: [
        { medicineId: 'napa', quantity: 3 },
        { medicineId: 'zinc', quantity: 1 },
      ],
      medicineIds: ['napa', 'zinc'],
      revision: 3,
    },
    p_g: { lines: [{ medicineId: 'napa', quantity: 7 }] },
  });
  const out: Happened = {
    type: 'CartCheckedOut',
    data: { patientId: 'p', hospitalId: 'h', at: NOW, orderId: 'o', lines: [{ medicineId: 'napa', quantity: 2 }] },
  };
  expect(shown(...past, out).p_h?.lines).toEqual([
    { medicineId: 'napa', quantity: 1 },
    { medicineId: 'zinc', quantity: 1 },
  ]);
  const removed = (medicineId: string): Happened => ({ type: 'MedicineRemovedFromCart', data: of('h', medicineId) });
  expect(Object.keys(shown(...past, removed('napa'), removed('zinc')))).toEqual(['p_g']);
});

describe('an order', () => {
  type Happened = EventOf<typeof ofOrder>;
  const about = { orderId: 'o', patientId: 'p', hospitalId: 'h', at: NOW };
  const rx = { prescriptionId: 'rx-1', line: 1 };
  const line = { medicineId: 'm', unitPrice: bdt(10), taxBasisPoints: 0, prescriptionRequired: false };
  const lines = [
    { ...line, line: 1, quantity: 5 },
    { ...line, line: 2, quantity: 3, prescription: rx },
  ];
  const totals = { net: bdt(80), tax: bdt(0), fee: bdt(0), total: bdt(80) };
  const picks = (quantity: number) => [{ lot: 'a', quantity }];
  const shown = (...past: Happened[]) => project(orders, ...past.map((e) => ({ stream: 'order-o', ...e }))).o!;
  const ready: Happened[] = [
    { type: 'OrderPlaced', data: { ...about, lines, ...totals, until: NOW } },
    { type: 'OrderLineReserved', data: { ...about, line: 1, picks: picks(5) } },
    { type: 'OrderLineReserved', data: { ...about, line: 2, picks: picks(3) } },
    { type: 'OrderLinePromised', data: { ...about, line: 2 } },
    { type: 'OrderReserved', data: { ...about, lines: [], total: bdt(80) } },
  ];
  const paid: Happened = { type: 'OrderPaid', data: { ...about, paymentId: 'pharmacyOrder_o', total: bdt(80) } };
  const open: [] = [];

  test('shows what is there and what is still awaited', () => {
    expect(shown(ready[0]!)).toMatchObject({
      status: 'placed',
      medicineIds: ['m'],
      lines: [{ reserved: 0 }, { promised: false }],
    });
    expect(shown(...ready)).toMatchObject({
      status: 'reserved',
      ...totals,
      lines: [{ reserved: 5 }, { reserved: 3, promised: true }],
      refunds: bdt(0),
      revision: 4,
    });
    expect(shown(...ready).lines[0]).not.toHaveProperty('promised');
  });
  test('shows what was handed out, returned and paid back', () => {
    const moved = { ...about, line: 1, medicineId: 'm' };
    const refund = { ...about, paymentId: 'pharmacyOrder_o', reason: 'returned' as const };
    const doc = shown(
      ...[...ready, paid],
      { type: 'OrderLineDispensed', data: { ...moved, picks: picks(4) } },
      { type: 'OrderRestCancelled', data: { ...about, open, reason: 'enough' } },
      { type: 'OrderDispensed', data: about },
      { type: 'OrderRefundRequested', data: { ...refund, refund: bdt(40) } },
      { type: 'OrderHandedOver', data: { ...about, at: '2030-01-02T08:00:00.000Z' } },
      { type: 'OrderUnitsReturned', data: { ...moved, picks: picks(1), reason: 'x' } },
      { type: 'OrderRefundRequested', data: { ...refund, refund: bdt(10) } },
    );
    expect(doc).toMatchObject({
      status: 'handedOver',
      paymentId: 'pharmacyOrder_o',
      reason: 'enough',
      lines: [
        { dispensed: 4, returned: 1, reserved: 0 },
        { dispensed: 0, reserved: 0 },
      ],
      refunds: bdt(50),
      placedAt: NOW,
    });
  });
  test('says how it ended', () => {
    const short = { ...about, open, line: 2, reason: 'stock' as const, available: 1 };
    const ends: readonly [Happened, object][] = [
      [
        { type: 'OrderShort', data: short },
        { status: 'short', short: { line: 2, reason: 'stock', available: 1 } },
      ],
      [{ type: 'OrderExpired', data: { ...about, open } }, { status: 'expired' }],
      [
        { type: 'OrderCancelled', data: { ...about, open, reason: 'x', paid: false } },
        { status: 'cancelled', reason: 'x', refunds: bdt(0) },
      ],
      [{ type: 'OrderCancelled', data: { ...about, open, reason: 'x', paid: true } }, { refunds: bdt(80) }],
      [{ type: 'OrderDelivered', data: about }, { status: 'delivered' }],
    ];
    for (const [event, expected] of ends) expect(shown(...ready, event)).toMatchObject(expected);
    expect(shown(...ready, ends[0]![0]).lines.map(({ reserved }) => reserved)).toEqual([0, 0]);
  });
});
