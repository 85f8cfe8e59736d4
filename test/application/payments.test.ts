import type { PaymentGateway } from '../../application/kernel/gateway.js';
import { GatewayUnavailable } from '../../application/kernel/gateway.js';
import { PaymentCommand, ReconciliationCommand, TransactionCommand } from '../../application/payments.js';
import { newAppointmentId } from '../../domain/appointments/doctor-day.js';
import { DoctorDayCommand } from '../../application/appointments.js';
import { paymentIdOf } from '../../domain/payments/payment.js';
import { GatewaySimulator, type Outcome } from '../../infrastructure/payments/simulator.js';
import { type Balances, balances } from '../../projections/payments/balances.js';
import { type Payment, payments } from '../../projections/payments/payments.js';
import { type Reconciliation, reconciliations } from '../../projections/payments/reconciliations.js';
import { Embedded, idOf } from '../kernel/embedded.js';
import { HandClock } from '../worker/shop.js';

// What happens when the gateway is slow, forgetful, wrong or away, and time goes by.

const MORNING = '2090-01-01T03:00:00.000Z';
const clock = new HandClock(MORNING);
const green = idOf('green');
const doctorId = idOf('doctor');
let embedded: Embedded;
let away = false;

const simulator = new GatewaySimulator({
  storeId: 'test',
  storePassword: 'test@ssl',
  pagesUrl: 'http://127.0.0.1/gateway',
  deliver: async (_url, form) => {
    const { transactionId, ...read } = simulator.readCallback(form);
    const message = { type: 'ReceiveCallback' as const, data: { via: 'notification' as const, ...read } };
    await embedded.system.bus.execute(new TransactionCommand({ id: transactionId, message, caller: caller() }));
  },
});
const reach = <T>(call: () => Promise<T>): Promise<T> =>
  away ? Promise.reject(new GatewayUnavailable('away')) : call();
/** The simulator, as long as it can be reached. */
const gateway: PaymentGateway = {
  openSession: (request) => reach(() => simulator.openSession(request)),
  readCallback: (form) => simulator.readCallback(form),
  validate: (id) => reach(() => simulator.validate(id)),
  query: (id) => reach(() => simulator.query(id)),
  refund: (request) => reach(() => simulator.refund(request)),
  queryRefund: (id) => reach(() => simulator.queryRefund(id)),
};

let calls = 0;
const caller = () => embedded.caller(`call ${++calls}`);

beforeAll(async () => {
  embedded = await Embedded.open(clock, undefined, { gateway });
  await embedded.hospital('green');
  await embedded.doctor('doctor', 'green');
  await embedded.settled();
});
afterAll(() => embedded.close());
afterEach(() => {
  away = false;
  for (const fault of Object.keys(simulator.faults)) delete simulator.faults[fault as keyof typeof simulator.faults];
});

let slots = 0;
const appointment = async (): Promise<string> => {
  const at = caller();
  const id = `${doctorId}_2090-02-01`;
  const start = new Date(Date.parse('2090-02-01T03:00:00.000Z') + slots++ * 15 * 60_000).toISOString();
  const data = { hospitalId: green, start, type: 'checkUp' as const, patientId: idOf(`patient-${slots}`) };
  await embedded.system.bus.execute(
    new DoctorDayCommand({ id, message: { type: 'RequestAppointment', data }, caller: at }),
  );
  return newAppointmentId(id, at.commandId);
};
const pay = (id: string, message: PaymentCommand['envelope']['message']) =>
  embedded.system.bus.execute(new PaymentCommand({ id, message, caller: caller() }));
const shown = async (id: string) => {
  await embedded.settled();
  return (await (await embedded.system.readModels.open<Payment>(payments)).get(id))!.doc;
};
const begun = async () => {
  const objectId = await appointment();
  const id = paymentIdOf('appointment', objectId);
  await pay(id, { type: 'OpenPayment', data: { purpose: 'appointment', objectId } });
  await embedded.settled();
  return { id, objectId };
};
const decide = async (id: string, outcome: Outcome) => {
  const { transactionId } = await shown(id);
  await simulator.decide(simulator.ofTransaction(transactionId!)!.key, outcome);
};
const later = async (minutes: number) => {
  clock.instant = new Date(Date.parse(clock.instant) + minutes * 60_000).toISOString();
  await embedded.settled();
};
const typesIn = async (stream: string) => (await embedded.system.ledger.readStream(stream)).map(({ type }) => type);

test('nobody tells: the gateway is asked after half an hour', async () => {
  simulator.faults.notifications = 0;
  const { id } = await begun();
  await decide(id, 'pay');
  await later(29);
  expect((await shown(id)).status).toBe('open');
  await later(2);
  expect((await shown(id)).status).toBe('settled');
});

test('nobody pays: after two days of asking, the attempt has expired', async () => {
  const { id } = await begun();
  for (const minutes of [31, 31, 61, 241, 1_081, 1_441]) await later(minutes);
  expect((await shown(id)).status).toBe('open');
  await later(1_441);
  expect(await shown(id)).toMatchObject({ status: 'declined', reason: 'expired' });
});

