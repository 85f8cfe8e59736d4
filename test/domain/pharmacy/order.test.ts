import fc from 'fast-check';
import { fold } from '../../../domain/kernel/decider.js';
import type { EventOf } from '../../../domain/kernel/event.js';
import { markedPaths } from '../../../domain/kernel/phi.js';
import { costOf, type OrderLine, refundOf } from '../../../domain/pharmacy/order-line.js';
import { events, type Facts, order, type Order, paymentRefusal } from '../../../domain/pharmacy/order.js';
import { NOW, spec } from '../../kernel/spec.js';

type Happened = EventOf<typeof events>;
const given = spec(order, 'order-1');

const bdt = (amount: number) => ({ amount, currency: 'BDT' });
const patient = { id: 'patient-1', role: 'patient' as const };
const support = { patientId: 'patient-1', sameMedicine: true };
const facts: Facts = {
  open: true,
  patientKnown: true,
  sold: {
    napa: { price: bdt(250), taxBasisPoints: 0, prescriptionRequired: false },
    amoxil: { price: bdt(1_000), taxBasisPoints: 1_500, prescriptionRequired: true },
    dollar: { price: { amount: 5, currency: 'USD' }, taxBasisPoints: 0, prescriptionRequired: false },
  },
  support: { 2: support },
  expiredLots: [],
};
const known = { facts, actor: patient };

const rx = { prescriptionId: 'rx-1', line: 3 };
const napa = { medicineId: 'napa', quantity: 10 };
const amoxil = { medicineId: 'amoxil', quantity: 3, prescription: rx };
const place = (data: object = {}) => ({
  type: 'PlaceOrder' as const,
  data: { hospitalId: 'hospital-1', lines: [napa, amoxil], ...data } as never,
});

const about = { orderId: 'order-1', patientId: 'patient-1', hospitalId: 'hospital-1', at: NOW };
const lines = [
  { line: 1, ...napa, unitPrice: bdt(250), taxBasisPoints: 0, prescriptionRequired: false },
  { line: 2, ...amoxil, unitPrice: bdt(1_000), taxBasisPoints: 1_500, prescriptionRequired: true },
];
const UNTIL = '2030-01-01T09:00:00.000Z';
const totals = { net: bdt(5_500), tax: bdt(450), fee: bdt(0), total: bdt(5_950) };
const placed: Happened = { type: 'OrderPlaced', data: { ...about, lines, ...totals, until: UNTIL } };

const picks = (quantity: number, lot = 'a') => [{ lot, quantity }];
const lineReserved = (line: number, quantity: number): Happened => ({
  type: 'OrderLineReserved',
  data: { ...about, line, picks: picks(quantity) },
});
const linePromised: Happened = { type: 'OrderLinePromised', data: { ...about, line: 2 } };
const reserved: Happened = {
  type: 'OrderReserved',
  data: {
    ...about,
    lines: [
      { medicineId: 'napa', quantity: 10 },
      { medicineId: 'amoxil', quantity: 3 },
    ],
    total: totals.total,
  },
};
const ready = [placed, lineReserved(1, 10), lineReserved(2, 3), linePromised, reserved];
const paid: Happened = {
  type: 'OrderPaid',
  data: { ...about, paymentId: 'pharmacyOrder_order-1', total: totals.total },
};
const lineDispensed = (line: 1 | 2, quantity: number): Happened => ({
  type: 'OrderLineDispensed',
  data: {
    ...about,
    line,
    medicineId: line === 1 ? 'napa' : 'amoxil',
    picks: picks(quantity),
    ...(line === 2 && { prescription: rx }),
  },
});
const dispensed: Happened = { type: 'OrderDispensed', data: about };
const handedOut = [...ready, paid, lineDispensed(1, 10), lineDispensed(2, 3), dispensed];
const open = [
  { line: 1, medicineId: 'napa' },
  { line: 2, medicineId: 'amoxil', prescriptionId: 'rx-1' },
];
const expired: Happened = { type: 'OrderExpired', data: { ...about, open } };
const cancelled = (isPaid: boolean): Happened => ({
  type: 'OrderCancelled',
  data: { ...about, open, reason: 'changed my mind', paid: isPaid },
});

