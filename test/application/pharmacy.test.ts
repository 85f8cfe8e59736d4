import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v5 as uuidv5 } from 'uuid';
import type { Ledger } from '../../application/kernel/ledger.js';
import type { Ports } from '../../application/kernel/ports.js';
import type { Reaction, Timer } from '../../application/kernel/reaction.js';
import { Streams } from '../../application/kernel/streams.js';
import { transact } from '../../application/kernel/transact.js';
import { reactions, timers } from '../../application/pharmacy.js';
import { commands, stock } from '../../domain/pharmacy/stock.js';
import { openSqliteLedger } from '../../infrastructure/ledger/sqlite.js';
import { NOW, SYSTEM } from '../kernel/spec.js';

const about = { orderId: 'o', patientId: 'p', hospitalId: 'h', at: NOW };
const UNTIL = '2030-01-01T09:00:00.000Z';
const picks = [{ lot: 'a', quantity: 3 }];
const rx = { prescriptionId: 'rx-1', line: 4 };

/** What is sent because of an event. */
const because = (type: string, data: object) =>
  (reactions as unknown as Reaction[])
    .flatMap(({ on }) => on[type]?.({ type, data } as never) ?? [])
    .map(({ command, id, message }) => [command.name, id, message]);
const message = (type: string, data: object) => ({ type, data });

describe('an order', () => {
  const lines = [
    { line: 1, medicineId: 'napa', quantity: 10 },
    { line: 2, medicineId: 'amoxil', quantity: 3, prescription: rx },
  ];
  test('asks stock for every line, and prescriptions for those that rest on one', () =>
    expect(because('OrderPlaced', { ...about, lines, until: UNTIL })).toEqual([
      ['StockCommand', 'h_napa', message('ReserveUnits', { reservationId: 'o_1', quantity: 10, until: UNTIL })],
      ['StockCommand', 'h_amoxil', message('ReserveUnits', { reservationId: 'o_2', quantity: 3, until: UNTIL })],
      ['PrescriptionCommand', 'rx-1', message('ClaimUnits', { claimId: 'o_2', line: 4, quantity: 3, hospitalId: 'h' })],
    ]));
  test('hears what they say', () => {
    const stocked = { hospitalId: 'h', medicineId: 'napa', at: NOW, reservationId: 'o_12' };
    expect(because('UnitsReserved', { ...stocked, picks })).toEqual([
      ['OrderCommand', 'o', message('RecordReserved', { line: 12, picks })],
    ]);
    expect(because('MedicineShort', { ...stocked, quantity: 9, available: 4 })).toEqual([
      ['OrderCommand', 'o', message('RecordShort', { line: 12, available: 4 })],
    ]);
    const claim = { prescriptionId: 'rx-1', claimId: 'o_2', line: 4, quantity: 3 };
    expect(because('PrescriptionUnitsClaimed', claim)).toEqual([
      ['OrderCommand', 'o', message('RecordPromised', { line: 2 })],
    ]);
    expect(because('PrescriptionClaimRefused', { ...claim, reason: 'too-few' })).toEqual([
      ['OrderCommand', 'o', message('RecordNotPromised', { line: 2 })],
    ]);
  });
  test('that is ready takes its lines out of its patient’s cart and nobody else’s (N7)', () => {
    const ordered = lines.map(({ medicineId, quantity }) => ({ medicineId, quantity }));
    expect(because('OrderReserved', { ...about, lines: ordered })).toEqual([
      ['CartCommand', 'p', message('CheckOutCart', { hospitalId: 'h', orderId: 'o', lines: ordered })],
    ]);
  });

  const open = [
    { line: 1, medicineId: 'napa' },
    { line: 2, medicineId: 'amoxil', prescriptionId: 'rx-1' },
  ];
  const released = [
    ['StockCommand', 'h_napa', message('ReleaseUnits', { reservationId: 'o_1' })],
    ['StockCommand', 'h_amoxil', message('ReleaseUnits', { reservationId: 'o_2' })],
    ['PrescriptionCommand', 'rx-1', message('ReleaseClaim', { claimId: 'o_2' })],
  ];
  test.each(['OrderShort', 'OrderExpired', 'OrderCancelled', 'OrderRestCancelled'])(
    'that ends (%s) holds nothing back',
    (type) => expect(because(type, { ...about, open })).toEqual(expect.arrayContaining(released)),
  );
  test.each([
    ['OrderExpired', 'expired'],
    ['OrderCancelled', 'cancelled'],
  ])('that ends as a whole (%s) is not to be paid', (type, reason) =>
    expect(because(type, { ...about, open })).toContainEqual([
      'PaymentCommand',
      'pharmacyOrder_o',
      message('WithdrawPayment', { reason }),
    ]),
  );
  test.each(['OrderShort', 'OrderRestCancelled'])('that ends otherwise (%s) leaves its payment alone', (type) =>
    expect(because(type, { ...about, open })).toEqual(released),
  );

  test('is paid by its own payment', () => {
    const total = { amount: 5, currency: 'BDT' };
    const settled = { purpose: 'pharmacyOrder', objectId: 'o', paymentId: 'pharmacyOrder_o', total };
    expect(because('PaymentSettled', settled)).toEqual([
      ['OrderCommand', 'o', message('MarkOrderPaid', { paymentId: 'pharmacyOrder_o', total })],
    ]);
    expect(because('PaymentSettled', { ...settled, purpose: 'appointment' })).toEqual([]);
  });
  test('moves what is handed out and what comes back in stock and on the prescription', () => {
    const moved = { ...about, line: 2, medicineId: 'amoxil', picks };
    expect(because('OrderLineDispensed', { ...moved, prescription: rx })).toEqual([
      ['StockCommand', 'h_amoxil', message('DispenseUnits', { reservationId: 'o_2', picks })],
      ['PrescriptionCommand', 'rx-1', message('RecordDispense', { claimId: 'o_2', quantity: 3 })],
    ]);
    expect(because('OrderLineDispensed', moved)).toHaveLength(1);
    expect(because('OrderUnitsReturned', { ...moved, prescription: rx, reason: 'x' })).toEqual([
      ['StockCommand', 'h_amoxil', message('ReturnUnits', { picks })],
      ['PrescriptionCommand', 'rx-1', message('RecordReturn', { line: 4, quantity: 3 })],
    ]);
    expect(because('OrderUnitsReturned', { ...moved, reason: 'x' })).toHaveLength(1);
  });
  test('pays back what is to be paid back', () =>
    expect(
      because('OrderRefundRequested', { paymentId: 'pharmacyOrder_o', refund: { amount: 7 }, reason: 'returned' }),
    ).toEqual([['PaymentCommand', 'pharmacyOrder_o', message('RequestRefund', { amount: 7, reason: 'returned' })]]));

  test('expires by a timer that is taken back once it is paid or has ended', () => {
    const [{ on }] = timers as unknown as [Timer];
    const due = (type: string, data: object) => on[type]!({ type, data } as never);
    expect(due('OrderPlaced', { ...about, until: UNTIL })).toMatchObject([
      { key: 'o', at: UNTIL, outgoing: [{ id: 'o', message: message('ExpireOrder', {}) }] },
    ]);
    for (const type of ['OrderShort', 'OrderCancelled', 'OrderPaid'])
      expect(due(type, about)).toEqual([{ key: 'o', at: null, outgoing: [] }]);
  });
});

