import type { EventOf } from '../../../domain/kernel/event.js';
import type { Money } from '../../../domain/kernel/types.js';
import { gatewayId } from '../../../domain/payments/bookkeeping.js';
import { type Facts, payment, paymentIdOf, type Price } from '../../../domain/payments/payment.js';
import { NOW, spec } from '../../kernel/spec.js';

type Event = EventOf<typeof payment.events>;

const ID = paymentIdOf('appointment', 'a');
const given = spec(payment, ID);
const COMMAND = '5b0d1c3e-8a44-4f6e-9a0e-2f8f4f6f7c11';
const FIRST = gatewayId('HS', COMMAND);
const REFUND = gatewayId('RF', COMMAND);
const total = { amount: 50_000, currency: 'BDT' };
const price: Price = { patientId: 'patient-1', hospitalId: 'hospital-1', total };
const facts: Facts = { price, today: '2030-01-01' };
const known = { facts, commandId: COMMAND };

const about = { purpose: 'appointment' as const, objectId: 'a', patientId: 'patient-1', hospitalId: 'hospital-1' };
const open = { type: 'OpenPayment' as const, data: { purpose: 'appointment' as const, objectId: 'a' } };
const opened: Event = { type: 'PaymentOpened', data: { ...about, total } };
const attempt = (transactionId: string, startedAt = NOW): Event => ({
  type: 'AttemptStarted',
  data: { transactionId, total, startedAt },
});
const declined = (transactionId: string): Event => ({
  type: 'PaymentDeclined',
  data: { transactionId, reason: 'failed' },
});
const money = (n: number, sum: Money = total) => ({
  transactionId: `T${n}`,
  validationId: `V${n}`,
  bankTransactionId: `B${n}`,
  total: sum,
});
const receive = (n: number, change: { sum?: Money; risk?: 'low' | 'high' } = {}) => ({
  type: 'ReceiveMoney' as const,
  data: { received: money(n, change.sum), risk: change.risk ?? 'low' },
});
const moves = (amount: number, from: string, to: string) =>
  [
    { account: to, amount },
    { account: from, amount: -amount },
  ] as { account: 'gateway'; amount: number }[];
const settled = (n: number, from = 'income.appointment', to = 'gateway'): Event => ({
  type: 'PaymentSettled',
  data: { ...money(n), ...about, paymentId: ID, day: '2030-01-01', postings: moves(50_000, from, to) },
});
const held = (n: number): Event => ({
  type: 'PaymentHeld',
  data: { ...money(n), postings: moves(50_000, 'held', 'gateway') },
});
const refund = (refundId: string, n: number, pot: 'income' | 'held' | 'overpayments' | 'suspense', amount: number) => ({
  refundId,
  validationId: `V${n}`,
  pot,
  total: { amount, currency: 'BDT' },
});
const POTS = { income: 'income.appointment', held: 'held', overpayments: 'overpayments', suspense: 'suspense' };
const requested = (
  refundId: string,
  n: number,
  amount: number,
  pot: keyof typeof POTS = 'income',
  reason = 'Doctor ill',
): Event => ({
  type: 'RefundRequested',
  data: {
    ...refund(refundId, n, pot, amount),
    bankTransactionId: `B${n}`,
    postings: moves(amount, 'refundsPayable', POTS[pot]),
    reason,
  },
});
const completed = (refundId: string, n: number, amount: number): Event => ({
  type: 'RefundCompleted',
  data: {
    ...refund(refundId, n, 'income', amount),
    postings: moves(amount, 'gateway', 'refundsPayable'),
    paymentId: ID,
    day: '2030-01-01',
  },
});
const askRefund = (amount?: number, validationId?: string) => ({
  type: 'RequestRefund' as const,
  data: { amount, validationId, reason: 'Doctor ill' },
});
const paid = [opened, attempt('T1'), settled(1)];