test('a notification that comes long after the gateway was asked changes nothing', async () => {
  simulator.faults.late = true;
  const { id } = await begun();
  await decide(id, 'pay');
  await later(31);
  expect((await shown(id)).status).toBe('settled');
  await simulator.deliverLate();
  expect((await shown(id)).status).toBe('settled');
  expect((await typesIn(`payment-${id}`)).filter((type) => type === 'PaymentSettled')).toHaveLength(1);
});

test('the gateway is away: the attempt ends at once, and the next one goes', async () => {
  away = true;
  const { id, objectId } = await begun();
  expect(await shown(id)).toMatchObject({ status: 'declined', reason: 'no-session' });
  away = false;
  await pay(id, { type: 'OpenPayment', data: { purpose: 'appointment', objectId } });
  expect((await shown(id)).status).toBe('open');
});

test('the gateway took another amount: nothing is paid, the money stands in suspense and can go back', async () => {
  simulator.faults.charge = ({ currency }) => ({ amount: 100, currency });
  const { id } = await begun();
  await decide(id, 'pay');
  const after = await shown(id);
  expect(after.status).toBe('open');
  const [[validationId, money]] = Object.entries(after.notOwed!) as [[string, object]];
  expect(money).toEqual({ reason: 'amount-differs', total: { amount: 100, currency: 'BDT' } });
  await pay(id, { type: 'RequestRefund', data: { validationId, reason: 'Not the price' } });
  expect(Object.values((await shown(id)).refunds)).toMatchObject([{ status: 'completed', total: { amount: 100 } }]);
});

test('a refund that takes its time is looked after until it ends', async () => {
  const { id } = await begun();
  await decide(id, 'pay');
  await embedded.settled();
  simulator.faults.refunds = 'processing';
  await pay(id, { type: 'RequestRefund', data: { amount: 10_000, reason: 'Doctor ill' } });
  const refund = async () => Object.values((await shown(id)).refunds)[0]!.status;
  expect(await refund()).toBe('underWay');
  await later(11);
  expect(await refund()).toBe('underWay');
  simulator.faults.refunds = 'refunded';
  await later(61);
  expect(await refund()).toBe('completed');
});

test('a refund that the gateway does not do can be asked for again', async () => {
  const { id } = await begun();
  await decide(id, 'pay');
  await embedded.settled();
  simulator.faults.refunds = 'failed';
  await pay(id, { type: 'RequestRefund', data: { reason: 'Doctor ill' } });
  expect(Object.values((await shown(id)).refunds)).toMatchObject([{ status: 'failed' }]);
  expect((await shown(id)).status).toBe('settled');
  simulator.faults.refunds = 'refunded';
  await pay(id, { type: 'RequestRefund', data: { reason: 'Doctor ill' } });
  expect((await shown(id)).status).toBe('refunded');
});

describe('reconciling', () => {
  const found = async (day: string) => {
    await embedded.settled();
    return (await (await embedded.system.readModels.open<Reconciliation>(reconciliations)).get(day))?.doc;
  };
  test('happens by itself in the night, and finds what the gateway does not know', async () => {
    clock.instant = '2090-01-10T03:00:00.000Z';
    const { id } = await begun();
    await decide(id, 'pay');
    const { transactionId } = await shown(id);
    const truth = simulator.query.bind(simulator);
    simulator.query = (asked) => (asked === transactionId ? Promise.resolve({ status: 'unknown' }) : truth(asked));
    clock.instant = '2090-01-11T02:59:00.000Z';
    expect(await found('2090-01-10')).toBeUndefined();
    clock.instant = '2090-01-11T03:01:00.000Z';
    expect(await found('2090-01-10')).toMatchObject({
      status: 'done',
      differences: 1,
      found: [{ transactionId, paymentId: id, difference: 'not-paid-there' }],
    });
    simulator.query = truth;
    const message = { type: 'ReconcileDay' as const, data: {} };
    await embedded.system.bus.execute(new ReconciliationCommand({ id: '2090-01-10', message, caller: caller() }));
    expect(await found('2090-01-10')).toMatchObject({ run: 2, status: 'done', differences: 0 });
  });
  test('tells of money that nobody heard of, and books it', async () => {
    clock.instant = '2090-01-20T03:00:00.000Z';
    simulator.faults.notifications = 0;
    const { id } = await begun();
    await decide(id, 'pay');
    const message = { type: 'ReconcileDay' as const, data: {} };
    await embedded.system.bus.execute(new ReconciliationCommand({ id: '2090-01-20', message, caller: caller() }));
    expect(await found('2090-01-20')).toMatchObject({ differences: 1, found: [{ difference: 'not-booked-here' }] });
    expect((await shown(id)).status).toBe('settled');
  });
});

test('after all of this the books hold what the gateway holds', async () => {
  await embedded.settled();
  const { accounts } = (await (await embedded.system.readModels.open<Balances>(balances)).get(`${green}_BDT`))!.doc;
  expect(Object.values(accounts).reduce((sum, amount) => sum + amount, 0)).toBe(0);
  expect(accounts.refundsPayable).toBe(0);
  expect(accounts.suspense).toBe(0);
});
