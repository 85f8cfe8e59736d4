import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { type Answer, Embedded, idOf, type Person } from '../kernel/embedded.js';

// From the wish to pay to the receipt in the mail box: over the pages of the simulated gateway, as a browser goes.

let embedded: Embedded;
let patient: Person;
let other: Person;
let doctor: Person;
let administrator: Person;
let officer: Person;
let pharmacist: Person;
const DAY = '2090-01-02';
const green = idOf('green');

beforeAll(async () => {
  embedded = await Embedded.open();
  await embedded.hospital('green');
  [patient, other, doctor, administrator, officer, pharmacist] = await Promise.all([
    embedded.person('patient', { role: 'patient' }),
    embedded.person('other', { role: 'patient' }),
    embedded.doctor('doctor', 'green'),
    embedded.person('administrator', { role: 'hospitalAdministrator', hospitalId: green }),
    embedded.person('officer', { role: 'complianceOfficer' }),
    embedded.person('pharmacist', { role: 'pharmacist', hospitalId: green }),
  ]);
  await embedded.settled();
});
afterAll(() => embedded.close());

let slots = 0;
/** A patient of its own with an appointment at the next free slot. */
const booked = async (type = 'checkUp') => {
  const somebody = await embedded.person(`payer-${++slots}`, { role: 'patient' });
  const start = new Date(Date.parse(`${DAY}T09:00:00+06:00`) + slots * 15 * 60_000).toISOString();
  const wish = { doctorId: doctor.id, day: DAY, hospitalId: green, start, type };
  const { body } = await somebody.post('appointments', wish);
  return { somebody, appointmentId: body.id as string, paymentId: `appointment_${body.id}` };
};
const open = (somebody: Person, objectId: string) => somebody.post('payments', { purpose: 'appointment', objectId });
const shown = async (somebody: Person, paymentId: string): Promise<Answer['body']> => {
  await embedded.settled();
  return (await somebody.get(`payments/${paymentId}`)).body;
};
const postForm = (path: string, fields: Record<string, string>) =>
  embedded.system.app.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  });
type Fields = Record<string, string>;
/** What the payer does on the gateway's page; the form that the browser then posts. */
const decide = async (pageUrl: string, outcome: string): Promise<Fields> => {
  const { pathname } = new URL(pageUrl);
  expect((await embedded.system.app.inject({ url: pathname })).body).toContain('BDT');
  const { body } = await postForm(pathname, { outcome });
  return Object.fromEntries([...body.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, n, v]) => [n!, v!]));
};
const back = (form: Fields) => postForm('/api/v1/payments/return', form);
const notify = (form: Fields) => postForm('/api/v1/payments/notify', form);
/** An appointment with its page open. */
const opened = async (type?: string) => {
  const one = await booked(type);
  await open(one.somebody, one.appointmentId);
  return { ...one, payment: await shown(one.somebody, one.paymentId) };
};