describe('opening', () => {
  test('takes the amount from what is paid for, and starts an attempt named by the command', () =>
    given().when(open, known).then(opened, attempt(FIRST)));
  test('again while an attempt is fresh leaves it be', () => given(opened, attempt('T1')).when(open, known).then());
  test('again after it was declined starts another, for the same amount', () => {
    const raised = { ...facts, price: { ...price, total: { amount: 99_999, currency: 'BDT' } } };
    given(opened, attempt('T1'), declined('T1'))
      .when(open, { ...known, facts: raised })
      .then(attempt(FIRST));
  });
  test('again after the page grew old starts another', () =>
    given(opened, attempt('T1', '2030-01-01T07:29:59.000Z')).when(open, known).then(attempt(FIRST)));
  test('what does not exist', () =>
    given()
      .when(open, { ...known, facts: { today: '2030-01-01' } })
      .rejects('nothing-to-pay'));
  test('what is not to be paid any more', () =>
    given()
      .when(open, { ...known, facts: { ...facts, price: { ...price, refusal: 'It was cancelled.' } } })
      .rejects('not-payable'));
  test('what is paid', () =>
    given(...paid)
      .when(open, known)
      .rejects('already-paid'));
  test('what was paid and paid back', () =>
    given(...paid, requested('R1', 1, 50_000), completed('R1', 1, 50_000))
      .when(open, known)
      .rejects('already-paid'));
  test('while a risky payment is looked at', () =>
    given(opened, attempt('T1'), held(1)).when(open, known).rejects('payment-held'));
  test('again when the risky payment went back', () =>
    given(opened, attempt('T1'), held(1), requested('R1', 1, 50_000, 'held'))
      .when(open, known)
      .then(attempt(FIRST)));
  test('too often', () => {
    const tries = Array.from({ length: 20 }, (_, i) => [attempt(`T${i}`), declined(`T${i}`)]).flat();
    given(opened, ...tries)
      .when(open, known)
      .rejects('too-many-attempts');
  });
});

describe('an attempt that ended without money', () => {
  const end = { type: 'DeclineAttempt' as const, data: { transactionId: 'T1', reason: 'failed' as const } };
  test('is declined', () => given(opened, attempt('T1')).when(end).then(declined('T1')));
  test('once', () => given(opened, attempt('T1'), declined('T1')).when(end).then());
  test('not when its money has come', () =>
    given(...paid)
      .when(end)
      .then());
});

describe('money', () => {
  test('that fits settles, in double entry', () =>
    given(opened, attempt('T1')).when(receive(1), known).then(settled(1)));
  test('is booked once', () =>
    given(...paid)
      .when(receive(1), known)
      .then());
  test('of a declined attempt settles all the same', () =>
    given(opened, attempt('T1'), declined('T1')).when(receive(1), known).then(settled(1)));
  test.each([
    ['less', { amount: 49_999, currency: 'BDT' }, 'amount-differs'],
    ['more', { amount: 50_001, currency: 'BDT' }, 'amount-differs'],
    ['another currency', { amount: 50_000, currency: 'USD' }, 'currency-differs'],
  ] as const)('of %s never settles: it stands in suspense', (_, sum, reason) =>
    given(opened, attempt('T1'))
      .when(receive(1, { sum }), known)
      .then({
        type: 'PaymentSuspicious',
        data: { ...money(1, sum), postings: moves(sum.amount, 'suspense', 'gateway'), reason },
      }),
  );
  test('that comes a second time is an overpayment and goes back', () =>
    given(...paid, attempt('T2'))
      .when(receive(2), known)
      .then(
        { type: 'OverpaymentReceived', data: { ...money(2), postings: moves(50_000, 'overpayments', 'gateway') } },
        requested(REFUND, 2, 50_000, 'overpayments', 'Paid without being owed.'),
      ));
  test('that comes after everything was paid back goes back too', () =>
    given(...paid, attempt('T2'), requested('R1', 1, 50_000), completed('R1', 1, 50_000))
      .when(receive(2), known)
      .then(
        { type: 'OverpaymentReceived', data: { ...money(2), postings: moves(50_000, 'overpayments', 'gateway') } },
        requested(REFUND, 2, 50_000, 'overpayments', 'Paid without being owed.'),
      ));
  test('for what nobody opened is refused', () => given().when(receive(1), known).rejects('payment-unknown'));
});

