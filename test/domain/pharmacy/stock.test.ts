import fc from 'fast-check';
import { fold } from '../../../domain/kernel/decider.js';
import type { EventOf } from '../../../domain/kernel/event.js';
import { Rejection } from '../../../domain/kernel/rejection.js';
import { events, stock, type Stock } from '../../../domain/pharmacy/stock.js';
import { NOW, spec } from '../../kernel/spec.js';

type Happened = EventOf<typeof events>;
const given = spec(stock, 'hospital-1_m-1');
const about = { hospitalId: 'hospital-1', medicineId: 'm-1', at: NOW };
const UNTIL = '2030-01-01T09:00:00.000Z';

const received = (lot: string, quantity: number, expires?: string): Happened => ({
  type: 'StockReceived',
  data: { ...about, lot, quantity, ...(expires && { expires }) },
});
const pick = (lot: string, quantity: number) => ({ lot, quantity });
const reserved = (reservationId: string, ...picks: ReturnType<typeof pick>[]): Happened => ({
  type: 'UnitsReserved',
  data: { ...about, reservationId, picks, until: UNTIL },
});
const reserve = (quantity: number, reservationId = 'order-1_1') => ({
  type: 'ReserveUnits' as const,
  data: { reservationId, quantity, until: UNTIL },
});
const short = (quantity: number, available: number): Happened => ({
  type: 'MedicineShort',
  data: { ...about, reservationId: 'order-1_1', quantity, available },
});

describe('reserving', () => {
  test('takes the nearest expiry first, and nothing that has expired', () =>
    given(
      received('late', 50, '2031-01-01'),
      received('soon', 20, '2030-06-01'),
      received('today', 99, '2030-01-01'),
      received('whenever', 50),
    )
      .when(reserve(90))
      .then(reserved('order-1_1', pick('soon', 20), pick('late', 50), pick('whenever', 20))));
  test('reports a shortage, and reserves nothing then', () =>
    given(received('a', 5), received('old', 99, '2029-12-31'))
      .when(reserve(6))
      .then(short(6, 5)));
  test('gives the last unit away, and not one more', () => {
    const level: Happened = { type: 'ReorderLevelSet', data: { ...about, level: 0 } };
    given(received('a', 5), level)
      .when(reserve(5))
      .then(reserved('order-1_1', pick('a', 5)));
    given(received('a', 5), level, reserved('order-2_1', pick('a', 1)))
      .when(reserve(5))
      .then(short(5, 4));
  });
  test('of the same order happens once', () =>
    given(received('a', 50), reserved('order-1_1', pick('a', 6)))
      .when(reserve(6))
      .then());
  test('says when it runs low, once', () => {
    const low = (available: number): Happened => ({ type: 'StockRanLow', data: { ...about, available, level: 10 } });
    given(received('a', 12))
      .when(reserve(3))
      .then(reserved('order-1_1', pick('a', 3)), low(9));
    given(received('a', 12))
      .when(reserve(2))
      .then(reserved('order-1_1', pick('a', 2)));
    given(received('a', 9))
      .when(reserve(2))
      .then(reserved('order-1_1', pick('a', 2)));
  });
  test('heeds another reorder level', () => {
    const level: Happened = { type: 'ReorderLevelSet', data: { ...about, level: 5 } };
    given(received('a', 12), level)
      .when(reserve(3))
      .then(reserved('order-1_1', pick('a', 3)));
    given(level)
      .when({ type: 'SetReorderLevel', data: { level: 5 } })
      .then();
    given()
      .when({ type: 'SetReorderLevel', data: { level: 5 } })
      .then(level);
  });
});

describe('what is reserved', () => {
  const past = [received('a', 4), received('b', 20), reserved('order-1_1', pick('a', 4), pick('b', 2))];
  test('goes back, once', () => {
    const release = { type: 'ReleaseUnits' as const, data: { reservationId: 'order-1_1' } };
    const released: Happened = {
      type: 'UnitsReleased',
      data: { ...about, reservationId: 'order-1_1', picks: [pick('a', 4), pick('b', 2)] },
    };
    given(...past)
      .when(release)
      .then(released);
    given(...past, released)
      .when(release)
      .then();
    expect(fold(stock, [...past, released]).lots).toMatchObject({ a: { onHand: 4 }, b: { onHand: 20 } });
  });
  test('is handed out in parts, of the lots that were reserved', () => {
    const hand = (...picks: ReturnType<typeof pick>[]) => ({
      type: 'DispenseUnits' as const,
      data: { reservationId: 'order-1_1', picks },
    });
    const handed = (...picks: ReturnType<typeof pick>[]): Happened => ({
      type: 'UnitsDispensed',
      data: { ...about, reservationId: 'order-1_1', picks },
    });
    given(...past)
      .when(hand(pick('a', 3)))
      .then(handed(pick('a', 3)));
    given(...past, handed(pick('a', 3)))
      .when(hand(pick('a', 2)))
      .rejects('not-reserved');
    given(...past)
      .when(hand(pick('b', 3)))
      .rejects('not-reserved');
    given(...past)
      .when(hand(pick('c', 1)))
      .rejects('not-reserved');
    given(...past.slice(0, 2))
      .when(hand(pick('a', 1)))
      .rejects('not-reserved');
  });
});