test('paying confirms the appointment, and leaves an invoice, a receipt and balanced books', async () => {
  const { somebody, appointmentId, paymentId } = await booked();
  const answer = await open(somebody, appointmentId);
  expect(answer).toMatchObject({ status: 202, body: { id: paymentId, position: expect.any(String) } });
  const payment = await shown(somebody, paymentId);
  expect(payment).toMatchObject({ status: 'open', total: { amount: 80_000, currency: 'BDT' } });

  const form = await decide(payment.pageUrl, 'pay');
  const returned = await back(form);
  expect(returned.statusCode).toBe(303);
  const landing = await embedded.request('GET', String(returned.headers.location));
  expect(landing).toMatchObject({ status: 200, body: { transaction: payment.transactionId } });
  expect((await notify(form)).statusCode).toBe(200);

  expect(await shown(somebody, paymentId)).toMatchObject({
    status: 'settled',
    invoice: expect.stringMatching(/^INV-/),
  });
  expect((await somebody.get(`appointments/${appointmentId}`)).body).toMatchObject({ status: 'confirmed', token: 1 });
  expect((await somebody.get(`patients/${somebody.id}/invoices`)).body.items).toMatchObject([
    { kind: 'invoice', paymentId },
  ]);

  const mails = (await somebody.get('me/mails')).body.items as { template: string; status: string; id: string }[];
  expect(mails.map(({ template, status }) => `${template} ${status}`).sort()).toEqual([
    'appointmentAccepted sent',
    'appointmentReceipt sent',
    'appointmentRequested sent',
  ]);
  const receipt = mails.find(({ template }) => template === 'appointmentReceipt')!;
  const folder = join(embedded.folder, 'mail');
  const { subject, text, to } = await simpleParser(readFileSync(join(folder, `${receipt.id}.eml`)));
  expect([to].flat()[0]!.text).toBe(`payer-${slots}@healthstack.example`);
  expect(subject).toContain('Your receipt');
  expect(subject).toContain('আপনার রসিদ');
  expect(text).toContain('800.00');
  expect(text).toContain('৮০০.০০');
  expect(text).toContain('doctor');
  expect(text).toContain('9:15');
  expect(text).not.toMatch(/undefined|\{|–/);
});

describe('a bill that a hospital writes by hand', () => {
  const write = async (fees: object = { consultationFee: 50_000, reportFee: 30_000 }) => {
    const somebody = await embedded.person(`payer-${++slots}`, { role: 'patient' });
    await embedded.settled();
    const { status, body } = await administrator.post('bills', { hospitalId: green, patientId: somebody.id, ...fees });
    expect(status).toBe(202);
    return { somebody, billId: body.id as string, paymentId: `bill_${body.id}` };
  };
  const pay = async (somebody: Person, billId: string) => {
    const opened = await somebody.post('payments', { purpose: 'bill', objectId: billId });
    expect(opened).toMatchObject({ status: 202, body: { id: `bill_${billId}` } });
    const payment = await shown(somebody, `bill_${billId}`);
    expect(payment).toMatchObject({ status: 'open', total: { amount: 80_000, currency: 'BDT' } });
    return decide(payment.pageUrl, 'pay');
  };

  test('is pending until the patient pays it; then it has a number, a receipt and its income', async () => {
    const { somebody, billId, paymentId } = await write();
    await embedded.settled();
    const pending = { total: { amount: 80_000, currency: 'BDT' }, status: 'pending' };
    expect((await somebody.get(`patients/${somebody.id}/bills`)).body.items).toMatchObject([pending]);
    expect((await administrator.get(`hospitals/${green}/bills`)).body.items).toMatchObject([{ id: billId }]);
    await notify(await pay(somebody, billId));
    expect(await shown(somebody, paymentId)).toMatchObject({
      status: 'settled',
      invoice: expect.stringMatching(/^INV-/),
    });
    expect((await somebody.get(`bills/${billId}`)).body).toMatchObject({ status: 'paid', paymentId });
    const mails = (await somebody.get('me/mails')).body.items as { template: string; status: string }[];
    expect(mails).toMatchObject([{ template: 'billReceipt', status: 'sent' }]);
    expect(await administrator.post(`bills/${billId}/cancel`, { reason: 'Twice.' })).toMatchObject({
      status: 409,
      body: { code: 'already-paid' },
    });
    const back = await administrator.post(`payments/${paymentId}/refund`, { reason: 'Not owed.' });
    expect(back.status).toBe(202);
    expect(await shown(somebody, paymentId)).toMatchObject({ status: 'refunded' });
  });

  test('that is called off is paid no more, and money that comes all the same goes back', async () => {
    const { somebody, billId, paymentId } = await write();
    const form = await pay(somebody, billId);
    expect((await administrator.post(`bills/${billId}/cancel`, { reason: 'Written twice.' })).status).toBe(202);
    await embedded.settled();
    await notify(form);
    const { notOwed, refunds } = await shown(somebody, paymentId);
    expect(Object.values(notOwed as object)).toHaveLength(1);
    expect(Object.values(refunds as object)).toMatchObject([{ total: { amount: 80_000 }, status: 'completed' }]);
    expect((await somebody.get(`bills/${billId}`)).body).toMatchObject({
      status: 'cancelled',
      reason: 'Written twice.',
    });
    expect(await somebody.post('payments', { purpose: 'bill', objectId: billId })).toMatchObject({
      status: 409,
      body: { code: 'not-payable' },
    });
  });

  test('names its fees and somebody who is there', async () => {
    const body = { hospitalId: green, patientId: idOf('nobody at all') };
    expect(await administrator.post('bills', { ...body, reportFee: 1 })).toMatchObject({
      status: 404,
      body: { code: 'patient-unknown', errors: [{ field: 'patientId' }] },
    });
    expect(await administrator.post('bills', { ...body, reportFee: -1 })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'reportFee' }] },
    });
  });
});

