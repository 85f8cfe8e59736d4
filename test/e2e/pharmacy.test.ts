import { PatientCommand } from '../../application/patients.js';
import { type Answer, Embedded, idOf, type Person } from '../kernel/embedded.js';

// From the prescription to the medicine in the hand, through the doors: who may what, what is left, what is paid back.

let embedded: Embedded;
let patient: Person;
let other: Person;
let doctor: Person;
let stranger: Person;
let pharmacist: Person;
let elsewhere: Person;
let administrator: Person;
let amoxil: string;
let napa: string;
const DAY = '2090-01-02';
const green = idOf('green');
const bdt = (amount: number) => ({ amount, currency: 'BDT' });

let slots = 0;
/** A visit that the doctor agreed to. */
const visit = async (somebody: Person): Promise<string> => {
  const start = new Date(Date.parse(`${DAY}T09:00:00+06:00`) + slots++ * 15 * 60_000).toISOString();
  const wish = { doctorId: doctor.id, day: DAY, hospitalId: green, start, type: 'checkUp' };
  const { body } = await somebody.post('appointments', wish);
  await doctor.post(`appointments/${body.id}/confirm`);
  return body.id as string;
};
const stocked = async (medicineId: string, quantity: number, lot = 'a') => {
  const answer = await pharmacist.post(`hospitals/${green}/stock/${medicineId}/receive`, { lot, quantity });
  expect(answer.status).toBe(202);
};
const read = async (who: Person, path: string): Promise<Answer['body']> => {
  await embedded.settled();
  return (await who.get(path)).body;
};

beforeAll(async () => {
  embedded = await Embedded.open();
  await Promise.all([embedded.hospital('green'), embedded.hospital('blue')]);
  [patient, other, doctor, stranger, pharmacist, elsewhere, administrator] = await Promise.all([
    embedded.person('patient', { role: 'patient' }),
    embedded.person('other', { role: 'patient' }),
    embedded.doctor('doctor', 'green'),
    embedded.doctor('stranger', 'green'),
    embedded.person('pharmacist', { role: 'pharmacist', hospitalId: green }),
    embedded.person('elsewhere', { role: 'pharmacist', hospitalId: idOf('blue') }),
    embedded.person('administrator', { role: 'hospitalAdministrator', hospitalId: green }),
  ]);
  await embedded.settled();
  const basics = { hospitalId: green, type: 'tablets', category: 'infection', strength: '500 mg' };
  const [a, b] = await Promise.all([
    pharmacist.post('medicines', {
      ...{ ...basics, name: 'Amoxil', substance: 'Amoxicillin', drugClass: 'Penicillins' },
      ...{ price: bdt(1_000), prescriptionRequired: true },
    }),
    pharmacist.post('medicines', {
      ...basics,
      name: 'Napa',
      category: 'fever',
      price: bdt(250),
      prescriptionRequired: false,
    }),
  ]);
  [amoxil, napa] = [a.body.id as string, b.body.id as string];
  await Promise.all([stocked(amoxil, 500), stocked(napa, 500)]);
});
afterAll(() => embedded.close());

const prescribe = async (who: Person, more: object = {}, by = doctor): Promise<Answer> => {
  const appointmentId = await visit(who);
  await embedded.settled();
  const medicines = [{ medicineId: amoxil, frequency: '১+১+১', meal: 'খাবারের পরে', duration: '৭ দিন' }];
  return by.post('prescriptions', { patientId: who.id, hospitalId: green, appointmentId, medicines, ...more });
};
/** A patient of its own with 21 units of amoxicillin prescribed. */
let treated = 0;
const withPrescription = async () => {
  const who = await embedded.person(`treated-${++treated}`, { role: 'patient' });
  await embedded.settled();
  const { body } = await prescribe(who);
  await embedded.settled();
  return { who, prescriptionId: body.id as string };
};
const order = (who: Person, lines: object[], more: object = {}) =>
  who.post('orders', { hospitalId: green, lines, ...more });
