import { type Answer, Embedded, idOf, type Person } from '../kernel/embedded.js';

// Many who want the same at the same time, over the whole way from the request to what came of it.

const KEYS = Number(process.env.KEYS ?? 500);
const TIMES = 8;
const KEYS_AT_ONCE = 50;
const SHELVES = 10;
const CHECKOUTS = 500;
const CUSTOMERS = 50;
const UNITS = 80;

let embedded: Embedded;
let pharmacist: Person;
let doctor: Person;
let patient: Person;
const green = idOf('green');
const price = { amount: 250, currency: 'BDT' };

beforeAll(async () => {
  embedded = await Embedded.open();
  await embedded.hospital('green');
  [pharmacist, doctor, patient] = await Promise.all([
    embedded.person('pharmacist', { role: 'pharmacist', hospitalId: green }),
    embedded.doctor('doctor', 'green'),
    embedded.person('patient', { role: 'patient' }),
  ]);
  await embedded.settled();
});
afterAll(() => embedded.close());

const read = async (who: Person, path: string): Promise<Answer['body']> => (await who.get(path)).body;
const medicine = async (name: string): Promise<string> => {
  const wish = { hospitalId: green, name, type: 'tablets', category: 'fever', price, prescriptionRequired: false };
  return (await pharmacist.post('medicines', wish)).body.id as string;
};
const shelf = (medicineId: string) => `hospitals/${green}/stock/${medicineId}`;
const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

test(
  `${KEYS} keys, each sent ${TIMES} times at once: ${KEYS} effects`,
  async () => {
    const medicines = await Promise.all(Array.from({ length: SHELVES }, (_, i) => medicine(`Medicine ${i}`)));
    const wish = { doctorId: doctor.id, hospitalId: green, type: 'checkUp' };
    const slot = { day: '2090-01-02', start: '2090-01-02T10:00:00+06:00' };
    const { body: booked } = await patient.post('appointments', { ...wish, ...slot });
    await doctor.post(`appointments/${booked.id}/confirm`);
    await embedded.settled();
    /** Every other key is a unit on a shelf, the others are messages. */
    const send = (key: number): Promise<Answer> => {
      const header = { 'idempotency-key': `key ${key}` };
      return key % 2
        ? pharmacist.post(`${shelf(medicines[key % SHELVES]!)}/receive`, { quantity: 1 }, header)
        : patient.post(`chats/${doctor.id}_${patient.id}/send`, { text: `message ${key}` }, header);
    };

    const answers = new Map<number, Set<string>>();
    for (let from = 0; from < KEYS; from += KEYS_AT_ONCE) {
      const keys = Array.from({ length: Math.min(KEYS_AT_ONCE, KEYS - from) }, (_, i) => from + i);
      const all = shuffled(Array.from({ length: TIMES }, () => keys).flat());
      await Promise.all(
        all.map(async (key) => {
          const { status, body } = await send(key);
          answers.set(key, (answers.get(key) ?? new Set()).add(`${status} ${JSON.stringify(body)}`));
        }),
      );
    }
    expect([...answers].filter(([, of]) => of.size !== 1 || ![...of][0]!.startsWith('202'))).toEqual([]);
    expect(answers.size).toBe(KEYS);

    await embedded.settled();
    const shelves = await Promise.all(medicines.map((id) => read(pharmacist, shelf(id))));
    const units = shelves.reduce((sum, { onHand }) => sum + ((onHand as number | undefined) ?? 0), 0);
    const { lastSequence } = await read(patient, `chats/${doctor.id}_${patient.id}`);
    expect([units, lastSequence]).toEqual([Math.floor(KEYS / 2), Math.ceil(KEYS / 2)]);
  },
  30_000 + KEYS * 50,
);

describe(`${CHECKOUTS} check out ${UNITS} units at once`, () => {
  let rare: string;
  let customers: Person[];
  let orders: { readonly who: Person; readonly id: string; readonly status: string }[];

  beforeAll(async () => {
    rare = await medicine('Rare');
    await pharmacist.post(`${shelf(rare)}/receive`, { quantity: UNITS });
    customers = await Promise.all(
      Array.from({ length: CUSTOMERS }, (_, i) => embedded.person(`customer-${i}`, { role: 'patient' })),
    );
    await embedded.settled();
    const each = CHECKOUTS / CUSTOMERS;
    for (const who of customers)
      await who.post(`patients/${who.id}/carts/add`, { hospitalId: green, medicineId: rare, quantity: each });
    const wishes = Array.from({ length: CHECKOUTS }, (_, i) => customers[i % CUSTOMERS]!);
    const lines = [{ medicineId: rare, quantity: 1 }];
    const placed = await Promise.all(wishes.map((who) => who.post('orders', { hospitalId: green, lines })));
    expect(placed.filter(({ status }) => status !== 202)).toEqual([]);
    await embedded.settled();
    const pages = await Promise.all(
      customers.map(async (who) => {
        const { items } = await read(who, `patients/${who.id}/orders?limit=50`);
        return (items as { id: string; status: string }[]).map((order) => ({ who, ...order }));
      }),
    );
    orders = pages.flat();
  }, 60_000);

  test(`${UNITS} orders have one, the others none`, async () => {
    expect(orders).toHaveLength(CHECKOUTS);
    const count = (wanted: string): number => orders.filter(({ status }) => status === wanted).length;
    expect([count('reserved'), count('short')]).toEqual([UNITS, CHECKOUTS - UNITS]);
    expect(await read(pharmacist, shelf(rare))).toMatchObject({ onHand: 0, reserved: UNITS });
  });

  test('the carts keep what was not had', async () => {
    const left = await Promise.all(
      customers.map(async (who) => {
        const { items } = await read(who, `patients/${who.id}/carts`);
        return (items[0]?.lines[0]?.quantity as number | undefined) ?? 0;
      }),
    );
    expect(left.reduce((sum, quantity) => sum + quantity, 0)).toBe(CHECKOUTS - UNITS);
  });

  test(`paid and handed out, ${UNITS} are sold`, async () => {
    const won = orders.filter(({ status }) => status === 'reserved');
    await Promise.all(won.map(({ who, id }) => who.post('payments', { purpose: 'pharmacyOrder', objectId: id })));
    await embedded.settled();
    await Promise.all(won.map(({ who, id }) => pay(who, `pharmacyOrder_${id}`)));
    await embedded.settled();
    const dispensed = await Promise.all(won.map(({ id }) => pharmacist.post(`orders/${id}/dispense`, { line: 1 })));
    expect(dispensed.filter(({ status }) => status !== 202)).toEqual([]);
    await embedded.settled();
    expect(await read(pharmacist, shelf(rare))).toMatchObject({ onHand: 0, reserved: 0, dispensed: UNITS });
    const [late] = orders.filter(({ status }) => status === 'short');
    expect((await pharmacist.post(`orders/${late!.id}/dispense`, { line: 1 })).status).toBe(409);
  });
});

/** On the page of the simulated gateway, as a browser goes. */
const pay = async (who: Person, paymentId: string): Promise<void> => {
  const { pageUrl } = await read(who, `payments/${paymentId}`);
  const submit = (url: string, fields: Record<string, string>) =>
    embedded.system.app.inject({
      ...{ method: 'POST', url, payload: new URLSearchParams(fields).toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const { body } = await submit(new URL(pageUrl as string).pathname, { outcome: 'pay' });
  const form = Object.fromEntries([...body.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, n, v]) => [n!, v!]));
  expect((await submit('/api/v1/payments/notify', form)).statusCode).toBe(200);
};