test('the fee is that of the visit (N10), whatever the client says', async () => {
  const { payment } = await opened('report');
  expect(payment.total).toEqual({ amount: 30_000, currency: 'BDT' });
  const { somebody, appointmentId } = await booked();
  const cheap = { purpose: 'appointment', objectId: appointmentId, total: { amount: 1, currency: 'BDT' } };
  expect((await somebody.post('payments', cheap)).status).toBe(400);
});

describe('N6: never paid by', () => {
  const unpaid = async (somebody: Person, paymentId: string, appointmentId: string) => {
    expect(await shown(somebody, paymentId)).toMatchObject({ status: 'open' });
    expect((await somebody.get(`appointments/${appointmentId}`)).body.status).toBe('requested');
  };
  test.each([
    ['a changed amount', { amount: '1.00' }],
    ['another currency', { currency: 'USD' }],
    ['another transaction', { val_id: 'of-another' }],
    ['a wrong signature', { verify_sign: '0'.repeat(32) }],
    ['a failure made a success', { status: 'VALID', val_id: 'made-up' }],
    ['a shorter list of what is signed', { verify_key: 'amount' }],
  ])('%s', async (what, change) => {
    const { somebody, appointmentId, paymentId, payment } = await opened();
    const form = await decide(payment.pageUrl, what.startsWith('a failure') ? 'fail' : 'cancel');
    const paid = { ...form, status: 'VALID', ...change };
    expect((await back(paid)).statusCode).toBe(303);
    expect((await notify(paid)).statusCode).toBe(200);
    await unpaid(somebody, paymentId, appointmentId);
  });
  test('the form of another payment', async () => {
    const first = await opened();
    const second = await opened();
    const form = await decide(first.payment.pageUrl, 'pay');
    await notify({ ...form, tran_id: second.payment.transactionId as string });
    await unpaid(second.somebody, second.paymentId, second.appointmentId);
    await notify(form);
    expect(await shown(first.somebody, first.paymentId)).toMatchObject({ status: 'settled' });
  });
});

test('the same callback any number of times settles once', async () => {
  const { somebody, paymentId, payment } = await opened();
  const form = await decide(payment.pageUrl, 'pay');
  await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? back(form) : notify(form))));
  expect(await shown(somebody, paymentId)).toMatchObject({ status: 'settled', refunds: {} });
  const events = await embedded.system.ledger.readStream(`payment-${paymentId}`);
  expect(events.filter(({ type }) => type === 'PaymentSettled')).toHaveLength(1);
});

test('a declined card may be tried again; what is paid twice goes back', async () => {
  const { somebody, appointmentId, paymentId, payment } = await opened();
  await back(await decide(payment.pageUrl, 'fail'));
  expect(await shown(somebody, paymentId)).toMatchObject({ status: 'declined', reason: 'failed' });
  await open(somebody, appointmentId);
  const again = await shown(somebody, paymentId);
  expect(again.transactionId).not.toBe(payment.transactionId);
  await notify(await decide(again.pageUrl, 'pay'));
  expect(await shown(somebody, paymentId)).toMatchObject({ status: 'settled' });
  expect((await open(somebody, appointmentId)).body.code).toBe('already-paid');

  await notify(await decide(payment.pageUrl, 'pay'));
  const after = await shown(somebody, paymentId);
  expect(after).toMatchObject({ status: 'settled' });
  expect(Object.values(after.notOwed)).toMatchObject([{ reason: 'not-owed' }]);
  expect(Object.values(after.refunds)).toMatchObject([{ status: 'completed', total: { amount: 80_000 } }]);
});

test('a risky payment waits until the hospital accepts it', async () => {
  const { somebody, appointmentId, paymentId, payment } = await opened();
  await notify(await decide(payment.pageUrl, 'payRisky'));
  const held = await shown(somebody, paymentId);
  expect(held.status).toBe('held');
  expect((await somebody.get(`appointments/${appointmentId}`)).body.status).toBe('requested');
  const { validationId } = held;
  expect((await somebody.post(`payments/${paymentId}/accept`, { validationId })).status).toBe(403);
  expect((await administrator.post(`payments/${paymentId}/accept`, { validationId })).status).toBe(202);
  expect((await shown(somebody, paymentId)).status).toBe('settled');
  expect((await somebody.get(`appointments/${appointmentId}`)).body.status).toBe('confirmed');
});