/** Pays in the simulated gateway, as a browser goes. */
const pay = async (who: Person, orderId: string) => {
  expect((await who.post('payments', { purpose: 'pharmacyOrder', objectId: orderId })).status).toBe(202);
  const { pageUrl } = await read(who, `payments/pharmacyOrder_${orderId}`);
  const postForm = (url: string, fields: Record<string, string>) =>
    embedded.system.app.inject({
      ...{ method: 'POST', url, payload: new URLSearchParams(fields).toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const { body } = await postForm(new URL(pageUrl as string).pathname, { outcome: 'pay' });
  const form = Object.fromEntries([...body.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, n, v]) => [n!, v!]));
  await postForm('/api/v1/payments/notify', form);
  await embedded.settled();
};

describe('a prescription', () => {
  test('is written by the doctor of a visit, and read by those it concerns (N1)', async () => {
    const { status, body } = await prescribe(patient, { advice: 'Rest.', tests: [{ name: 'CBC' }] });
    expect(status).toBe(202);
    const path = `prescriptions/${body.id}`;
    expect(await read(patient, path)).toMatchObject({
      status: 'active',
      version: 1,
      patient: { name: 'patient' },
      doctor: { name: 'doctor' },
      medicines: [
        {
          name: 'Amoxil',
          frequency: '১+১+১',
          posology: { morning: 1, noon: 1, night: 1 },
          mealRelation: 'after',
          days: 7,
          quantity: 21,
        },
      ],
      units: { 1: { dispensed: 0, promised: 0, remaining: 21 } },
    });
    expect((await read(patient, `patients/${patient.id}/prescriptions`)).items).toHaveLength(1);
    expect((await read(doctor, `doctors/${doctor.id}/prescriptions`)).items[0]).toMatchObject({ id: body.id });
    for (const nosy of [other, stranger, elsewhere, administrator]) expect((await nosy.get(path)).status).toBe(403);
    expect((await pharmacist.get(path)).status).toBe(200);
    expect((await other.get(`patients/${patient.id}/prescriptions`)).status).toBe(403);
  });

  test('is read by the pharmacy to which the patient presents it, as long as an order there needs it', async () => {
    const { who, prescriptionId } = await withPrescription();
    const blue = idOf('blue');
    const path = `prescriptions/${prescriptionId}`;
    const seen = async () => {
      await embedded.settled();
      return (await elsewhere.get(path)).status;
    };
    const present = async () => {
      const lines = [{ medicineId: amoxil, quantity: 6, prescription: { prescriptionId, line: 1 } }];
      const { status, body } = await order(who, lines, { hospitalId: blue });
      expect(status).toBe(202);
      return body.id as string;
    };
    expect(await seen()).toBe(403);
    // Nothing is on the shelf there: the order ends, and with it what it opened.
    await present();
    expect(await seen()).toBe(403);
    await elsewhere.post(`hospitals/${blue}/stock/${amoxil}/receive`, { quantity: 50 });
    const dropped = await present();
    expect(await seen()).toBe(200);
    await who.post(`orders/${dropped}/cancel`, { reason: 'Found some at home.' });
    expect(await seen()).toBe(403);
    const filled = await present();
    await embedded.settled();
    await pay(who, filled);
    expect((await elsewhere.post(`orders/${filled}/dispense`, { line: 1 })).status).toBe(202);
    expect(await seen()).toBe(200);
    expect(await read(elsewhere, path)).toMatchObject({ filledAt: [blue], units: { 1: { dispensed: 6 } } });
    // It is one prescription: what is left is left everywhere.
    expect((await read(pharmacist, path)).units['1']).toMatchObject({ remaining: 15 });
  });

  test('is nobody else’s to write or to change', async () => {
    const appointmentId = await visit(other);
    await embedded.settled();
    const wish = { patientId: other.id, hospitalId: green, appointmentId, medicines: [{ name: 'Zinc' }] };
    for (const somebody of [stranger, other, pharmacist, administrator])
      expect((await somebody.post('prescriptions', wish)).status).toBe(403);
    const { body } = await doctor.post('prescriptions', wish);
    for (const somebody of [stranger, other, pharmacist])
      for (const [verb, about] of Object.entries({ cancel: { reason: 'x' }, amend: { reason: 'x' }, renew: {} }))
        expect((await somebody.post(`prescriptions/${body.id}/${verb}`, about)).status).toBe(403);
    expect((await doctor.post(`prescriptions/${idOf('none')}/cancel`, { reason: 'x' })).status).toBe(403);
  });

  test('is held against allergies and other prescriptions', async () => {
    const { who, prescriptionId } = await withPrescription();
    const allergy = { type: 'AddAllergy' as const, data: { allergyId: idOf('allergy'), substance: 'Penicillin' } };
    await embedded.system.bus.execute(
      new PatientCommand({ id: who.id, message: allergy, caller: embedded.caller('an allergy') }),
    );
    const refused = await prescribe(who);
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'warnings-unacknowledged',
        detail: 'Each warning needs a reason (medicine 1: allergy; medicine 1: duplicateTherapy).',
      },
    });
    expect(JSON.stringify(refused.body)).not.toMatch(/penicillin|amox/i);
    const acknowledged = ['allergy', 'duplicateTherapy'].map((kind) => ({
      medicine: 1,
      kind,
      reason: `because ${kind}`,
    }));
    const { body } = await prescribe(who, { acknowledged });
    expect((await read(doctor, `prescriptions/${body.id}`)).warnings).toEqual([
      { line: 1, kind: 'allergy', with: ['Penicillin'], reason: 'because allergy' },
      { line: 1, kind: 'duplicateTherapy', with: [prescriptionId], reason: 'because duplicateTherapy' },
    ]);
  });

  test('is amended, renewed and cancelled, and never forgets', async () => {
    const { who, prescriptionId } = await withPrescription();
    const medicines = [{ line: 1, medicineId: amoxil, frequency: 'bd', duration: '7/7' }];
    const amended = await doctor.post(`prescriptions/${prescriptionId}/amend`, { medicines, reason: 'enough' });
    expect(amended.status).toBe(202);
    expect(await read(who, `prescriptions/${prescriptionId}`)).toMatchObject({
      version: 2,
      reason: 'enough',
      medicines: [{ quantity: 14 }],
      units: { 1: { remaining: 14 } },
      earlier: [{ version: 1, medicines: [{ quantity: 21 }] }],
    });
    const renewed = await doctor.post(`prescriptions/${prescriptionId}/renew`);
    expect(renewed.status).toBe(202);
    expect(await read(who, `prescriptions/${prescriptionId}`)).toMatchObject({
      status: 'renewed',
      renewedBy: renewed.body.id,
    });
    await doctor.post(`prescriptions/${renewed.body.id}/cancel`, { reason: 'well again' });
    expect(await read(who, `prescriptions/${renewed.body.id}`)).toMatchObject({
      status: 'cancelled',
      renews: prescriptionId,
      cancelReason: 'well again',
    });
    // What was cancelled speaks against nothing any more.
    expect((await prescribe(who)).status).toBe(202);
  });
});

