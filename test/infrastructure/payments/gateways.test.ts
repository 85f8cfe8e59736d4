import Fastify from 'fastify';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayRefused, GatewayUnavailable } from '../../../application/kernel/gateway.js';
import type { Form } from '../../../infrastructure/payments/forms.js';
import { simulatorPages } from '../../../infrastructure/payments/simulator-pages.js';
import { GatewaySimulator, type SimulatorOptions } from '../../../infrastructure/payments/simulator.js';
import { sslCommerz } from '../../../infrastructure/payments/sslcommerz.js';
import { gatewayContract } from '../../contract/gateway.contract.js';

const store = { storeId: 'teststore', storePassword: 'teststore@ssl' };
const total = { amount: 80_050, currency: 'BDT' };
const request = {
  transactionId: 'HS1',
  total,
  returnUrl: 'https://hospital.example/api/v1/payments/return',
  notifyUrl: 'https://hospital.example/api/v1/payments/notify',
  payer: { name: 'Payer', email: 'payer@example.org', phone: '+8801712345678' },
  product: 'Appointment <b>',
};

const newSimulator = (change: Partial<SimulatorOptions> = {}) =>
  new GatewaySimulator({ ...store, pagesUrl: 'http://127.0.0.1/gateway', deliver: async () => undefined, ...change });

const serve = async (simulator: GatewaySimulator) => {
  const fastify = Fastify();
  await fastify.register(simulatorPages(simulator, store), { prefix: '/gateway' });
  await fastify.listen({ host: '127.0.0.1', port: 0 });
  const { port } = fastify.server.address() as AddressInfo;
  return { fastify, url: `http://127.0.0.1:${port}/gateway/`, close: () => fastify.close() };
};

gatewayContract('the simulator in process', async () => {
  const simulator = newSimulator();
  return { gateway: simulator, simulator, close: async () => undefined };
});

gatewayContract('the SSLCommerz client, by HTTP', async () => {
  const simulator = newSimulator();
  const { url, close } = await serve(simulator);
  const gateway = sslCommerz({ baseUrl: url, ...store });
  return { gateway, simulator, close };
});