describe('placing', () => {
  test('freezes prices, tax and fee', () => given().when(place(), known).then(placed));
  test('adds the fee of delivery', () => {
    const delivery = { address: 'House 7, Dhaka', phone: '01712345678' };
    const [event] = given().when(place({ delivery }), known).events();
    expect(event?.data).toMatchObject({ fee: bdt(4_000), total: bdt(9_950), delivery: { address: 'House 7, Dhaka' } });
  });
  test('rounds half a paisa of tax up, and counts nothing twice', () => {
    const one = { ...lines[1]!, unitPrice: bdt(10), taxBasisPoints: 500 };
    expect(costOf(one, 1)).toEqual({ net: 10, tax: 1 });
    expect(costOf(one, 3)).toEqual({ net: 30, tax: 2 });
    expect(costOf({ ...one, unitPrice: bdt(100_000_000), taxBasisPoints: 10_000 }, 1_000)).toEqual({
      net: 100_000_000_000,
      tax: 100_000_000_000,
    });
  });
  test.each([
    ['what is not sold', { lines: [{ medicineId: 'x', quantity: 1 }] }, {}, 'medicine-not-sold'],
    [
      'what needs a prescription and has none',
      { lines: [{ medicineId: 'amoxil', quantity: 1 }] },
      {},
      'prescription-required',
    ],
    ['a prescription nobody knows', {}, { support: {} }, 'prescription-not-valid'],
    [
      'another patient’s prescription',
      {},
      { support: { 2: { ...support, patientId: 'p' } } },
      'prescription-not-valid',
    ],
    [
      'a prescription of something else',
      {},
      { support: { 2: { ...support, sameMedicine: false } } },
      'prescription-not-valid',
    ],
    [
      'a prescription that is over',
      {},
      { support: { 2: { ...support, refusal: 'expired' } } },
      'prescription-not-valid',
    ],
    ['more than is prescribed', {}, { support: { 2: { ...support, refusal: 'too-few' } } }, 'prescription-used-up'],
    ['two currencies', { lines: [napa, { medicineId: 'dollar', quantity: 1 }] }, {}, 'currencies-differ'],
    ['an unknown pharmacy', {}, { open: false }, 'hospital-unknown'],
    ['an unknown patient', {}, { patientKnown: false }, 'patient-unknown'],
  ])('refuses %s', (_, data, changed, code) =>
    given()
      .when(place(data), { facts: { ...facts, ...changed }, actor: patient })
      .rejects(code),
  );
  test('happens once', () => given(placed).when(place(), known).rejects('order-exists'));
});

describe('getting ready', () => {
  const recordReserved = (line: number, quantity: number) => ({
    type: 'RecordReserved' as const,
    data: { line, picks: picks(quantity) },
  });
  test('waits for each line’s units and for its prescription, in any order', () => {
    given(placed).when(recordReserved(1, 10), known).then(lineReserved(1, 10));
    given(placed, lineReserved(1, 10), lineReserved(2, 3))
      .when({ type: 'RecordPromised', data: { line: 2 } }, known)
      .then(linePromised, reserved);
    given(placed, linePromised, lineReserved(1, 10))
      .when(recordReserved(2, 3), known)
      .then(lineReserved(2, 3), reserved);
    given(placed, lineReserved(1, 10)).when(recordReserved(1, 10), known).then();
  });
  test('ends at the first line that cannot be had', () => {
    const short = { ...about, open, line: 1, reason: 'stock' as const, available: 4 };
    given(placed)
      .when({ type: 'RecordShort', data: { line: 1, available: 4 } }, known)
      .then({ type: 'OrderShort', data: short });
    given(placed, { type: 'OrderShort', data: short })
      .when({ type: 'RecordNotPromised', data: { line: 2 } }, known)
      .then();
    given(placed)
      .when({ type: 'RecordNotPromised', data: { line: 2 } }, known)
      .then({ type: 'OrderShort', data: { ...about, open, line: 2, reason: 'prescription' } });
    given(placed, { type: 'OrderShort', data: short }).when(recordReserved(2, 3), known).then();
  });
  test('expires when it was not paid in time', () => {
    const expire = { type: 'ExpireOrder' as const, data: {} };
    given(...ready)
      .when(expire, { ...known, at: '2030-01-01T08:59:59.999Z' })
      .then();
    given(...ready)
      .when(expire, { ...known, at: UNTIL })
      .then({ ...expired, data: { ...about, open, at: UNTIL } });
    given(...ready, paid)
      .when(expire, { ...known, at: UNTIL })
      .then();
  });
});