test('the hospital pays back in parts, never more than was paid', async () => {
  const { somebody, paymentId, payment } = await opened();
  const refund = (amount?: number) =>
    administrator.post(`payments/${paymentId}/refund`, { reason: 'Doctor ill', ...(amount && { amount }) });
  expect((await refund(1_000)).status).toBe(409);
  await notify(await decide(payment.pageUrl, 'pay'));
  await embedded.settled();
  expect((await somebody.post(`payments/${paymentId}/refund`, { reason: 'Please' })).status).toBe(403);
  expect((await refund(30_000)).status).toBe(202);
  expect(await shown(somebody, paymentId)).toMatchObject({ status: 'partlyRefunded' });
  expect((await refund(50_001)).body.code).toBe('refund-too-large');
  expect((await refund()).status).toBe(202);
  const done = await shown(somebody, paymentId);
  expect(done.status).toBe('refunded');
  expect(done.creditNotes).toHaveLength(2);
});

test('a rejected appointment is paid back, and the patient is told', async () => {
  const { somebody, appointmentId, paymentId, payment } = await opened();
  await doctor.post(`appointments/${appointmentId}/reject`, { reason: 'Away' });
  await embedded.settled();
  // Too late: the page was still open when the doctor said no.
  await notify(await decide(payment.pageUrl, 'pay'));
  const after = await shown(somebody, paymentId);
  expect(after.status).toBe('withdrawn');
  expect(Object.values(after.refunds)).toMatchObject([{ status: 'completed', total: { amount: 80_000 } }]);
  expect((await open(somebody, appointmentId)).body.code).toBe('not-payable');
  const { items } = (await somebody.get('me/mails')).body;
  expect(items.map(({ template }: { template: string }) => template)).toContain('appointmentRejected');
});

test('an appointment that moves to another day stays paid, and is paid back when it is called off', async () => {
  const { somebody, appointmentId, paymentId, payment } = await opened();
  await notify(await decide(payment.pageUrl, 'pay'));
  await embedded.settled();
  const moved = await somebody.post(`appointments/${appointmentId}/reschedule`, {
    day: '2090-01-03',
    start: '2090-01-03T09:00:00+06:00',
  });
  expect(moved.status).toBe(202);
  const next = `appointment_${moved.body.id}`;
  expect(await shown(somebody, next)).toMatchObject({ status: 'covered', coveredBy: paymentId });
  expect((await open(somebody, moved.body.id as string)).body.code).toBe('already-paid');
  await somebody.post(`appointments/${moved.body.id}/cancel`, { reason: 'Well again' });
  expect(await shown(somebody, paymentId)).toMatchObject({ status: 'refunded' });
});

test('an order is paid like anything else, and what it does not owe goes back', async () => {
  const { body: medicine } = await pharmacist.post('medicines', {
    hospitalId: green,
    name: 'Napa',
    type: 'tablets',
    category: 'fever',
    price: { amount: 250, currency: 'BDT' },
    prescriptionRequired: false,
  });
  const shelf = `hospitals/${green}/stock/${medicine.id}`;
  expect((await pharmacist.post(`${shelf}/receive`, { quantity: 100 })).status).toBe(202);
  await embedded.settled();
  const { body: order } = await patient.post('orders', {
    hospitalId: green,
    lines: [{ medicineId: medicine.id, quantity: 10 }],
    delivery: { address: 'Road 1, Dhaka', phone: '01712345678' },
  });
  await embedded.settled();
  const paymentId = `pharmacyOrder_${order.id}`;
  expect((await other.post('payments', { purpose: 'pharmacyOrder', objectId: order.id })).status).toBe(403);
  expect((await patient.post('payments', { purpose: 'pharmacyOrder', objectId: order.id })).status).toBe(202);
  const payment = await shown(patient, paymentId);
  expect(payment).toMatchObject({ status: 'open', total: { amount: 6_500, currency: 'BDT' } });
  await notify(await decide(payment.pageUrl, 'pay'));
  expect(await shown(patient, paymentId)).toMatchObject({ status: 'settled' });
  expect((await patient.get(`orders/${order.id}`)).body.status).toBe('paid');

  const { items } = (await patient.get('me/mails')).body;
  const receipt = items.find(({ template }: { template: string }) => template === 'pharmacyReceipt');
  const { text } = await simpleParser(readFileSync(join(embedded.folder, 'mail', `${receipt.id}.eml`)));
  expect(text).toMatch(/Napa × 10: BDT\s25\.00\nDelivery: BDT\s40\.00/);
  expect(text).toMatch(/we received BDT\s65\.00/);

  expect((await patient.post(`orders/${order.id}/cancel`, { reason: 'Well again' })).status).toBe(202);
  const after = await shown(patient, paymentId);
  expect(after).toMatchObject({ status: 'refunded' });
  expect(Object.keys(after.refunds)).toHaveLength(1);
});

