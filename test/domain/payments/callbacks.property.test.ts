import fc from 'fast-check';
import { type AnyDecider, type Context, fold } from '../../../domain/kernel/decider.js';
import { type Facts, payment, paymentIdOf } from '../../../domain/payments/payment.js';
import { transaction } from '../../../domain/payments/transaction.js';
import { NOW, SYSTEM } from '../../kernel/spec.js';

// Whatever callbacks come, in whatever order, as often as they like: our books hold what the gateway holds for us, and
// what is owed is taken once. The gateway's own till is the oracle; it knows nothing of our rules.

const TOTAL = { amount: 50_000, currency: 'BDT' };
const PAYMENT = paymentIdOf('appointment', 'a');
const PATIENT = { patientId: 'patient-1', hospitalId: 'hospital-1' };
const facts: Facts = { price: { ...PATIENT, total: TOTAL }, today: '2030-01-01' };
const TRANSACTIONS = ['HS1', 'HS2', 'HS3'] as const;

interface Charge {
  readonly transactionId: string;
  readonly validationId: string;
  readonly total: { readonly amount: number; readonly currency: string };
  readonly risk: 'low' | 'high';
}
interface Happened {
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
}

/** The two streams of one payment, and everything that was ever appended to them. */
class Books {
  readonly log: Happened[] = [];
  private readonly streams = new Map<string, unknown>();
  private commands = 0;

  send(d: AnyDecider, id: string, type: string, data: unknown): Happened[] {
    const key = `${d.category}-${id}`;
    const state = this.streams.get(key) ?? d.initial;
    const commandId = (++this.commands).toString(16).padStart(32, '0');
    const context: Context<Facts> = { id, at: NOW, commandId, actor: SYSTEM, facts };
    let events: Happened[];
    try {
      events = d.decide[type]!(state, data, context);
    } catch {
      return []; // A rule's no is an answer like any other here.
    }
    this.streams.set(key, fold(d, events, state));
    this.log.push(...events);
    return events;
  }

  balance(account: string, currency: string): number {
    return postingsOf(this.log)
      .filter((posting) => posting.account === account && posting.currency === currency)
      .reduce((sum, { amount }) => sum + amount, 0);
  }
}

const postingsOf = (events: readonly Happened[]): { account: string; amount: number; currency: string }[] =>
  events.flatMap(({ data }) =>
    (data.postings ?? []).map((posting: object) => ({ ...posting, currency: data.total.currency })),
  );

/** What the gateway really took and really paid back. */
class Till {
  private readonly refunds = new Map<string, number>();
  constructor(readonly charges: readonly Charge[]) {}

  answerOf(validationId: string) {
    const charge = this.charges.find((each) => each.validationId === validationId);
    return charge ? { status: 'valid', ...charge } : { status: 'unknown' };
  }
  query(transactionId: string) {
    const charge = this.charges.find((each) => each.transactionId === transactionId);
    return charge ? { status: 'validated', ...charge } : { status: 'unknown' };
  }
  refund(refundId: string, { amount, currency }: { amount: number; currency: string }): void {
    this.refunds.set(`${currency} ${refundId}`, amount);
  }
  balance(currency: string): number {
    const taken = this.charges.filter(({ total }) => total.currency === currency);
    const returned = [...this.refunds].filter(([key]) => key.startsWith(currency));
    return (
      taken.reduce((sum, { total }) => sum + total.amount, 0) - returned.reduce((sum, [, amount]) => sum + amount, 0)
    );
  }
}

const charges = fc
  .array(
    fc.record({
      transactionId: fc.constantFrom(...TRANSACTIONS),
      total: fc.oneof(
        { weight: 3, arbitrary: fc.constant(TOTAL) },
        fc.constantFrom(
          { amount: 100, currency: 'BDT' },
          { amount: 50_001, currency: 'BDT' },
          { amount: 50_000, currency: 'USD' },
        ),
      ),
      risk: fc.oneof({ weight: 4, arbitrary: fc.constant('low' as const) }, fc.constant('high' as const)),
    }),
    { maxLength: 4 },
  )
  .map((some) => some.map((charge, i): Charge => ({ ...charge, validationId: `V${i}` })));

const staff = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('refund' as const), charge: fc.nat(4), amount: fc.integer({ min: 1, max: 60_000 }) }),
    fc.record({ do: fc.constant('accept' as const), charge: fc.nat(4), amount: fc.constant(0) }),
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('withdraw' as const), charge: fc.nat(4), amount: fc.constant(0) }),
    },
  ),
  { maxLength: 5 },
);

const RUNS = Number(process.env.PROPERTY_RUNS ?? 2_000);