describe('paying', () => {
  const pay = (total = totals.total) => ({
    type: 'MarkOrderPaid' as const,
    data: { paymentId: 'pharmacyOrder_order-1', total },
  });
  test('closes a ready order, once', () => {
    given(...ready)
      .when(pay(), known)
      .then(paid);
    given(...ready, paid)
      .when(pay(), known)
      .then();
    given(placed).when(pay(), known).rejects('order-not-ready');
    given(...ready, expired)
      .when(pay(), known)
      .then();
  });
  test.each([[bdt(5_949)], [{ amount: 5_950, currency: 'USD' }]])('takes no other amount than it costs', (total) =>
    given(...ready)
      .when(pay(total), known)
      .rejects('amount-differs'),
  );
  test('can be asked for while the order waits for it', () => {
    expect(paymentRefusal(fold(order, ready))).toBeUndefined();
    for (const past of [[], [placed], [...ready, paid], [...ready, expired]])
      expect(paymentRefusal(fold(order, past))).toBeDefined();
  });
  test('a paid order stays what it is (N9)', () => {
    given(...ready, paid)
      .when(place(), known)
      .rejects('order-exists');
    expect(fold(order, handedOut)!.lines.map(({ quantity }) => quantity)).toEqual([10, 3]);
  });
});

describe('handing out', () => {
  const hand = (line: number, quantity?: number) => ({
    type: 'DispenseLine' as const,
    data: { line, ...(quantity && { quantity }) },
  });
  test('happens in parts', () => {
    given(...ready, paid)
      .when(hand(1, 4), known)
      .then(lineDispensed(1, 4));
    given(...ready, paid, lineDispensed(1, 4))
      .when(hand(1), known)
      .then(lineDispensed(1, 6));
    given(...ready, paid, lineDispensed(1, 4))
      .when(hand(1, 7), known)
      .rejects('too-few-reserved');
    given(...ready, paid, lineDispensed(1, 10))
      .when(hand(1), known)
      .rejects('too-few-reserved');
  });
  test('of the last line ends it', () =>
    given(...ready, paid, lineDispensed(1, 10))
      .when(hand(2), known)
      .then(lineDispensed(2, 3), dispensed));
  test('is for paid orders', () => {
    given(...ready)
      .when(hand(1), known)
      .rejects('order-not-paid');
    given(...handedOut)
      .when(hand(1), known)
      .rejects('order-not-paid');
    given(...ready, paid)
      .when(hand(3), known)
      .rejects('line-unknown');
  });
  test.each([
    ['is no more', {}],
    ['was cancelled meanwhile', { 2: { ...support, refusal: 'not-active' } }],
    ['was written for another', { 2: { ...support, patientId: 'p' } }],
    ['was amended to something else', { 2: { ...support, sameMedicine: false } }],
  ])('asks the prescription again: one that %s (N14)', (_, changed) => {
    given(...ready, paid)
      .when(hand(2), { ...known, facts: { ...facts, support: changed } })
      .rejects('prescription-not-valid');
    given(...ready, paid)
      .when(hand(1), { ...known, facts: { ...facts, support: changed } })
      .then(lineDispensed(1, 10));
  });
  test('nothing that has expired', () =>
    given(...ready, paid)
      .when(hand(1), { ...known, facts: { ...facts, expiredLots: ['a'] } })
      .rejects('lot-expired'));
  test('ends with the patient, who came or was visited', () => {
    const over = { type: 'HandOverOrder' as const, data: {} };
    const brought = { type: 'MarkOrderDelivered' as const, data: {} };
    const handedOver: Happened = { type: 'OrderHandedOver', data: about };
    given(...handedOut)
      .when(over, known)
      .then(handedOver);
    given(...handedOut, handedOver)
      .when(over, known)
      .then();
    given(...handedOut)
      .when(brought, known)
      .rejects('not-to-deliver');
    given(...ready, paid)
      .when(over, known)
      .rejects('not-to-hand-over');
    const delivery = { address: 'x', phone: { given: '1', e164: '+8801712345678' } };
    const toDeliver = [{ ...placed, data: { ...placed.data, delivery } } as Happened, ...handedOut.slice(1)];
    given(...toDeliver)
      .when(over, known)
      .rejects('not-to-hand-over');
    given(...toDeliver)
      .when(brought, known)
      .then({ type: 'OrderDelivered', data: about });
  });
});