test('only the patient opens a payment, and only the patient and the hospital see it', async () => {
  const { somebody, appointmentId, paymentId } = await opened();
  expect((await open(other, appointmentId)).status).toBe(403);
  expect((await open(doctor, appointmentId)).status).toBe(403);
  expect((await open(other, 'nothing')).status).toBe(403);
  expect((await other.get(`payments/${paymentId}`)).status).toBe(403);
  expect((await doctor.get(`payments/${paymentId}`)).status).toBe(403);
  expect((await somebody.get(`payments/${paymentId}`)).status).toBe(200);
  expect((await administrator.get(`payments/${paymentId}`)).status).toBe(200);
  expect((await embedded.request('POST', 'payments', { body: {} })).status).toBe(401);
  expect((await patient.get(`hospitals/${green}/balances`)).status).toBe(403);
});

test.each([
  ['nothing', ''],
  ['no form', 'hello'],
  ['a transaction that is none', 'tran_id=../../etc&status=VALID'],
  ['a field twice', 'tran_id=A&tran_id=B&status=VALID'],
  ['many fields', Array.from({ length: 200 }, (_, i) => `f${i}=1`).join('&')],
  ['a prototype', '__proto__=1&constructor=2&tran_id=A'],
  ['bytes', '%ff%fe=%00'],
])('%s is refused as a callback', async (_, payload) => {
  for (const path of ['return', 'notify']) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const url = `/api/v1/payments/${path}`;
    const { statusCode } = await embedded.system.app.inject({ method: 'POST', url, headers, payload });
    expect(statusCode).toBe(400);
  }
});
test('JSON, and a transaction of nobody, are refused as callbacks', async () => {
  expect((await embedded.request('POST', 'payments/notify', { body: [] as object })).status).toBe(400);
  expect((await notify({ tran_id: 'HSNOBODY', status: 'VALID' })).statusCode).toBe(404);
});

test('the books add up, numbers have no gap, and the gateway agrees with them', async () => {
  await embedded.settled();
  const { items: books } = (await administrator.get(`hospitals/${green}/balances`)).body;
  expect(books).toHaveLength(1);
  const accounts = books[0].accounts as Record<string, number>;
  expect(Object.values(accounts).reduce((sum, amount) => sum + amount, 0)).toBe(0);
  expect(accounts.gateway).toBeGreaterThan(0);

  for (const kind of ['invoice', 'creditNote']) {
    const { items } = (await administrator.get(`hospitals/${green}/invoices?kind=${kind}&limit=200`)).body;
    const numbers = items.map(({ number }: { number: string }) => Number(number.slice(-6)));
    expect(numbers.length).toBeGreaterThan(1);
    expect(numbers).toEqual(numbers.map((_: number, i: number) => i + 1));
  }

  const today = new Date().toISOString().slice(0, 10);
  expect((await administrator.post(`reconciliations/${today}/run`)).status).toBe(403);
  expect((await officer.post(`reconciliations/${today}/run`)).status).toBe(202);
  await embedded.settled();
  expect((await officer.get('reconciliations')).body.items).toMatchObject([
    { day: today, status: 'done', differences: 0, found: [] },
  ]);
});

test('nothing that is about anybody lies in a subject or in the name of a file', async () => {
  const folder = join(embedded.folder, 'mail');
  const names = readdirSync(folder);
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    expect(name).toMatch(/^[0-9a-f-]{36}\.eml$/);
    const { subject } = await simpleParser(readFileSync(join(folder, name)));
    expect(subject).not.toMatch(/payer|doctor|green/i);
  }
});
