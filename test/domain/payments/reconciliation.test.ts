import { differenceOf, type Difference, reconciliation } from '../../../domain/payments/reconciliation.js';
import { spec } from '../../kernel/spec.js';

const DAY = '2030-01-01';
const given = spec(reconciliation, DAY);
const listed = (n: number) => ({
  type: 'TransactionListed' as const,
  data: { day: DAY, transactionId: `T${n}`, paymentId: 'appointment_a' },
});
const many = (count: number) => Array.from({ length: count }, (_, i) => listed(i));
const started = (run: number, part: number, parts: number, from: number, to: number) => ({
  type: 'ComparisonStarted' as const,
  data: { day: DAY, run, part, parts, from, to },
});
const ended = (run: number, part: number, compared: number, differences = 0, pending = 0) => ({
  type: 'ComparisonEnded' as const,
  data: { day: DAY, run, part, compared, differences, pending },
});
const reconciled = (run: number, compared: number, differences = 0, pending = 0) => ({
  type: 'DayReconciled' as const,
  data: { day: DAY, run, compared, differences, pending },
});
const reconcile = { type: 'ReconcileDay' as const, data: {} };
const record = (run: number, part: number, differences: Difference[] = [], pending = 0) => ({
  type: 'RecordComparison' as const,
  data: { run, part, differences, pending },
});
const total = { amount: 50_000, currency: 'BDT' };
const difference: Difference = {
  transactionId: 'T1',
  paymentId: 'appointment_a',
  difference: 'not-paid-there',
  booked: total,
};

describe('reconciling a day', () => {
  test('lists its transactions', () => {
    const { transactionId, paymentId } = listed(1).data;
    given().when({ type: 'ListTransaction', data: { transactionId, paymentId } }).then(listed(1));
  });
  test('without any is done at once', () => given().when(reconcile).then(reconciled(1, 0)));
  test('compares in parts', () =>
    given(...many(120))
      .when(reconcile)
      .then(started(1, 0, 3, 0, 50), started(1, 1, 3, 50, 100), started(1, 2, 3, 100, 120)));
  test('tells each difference, and the sum after the last part', () => {
    const past = [...many(60), started(1, 0, 2, 0, 50), started(1, 1, 2, 50, 60)];
    given(...past)
      .when(record(1, 1, [difference], 2))
      .then({ type: 'PaymentDiffers', data: { ...difference, day: DAY, run: 1 } }, ended(1, 1, 10, 1, 2));
    given(...past, ended(1, 1, 10, 1, 2))
      .when(record(1, 0))
      .then(ended(1, 0, 50), reconciled(1, 60, 1, 2));
  });
  test('hears each part once', () =>
    given(...many(60), started(1, 0, 2, 0, 50), started(1, 1, 2, 50, 60), ended(1, 0, 50))
      .when(record(1, 0))
      .then());
  test('can be begun again, and then hears nothing of the run before', () => {
    const again = [listed(1), started(1, 0, 1, 0, 1), started(2, 0, 1, 0, 1)];
    given(listed(1), started(1, 0, 1, 0, 1))
      .when(reconcile)
      .then(started(2, 0, 1, 0, 1));
    given(...again)
      .when(record(1, 0))
      .then();
    given(...again)
      .when(record(2, 0))
      .then(ended(2, 0, 1), reconciled(2, 1));
  });
});

describe('a difference', () => {
  const of = { transactionId: 'T1', paymentId: 'appointment_a' };
  const ours = { validationId: 'V1', total };
  test('none: both know of the same money', () => expect(differenceOf(of, [ours], ours)).toBeUndefined());
  test('none: both know of none', () => expect(differenceOf(of, [], 'nothing')).toBeUndefined());
  test('none: the gateway is not done yet', () => expect(differenceOf(of, [ours], 'pending')).toBeUndefined());
  test('we booked what the gateway does not have', () =>
    expect(differenceOf(of, [ours], 'nothing')).toMatchObject({ difference: 'not-paid-there', booked: total }));
  test('the gateway has what we did not book', () =>
    expect(differenceOf(of, [], ours)).toMatchObject({ difference: 'not-booked-here', atGateway: total }));
  test('the amounts differ', () =>
    expect(differenceOf(of, [ours], { ...ours, total: { ...total, amount: 1 } })).toMatchObject({
      difference: 'amount-differs',
      booked: total,
      atGateway: { amount: 1 },
    }));
  test('it is other money', () =>
    expect(differenceOf(of, [ours], { ...ours, validationId: 'V2' })).toMatchObject({
      difference: 'validation-differs',
    }));
});