describe('the SSLCommerz client', () => {
  /** A server that answers everything alike. */
  const answering = async (answer: { status?: number; body?: string; never?: boolean }) => {
    const server = createServer((_request, response) => {
      if (answer.never) return;
      response.writeHead(answer.status ?? 200).end(answer.body ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const gateway = sslCommerz({ baseUrl: `http://127.0.0.1:${port}`, ...store, timeoutMs: 200 });
    const close = () => new Promise<void>((resolve) => (server.closeAllConnections(), server.close(() => resolve())));
    return { gateway, close };
  };
  test.each([
    ['no answer in time', { never: true }, GatewayUnavailable],
    ['a fault', { status: 502 }, GatewayUnavailable],
    ['no JSON', { body: '<html>' }, GatewayUnavailable],
    ['another shape', { body: '[]' }, GatewayUnavailable],
    ['a redirect', { status: 302 }, GatewayUnavailable],
    ['not found', { status: 404 }, GatewayRefused],
    ['another store', { body: '{"APIConnect":"INACTIVE","status":"FAILED"}' }, GatewayRefused],
  ])('%s', async (_, answer, error) => {
    const { gateway, close } = await answering(answer);
    await expect(gateway.validate('V1')).rejects.toBeInstanceOf(error);
    await expect(gateway.openSession(request)).rejects.toBeInstanceOf(Error);
    await close();
  });
  test('nobody there, and nothing of the password in the error', async () => {
    const gateway = sslCommerz({ baseUrl: 'http://127.0.0.1:9', ...store });
    const error = (await gateway.validate('V1').catch((caught: unknown) => caught)) as Error;
    expect(error).toBeInstanceOf(GatewayUnavailable);
    expect(JSON.stringify([error.message, error, error.stack])).not.toContain(store.storePassword);
  });
  test('a wrong password is refused', async () => {
    const { url, close } = await serve(newSimulator());
    const gateway = sslCommerz({ baseUrl: url, ...store, storePassword: 'wrong' });
    await expect(gateway.openSession(request)).rejects.toBeInstanceOf(GatewayRefused);
    await expect(gateway.query('HS1')).rejects.toBeInstanceOf(GatewayRefused);
    await close();
  });
  test('of several tries, the one with money counts; amounts may be numbers', async () => {
    const element = [
      { status: 'FAILED', tran_id: 'HS1' },
      { status: 'VALID', tran_id: 'HS1', val_id: 'V1', amount: 800.5, currency: 'BDT', risk_level: '0' },
    ];
    const { gateway, close } = await answering({ body: JSON.stringify({ APIConnect: 'DONE', element }) });
    expect(await gateway.query('HS1')).toMatchObject({ status: 'valid', total, risk: 'low' });
    await close();
  });
  test('money charged in the currency asked for counts as charged', async () => {
    const paid = { status: 'VALID', tran_id: 'HS1', val_id: 'V1', currency_type: 'BDT', currency_amount: '800.50' };
    const { gateway, close } = await answering({ body: JSON.stringify({ ...paid, amount: '1.00', currency: 'BDT' }) });
    expect(await gateway.validate('V1')).toMatchObject({ total: { amount: 100, currency: 'BDT' }, risk: 'high' });
    await close();
  });
});

describe('the pages of the simulator', () => {
  let page: Awaited<ReturnType<typeof serve>>;
  const simulator = newSimulator();
  beforeAll(async () => {
    page = await serve(simulator);
  });
  afterAll(() => page.close());
  let transactions = 0;
  const open = async () =>
    (await simulator.openSession({ ...request, transactionId: `HS${++transactions}` })).sessionKey;
  const decide = (key: string, outcome: string) =>
    fetch(`${page.url}pay/${key}`, { method: 'POST', body: new URLSearchParams({ outcome }) });

  test('show what is to be paid, with nothing that could run from elsewhere', async () => {
    const answer = await fetch(`${page.url}pay/${await open()}`);
    const html = await answer.text();
    expect(html).toContain('BDT 800.50');
    expect(html).toContain('Appointment &lt;b&gt;');
    expect(html).toContain('<html lang="en">');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
  });
  test('send the payer back with the signed form', async () => {
    const answer = await decide(await open(), 'pay');
    const html = await answer.text();
    expect(html).toContain(`action="${request.returnUrl}"`);
    const form = Object.fromEntries([...html.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, n, v]) => [n, v]));
    expect(simulator.readCallback(form)).toMatchObject({ authentic: true, status: 'valid' });
    expect(answer.headers.get('content-security-policy')).toContain("form-action 'self' https://hospital.example;");
  });
  test('take money once', async () => {
    const key = await open();
    await decide(key, 'pay');
    const { validationId } = simulator.session(key)!;
    await decide(key, 'fail');
    expect(simulator.session(key)).toMatchObject({ status: 'VALID', validationId });
    expect(await (await fetch(`${page.url}pay/${key}`)).text()).toContain('paid already');
  });
  test('a failed card may be tried again', async () => {
    const key = await open();
    await decide(key, 'fail');
    await decide(key, 'pay');
    expect(simulator.session(key)).toMatchObject({ status: 'VALID' });
  });
  test('what is not there is not there', async () => {
    expect((await fetch(`${page.url}pay/NOTHING`)).status).toBe(404);
    expect((await decide('NOTHING', 'pay')).status).toBe(404);
    expect((await decide(await open(), 'steal')).status).toBe(400);
  });
});

describe('faults', () => {
  const bench = async () => {
    const delivered: Form[] = [];
    const simulator = newSimulator({ deliver: async (_url, form) => void delivered.push(form) });
    const { sessionKey } = await simulator.openSession(request);
    return { simulator, sessionKey, delivered };
  };
  test('a notification lost, doubled, late, tampered with', async () => {
    const lost = await bench();
    lost.simulator.faults.notifications = 0;
    await lost.simulator.decide(lost.sessionKey, 'pay');
    expect(lost.delivered).toHaveLength(0);

    const doubled = await bench();
    doubled.simulator.faults.notifications = 2;
    await doubled.simulator.decide(doubled.sessionKey, 'pay');
    expect(doubled.delivered).toHaveLength(2);

    const late = await bench();
    late.simulator.faults.late = true;
    await late.simulator.decide(late.sessionKey, 'pay');
    expect(late.delivered).toHaveLength(0);
    await late.simulator.deliverLate();
    expect(late.delivered).toHaveLength(1);

    const tampered = await bench();
    tampered.simulator.faults.tamper = (form) => ({ ...form, amount: '1.00' });
    await tampered.simulator.decide(tampered.sessionKey, 'pay');
    expect(tampered.simulator.readCallback(tampered.delivered[0]!).authentic).toBe(false);
  });
  test('other money taken than asked for', async () => {
    const { simulator, sessionKey, delivered } = await bench();
    simulator.faults.charge = ({ currency }) => ({ amount: 100, currency });
    await simulator.decide(sessionKey, 'pay');
    const { validationId } = simulator.readCallback(delivered[0]!);
    expect(await simulator.validate(validationId!)).toMatchObject({ total: { amount: 100, currency: 'BDT' } });
  });
});

test('sessions and refunds survive a restart, also one in the middle of a line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const file = join(folder, 'gateway.jsonl');
  const before = newSimulator({ file });
  const { sessionKey } = await before.openSession(request);
  const { form } = (await before.decide(sessionKey, 'pay'))!;
  const { validationId } = before.readCallback(form);
  const { bankTransactionId } = await before.validate(validationId!);
  const refund = { bankTransactionId: bankTransactionId!, refundId: 'RF1', total, remarks: 'Refund' };
  const begun = await before.refund(refund);
  appendFileSync(file, '{"session":{"key":');

  const after = newSimulator({ file });
  expect(await after.validate(validationId!)).toMatchObject({ status: 'valid', total });
  expect(await after.refund(refund)).toEqual(begun);
  expect(await after.queryRefund(begun.gatewayRefundId)).toBe('refunded');
  rmSync(folder, { recursive: true });
});