describe('money at high risk', () => {
  const accept = { type: 'AcceptHeldPayment' as const, data: { validationId: 'V1' } };
  const holding = [opened, attempt('T1'), held(1)];
  test('is held', () =>
    given(opened, attempt('T1'))
      .when(receive(1, { risk: 'high' }), known)
      .then(held(1)));
  test('settles when it is accepted', () =>
    given(...holding)
      .when(accept, known)
      .then(settled(1, 'income.appointment', 'held')));
  test('is accepted once', () =>
    given(...holding, settled(1, 'income.appointment', 'held'))
      .when(accept, known)
      .then());
  test('can be paid back instead', () =>
    given(...holding)
      .when(askRefund(undefined, 'V1'), known)
      .then(requested(REFUND, 1, 50_000, 'held')));
  test('cannot be accepted when it goes back', () =>
    given(...holding, requested('R1', 1, 50_000, 'held'))
      .when(accept, known)
      .rejects('not-held'));
  test('cannot be accepted when other money paid', () =>
    given(...holding, attempt('T2'), settled(2))
      .when(accept, known)
      .rejects('not-payable'));
  test('does not keep other money from settling', () =>
    given(...holding, attempt('T2'))
      .when(receive(2), known)
      .then(settled(2)));
});

describe('a refund', () => {
  const answer = (status: 'processing' | 'refunded' | 'failed', gatewayRefundId?: string) => ({
    type: 'RecordRefundAnswer' as const,
    data: { refundId: 'R1', gatewayRefundId, status },
  });
  const started: Event = { type: 'RefundStarted', data: { refundId: 'R1', gatewayRefundId: 'G1' } };
  const failed = (amount: number): Event => ({
    type: 'RefundFailed',
    data: { ...refund('R1', 1, 'income', amount), postings: moves(amount, 'income.appointment', 'refundsPayable') },
  });
  test('is of all by default', () =>
    given(...paid)
      .when(askRefund(), known)
      .then(requested(REFUND, 1, 50_000)));
  test('may be of a part', () =>
    given(...paid)
      .when(askRefund(20_000), known)
      .then(requested(REFUND, 1, 20_000)));
  test('of what is left by then', () =>
    given(...paid, requested('R1', 1, 20_000))
      .when(askRefund(), known)
      .then(requested(REFUND, 1, 30_000)));
  test('is never of more', () =>
    given(...paid, requested('R1', 1, 20_000))
      .when(askRefund(30_001), known)
      .rejects('refund-too-large'));
  test('needs something left', () =>
    given(...paid, requested('R1', 1, 50_000))
      .when(askRefund(), known)
      .rejects('nothing-left'));
  test('needs money', () => given(opened, attempt('T1')).when(askRefund(), known).rejects('not-paid'));
  test('can be of money in suspense', () =>
    given(opened, attempt('T1'), {
      type: 'PaymentSuspicious',
      data: {
        ...money(1, { amount: 100, currency: 'BDT' }),
        postings: moves(100, 'suspense', 'gateway'),
        reason: 'amount-differs',
      },
    })
      .when(askRefund(undefined, 'V1'), known)
      .then(requested(REFUND, 1, 100, 'suspense')));
  test('starts, and ends with counter postings', () => {
    const asked = [...paid, requested('R1', 1, 20_000)];
    given(...asked)
      .when(answer('processing', 'G1'), known)
      .then(started);
    given(...asked, started)
      .when(answer('processing', 'G1'), known)
      .then();
    given(...asked, started)
      .when(answer('refunded'), known)
      .then(completed('R1', 1, 20_000));
    given(...asked, started)
      .when(answer('failed'), known)
      .then(failed(20_000));
    given(...asked, started, completed('R1', 1, 20_000))
      .when(answer('failed'), known)
      .then();
  });
  test('that failed can be asked for again', () =>
    given(...paid, requested('R1', 1, 50_000), failed(50_000))
      .when(askRefund(), known)
      .then(requested(REFUND, 1, 50_000)));
  test('that nobody asked for', () =>
    given(...paid)
      .when(answer('refunded'), known)
      .rejects('refund-unknown'));
  test('is looked after while it is under way', () => {
    const check = { type: 'CheckRefund' as const, data: { refundId: 'R1', check: 1 } };
    const due: Event = { type: 'RefundCheckDue', data: { refundId: 'R1', gatewayRefundId: 'G1', check: 1 } };
    const asked = [...paid, requested('R1', 1, 20_000)];
    given(...asked)
      .when(check)
      .then();
    given(...asked, started)
      .when(check)
      .then(due);
    given(...asked, started, due)
      .when(check)
      .then();
    given(...asked, started, completed('R1', 1, 20_000))
      .when(check)
      .then();
  });
});