describe('the catalogue', () => {
  test('is found by words, category, type and price, by anybody', async () => {
    const ask = async (query: string) => {
      const { body } = await embedded.request('GET', `medicines${query}`);
      return (body.items as { name: string }[]).map(({ name }) => name);
    };
    await embedded.settled();
    expect(await ask('')).toEqual(['Amoxil', 'Napa']);
    expect(await ask('?q=amoxicilin')).toEqual(['Amoxil']);
    expect(await ask('?q=amoxil&priceTo=1000')).toEqual([]);
    expect(await ask('?category=fever')).toEqual(['Napa']);
    expect(await ask('?type=tablets')).toEqual(['Napa', 'Amoxil']);
    expect(await ask('?type=tablets&category=infection&priceFrom=1000')).toEqual(['Amoxil']);
    expect(await ask('?priceTo=1000')).toEqual(['Napa']);
  });
  test('is kept by pharmacists, one field at a time', async () => {
    expect((await patient.post(`medicines/${napa}/revise`, { price: bdt(1) })).status).toBe(403);
    const before = await read(pharmacist, `medicines/${napa}`);
    expect((await pharmacist.post(`medicines/${napa}/revise`, { description: 'For fever.' })).status).toBe(202);
    const after = await read(pharmacist, `medicines/${napa}`);
    expect(after).toEqual({ ...before, description: 'For fever.', revision: before.revision + 1 });
  });
});