describe('80 units', () => {
  const folder = mkdtempSync(join(tmpdir(), 'healthstack-'));
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await openSqliteLedger({ file: join(folder, 'ledger.db') });
  });
  afterAll(async () => {
    await ledger.close();
    rmSync(folder, { recursive: true });
  });

  test('asked for 500 times at once are sold 80 times', async () => {
    const ports: Ports = {
      ledger,
      clock: { now: () => NOW },
      fingerprint: (data) => JSON.stringify(data),
      fingerprintOf: () => Promise.resolve(undefined),
      software: 'test',
    };
    const streams = new Streams(ledger);
    const send = (type: 'ReceiveUnits' | 'ReserveUnits', data: object, key: string) => {
      const commandId = uuidv5(key, uuidv5.URL);
      const caller = { actor: SYSTEM, commandId, correlationId: key, causationId: key, purpose: 'HOPERAT' };
      return transact(ports, streams, stock, {
        id: 'h_napa',
        message: { type, data: commands[type].parse(data) } as never,
        caller,
      });
    };
    await send('ReceiveUnits', { lot: 'a', quantity: 50 }, 'first');
    await send('ReceiveUnits', { lot: 'b', expires: '2030-06-01', quantity: 30 }, 'second');
    await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        send('ReserveUnits', { reservationId: `o${i}_1`, quantity: 1, until: UNTIL }, `reserve ${i}`),
      ),
    );
    // Counted in the ledger, not in what was answered.
    const events = await ledger.readStream('stock-h_napa');
    const count = (type: string) => events.filter((e) => e.type === type).length;
    expect([count('UnitsReserved'), count('MedicineShort'), count('StockRanLow')]).toEqual([80, 420, 1]);
    const lots = events.flatMap((e) => (e.type === 'UnitsReserved' ? (e.data as { picks: typeof picks }).picks : []));
    expect(lots.filter(({ lot }) => lot === 'b')).toHaveLength(30);
    expect(new Set(events.flatMap((e) => (e.data as { reservationId?: string }).reservationId ?? [])).size).toBe(500);
  });
});
