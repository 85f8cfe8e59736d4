import { GatewayRefused, type PaymentGateway, type SessionRequest } from '../../application/kernel/gateway.js';
import type { Money } from '../../domain/kernel/types.js';
import type { GatewaySimulator, Outcome } from '../../infrastructure/payments/simulator.js';

/** A gateway to be tested, and the payer's side of it. */
export interface Bench {
  readonly gateway: PaymentGateway;
  readonly simulator: GatewaySimulator;
  close(): Promise<void>;
}

let transactions = 0;
const total: Money = { amount: 80_050, currency: 'BDT' };
const request = (change: Partial<SessionRequest> = {}): SessionRequest => ({
  transactionId: `HSTEST${++transactions}`,
  total,
  returnUrl: 'http://127.0.0.1:9/return',
  notifyUrl: 'http://127.0.0.1:9/notify',
  payer: { name: 'রহিমা Begum', email: 'payer@example.org', phone: '+8801712345678' },
  product: 'Appointment',
  ...change,
});

/** What every adapter of the PaymentGateway port promises. */
export const gatewayContract = (name: string, open: () => Promise<Bench>): void => {
  describe(name, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(() => bench.close());

    const begin = async (change: Partial<SessionRequest> = {}) => {
      const asked = request(change);
      const { sessionKey, pageUrl } = await bench.gateway.openSession(asked);
      return { ...asked, sessionKey, pageUrl };
    };
    const end = async (outcome: Outcome, change: Partial<SessionRequest> = {}) => {
      const session = await begin(change);
      const { form } = (await bench.simulator.decide(session.sessionKey, outcome))!;
      return { ...session, form, callback: bench.gateway.readCallback(form) };
    };
    const pay = async () => {
      const paid = await end('pay');
      const answer = await bench.gateway.validate(paid.callback.validationId!);
      return { ...paid, answer, bankTransactionId: answer.bankTransactionId! };
    };

    test('a session has a page', async () => {
      const { pageUrl, sessionKey } = await begin();
      expect(URL.canParse(pageUrl)).toBe(true);
      expect(sessionKey).not.toBe('');
    });
    test('a session for nothing is refused', async () => {
      await expect(begin({ total: { amount: 0, currency: 'BDT' } })).rejects.toBeInstanceOf(GatewayRefused);
    });
    test.each([
      ['pay', 'valid'],
      ['payRisky', 'valid'],
      ['fail', 'failed'],
      ['cancel', 'cancelled'],
    ] as const)('a payer who decides to %s comes back with an authentic form that says %s', async (outcome, status) => {
      const { callback, transactionId } = await end(outcome);
      expect(callback).toMatchObject({ authentic: true, status, transactionId });
      expect(callback.digest).toMatch(/^[0-9a-f]{64}$/);
      expect(callback.validationId === undefined).toBe(status !== 'valid');
    });
    test('a changed form is not authentic', async () => {
      const { form } = await end('pay');
      expect(bench.gateway.readCallback({ ...form, amount: '1.00' }).authentic).toBe(false);
    });
    test('what was paid is confirmed when asked, by validation id and by transaction', async () => {
      const { answer, transactionId, callback } = await pay();
      const { validationId } = callback;
      expect(answer).toMatchObject({ status: 'valid', transactionId, validationId, total, risk: 'low' });
      expect(answer.bankTransactionId).toBeTruthy();
      expect(answer.card).toMatchObject({ brand: 'VISA', masked: expect.stringMatching(/X{6}/) });
      expect(await bench.gateway.query(transactionId)).toMatchObject({
        ...answer,
        status: expect.stringMatching(/^valid/),
      });
    });
    test('risk is told', async () => {
      const { callback } = await end('payRisky');
      expect(await bench.gateway.validate(callback.validationId!)).toMatchObject({ status: 'valid', risk: 'high' });
    });
    test('what is not decided is pending, what failed is failed', async () => {
      const open = await begin();
      expect(await bench.gateway.query(open.transactionId)).toMatchObject({ status: 'pending' });
      const failed = await end('fail');
      expect(await bench.gateway.query(failed.transactionId)).toMatchObject({ status: 'failed' });
    });
    test('what nobody knows is unknown', async () => {
      expect(await bench.gateway.validate('nobody')).toMatchObject({ status: 'unknown' });
      expect(await bench.gateway.query('HSNOBODY')).toEqual({ status: 'unknown' });
      expect(await bench.gateway.queryRefund('nobody')).toBe('failed');
    });
    test('refunds, in parts, up to what was paid', async () => {
      const { bankTransactionId, transactionId } = await pay();
      const part = (n: number, amount: number) =>
        bench.gateway.refund({
          bankTransactionId,
          refundId: `RF${transactionId}${n}`.slice(-30),
          total: { amount, currency: 'BDT' },
          remarks: 'Refund',
        });
      const first = await part(1, 30_000);
      expect(await part(1, 30_000)).toEqual(first);
      expect(await bench.gateway.queryRefund(first.gatewayRefundId)).toBe('refunded');
      await expect(part(2, 50_051)).rejects.toBeInstanceOf(GatewayRefused);
      expect(await part(3, 50_050)).not.toEqual(first);
    });
    test('a refund of what was never paid is refused', async () => {
      const refund = { bankTransactionId: 'nobody', refundId: 'RFNOBODY', total, remarks: 'Refund' };
      await expect(bench.gateway.refund(refund)).rejects.toBeInstanceOf(GatewayRefused);
    });
    test.each(['processing', 'failed'] as const)('a refund can be %s', async (status) => {
      const { bankTransactionId, transactionId } = await pay();
      const refund = { bankTransactionId, refundId: `RF${transactionId}`, total, remarks: 'Refund' };
      const { gatewayRefundId } = await bench.gateway.refund(refund);
      bench.simulator.faults.refunds = status;
      expect(await bench.gateway.queryRefund(gatewayRefundId)).toBe(status);
      delete bench.simulator.faults.refunds;
    });
  });
};
