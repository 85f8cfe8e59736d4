import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Person } from '../kernel/embedded.js';
import { founded, mailsIn, must, registered } from './founding.js';
import { type Subject, until } from './subject.js';

// One patient's way through a hospital, from an empty system on: over real HTTP, on built applications, with nothing but
// what the API offers. Each test goes on where the one before ended.

const NAME = 'Rahima Canarium';
const EMAIL = 'rahima.canarium@patients.example';
const PROFILE = { name: NAME, phone: '01712-345678', nationalId: '19901234567890', address: 'House 7, Canary Road' };
const COMPLAINT = 'A canary-like whistle in the chest';
const ADVICE = 'Rest, and keep away from canaries';
const SAID = ['Canary is better, may I stop?', 'No, canary pills to the end'] as const;
const REASON = 'Tolerated it as a canary child';
/** What belongs to the patient alone, as it would look anywhere; phone numbers also as they are normalised. */
const PRIVATE = /canar|1712-?345678|19901234567890|House 7/i;

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890001000049444154', 'hex');

let served: Subject;
let people: Awaited<ReturnType<typeof founded>>;
let patient: Person;
let doctor: Person;
let hospital: string;
let appointmentId: string;
let prescriptionId: string;
let orderId: string;
let amoxil: string;
let napa: string;

const bdt = (amount: number) => ({ amount, currency: 'BDT' });
const tomorrow = new Date(Date.now() + 30 * 3_600_000).toISOString().slice(0, 10);
const shown = async (who: Person, path: string): Promise<Answer['body']> => {
  await served.settled();
  return must(who.get(path));
};
const anyone = async (path: string): Promise<Answer['body']> => must(served.request('GET', path));
const chat = () => `chats/${doctor.id}_${patient.id}`;