describe('what is counted', () => {
  test('a lot expires on one day', () => {
    const receive = (expires?: string) => ({
      type: 'ReceiveUnits' as const,
      data: { lot: 'a', quantity: 3, ...(expires && { expires }) },
    });
    given(received('a', 5, '2030-06-01'))
      .when(receive('2030-06-01'))
      .then(received('a', 3, '2030-06-01'));
    given(received('a', 5, '2030-06-01'))
      .when(receive('2030-07-01'))
      .rejects('lot-differs');
    given(received('a', 5, '2030-06-01'))
      .when(receive())
      .rejects('lot-differs');
  });
  test('only what is on hand is written off', () => {
    const adjust = (kind: 'found' | 'writtenOff', quantity: number, lot = 'a') => ({
      type: 'AdjustStock' as const,
      data: { kind, lot, quantity, reason: 'broken' },
    });
    const past = [received('a', 30), reserved('order-1_1', pick('a', 5))];
    const data = { ...about, lot: 'a', reason: 'broken' };
    given(...past)
      .when(adjust('writtenOff', 15))
      .then({ type: 'StockWrittenOff', data: { ...data, quantity: 15 } });
    given(...past)
      .when(adjust('writtenOff', 26))
      .rejects('too-few-on-hand');
    given(...past)
      .when(adjust('found', 2))
      .then({ type: 'StockFound', data: { ...data, quantity: 2 } });
    given(...past)
      .when(adjust('found', 2, 'b'))
      .rejects('lot-unknown');
  });
  test('no more comes back than went out', () => {
    const past = [received('a', 30), reserved('order-1_1', pick('a', 5))];
    const out: Happened = {
      type: 'UnitsDispensed',
      data: { ...about, reservationId: 'order-1_1', picks: [pick('a', 5)] },
    };
    const back = (quantity: number) => ({ type: 'ReturnUnits' as const, data: { picks: [pick('a', quantity)] } });
    given(...past, out)
      .when(back(5))
      .then({ type: 'UnitsReturned', data: { ...about, picks: [pick('a', 5)] } });
    given(...past, out)
      .when(back(6))
      .rejects('return-exceeded');
    given(...past)
      .when(back(1))
      .rejects('return-exceeded');
  });
});

// The model knows nothing of lots: five numbers, moved by what was asked for and not refused.
class Count {
  received = 0;
  found = 0;
  onHand = 0;
  dispensed = 0;
  writtenOff = 0;
  readonly reserved = new Map<string, number>();

  get held(): number {
    return [...this.reserved.values()].reduce((a, b) => a + b, 0);
  }

  add(event: Happened): void {
    switch (event.type) {
      case 'StockReceived':
        this.received += event.data.quantity;
        this.onHand += event.data.quantity;
        return;
      case 'StockFound':
        this.found += event.data.quantity;
        this.onHand += event.data.quantity;
        return;
      case 'StockWrittenOff':
        this.writtenOff += event.data.quantity;
        this.onHand -= event.data.quantity;
        return;
      case 'UnitsReserved':
        this.reserve(event.data.reservationId, sum(event.data.picks));
        return;
      case 'UnitsReleased':
        this.reserve(event.data.reservationId, -sum(event.data.picks));
        return;
      case 'UnitsDispensed':
        this.reserve(event.data.reservationId, -sum(event.data.picks));
        this.onHand -= sum(event.data.picks);
        this.dispensed += sum(event.data.picks);
        return;
      case 'UnitsReturned':
        this.onHand += sum(event.data.picks);
        this.dispensed -= sum(event.data.picks);
        return;
      case 'MedicineShort':
      case 'StockRanLow':
      case 'ReorderLevelSet':
      case 'PharmacyPriceSet':
    }
  }