describe('giving up', () => {
  const cancel = { type: 'CancelOrder' as const, data: { reason: 'changed my mind' } };
  test('releases everything as long as nothing was handed out', () => {
    given(placed).when(cancel, known).then(cancelled(false));
    given(...ready)
      .when(cancel, known)
      .then(cancelled(false));
    given(...ready, paid)
      .when(cancel, known)
      .then(cancelled(true));
    given(...ready, cancelled(false))
      .when(cancel, known)
      .then();
    given(...handedOut)
      .when(cancel, known)
      .rejects('order-closed');
    given(...ready, expired)
      .when(cancel, known)
      .rejects('order-closed');
  });
  test('of the rest pays it back', () =>
    given(...ready, paid, lineDispensed(1, 4))
      .when(cancel, known)
      .then(
        { type: 'OrderRestCancelled', data: { ...about, open, reason: 'changed my mind' } },
        dispensed,
        refunded(6 * 250 + 3_450, 'rest-cancelled'),
      ));

  const refunded = (amount: number, reason: 'returned' | 'rest-cancelled'): Happened => ({
    type: 'OrderRefundRequested',
    data: { ...about, paymentId: 'pharmacyOrder_order-1', refund: bdt(amount), reason },
  });
  const back = (line: number, quantity: number) => ({
    type: 'ReturnUnits' as const,
    data: { line, quantity, reason: 'not needed' },
  });
  test('afterwards brings units and money back', () => {
    const { data } = lineDispensed(2, 1);
    const returned = { type: 'OrderUnitsReturned', data: { ...data, reason: 'not needed' } } as Happened;
    given(...handedOut)
      .when(back(2, 1), known)
      .then(returned, refunded(1_150, 'returned'));
    expect(fold(order, [...handedOut, returned])!.lines[1]).toMatchObject({ charged: 2, dispensed: picks(2) });
    given(...handedOut, returned)
      .when(back(2, 3), known)
      .rejects('return-exceeded');
    given(...ready, paid)
      .when(back(2, 1), known)
      .rejects('return-exceeded');
  });

  test('in whatever parts, pays back what the line cost and not a paisa more', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999 }),
        fc.integer({ min: 0, max: 10_000 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 }),
        (amount, taxBasisPoints, parts) => {
          const quantity = parts.reduce((sum, part) => sum + part, 0);
          let line = { ...lines[0]!, quantity, unitPrice: bdt(amount), taxBasisPoints, charged: quantity } as OrderLine;
          const { net, tax } = costOf(line, quantity);
          let paidBack = 0;
          for (const part of parts) {
            paidBack += refundOf(line, part);
            line = { ...line, charged: line.charged - part };
          }
          expect(paidBack).toBe(net + tax);
        },
      ),
    ));
});

test('the state after a rest was given up holds nothing that waits', () => {
  const rest: Happened = { type: 'OrderRestCancelled', data: { ...about, open, reason: 'x' } };
  const state = fold(order, [...ready, paid, lineDispensed(1, 4), rest, dispensed]) as Order;
  expect(state).toMatchObject({
    status: 'dispensed',
    lines: [
      { charged: 4, reserved: [] },
      { charged: 0, reserved: [] },
    ],
  });
});

test('a command is about the patient and the pharmacy of its order, or about nobody where there is none', () => {
  const of = (state: Order | undefined, data: object) => order.parties(state, data, known as never);
  const theirs = { patientId: 'patient-1', hospitalId: 'hospital-1' };
  expect(of(undefined, { hospitalId: 'hospital-1' })).toEqual(theirs);
  expect(of(undefined, { hospitalId: 'hospital-1', patientId: 'p' })).toEqual({ ...theirs, patientId: 'p' });
  expect(of(fold(order, [placed]), { reason: 'x' })).toEqual(theirs);
  expect(of(undefined, { reason: 'x' })).toEqual({});
});

test('what somebody bought is theirs to tell', () => {
  const marked = (of: keyof typeof events) => markedPaths(events[of].schema).map(({ path }) => path);
  expect(marked('OrderPlaced')).toEqual(['lines', 'delivery']);
  expect(marked('OrderLineDispensed')).toEqual(['medicineId', 'prescription']);
  expect(marked('OrderShort')).toEqual(['open']);
});

describe('an order of another system', () => {
  const taken = (paymentId?: string) => ({
    type: 'TakeOverOrder' as const,
    data: {
      ...{ hospitalId: 'hospital-1', patientId: 'patient-1', fee: bdt(4_000), total: bdt(6_500) },
      lines: [{ ...napa, unitPrice: bdt(250) }],
      ...(paymentId && { paymentId }),
    },
  });
  test('that was paid is over, and its stock is not touched', () =>
    expect(given().when(taken('pharmacyOrder_order-1'), known).events()).toMatchObject([
      {
        type: 'OrderPlaced',
        data: { net: bdt(2_500), fee: bdt(4_000), total: bdt(6_500), lines: [{ line: 1, quantity: 10 }] },
      },
      { type: 'OrderPaid', data: { paymentId: 'pharmacyOrder_order-1', total: bdt(6_500) } },
      { type: 'OrderDelivered' },
    ]));
  test('that nobody paid has expired', () =>
    expect(
      given()
        .when(taken(), known)
        .events()
        .map(({ type }) => type),
    ).toEqual(['OrderPlaced', 'OrderExpired']));
  test('comes once', () => given(placed).when(taken(), known).then());
});