/** The whole way, on the system that `open` gives. */
export const journey = (open: () => Promise<Subject>): void => {
  beforeAll(async () => {
    served = await open();
    people = await founded(served);
    ({ doctor, hospitalId: hospital } = people);
  }, 180_000);
  afterAll(() => served.remove(), 60_000);

  /** Pays as a browser does: the gateway's page, its button, the way back. The gateway tells the hospital by itself. */
  const pay = async (purpose: string, objectId: string): Promise<Answer['body']> => {
    const paymentId = `${purpose}_${objectId}`;
    await must(patient.post('payments', { purpose, objectId }));
    const { pageUrl, total } = await shown(patient, `payments/${paymentId}`);
    const page = await must(served.request('GET', pageUrl as string));
    expect(page).toContain(`Pay BDT ${(total.amount / 100).toFixed(2)}`);
    const { body: goingBack } = await served.submit(pageUrl as string, { outcome: 'pay' });
    const action = /action="([^"]+)"/.exec(goingBack as string)![1]!;
    const fields = [...(goingBack as string).matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, n, v]) => [n!, v!]);
    const back = await served.submit(action, Object.fromEntries(fields));
    expect(back.status).toBe(303);
    expect((await anyone(String(back.headers.location))).detail).toContain('The payment is being checked');
    return until('the payment is settled', async () => {
      const payment = await shown(patient, `payments/${paymentId}`);
      return payment.status === 'settled' && payment.invoice ? payment : undefined;
    });
  };

  test('a pharmacist fills the catalogue and the shelf', async () => {
    const { pharmacist } = people;
    const basics = { hospitalId: hospital, type: 'tablets', strength: '500 mg' };
    const add = async (medicine: object) => {
      const { id } = await must(pharmacist.post('medicines', { ...basics, ...medicine }));
      const lot = { lot: 'A1', expires: '2099-01-01', quantity: 100 };
      await must(pharmacist.post(`hospitals/${hospital}/stock/${id}/receive`, lot));
      return id as string;
    };
    amoxil = await add({
      ...{ name: 'Amoxil', substance: 'Amoxicillin', drugClass: 'Penicillins', category: 'infection' },
      ...{ price: bdt(1_000), prescriptionRequired: true },
    });
    napa = await add({ name: 'Napa', category: 'fever', price: bdt(250), prescriptionRequired: false });
    const shelf = await shown(pharmacist, `hospitals/${hospital}/stock`);
    expect(shelf.items).toMatchObject([{ onHand: 100 }, { onHand: 100 }]);
  });

  test('a patient registers and tells what must not be given', async () => {
    patient = await registered(served, 'patient', { name: 'Rahima', email: EMAIL });
    await must(patient.post(`patients/${patient.id}/revise`, PROFILE));
    await must(patient.post(`patients/${patient.id}/allergies`, { substance: 'Penicillin', severity: 'severe' }));
    const { name, allergies } = await shown(patient, `patients/${patient.id}`);
    expect([name, Object.values(allergies as object)]).toMatchObject([NAME, [{ substance: 'Penicillin' }]]);
  });

  test('finds a hospital, a doctor and a free slot, and books it', async () => {
    expect((await anyone('hospitals?q=grean')).items).toMatchObject([{ id: hospital, name: 'Green Life Hospital' }]);
    expect((await anyone(`hospitals/${hospital}/doctors`)).items).toMatchObject([
      { doctorId: doctor.id, doctor: { name: 'Dr. Anika Rahman' }, specialisation: { name: 'Lungs' } },
    ]);
    expect((await anyone(`doctors/search?q=anika&hospitalId=${hospital}`)).items).toHaveLength(1);
    const slots = `doctors/${doctor.id}/slots?hospitalId=${hospital}&day=${tomorrow}`;
    const { items: free } = await anyone(slots);
    expect(free).toHaveLength(32);
    const { start } = free[3];
    const wish = {
      doctorId: doctor.id,
      hospitalId: hospital,
      day: tomorrow,
      start,
      type: 'checkUp',
      message: COMPLAINT,
    };
    const booked = await must(patient.post('appointments', wish));
    appointmentId = booked.id;
    expect((await anyone(`${slots}&minPosition=${booked.position}`)).items).toHaveLength(31);
  });

  test('the doctor sees the request, confirms it, and later sees the patient arrive', async () => {
    const requests = await shown(doctor, `doctors/${doctor.id}/requests`);
    expect(requests.items).toMatchObject([{ id: appointmentId, status: 'requested', message: COMPLAINT }]);
    await must(doctor.post(`appointments/${appointmentId}/confirm`));
    await must(people.administrator.post(`appointments/${appointmentId}/arrive`));
    expect((await shown(doctor, `doctors/${doctor.id}/day?day=${tomorrow}`)).items).toMatchObject([
      { id: appointmentId, status: 'arrived', token: 1 },
    ]);
    expect((await shown(doctor, `doctors/${doctor.id}/patients`)).items).toMatchObject([{ patientId: patient.id }]);
  });

  test('the doctor prescribes, is warned of the allergy, gives a reason, and ends the visit', async () => {
    const wish = {
      ...{ patientId: patient.id, hospitalId: hospital, appointmentId, advice: ADVICE },
      medicines: [
        { medicineId: amoxil, frequency: '1+1+1', meal: 'after eating', duration: '7 days' },
        { medicineId: napa, frequency: '1+0+1', duration: '5 days' },
      ],
    };
    const warned = await doctor.post('prescriptions', wish);
    expect(warned).toMatchObject({ status: 409, body: { code: 'warnings-unacknowledged' } });
    const acknowledged = [{ medicine: 1, kind: 'allergy', reason: REASON }];
    prescriptionId = (await must(doctor.post('prescriptions', { ...wish, acknowledged }))).id;
    await must(doctor.post(`appointments/${appointmentId}/fulfil`));
    expect(await shown(patient, `prescriptions/${prescriptionId}`)).toMatchObject({
      status: 'active',
      advice: ADVICE,
      medicines: [
        { name: 'Amoxil', quantity: 21, posology: { morning: 1, noon: 1, night: 1 } },
        { name: 'Napa', quantity: 10 },
      ],
      warnings: [{ kind: 'allergy', with: ['Penicillin'], reason: REASON }],
    });
  });

  test('the patient pays the visit: settled once, with the first invoice of the year', async () => {
    const payment = await pay('appointment', appointmentId);
    expect(payment).toMatchObject({ total: bdt(80_000), refunds: {}, invoice: expect.stringMatching(/000001$/) });
    expect((await patient.get(`appointments/${appointmentId}`)).body.status).toBe('fulfilled');
    const again = await patient.post('payments', { purpose: 'appointment', objectId: appointmentId });
    expect(again).toMatchObject({ status: 409, body: { code: 'already-paid' } });
  });

  test('fills a cart from the prescription and orders: the units are reserved', async () => {
    const cart = `patients/${patient.id}/carts`;
    const { medicines } = await shown(patient, `prescriptions/${prescriptionId}`);
    for (const { medicineId, quantity } of medicines)
      await must(patient.post(`${cart}/add`, { hospitalId: hospital, medicineId, quantity }));
    expect((await shown(patient, cart)).items[0].lines).toHaveLength(2);
    const lines = [
      { medicineId: amoxil, quantity: 21, prescription: { prescriptionId, line: 1 } },
      { medicineId: napa, quantity: 10, prescription: { prescriptionId, line: 2 } },
    ];
    const without = await patient.post('orders', {
      hospitalId: hospital,
      lines: [{ medicineId: amoxil, quantity: 21 }],
    });
    expect(without.body.code).toBe('prescription-required');
    orderId = (await must(patient.post('orders', { hospitalId: hospital, lines }))).id;
    expect(await shown(patient, `orders/${orderId}`)).toMatchObject({ status: 'reserved', total: bdt(23_500) });
    expect((await shown(patient, cart)).items).toEqual([]);
    expect(await shown(people.pharmacist, `hospitals/${hospital}/stock/${amoxil}`)).toMatchObject({
      onHand: 79,
      reserved: 21,
    });
  });

  test('pays the order; the pharmacist finds it in the queue, dispenses and hands over', async () => {
    const { pharmacist } = people;
    expect(await pay('pharmacyOrder', orderId)).toMatchObject({ invoice: expect.stringMatching(/000002$/) });
    expect((await shown(pharmacist, `hospitals/${hospital}/orders?status=paid`)).items).toMatchObject([
      { id: orderId, patient: { name: NAME } },
    ]);
    for (const line of [1, 2]) await must(pharmacist.post(`orders/${orderId}/dispense`, { line }));
    await must(pharmacist.post(`orders/${orderId}/hand-over`));
    expect(await shown(patient, `orders/${orderId}`)).toMatchObject({
      status: 'handedOver',
      lines: [{ dispensed: 21 }, { dispensed: 10 }],
    });
    expect((await shown(pharmacist, `hospitals/${hospital}/orders?status=paid`)).items).toEqual([]);
    expect(await shown(pharmacist, `hospitals/${hospital}/stock/${amoxil}`)).toMatchObject({
      onHand: 79,
      reserved: 0,
      dispensed: 21,
    });
    expect((await shown(doctor, `prescriptions/${prescriptionId}`)).units).toEqual({
      1: { dispensed: 21, promised: 0, remaining: 0 },
      2: { dispensed: 10, promised: 0, remaining: 0 },
    });
  });

  test('both write to each other and see what the other has read', async () => {
    await must(patient.post(`${chat()}/send`, { text: SAID[0] }));
    expect((await shown(doctor, `doctors/${doctor.id}/chats`)).items).toMatchObject([
      { unread: { doctor: 1 }, patient: { name: NAME } },
    ]);
    await must(doctor.post(`${chat()}/read`, { upTo: 1 }));
    await must(doctor.post(`${chat()}/send`, { text: SAID[1] }));
    expect((await shown(patient, `${chat()}/messages`)).items).toMatchObject([
      { sequence: 1, sender: 'patient', text: SAID[0] },
      { sequence: 2, sender: 'doctor', text: SAID[1] },
    ]);
    await must(patient.post(`${chat()}/read`, { upTo: 2 }));
    expect(await shown(patient, chat())).toMatchObject({
      readUpTo: { doctor: 1, patient: 2 },
      unread: { doctor: 0, patient: 0 },
    });
  });

  test('each occasion has its mail, once', async () => {
    await served.settled();
    const templates = async (who: Person) =>
      ((await must(who.get('me/mails'))).items as { template: string; status: string }[])
        .map(({ template, status }) => `${template} ${status}`)
        .sort();
    expect(await templates(patient)).toEqual([
      'appointmentAccepted sent',
      'appointmentReceipt sent',
      'appointmentRequested sent',
      'pharmacyReceipt sent',
    ]);
    expect(await templates(doctor)).toEqual(['doctorAccepted sent']);
    const mails = await mailsIn(served.folder);
    expect(mails.map(({ to }) => to).sort()).toEqual([
      ...['anika@green.example', 'complianceofficer@green.example', 'hospitaladministrator@green.example'],
      'pharmacist@green.example',
      ...Array.from({ length: 4 }, () => EMAIL),
    ]);
    expect(new Set(mails.map(({ to, text }) => to + text)).size).toBe(mails.length);
    expect(mails.filter(({ subject }) => PRIVATE.test(subject))).toEqual([]);
  });

  test('the compliance officer finds each step, by patient and by actor', async () => {
    const { officer, pharmacist, administrator } = people;
    const trail = async (query: string) => {
      const { items } = await shown(officer, `audit?order=ascending&limit=200&${query}`);
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- lines of the trail, looked into
      return items as Record<string, any>[];
    };
    const ofPatient = await trail(`patient=${patient.id}`);
    const done = ofPatient.filter(({ role }) => role !== 'system').map(({ type, actorId }) => [type, actorId]);
    const inOrder = [
      ['PatientProfileRevised', patient.id],
      ['AllergyAdded', patient.id],
      ['AppointmentRequested', patient.id],
      ['AppointmentConfirmed', doctor.id],
      ['PatientArrived', administrator.id],
      ['PrescriptionIssued', doctor.id],
      ['AppointmentFulfilled', doctor.id],
      ['PaymentOpened', patient.id],
      ['OrderPlaced', patient.id],
      ['OrderLineDispensed', pharmacist.id],
      ['OrderHandedOver', pharmacist.id],
      ['MessageSent', patient.id],
      ['MessageSent', doctor.id],
    ];
    const found = inOrder.map((step) => done.findIndex((line) => line.join() === step.join()));
    expect(inOrder.filter((_, i) => found[i] === -1)).toEqual([]);
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(ofPatient.filter(({ type }) => type === 'PaymentSettled')).toHaveLength(2);
    expect(ofPatient.filter(({ type }) => type === 'InvoiceIssued')).toHaveLength(2);

    const byPharmacist = (await trail(`actor=${pharmacist.id}`)).map(({ type }) => type as string);
    expect(byPharmacist).toEqual(expect.arrayContaining(['LoggedIn', 'MedicineAdded', 'RecordsRead']));
    expect(byPharmacist.filter((type) => type === 'OrderLineDispensed')).toHaveLength(2);
    const mine = await shown(patient, `audit/patients/${patient.id}?limit=200`);
    expect(mine.items).toContainEqual(expect.objectContaining({ type: 'RecordsRead', actorId: doctor.id }));
  });

  test('and what became of the prescription, with before and after', async () => {
    const history = await shown(people.officer, `audit/objects/prescription-${prescriptionId}?limit=100`);
    expect(history.items.map(({ type }: { type: string }) => type)).toEqual([
      'PrescriptionIssued',
      'PrescriptionUnitsClaimed',
      'PrescriptionUnitsClaimed',
      'PrescriptionDispensed',
      'PrescriptionDispensed',
    ]);
    const claim = `claims.${orderId}_1`;
    expect(history.items[1].changes).toContainEqual({ path: claim, after: { line: 1, quantity: 21 } });
    expect(history.items[3]).toMatchObject({
      changes: expect.arrayContaining([{ path: claim, before: { line: 1, quantity: 21 } }]),
    });
  });

  test('every screen shows its part', async () => {
    const totals = await shown(people.administrator, `hospitals/${hospital}/totals`);
    expect(totals).toMatchObject({
      doctors: 1,
      pharmacists: 1,
      administrators: 1,
      patients: 1,
      pendingAppointments: 0,
    });
    expect(totals.week.find(({ day }: { day: string }) => day === tomorrow)).toEqual({
      day: tomorrow,
      requested: 0,
      confirmed: 1,
    });
    const home = `patients/${patient.id}`;
    expect((await must(patient.get(`${home}/appointments`))).items).toMatchObject([{ status: 'fulfilled' }]);
    expect((await must(patient.get(`${home}/prescriptions`))).items).toMatchObject([{ id: prescriptionId }]);
    expect((await must(patient.get(`${home}/orders`))).items).toMatchObject([{ status: 'handedOver' }]);
    expect((await must(patient.get(`${home}/payments`))).items).toMatchObject([
      { purpose: 'pharmacyOrder', status: 'settled' },
      { purpose: 'appointment', status: 'settled' },
    ]);
    expect((await must(patient.get(`${home}/invoices`))).items).toHaveLength(2);
    const books = await must(people.administrator.get(`hospitals/${hospital}/balances`));
    expect(books.items[0].accounts.gateway).toBe(80_000 + 23_500);
  });

  test('another system gets everything, without a gap and without a word about the patient', async () => {
    const { accessToken, id } = await must(people.founder.post('service-accounts', { name: 'Data warehouse' }));
    await served.settled();
    const consumer = served.as(id as string, accessToken as string);
    const events: { sequence: string; type: string }[] = [];
    for (let after = 0; ;) {
      const page = await must(consumer.get(`feed?after=${after}&limit=50`));
      events.push(...page.events);
      if (page.atEnd) break;
      after = page.next;
    }
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, i) => i + 1));
    const types = new Set(events.map(({ type }) => type.split('.')[1]));
    for (const type of [
      'PatientProfileRevised',
      'AppointmentRequested',
      'PrescriptionIssued',
      'MessageSent',
      'OrderPaid',
    ])
      expect(types).toContain(type);
    expect(JSON.stringify(events)).not.toMatch(PRIVATE);
  });

  test('nothing of it is in what the application printed, not even of requests that failed', async () => {
    await patient.post(`${chat()}/send`, { ...PROFILE, text: SAID[0] });
    await patient.post(`patients/${patient.id}/revise`, { dateOfBirth: NAME });
    await served.request('GET', `doctors/search?q=${encodeURIComponent(NAME)}`);
    await served.request('POST', 'sessions', { body: { login: EMAIL, password: COMPLAINT } });
    // What is our fault is logged: here the folder of the files is gone.
    rmSync(join(served.folder, 'files'), { recursive: true });
    const portrait = new FormData();
    portrait.append('file', new Blob([PNG, new Uint8Array(5_000)]), `${NAME}.png`);
    const headers = { authorization: `Bearer ${patient.token}` };
    const fault = await fetch(`${served.url}/api/v1/files?purpose=portrait`, {
      method: 'POST',
      body: portrait,
      headers,
    });
    expect([fault.status, await fault.text()]).toEqual([500, expect.not.stringMatching(PRIVATE)]);
    await served.stop();
    expect(served.printed).toContain('"msg":"fault"');
    expect(served.printed).not.toMatch(PRIVATE);
  });
};
