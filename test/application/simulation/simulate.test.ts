import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger, LedgerEvent } from '../../../application/kernel/ledger.js';
import { DEMO_PASSWORD, demoLogin, demoLogins } from '../../../application/simulation/demo.js';
import { simulate, type Simulated } from '../../../application/simulation/simulate.js';
import { account } from '../../../domain/identity/account.js';
import { patient } from '../../../domain/patients/patient.js';
import { cart } from '../../../domain/pharmacy/cart.js';
import { stock, stockId } from '../../../domain/pharmacy/stock.js';
import { therapy } from '../../../domain/prescriptions/therapy.js';
import type { Configuration } from '../../../infrastructure/config.js';
import { createPasswords } from '../../../infrastructure/identity/passwords.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { REFUSED, type Refused } from '../../../infrastructure/worker/sender.js';
import { discardUnfinished, holdsEvents } from '../../../ops/data-folder.js';
import { fill, openForSimulation } from '../../../ops/filling.js';
import { type Appointment, appointments } from '../../../projections/appointments/appointments.js';
import { projections } from '../../../projections/index.js';
import type { System } from '../../../system.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const configured = (): Configuration => {
  const folder = mkdtempSync(join(tmpdir(), 'healthstack-'));
  folders.push(folder);
  return {
    PORT: 3000,
    HOST: '127.0.0.1',
    DATA_DIR: folder,
    MAIL_FROM: 'HealthStack <no-reply@healthstack.example>',
    LOG_LEVEL: 'error',
  };
};

const UNTIL = '2030-03-13T10:00:00.000Z';

const everything = async (ledger: Ledger): Promise<LedgerEvent[]> => {
  const all: LedgerEvent[] = [];
  for await (const message of ledger.subscribe()) {
    if (message.kind === 'events') all.push(...message.events);
    if (message.kind === 'caughtUp') return all;
  }
  return all;
};

describe('a few days of a few people', () => {
  const days = (seed: string) => ({ hospitals: 2, doctors: 4, patients: 16, days: 4, seed, until: UNTIL });

  /** What the gateway made up is masked, and the digests of forms that hold it. */
  const MADE_BY_GATEWAY = /^(sessionKey|pageUrl|validationId|bankTransactionId|gatewayRefundId|digest)$/;
  const plain = ({ type, stream, data }: LedgerEvent): string =>
    `${type} ${stream} ${JSON.stringify(data, (key, value: unknown) => (MADE_BY_GATEWAY.test(key) ? '' : value))}`;

  const lived = async (seed: string): Promise<string[]> => {
    const configuration = configured();
    await fill(configuration, 'test', days(seed));
    const ledger = await openSqliteLedger({ file: join(configuration.DATA_DIR, 'ledger.sqlite') });
    const events = await everything(ledger);
    await ledger.close();
    return events.map(plain);
  };

  it('is the same for the same seed, and another one for another', async () => {
    const first = await lived('1');
    expect(first.length).toBeGreaterThan(500);
    expect(await lived('1')).toEqual(first);
    expect(await lived('2')).not.toEqual(first);
  });

  it('fills a folder as a whole or not at all', async () => {
    const configuration = configured();
    const { DATA_DIR } = configuration;
    expect(await holdsEvents(DATA_DIR)).toBe(false);
    writeFileSync(join(DATA_DIR, 'notes.txt'), 'Not ours.');
    const interrupted = fill(configuration, 'test', days('1'), () => {
      expect(() => discardUnfinished(DATA_DIR)).toThrow(/is being filled/);
      throw new Error('The power went.');
    });
    await expect(interrupted).rejects.toThrow('The power went.');
    expect(await holdsEvents(DATA_DIR)).toBe(true);
    discardUnfinished(DATA_DIR);
    expect(readdirSync(DATA_DIR)).toEqual(['notes.txt']);

    const { events } = await fill(configuration, 'test', days('1'));
    expect(events).toBeGreaterThan(500);
    const whole = readdirSync(DATA_DIR);
    discardUnfinished(DATA_DIR);
    expect(readdirSync(DATA_DIR)).toEqual(whole);
    expect(await holdsEvents(DATA_DIR)).toBe(true);
  });
});