describe('a cart', () => {
  test('is its patient’s, and an order takes out its own lines only (N7)', async () => {
    const cart = `patients/${patient.id}/carts`;
    const line = { hospitalId: green, medicineId: napa };
    await other.post(`patients/${other.id}/carts/add`, { ...line, quantity: 5 });
    await patient.post(`${cart}/add`, { ...line, quantity: 2 });
    await patient.post(`${cart}/increase`, line);
    await patient.post(`${cart}/add`, { hospitalId: green, medicineId: amoxil });
    await patient.post(`${cart}/decrease`, { hospitalId: green, medicineId: amoxil });
    expect((await other.post(`${cart}/add`, line)).status).toBe(403);
    expect((await read(patient, cart)).items).toMatchObject([
      {
        hospitalId: green,
        lines: [{ medicineId: napa, quantity: 3 }],
        medicines: { [napa]: { name: 'Napa', price: bdt(250) } },
      },
    ]);
    const { body } = await order(patient, [{ medicineId: napa, quantity: 3 }]);
    expect((await read(patient, cart)).items).toEqual([]);
    await pay(patient, body.id as string);
    expect((await read(other, `patients/${other.id}/carts`)).items).toMatchObject([{ lines: [{ quantity: 5 }] }]);
  });
});

describe('an order', () => {
  test('is paid, handed out in parts against its prescription, and returned', async () => {
    const { who, prescriptionId } = await withPrescription();
    const prescription = { prescriptionId, line: 1 };
    const before = await read(pharmacist, `hospitals/${green}/stock/${amoxil}`);
    const lines = [{ medicineId: amoxil, quantity: 20, prescription }];
    const placed = await order(who, lines, { delivery: { address: 'House 7, Dhaka', phone: '01712345678' } });
    expect(placed.status).toBe(202);
    const path = `orders/${placed.body.id}`;
    expect(await read(who, path)).toMatchObject({
      status: 'reserved',
      fee: bdt(4_000),
      total: bdt(24_000),
      lines: [{ reserved: 20, promised: true }],
      medicines: { [amoxil]: { name: 'Amoxil' } },
    });
    expect(await read(who, `prescriptions/${prescriptionId}`)).toMatchObject({
      units: { 1: { promised: 20, remaining: 1 } },
    });
    expect((await other.get(path)).status).toBe(403);
    expect((await elsewhere.get(path)).status).toBe(403);

    expect((await pharmacist.post(`${path}/dispense`, { line: 1 })).body.code).toBe('order-not-paid');
    await pay(who, placed.body.id as string);
    const queue = await read(pharmacist, `hospitals/${green}/orders?status=paid`);
    expect(queue.items).toMatchObject([
      { id: expect.any(String) },
      { id: placed.body.id, patient: { name: expect.any(String) } },
    ]);
    for (const somebody of [who, elsewhere, doctor])
      expect((await somebody.post(`${path}/dispense`, { line: 1 })).status).toBe(403);
    await pharmacist.post(`${path}/dispense`, { line: 1, quantity: 12 });
    expect(await read(who, path)).toMatchObject({ status: 'paid', lines: [{ dispensed: 12, reserved: 8 }] });
    await pharmacist.post(`${path}/dispense`, { line: 1 });
    await pharmacist.post(`${path}/deliver`);
    await pharmacist.post(`${path}/return`, { line: 1, quantity: 4, reason: 'unopened' });
    expect(await read(who, path)).toMatchObject({
      status: 'delivered',
      lines: [{ dispensed: 20, returned: 4, reserved: 0 }],
      refunds: bdt(4_000),
    });
    expect(await read(who, `payments/pharmacyOrder_${placed.body.id}`)).toMatchObject({ status: 'partlyRefunded' });
    expect(await read(who, `prescriptions/${prescriptionId}`)).toMatchObject({
      units: { 1: { dispensed: 16, promised: 0, remaining: 5 } },
      claims: {},
    });
    // Stock moved exactly with what was handed out (N8).
    const after = await read(pharmacist, `hospitals/${green}/stock/${amoxil}`);
    expect([after.onHand, after.reserved, after.dispensed]).toEqual([
      before.onHand - 16,
      before.reserved,
      before.dispensed + 16,
    ]);
    // Paid once, closed for ever (N9).
    expect((await who.post('payments', { purpose: 'pharmacyOrder', objectId: placed.body.id })).status).toBe(409);
  });

  test('of what needs a prescription needs one that holds (N14)', async () => {
    const { who, prescriptionId } = await withPrescription();
    const prescription = { prescriptionId, line: 1 };
    const codeOf = async (somebody: Person, line: object) =>
      (await order(somebody, [{ medicineId: amoxil, quantity: 5, ...line }])).body.code as string;
    expect(await codeOf(who, {})).toBe('prescription-required');
    expect(await codeOf(other, { prescription })).toBe('prescription-not-valid');
    expect(await codeOf(who, { prescription: { ...prescription, line: 2 } })).toBe('prescription-not-valid');
    expect(await codeOf(who, { prescription: { prescriptionId: idOf('none'), line: 1 } })).toBe(
      'prescription-not-valid',
    );
    expect(await codeOf(who, { medicineId: napa, prescription })).toBe('prescription-not-valid');
    expect(await codeOf(who, { prescription, quantity: 22 })).toBe('prescription-used-up');

    // Placed while it held, handed out when it holds no more.
    const { body } = await order(who, [{ medicineId: amoxil, quantity: 5, prescription }]);
    await embedded.settled();
    await pay(who, body.id as string);
    await doctor.post(`prescriptions/${prescriptionId}/cancel`, { reason: 'an allergy' });
    expect((await pharmacist.post(`orders/${body.id}/dispense`, { line: 1 })).body.code).toBe('prescription-not-valid');
    expect(await codeOf(who, { prescription })).toBe('prescription-not-valid');
    expect((await who.post(`orders/${body.id}/cancel`, { reason: 'no use' })).status).toBe(202);
    await embedded.settled();
    expect(await read(who, `payments/pharmacyOrder_${body.id}`)).toMatchObject({ status: 'refunded' });
  });

  test('20 at once for the same prescription: what is prescribed, and not a tablet more', async () => {
    const { who, prescriptionId } = await withPrescription();
    const lines = [{ medicineId: amoxil, quantity: 10, prescription: { prescriptionId, line: 1 } }];
    const placed = await Promise.all(Array.from({ length: 20 }, () => order(who, lines)));
    await embedded.settled();
    const { items } = await read(who, `patients/${who.id}/orders?limit=50`);
    const ended = (items as { status: string }[]).map(({ status }) => status);
    expect(ended.filter((status) => status === 'reserved')).toHaveLength(2);
    expect(ended.filter((status) => status === 'short')).toHaveLength(
      placed.filter(({ status }) => status === 202).length - 2,
    );
    expect(await read(who, `prescriptions/${prescriptionId}`)).toMatchObject({
      units: { 1: { promised: 20, remaining: 1 } },
    });
  });

  test('that cannot be filled holds nothing back, and the cart keeps what was wanted', async () => {
    const { body: rare } = await pharmacist.post('medicines', {
      ...{
        hospitalId: green,
        name: 'Rare',
        type: 'syrup',
        category: 'cough',
        price: bdt(9_000),
        prescriptionRequired: false,
      },
    });
    await stocked(rare.id as string, 4);
    await other.post(`patients/${other.id}/carts/add`, { hospitalId: green, medicineId: rare.id, quantity: 6 });
    const { body } = await order(other, [
      { medicineId: napa, quantity: 10 },
      { medicineId: rare.id as string, quantity: 6 },
    ]);
    expect(await read(other, `orders/${body.id}`)).toMatchObject({
      status: 'short',
      short: { line: 2, reason: 'stock', available: 4 },
      lines: [{ reserved: 0 }, { reserved: 0 }],
    });
    expect(await read(pharmacist, `hospitals/${green}/stock/${rare.id}`)).toMatchObject({
      onHand: 4,
      reserved: 0,
      state: 'low',
      lastShort: { quantity: 6, available: 4 },
    });
    expect((await read(other, `patients/${other.id}/carts`)).items[0].lines).toContainEqual({
      medicineId: rare.id,
      quantity: 6,
    });
    const low = await read(pharmacist, `hospitals/${green}/stock?state=low`);
    expect(low.items).toMatchObject([{ medicineId: rare.id, medicine: { name: 'Rare' } }]);
    expect((await elsewhere.get(`hospitals/${green}/stock`)).status).toBe(403);
  });

  test('500 at once for 80 units: 80 are ready, and 420 are told', async () => {
    const { body: scarce } = await pharmacist.post('medicines', {
      ...{
        hospitalId: green,
        name: 'Scarce',
        type: 'capsule',
        category: 'flu',
        price: bdt(100),
        prescriptionRequired: false,
      },
    });
    await stocked(scarce.id as string, 80);
    const placed = await Promise.all(
      Array.from({ length: 500 }, (_, i) => order(i % 2 ? patient : other, [{ medicineId: scarce.id, quantity: 1 }])),
    );
    expect(placed.filter(({ status }) => status === 202)).toHaveLength(500);
    expect(await read(pharmacist, `hospitals/${green}/stock/${scarce.id}`)).toMatchObject({ onHand: 0, reserved: 80 });
    const statuses = await Promise.all(
      placed.map(async ({ body }, i) => {
        const { body: shown } = await (i % 2 ? patient : other).get(`orders/${body.id}`);
        return shown.status as string;
      }),
    );
    expect(statuses.filter((status) => status === 'reserved')).toHaveLength(80);
    expect(statuses.filter((status) => status === 'short')).toHaveLength(420);
  }, 60_000);
});