test('the books equal the till, whatever comes in whatever order', () => {
  let callbacks = 0;
  fc.assert(
    fc.property(
      charges,
      staff,
      fc.array(fc.record({ of: fc.constantFrom(...TRANSACTIONS), as: fc.nat(5), again: fc.boolean() }), {
        maxLength: 12,
      }),
      fc.array(fc.nat(1_000), { minLength: 7, maxLength: 60 }),
      fc.array(fc.boolean(), { minLength: 5, maxLength: 20 }),
      (taken, acts, noise, choices, fates) => {
        const books = new Books();
        const till = new Till(taken);
        const pending: (() => void)[] = [];
        let digests = 0;
        let refunds = 0;

        const twice = (task: () => void) => pending.push(task, task);
        const follow = (events: readonly Happened[], id: string): void => {
          for (const { type, data } of events) {
            if ((type === 'ReturnReceived' || type === 'NotificationReceived') && data.status === 'valid')
              pending.push(() => answered(id, data.validationId));
            if (type === 'MoneyConfirmed') {
              const { received, risk } = data;
              twice(() => follow(books.send(payment, data.paymentId, 'ReceiveMoney', { received, risk }), PAYMENT));
            }
            if (type === 'RefundRequested') {
              const well = fates[refunds++ % fates.length]!;
              if (well) till.refund(data.refundId, data.total);
              const status = well ? 'refunded' : 'failed';
              const answer = { refundId: data.refundId, gatewayRefundId: `G-${data.refundId}`, status };
              twice(() => follow(books.send(payment, PAYMENT, 'RecordRefundAnswer', answer), PAYMENT));
            }
          }
        };
        const answered = (id: string, validationId: string | undefined): void => {
          const answer = validationId === undefined ? till.query(id) : till.answerOf(validationId);
          follow(books.send(transaction, id, 'RecordGatewayAnswer', { validationId, answer }), id);
        };
        const comes = (id: string, form: { validationId?: string; status: string; authentic?: boolean }): void => {
          const digest = (++digests).toString(16).padStart(64, '0');
          const data = { authentic: true, digest, ...form };
          const deliver = (via: string) => () => {
            callbacks++;
            follow(books.send(transaction, id, 'ReceiveCallback', { via, ...data }), id);
          };
          pending.push(deliver('return'), deliver('notification'), deliver('notification'));
        };

        books.send(payment, PAYMENT, 'OpenPayment', { purpose: 'appointment', objectId: 'a' });
        const session = { paymentId: PAYMENT, ...PATIENT, total: TOTAL, sessionKey: 'S', pageUrl: 'https://g.example' };
        for (const id of TRANSACTIONS) books.send(transaction, id, 'RecordSession', session);

        for (const { transactionId, validationId } of taken) {
          comes(transactionId, { validationId, status: 'valid' });
          comes(transactionId, { validationId, status: 'valid' });
        }
        for (const { of, as, again } of noise) {
          if (as === 0) comes(of, { status: 'failed' });
          if (as === 1) comes(of, { status: 'cancelled' });
          if (as === 2) comes(of, { validationId: 'V0', status: 'valid', authentic: false });
          if (as === 3) comes(of, { validationId: 'V0', status: 'valid' }); // Perhaps another transaction's.
          if (as === 4) comes(of, { validationId: 'made-up', status: 'valid' });
          if (as === 5) comes(again ? of : 'HSUNKNOWN', { status: 'valid' });
        }
        for (const { do: act, charge, amount } of acts)
          pending.push(() => {
            const validationId = `V${charge}`;
            const reason = 'asked for';
            if (act === 'refund')
              follow(books.send(payment, PAYMENT, 'RequestRefund', { validationId, amount, reason }), PAYMENT);
            if (act === 'accept') books.send(payment, PAYMENT, 'AcceptHeldPayment', { validationId });
            if (act === 'withdraw') follow(books.send(payment, PAYMENT, 'WithdrawPayment', { reason }), PAYMENT);
          });

        for (let step = 0; pending.length > 0; step++) {
          const at = (choices[step % choices.length]! + step) % pending.length;
          pending.splice(at, 1)[0]!();
        }

        for (const currency of ['BDT', 'USD']) expect(books.balance('gateway', currency)).toBe(till.balance(currency));

        // At every position: what is debited is credited, and nothing is owed to us that we owe.
        const running = new Map<string, number>();
        for (const event of books.log) {
          const postings = postingsOf([event]);
          expect(postings.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
          for (const { account, amount, currency } of postings) {
            const next = (running.get(`${account} ${currency}`) ?? 0) + amount;
            running.set(`${account} ${currency}`, next);
            expect(account === 'gateway' ? next >= 0 : next <= 0).toBe(true);
          }
        }
        const settled = books.log.filter(({ type }) => type === 'PaymentSettled');
        const fits = ({ total, risk }: Charge) =>
          total.amount === TOTAL.amount && total.currency === TOTAL.currency && risk === 'low';
        const withdrawn = books.log.some(({ type }) => type === 'PaymentWithdrawn');
        if (taken.some(fits) && !withdrawn) expect(settled).toHaveLength(1);
        else expect(settled.length).toBeLessThanOrEqual(1);
        for (const { data } of settled)
          expect(taken.map(({ validationId }) => validationId)).toContain(data.validationId);
        if (!taken.some(({ total }) => total.amount === TOTAL.amount && total.currency === TOTAL.currency))
          expect(settled).toHaveLength(0);
        expect(books.balance('refundsPayable', 'BDT')).toBe(0);
      },
    ),
    { numRuns: RUNS },
  );
  expect(callbacks).toBeGreaterThan(RUNS * 25);
});