describe('a month', () => {
  const month = { hospitals: 2, doctors: 10, patients: 80, days: 16, seed: '1', until: UNTIL };
  let system: System;
  let done: Simulated;
  let events: LedgerEvent[];

  beforeAll(async () => {
    const opened = await openForSimulation(configured(), 'test', month, { withProjector: true });
    system = opened.system;
    const passwordHash = await createPasswords().hash(DEMO_PASSWORD);
    done = await simulate(opened.simulated, { ...month, passwordHash });
    events = await everything(system.ledger);
    await system.projector.waitFor(events.at(-1)!.position, 30_000);
  }, 60_000);
  afterAll(() => system.close());

  const ofType = (type: string) => events.filter((event) => event.type === type);
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the test looks into events of every type
  const dataOf = (type: string): any[] => ofType(type).map(({ data }) => data);

  it.each([
    ['patients ask, are agreed with, come and are seen', 'AppointmentRequested AppointmentConfirmed PatientArrived'],
    ['visits end well, or do not take place', 'AppointmentFulfilled PatientMissed AppointmentCancelled'],
    ['some are told no, some move', 'AppointmentRejected AppointmentRescheduled AppointmentMoved'],
    ['slots are held, and let go', 'SlotHeld HoldReleased'],
    ['a doctor is away', 'LeaveTaken'],
    ['one doctor is refused and one waits', 'RegistrationRejected RegistrationAccepted RegistrationRequested'],
    ['prescriptions are written, changed and renewed', 'PrescriptionIssued PrescriptionAmended PrescriptionRenewed'],
    ['what patients must not be given and what goes on is recorded', 'AllergyAdded ConditionAdded'],
    ['orders are paid, handed out, given up or expire', 'OrderPaid OrderHandedOver OrderDelivered OrderExpired'],
    ['some are called off, some come back', 'OrderCancelled OrderUnitsReturned'],
    ['stock runs out and comes again', 'MedicineShort OrderShort StockRanLow StockReceived StockWrittenOff'],
    ['payments succeed, fail and are looked at', 'PaymentSettled PaymentDeclined PaymentHeld TransactionCheckDue'],
    ['money goes back', 'RefundCompleted CreditNoteIssued'],
    ['days are compared with the gateway', 'DayReconciled'],
    ['people write to each other and read it', 'MessageSent MessagesRead MessageCorrected'],
    ['mails are written', 'MailSent'],
    ['somebody is invited', 'StaffInvited InvitationMailed'],
    ['carts are filled, changed and ordered', 'MedicineAddedToCart CartQuantityChanged CartCheckedOut'],
  ])('%s', (_, types) => {
    expect(types.split(' ').filter((type) => ofType(type).length === 0)).toEqual([]);
  });

  it('has queues: doctors who saw many on one day', () => {
    const tokens = dataOf('AppointmentConfirmed').map(({ token }) => token as number);
    expect(Math.max(...tokens)).toBeGreaterThanOrEqual(5);
  });

  it('has prescriptions against warnings, with the reason', () => {
    const warnings = dataOf('PrescriptionIssued').flatMap(
      ({ warnings }) => warnings as { kind: string; reason?: string }[],
    );
    const kinds = new Set(warnings.filter(({ reason }) => reason).map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['allergy', 'duplicateTherapy']));
  });

  it('has appointments today and in the coming days, some of them to be decided', () => {
    const today = '2030-03-13';
    const ahead = dataOf('AppointmentRequested').filter(({ day }) => day >= today);
    expect(new Set(ahead.map(({ day }) => day as string)).size).toBeGreaterThanOrEqual(2);
    expect(ahead.some(({ day }) => day === today)).toBe(true);
    const decided = new Set(
      ['Confirmed', 'Rejected', 'Cancelled'].flatMap((how) =>
        dataOf(`Appointment${how}`).map(({ appointmentId }) => appointmentId as string),
      ),
    );
    expect(ahead.some(({ appointmentId }) => !decided.has(appointmentId))).toBe(true);
  });

  it('happens in its own time, in order', () => {
    const recorded = events.map(({ metadata }) => (metadata as { recordedAt: string }).recordedAt);
    expect(recorded).toEqual(recorded.toSorted());
    expect(recorded[0]! >= '2030-02-20').toBe(true);
    expect(recorded.at(-1)! <= UNTIL).toBe(true);
  });

  it('asks for nothing that the rules forbid, and nothing is left undone', async () => {
    expect(done.refused).toEqual({});
    const refused = await system.readModels.open<Refused>(REFUSED);
    const { items } = await refused.query({ index: 'byTime', limit: 10 });
    expect(items.map(({ doc }) => doc)).toEqual([]);
    expect(system.worker.status().parked).toEqual([]);
    expect(system.projector.allParked()).toEqual([]);
  });

  it('names nobody who exists: phones and addresses of mail that nobody has', () => {
    const phones = events.flatMap(({ data }) => JSON.stringify(data).match(/\+880\d+/g) ?? []);
    expect(phones.length).toBeGreaterThan(100);
    expect(phones.filter((phone) => !/^\+8801[02]/.test(phone))).toEqual([]);
    const mails = events.flatMap(({ data }) => JSON.stringify(data).match(/[\w.]+@[\w.]+/g) ?? []);
    expect(mails.filter((mail) => !mail.endsWith('@healthstack.example'))).toEqual([]);
  });

  it('has a login for each part, with one password', async () => {
    const { verify } = createPasswords();
    for (const { login } of demoLogins) {
      const credential = await system.vault.credential(login);
      expect(login).toMatch(/@healthstack\.example$/);
      expect(credential).toBeDefined();
    }
    const { passwordHash } = (await system.vault.credential(demoLogins[0]!.login))!;
    expect(await verify(DEMO_PASSWORD, passwordHash ?? undefined)).toMatchObject({ matches: true });
  });

  it('finds the walk-through of docs/trying-it.md prepared', async () => {
    const { accountId: doctorId } = (await system.vault.credential(demoLogin('doctor')))!;
    const { accountId: patientId } = (await system.vault.credential(demoLogin('patient')))!;
    const { accountId: pharmacistId } = (await system.vault.credential(demoLogin('pharmacist')))!;
    expect((await system.streams.load(account, doctorId)).state.name).toBe('Dr. Masud Chowdhury');
    const { allergies } = (await system.streams.load(patient, patientId)).state;
    expect(Object.values(allergies).map(({ substance }) => substance)).toEqual(['Paracetamol']);
    const therapies = Object.values((await system.streams.load(therapy, patientId)).state).flat();
    expect(therapies.flatMap(({ marks }) => marks).filter((mark) => /amoxicillin|penicillin/.test(mark))).toEqual([]);
    const { hospitalId } = (await system.streams.load(account, pharmacistId)).state.roles[0]!;
    const onShelf = async (name: string, strength: string) => {
      const { medicineId } = dataOf('MedicineAdded').find((d) => d.name === name && d.strength === strength);
      const { lots } = (await system.streams.load(stock, stockId(hospitalId!, medicineId as string))).state;
      return Object.values(lots).reduce((sum, { onHand }) => sum + onHand, 0);
    };
    expect(await onShelf('Amoxicillin', '500 mg')).toBeGreaterThan(21);
    expect(await onShelf('Paracetamol', '500 mg')).toBeGreaterThan(6);
    expect((await system.streams.load(cart, patientId)).state).toEqual({});
  });

  it('leaves something to do to those who log in to the demo', async () => {
    const idOf = async (role: 'patient' | 'doctor' | 'pharmacist') =>
      (await system.vault.credential(demoLogin(role)))!.accountId;
    const [patientId, doctorId, pharmacistId] = await Promise.all([
      idOf('patient'),
      idOf('doctor'),
      idOf('pharmacist'),
    ]);
    const { hospitalId } = (await system.streams.load(account, pharmacistId)).state.roles[0]!;
    const upcoming = await system.readModels.open<Appointment>(appointments);
    const byDoctor = async (status: string) =>
      (await upcoming.query({ index: 'byDoctorStatus', equal: { doctorId, status }, limit: 100 })).items;
    expect((await byDoctor('requested')).length).toBeGreaterThanOrEqual(2);
    const agreed = (await byDoctor('confirmed')).map(({ doc }) => doc);
    expect(agreed.some((doc) => doc.patientId === patientId && doc.day >= '2030-03-13')).toBe(true);
    const open = new Set(
      dataOf('OrderPaid').flatMap((d) => (d.hospitalId === hospitalId ? [d.orderId as string] : [])),
    );
    for (const how of ['OrderDispensed', 'OrderCancelled'])
      for (const d of dataOf(how)) open.delete(d.orderId as string);
    expect(open.size).toBeGreaterThanOrEqual(1);
    const answered = new Set(
      ['RegistrationAccepted', 'RegistrationRejected'].flatMap((how) => dataOf(how).map((d) => d.doctorId as string)),
    );
    const waiting = dataOf('RegistrationRequested').filter((d) => !answered.has(d.doctorId as string));
    expect(waiting.map((d) => d.hospitalId as string)).toEqual([hospitalId]);
  });

  it('conserves units: received and found are on hand, reserved, dispensed or written off', async () => {
    const sums = new Map<string, number>();
    const add = (stream: string, lot: string, units: number) =>
      sums.set(`${stream} ${lot}`, (sums.get(`${stream} ${lot}`) ?? 0) + units);
    for (const { type, stream, data } of events) {
      const { lot, quantity } = data as { lot: string; quantity: number };
      if (type === 'StockReceived' || type === 'StockFound') add(stream, lot, quantity);
      if (type === 'StockWrittenOff') add(stream, lot, -quantity);
    }
    const streams = new Set(ofType('StockReceived').map(({ stream }) => stream));
    for (const stream of streams) {
      const { lots, reservations } = (await system.streams.load(stock, stream.slice('stock-'.length))).state;
      for (const [lot, { onHand, dispensed }] of Object.entries(lots)) add(stream, lot, -onHand - dispensed);
      for (const { lot, quantity } of Object.values(reservations).flat()) add(stream, lot, -quantity);
    }
    expect(sums.size).toBeGreaterThan(150);
    expect([...sums].filter(([, sum]) => sum !== 0)).toEqual([]);
  });

  it('keeps books whose sums are zero', () => {
    const postings = events.flatMap(({ data }) => (data as { postings?: { amount: number }[] }).postings ?? []);
    expect(postings.length).toBeGreaterThan(200);
    expect(postings.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
  });

  it('is shown, event by event, as it is when all is built anew', async () => {
    const digests = async () => {
      const all: Record<string, unknown> = {};
      for (const projection of projections)
        all[projection.name] = await (await system.readModels.open(projection)).digest();
      return all;
    };
    const live = await digests();
    await system.projector.rebuild(projections.map(({ name }) => name));
    expect(await digests()).toEqual(live);
  });
});
