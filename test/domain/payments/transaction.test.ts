import { transaction } from '../../../domain/payments/transaction.js';
import { NOW, spec } from '../../kernel/spec.js';

const ID = 'HS1A2B3C';
const given = spec(transaction, ID);
const total = { amount: 50_000, currency: 'BDT' };
const session = {
  paymentId: 'appointment_a',
  patientId: 'patient-1',
  hospitalId: 'hospital-1',
  total,
  sessionKey: 'S1',
  pageUrl: 'https://gateway.example/pay/S1',
};
const opened = {
  type: 'GatewaySessionOpened' as const,
  data: { ...session, transactionId: ID, openedAt: NOW },
};
const digest = (n: number) => n.toString(16).padStart(64, '0');
const form = { validationId: 'V1', status: 'valid' as const, digest: digest(1) };
const callback = (change: object = {}) => ({
  type: 'ReceiveCallback' as const,
  data: { via: 'notification' as const, authentic: true, ...form, ...change },
});
const notified = { type: 'NotificationReceived' as const, data: form };
const valid = {
  status: 'valid' as const,
  transactionId: ID,
  validationId: 'V1',
  total,
  bankTransactionId: 'B1',
  risk: 'low' as const,
};
const answer = (change: object = {}, validationId: string | undefined = 'V1') => ({
  type: 'RecordGatewayAnswer' as const,
  data: { validationId, answer: { ...valid, ...change } },
});
const asked = (status: 'pending' | 'failed' | 'unknown') => ({
  type: 'RecordGatewayAnswer' as const,
  data: { answer: { status } },
});
const received = { transactionId: ID, validationId: 'V1', bankTransactionId: 'B1', total };
const confirmed = {
  type: 'MoneyConfirmed' as const,
  data: { paymentId: 'appointment_a', risk: 'low' as const, received },
};
const declined = (reason: 'failed' | 'cancelled' | 'expired') => ({
  type: 'TransactionDeclined' as const,
  data: { paymentId: 'appointment_a', reason },
});
const suspected = (reason: 'forged' | 'unknown-to-gateway' | 'transaction-differs', of: string) => ({
  type: 'CallbackSuspected' as const,
  data: { reason, of },
});

describe('a session', () => {
  test('begins the transaction', () => given().when({ type: 'RecordSession', data: session }).then(opened));
  test('is recorded once', () => given(opened).when({ type: 'RecordSession', data: session }).then());
});

describe('a callback', () => {
  test('by the browser and by the gateway are recorded apart', () => {
    given(opened).when(callback()).then(notified);
    given(opened, notified)
      .when(callback({ via: 'return' }))
      .then({ type: 'ReturnReceived', data: form });
  });
  test('that comes again is nothing new', () => given(opened, notified).when(callback()).then());
  test('for no transaction of ours finds nothing', () => given().when(callback()).rejects('transaction-unknown'));
  test('with a wrong signature is suspected, and nothing else follows', () =>
    given(opened)
      .when(callback({ authentic: false }))
      .then(suspected('forged', form.digest)));
  test('with a wrong signature that says failed declines nothing', () =>
    given(opened)
      .when(callback({ authentic: false, status: 'failed' }))
      .then(suspected('forged', form.digest)));
  test('that is forged again and again is recorded a bounded number of times', () => {
    const forgeries = Array.from({ length: 20 }, (_, i) => suspected('forged', digest(i + 10)));
    given(opened, ...forgeries)
      .when(callback({ authentic: false }))
      .then();
    given(opened, ...forgeries.slice(1))
      .when(callback({ authentic: false }))
      .then(suspected('forged', form.digest));
  });
  test.each(['failed', 'cancelled'] as const)('that says %s ends the attempt', (status) =>
    given(opened)
      .when(callback({ status }))
      .then({ type: 'NotificationReceived', data: { ...form, status } }, declined(status)),
  );
  test('that says failed after the money came changes nothing', () =>
    given(opened, confirmed)
      .when(callback({ status: 'failed', digest: digest(2) }))
      .then({ type: 'NotificationReceived', data: { ...form, status: 'failed', digest: digest(2) } }));
});

describe('what the gateway answers', () => {
  test('money, once', () => {
    given(opened, notified).when(answer()).then(confirmed);
    given(opened, notified, confirmed).when(answer()).then();
    given(opened, notified, confirmed)
      .when(answer({ status: 'validated' }))
      .then();
  });
  test('money also without a callback', () => given(opened).when(answer({}, undefined)).then(confirmed));
  test('money also after it was declined: the payer tried again', () =>
    given(opened, declined('failed')).when(answer()).then(confirmed));
  test('at high risk is said', () =>
    given(opened)
      .when(answer({ risk: 'high' }))
      .then({ ...confirmed, data: { ...confirmed.data, risk: 'high' } }));
  test('another transaction: a validation id taken from another payment', () =>
    given(opened)
      .when(answer({ transactionId: 'HSOTHER' }))
      .then(suspected('transaction-differs', 'V1')));
  test('another validation id than asked about', () =>
    given(opened)
      .when(answer({ validationId: 'V2' }))
      .then(suspected('transaction-differs', 'V2')));
  test('money without an amount is not believed', () =>
    given(opened)
      .when(answer({ total: undefined }))
      .then(suspected('transaction-differs', 'V1')));
  test('the validation id is unknown: the callback is suspected, the attempt stays open', () =>
    given(opened)
      .when({ type: 'RecordGatewayAnswer', data: { validationId: 'V1', answer: { status: 'unknown' } } })
      .then(suspected('unknown-to-gateway', 'V1')));
  test('nothing yet', () => given(opened).when(asked('pending')).then());
  test('failed', () => given(opened).when(asked('failed')).then(declined('failed')));
  test('nobody ever paid', () => given(opened).when(asked('unknown')).then(declined('expired')));
  test('failed, of one that ended', () => given(opened, confirmed).when(asked('failed')).then());
});

describe('a check', () => {
  const check = (n: number) => ({ type: 'CheckTransaction' as const, data: { check: n } });
  const due = (n: number) => ({ type: 'TransactionCheckDue' as const, data: { check: n, at: NOW } });
  test('is due while nobody knows the end', () => given(opened).when(check(1)).then(due(1)));
  test('is due once', () => given(opened, due(1)).when(check(1)).then());
  test('is not due any more', () => given(opened, confirmed).when(check(1)).then());
  test('gives up at last', () => given(opened, due(6)).when(check(7)).then(declined('expired')));
});