  private reserve(id: string, units: number): void {
    this.reserved.set(id, (this.reserved.get(id) ?? 0) + units);
    this.onHand -= units;
  }
}
const sum = (picks: readonly { quantity: number }[]) => picks.reduce((total, { quantity }) => total + quantity, 0);

/** Mostly what can be handed out, sometimes more; what comes back is of one lot. */
const withPicks = (data: { reservationId?: string; lot?: string; quantity?: number }, { reservations }: Stock) => {
  const { reservationId, lot = 'a', quantity = 1 } = data;
  const held = reservations[reservationId ?? '']?.[0];
  return { ...data, picks: [held ? pick(held.lot, 1 + (quantity % (held.quantity + 1))) : pick(lot, quantity)] };
};

test('units are conserved for every history', () => {
  const seen = new Set<string>();
  const lot = fc.constantFrom('a', 'b');
  const quantity = fc.integer({ min: 1, max: 30 });
  const reservationId = fc.constantFrom('o_1', 'o_2', 'o_3');
  const step = fc.oneof(
    fc.record({ type: fc.constant('ReceiveUnits'), data: fc.record({ lot, quantity }) }),
    fc.record({
      type: fc.constant('AdjustStock'),
      data: fc.record({ kind: fc.constantFrom('found', 'writtenOff'), lot, quantity, reason: fc.constant('counted') }),
    }),
    fc.record({
      type: fc.constant('ReserveUnits'),
      data: fc.record({ reservationId, quantity, until: fc.constant(UNTIL) }),
    }),
    fc.record({ type: fc.constant('ReleaseUnits'), data: fc.record({ reservationId }) }),
    fc.record({ type: fc.constant('DispenseUnits'), data: fc.record({ reservationId, quantity }) }),
    fc.record({ type: fc.constant('ReturnUnits'), data: fc.record({ lot, quantity: fc.integer({ min: 1, max: 9 }) }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
      let state: Stock = stock.initial;
      const count = new Count();
      for (const { type, data } of steps) {
        try {
          const context = { id: 'hospital-1_m-1', at: NOW } as never;
          const happened = stock.decide[type as 'ReleaseUnits'](state, withPicks(data, state) as never, context);
          state = fold(stock, happened, state);
          for (const event of happened) {
            count.add(event);
            seen.add(event.type);
          }
        } catch (error) {
          if (!(error instanceof Rejection)) throw error;
        }
        const lots = Object.values(state.lots);
        const [onHand, dispensed] = [
          sum(lots.map(({ onHand: q }) => ({ quantity: q }))),
          sum(lots.map(({ dispensed: q }) => ({ quantity: q }))),
        ];
        expect([onHand, dispensed, sum(Object.values(state.reservations).flat())]).toEqual([
          count.onHand,
          count.dispensed,
          count.held,
        ]);
        expect(count.received + count.found).toBe(onHand + count.held + dispensed + count.writtenOff);
        for (const held of lots) expect(Math.min(held.onHand, held.dispensed)).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 300 },
  );
  expect([...seen].toSorted()).toEqual(
    Object.keys(events)
      .filter((type) => type !== 'ReorderLevelSet' && type !== 'PharmacyPriceSet')
      .toSorted(),
  );
});

describe('a price of its own', () => {
  const bdt = (amount: number) => ({ amount, currency: 'BDT' });
  const set = (price: ReturnType<typeof bdt> | null) => ({ type: 'SetPrice' as const, data: { price } });
  const told = (price: ReturnType<typeof bdt> | null): Happened => ({
    type: 'PharmacyPriceSet',
    data: { ...about, price },
  });
  const known = { facts: { currency: 'BDT' } };
  test('is set, changed and taken back', () => {
    given()
      .when(set(bdt(240)), known)
      .then(told(bdt(240)));
    given(told(bdt(240)))
      .when(set(bdt(250)), known)
      .then(told(bdt(250)));
    given(told(bdt(240)))
      .when(set(null), known)
      .then(told(null));
  });
  test('is said once', () => {
    given(told(bdt(240)))
      .when(set(bdt(240)), known)
      .then();
    given(told(bdt(240)), told(null))
      .when(set(null), known)
      .then();
    given().when(set(null), known).then();
  });
  test('is in the currency of the catalogue, for what it knows', () => {
    given()
      .when(set({ amount: 1, currency: 'USD' }), known)
      .rejects('currency-differs');
    given()
      .when(set(bdt(1)), { facts: {} })
      .rejects('medicine-unknown');
  });
});