describe('the catalogue', () => {
  const revise = (who: Person, id: string) => who.post(`medicines/${id}/revise`, { price: bdt(1) });

  test('has entries that whoever added them keeps', async () => {
    expect((await revise(elsewhere, napa)).status).toBe(403);
    const add = { type: 'syrup', category: 'cough', price: bdt(100), prescriptionRequired: false };
    for (const wish of [{ name: 'Ours' }, { name: 'Ours', hospitalId: green }])
      expect((await elsewhere.post('medicines', { ...add, ...wish })).status).toBe(403);
    const { body } = await elsewhere.post('medicines', { ...add, name: 'Tusca', hospitalId: idOf('blue') });
    expect((await revise(pharmacist, body.id as string)).status).toBe(403);
    expect((await revise(elsewhere, body.id as string)).status).toBe(202);
  });

  test('has a price from which a pharmacy may differ, for itself alone', async () => {
    const blue = idOf('blue');
    const shelf = `hospitals/${blue}/stock/${napa}`;
    const set = (who: Person, price: object | null) => who.post(`${shelf}/set-price`, { price });
    expect((await set(pharmacist, bdt(1))).status).toBe(403);
    expect(await set(elsewhere, { amount: 1, currency: 'USD' })).toMatchObject({
      status: 400,
      body: { code: 'currency-differs', errors: [{ field: 'price' }] },
    });
    await elsewhere.post(`${shelf}/receive`, { quantity: 10 });
    const total = async (hospitalId: string) => {
      const { body } = await order(other, [{ medicineId: napa, quantity: 2 }], { hospitalId });
      return (await read(other, `orders/${body.id}`)).total as object;
    };
    expect((await set(elsewhere, bdt(300))).status).toBe(202);
    expect(await total(blue)).toEqual(bdt(600));
    expect(await total(green)).toEqual(bdt(500));
    expect((await embedded.request('GET', `hospitals/${blue}/prices`)).body.items).toMatchObject([
      { medicineId: napa, price: bdt(300) },
    ]);
    await other.post(`patients/${other.id}/carts/add`, { hospitalId: blue, medicineId: napa });
    const { items } = await read(other, `patients/${other.id}/carts`);
    const cart = (items as { hospitalId: string; prices: object }[]).find(({ hospitalId }) => hospitalId === blue)!;
    expect(Object.values(cart.prices)).toEqual([{ medicineId: napa, price: bdt(300) }]);
    expect((await set(elsewhere, null)).status).toBe(202);
    expect(await total(blue)).toEqual(bdt(500));
    expect((await embedded.request('GET', `hospitals/${blue}/prices`)).body.items).toEqual([]);
  });
});