describe('withdrawing', () => {
  const withdraw = { type: 'WithdrawPayment' as const, data: { reason: 'cancelled' } };
  const withdrawn: Event = { type: 'PaymentWithdrawn', data: { reason: 'cancelled' } };
  test('what was never opened', () => given().when(withdraw, known).then());
  test('what is not paid', () => given(opened, attempt('T1')).when(withdraw, known).then(withdrawn));
  test('what is paid gives all that is left back', () =>
    given(...paid, requested('R1', 1, 20_000))
      .when(withdraw, known)
      .then(withdrawn, requested(REFUND, 1, 30_000, 'income', 'cancelled')));
  test('happens once', () =>
    given(...paid, withdrawn)
      .when(withdraw, known)
      .then());
  test('ends paying', () => given(opened, withdrawn).when(open, known).rejects('not-payable'));
  test('sends money back that still comes', () =>
    given(opened, attempt('T1'), withdrawn)
      .when(receive(1), known)
      .then(
        { type: 'OverpaymentReceived', data: { ...money(1), postings: moves(50_000, 'overpayments', 'gateway') } },
        requested(REFUND, 1, 50_000, 'overpayments', 'Paid without being owed.'),
      ));
});

describe('what takes the place of something else', () => {
  const cover = {
    type: 'CoverPayment' as const,
    data: { purpose: 'appointment' as const, objectId: 'a', by: 'appointment_old' },
  };
  const covering = { ...known, facts: { ...facts, covering: 'appointment_old' } };
  const covered: Event = { type: 'PaymentCovered', data: { coveredBy: 'appointment_old' } };
  const withdraw = { type: 'WithdrawPayment' as const, data: { reason: 'cancelled' } };
  test('is paid by the payment for that', () => given().when(cover, covering).then(opened, covered));
  test('is not when that was not paid', () => given().when(cover, known).then());
  test('is so once', () => given(opened, covered).when(cover, covering).then());
  test('does not have to be paid again', () => given(opened, covered).when(open, known).rejects('already-paid'));
  test('sends back money that was on its way', () =>
    expect(
      given(opened, attempt('T1'), covered)
        .when(receive(1), known)
        .events()
        .map(({ type }) => type),
    ).toEqual(['OverpaymentReceived', 'RefundRequested']));
  test('names the payment that paid when it is withdrawn', () =>
    given(opened, covered)
      .when(withdraw, known)
      .then({ type: 'PaymentWithdrawn', data: { reason: 'cancelled', coveredBy: 'appointment_old' } }));
  test('leaves what it replaced withdrawn, unless that is paid', () => {
    const unlessPaid = { type: 'WithdrawPayment' as const, data: { reason: 'moved', unlessPaid: true } };
    given(opened, attempt('T1'))
      .when(unlessPaid, known)
      .then({ type: 'PaymentWithdrawn', data: { reason: 'moved' } });
    given(...paid)
      .when(unlessPaid, known)
      .then();
    given(opened, covered).when(unlessPaid, known).then();
  });
});

describe('an attempt of another system', () => {
  const take = (outcome: ReturnType<typeof money> | 'failed' | 'expired', n = 1) => ({
    type: 'TakeOverAttempt' as const,
    data: { purpose: 'appointment' as const, objectId: 'a', transactionId: `T${n}`, startedAt: NOW, outcome },
  });
  const began = (n: number) => attempt(`T${n}`);
  test('that brought what was asked for pays', () =>
    given()
      .when(take(money(1)), known)
      .then(opened, began(1), settled(1)));
  test('that brought nothing says so', () =>
    given().when(take('failed'), known).then(opened, began(1), declined('T1')));
  test('that brought another amount stands in suspense', () => {
    const events = given()
      .when(take(money(1, { amount: 1, currency: 'BDT' })), known)
      .events();
    expect(events.at(-1)).toMatchObject({ type: 'PaymentSuspicious', data: { reason: 'amount-differs' } });
  });
  test('that paid a second time is an overpayment, and is not paid back by itself', () => {
    const events = given(opened, began(1), settled(1))
      .when(take(money(2), 2), known)
      .events();
    expect(events.map(({ type }) => type)).toEqual(['AttemptStarted', 'OverpaymentReceived']);
  });
  test('needs something to be paid for, and brings its money once', () => {
    given()
      .when(take(money(1)), { ...known, facts: { today: '2030-01-01' } })
      .rejects('nothing-to-pay');
    given(opened, began(1), settled(1))
      .when(take(money(1)), known)
      .rejects('money-known');
  });
});
