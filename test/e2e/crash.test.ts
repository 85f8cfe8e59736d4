import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { Ledger, LedgerEvent } from '../../application/kernel/ledger.js';
import type { Meta } from '../../domain/kernel/envelope.js';
import { openSqliteLedger } from '../../infrastructure/ledger/sqlite.js';
import { PARKED as PARKED_DOCUMENTS } from '../../infrastructure/read-models/parked.js';
import { Projector } from '../../infrastructure/read-models/projector.js';
import { openSqliteReadModels } from '../../infrastructure/read-models/sqlite.js';
import { PARKED as PARKED_WORK } from '../../infrastructure/worker/parking.js';
import { REFUSED } from '../../infrastructure/worker/sender.js';
import { appointments } from '../../projections/appointments/appointments.js';
import { messages } from '../../projections/chat/messages.js';
import { projections } from '../../projections/index.js';
import type { ReadModels } from '../../projections/kernel/read-models.js';
import { orders } from '../../projections/pharmacy/orders.js';
import { stocks } from '../../projections/pharmacy/stocks.js';
import type { Answer, Person } from '../kernel/embedded.js';
import { founded, must, registered } from './founding.js';
import { Served } from './served.js';

// The built application killed at random moments while it works, again and again on one folder. What it then holds is
// compared with what its clients noted down: each request, and each answer that came.

const CRASHES = Number(process.env.CRASHES ?? 8);
const CLIENTS = 24;
const WORKING_MS_MAX = 1_000;
const PATIENTS = 6;
/** A doctor gives a patient three open appointments on a day. */
const BOOKINGS_A_DAY = 3 * PATIENTS;
const UNITS = 1_000_000;
const HOUR_MS = 3_600_000;

const clock = { now: () => new Date().toISOString() };

/** A request under a key of its own, and the answer once there was one. */
interface Sent {
  readonly key: string;
  readonly event: 'AppointmentRequested' | 'AppointmentConfirmed' | 'MessageSent' | 'OrderPlaced' | 'OrderCancelled';
  readonly who: Person;
  readonly path: string;
  readonly body: Record<string, unknown>;
  answer?: Answer['body'];
}

let served: Served;
let people: Awaited<ReturnType<typeof founded>>;
let patients: Person[];
const medicines: string[] = [];
const log: Sent[] = [];
const todo: Sent[] = [];
/** Those of which nobody knew for a while whether they were done, and since when. */
const unknown = new Map<Sent, string>();
const surprises: string[] = [];

const note = (event: Sent['event'], who: Person, path: string, body: Sent['body'] = {}): Sent => {
  const sent = { key: `request ${log.length}`, event, who, path, body };
  log.push(sent);
  return sent;
};

// The nth of its kind; patients take turns.
const patientOf = (n: number): Person => patients[n % PATIENTS]!;
const booking = (n: number): Sent => {
  const day = new Date(Date.UTC(2090, 0, 1 + Math.floor(n / BOOKINGS_A_DAY))).toISOString().slice(0, 10);
  const start = new Date(Date.parse(`${day}T09:00:00+06:00`) + (n % BOOKINGS_A_DAY) * 15 * 60_000).toISOString();
  const wish = { doctorId: people.doctor.id, hospitalId: people.hospitalId, day, start, type: 'checkUp' };
  return note('AppointmentRequested', patientOf(n), 'appointments', wish);
};
const message = (n: number): Sent => {
  const { doctor } = people;
  const path = `chats/${doctor.id}_${patientOf(n).id}/send`;
  return note('MessageSent', n % 2 ? doctor : patientOf(n), path, { text: `message ${n}` });
};
const order = (n: number): Sent => {
  const lines = [{ medicineId: medicines[n % medicines.length], quantity: 1 + (n % 5) }];
  return note('OrderPlaced', patientOf(n), 'orders', { hospitalId: people.hospitalId, lines });
};
const made = { booking: 0, message: 0, order: 0 };
/** Something new to ask for: a third each of bookings, messages and orders. */
const fresh = (): Sent => {
  const { length } = log;
  return length % 3 === 0 ? booking(made.booking++) : length % 3 === 1 ? message(made.message++) : order(made.order++);
};

/** What somebody does next because of an answer: the doctor confirms, every third order is given up again. */
const follow = ({ event, who, answer: { id } }: Sent): void => {
  if (event === 'AppointmentRequested')
    todo.push(note('AppointmentConfirmed', people.doctor, `appointments/${id}/confirm`));
  if (event === 'OrderPlaced' && made.order % 3 === 0)
    todo.push(note('OrderCancelled', who, `orders/${id}/cancel`, { reason: 'No need' }));
};

/** False when nobody knows whether it was done: there was no answer, or the answer says so. */
const send = async (sent: Sent): Promise<boolean> => {
  const { who, path, body, key } = sent;
  const answer = await who.post(path, body, { 'idempotency-key': key }).catch(() => undefined);
  if (answer === undefined || answer.status === 503) {
    unknown.set(sent, clock.now());
    return false;
  }
  if (answer.status !== 202) surprises.push(`${path} ${answer.status} ${JSON.stringify(answer.body)}`);
  else if (sent.answer === undefined) {
    sent.answer = answer.body;
    follow(sent);
  } else if (JSON.stringify(sent.answer) !== JSON.stringify(answer.body))
    surprises.push(`${path} was ${JSON.stringify(sent.answer)}, is ${JSON.stringify(answer.body)}`);
  return true;
};

/** Sends one thing after another until there is nothing, or no answer; what has none is sent again first of all. */
const client = async (next: () => Sent | undefined): Promise<void> => {
  for (let sent = next(); sent; sent = next())
    if (!(await send(sent))) {
      todo.unshift(sent);
      return;
    }
};
const clients = (next: () => Sent | undefined) =>
  Promise.all(Array.from({ length: CLIENTS }, () => client(() => todo.shift() ?? next())));

/** Some that were answered before: the answer is the same for ever. */
const repeatSome = (): void => {
  const answered = log.filter(({ answer }) => answer !== undefined);
  for (let i = 0; i < 10 && answered.length > 0; i++) todo.push(answered[randomInt(answered.length)]!);
};

let ledger: Ledger;
let shown: ReadModels;
let events: LedgerEvent[];

beforeAll(
  async () => {
    served = await Served.open();
    await served.start().up;
    people = await founded(served);
    const { pharmacist, hospitalId } = people;
    for (const name of ['Napa', 'Ace', 'Seclo']) {
      const price = { amount: 250, currency: 'BDT' };
      const medicine = { hospitalId, name, type: 'tablets', category: 'fever', price, prescriptionRequired: false };
      const { id } = await must(pharmacist.post('medicines', medicine));
      await must(pharmacist.post(`hospitals/${hospitalId}/stock/${id}/receive`, { quantity: UNITS }));
      medicines.push(id as string);
    }
    const names = Array.from({ length: PATIENTS }, (_, i) => `patient-${i}`);
    patients = await Promise.all(
      names.map((name) => registered(served, 'patient', { name, email: `${name}@patients.example` })),
    );
    // Everybody has a confirmed appointment, and so a chat.
    while (made.booking < PATIENTS) todo.push(booking(made.booking++));
    await clients(() => undefined);
    await served.settled();

    let startMs = 1_000;
    await served.kill();
    for (let crash = 0; crash < CRASHES; crash++) {
      const from = Date.now();
      const { up } = served.start();
      let working: Promise<unknown> | undefined;
      // Some are killed before they are up.
      if (randomInt(5) === 0) await sleep(randomInt(startMs));
      else {
        await up;
        startMs = Date.now() - from;
        repeatSome();
        working = clients(fresh);
        await sleep(randomInt(WORKING_MS_MAX));
      }
      await served.kill();
      await working;
    }

    // Nobody wants anything new, and what has no answer gets one.
    await served.start().up;
    await clients(() => undefined);
    await served.settled();
    await served.stop();
    // Two hours later: orders that were not paid have expired meanwhile.
    await served.start({ CLOCK_AHEAD_MS: String(2 * HOUR_MS) }).up;
    await served.settled();
    await served.stop();

    ledger = await openSqliteLedger({ file: join(served.folder, 'ledger.sqlite'), clock });
    shown = await openSqliteReadModels({ file: join(served.folder, 'read-models.sqlite') });
    events = await everything(ledger);
  },
  120_000 + CRASHES * 10_000,
);
afterAll(async () => {
  await ledger?.close();
  await shown?.close();
  await served.remove();
});

const everything = async (from: Ledger): Promise<LedgerEvent[]> => {
  const all: LedgerEvent[] = [];
  for (;;) {
    const last = all.at(-1)?.position;
    const page = await from.readAll(last === undefined ? {} : { from: last });
    const more = page.filter(({ position }) => position !== last);
    if (more.length === 0) return all;
    all.push(...more);
  }
};
const ofType = (type: string) => events.filter((event) => event.type === type);
const countBy = <T>(items: readonly T[], key: (item: T) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
};
const field = (event: LedgerEvent, name: string): string => String((event.data as Record<string, unknown>)[name]);
const ids = (event: Sent['event']) =>
  log.filter((sent) => sent.event === event).map(({ answer }) => answer.id as string);
const once = (keys: readonly string[]) => new Map(keys.map((key) => [key, 1]));

test('every request was answered in the end, as it should be and always alike', () => {
  expect(surprises).toEqual([]);
  expect(log.length).toBeGreaterThan(10 * CRASHES);
  expect(log.filter(({ answer }) => answer === undefined)).toEqual([]);
  expect(served.printed).toBe('');
});

afterAll(() => {
  if (process.env.CRASHES === undefined) return;
  const recorded = new Map(events.map(({ position, metadata }) => [position, (metadata as Meta).recordedAt]));
  const done = [...unknown].filter(
    ([{ answer }, since]) => answer && recorded.get(answer.position as string)! <= since,
  );
  process.stdout.write(
    `${CRASHES} crashes, ${log.length} requests, ${events.length} events. ` +
      `Of ${unknown.size} requests without an answer ${done.length} had been done.\n`,
  );
});

test('what was acknowledged is in the ledger, where the answer says, once', () => {
  const at = new Map(events.map((event) => [event.position, event]));
  const byCommand = Map.groupBy(events, ({ metadata }) => (metadata as Meta).commandId);
  for (const { event, answer } of log) {
    const { revision, type, metadata } = at.get(answer.position as string)!;
    expect([type, revision]).toEqual([event, answer.revision]);
    expect(byCommand.get((metadata as Meta).commandId)!.map((each) => each.type)).toEqual([event]);
  }
});

test('nothing is there that nobody asked for', () => {
  const types = ['AppointmentRequested', 'AppointmentConfirmed', 'MessageSent', 'OrderPlaced', 'OrderCancelled'];
  expect(types.map((type) => [type, ofType(type).length])).toEqual(
    types.map((type) => [type, log.filter(({ event }) => event === type).length]),
  );
  const texts = log.flatMap(({ body }) => (body.text as string | undefined) ?? []);
  expect(countBy(ofType('MessageSent'), (event) => field(event, 'text'))).toEqual(once(texts));
  const starts = log.flatMap(({ body }) => (body.start as string | undefined) ?? []);
  expect(countBy(ofType('AppointmentRequested'), (event) => field(event, 'start'))).toEqual(once(starts));
});

test('streams have no gap, and no event is there twice', () => {
  const next = new Map<string, number>();
  for (const { stream, revision } of events) {
    expect(revision).toBe(next.get(stream) ?? 0);
    next.set(stream, revision + 1);
  }
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});

test('what had to follow has followed, once: mails, reservations, and their end in time', () => {
  const booked = ids('AppointmentRequested');
  const told = (template: string) =>
    countBy(
      ofType('MailRequested').filter((event) => field(event, 'template') === template),
      ({ data }) => (data as { refs: { appointmentId: string } }).refs.appointmentId,
    );
  expect(told('appointmentRequested')).toEqual(once(booked));
  expect(told('appointmentAccepted')).toEqual(once(booked));
  const mails = ofType('MailRequested').map(({ stream }) => stream);
  expect(countBy(ofType('MailSent'), ({ stream }) => stream)).toEqual(once(mails));
  const files = new Set(readdirSync(join(served.folder, 'mail')));
  expect(mails.filter((stream) => !files.has(`${stream.slice('mail-'.length)}.eml`))).toEqual([]);

  const [placed, cancelled] = [ids('OrderPlaced'), new Set(ids('OrderCancelled'))];
  const kept = placed.filter((id) => !cancelled.has(id));
  expect(kept.length).toBeGreaterThan(0);
  const reserved = countBy(ofType('UnitsReserved'), (event) => field(event, 'reservationId'));
  expect([...reserved.values()].filter((times) => times !== 1)).toEqual([]);
  for (const id of kept) expect(reserved.get(`${id}_1`)).toBe(1);
  expect(countBy(ofType('OrderExpired'), (event) => field(event, 'orderId'))).toEqual(once(kept));
  expect(countBy(ofType('UnitsReleased'), (event) => field(event, 'reservationId'))).toEqual(reserved);
});

test('every read model is what a rebuild from the ledger makes', async () => {
  const rebuilt = await openSqliteReadModels({ file: join(served.folder, 'rebuilt.sqlite') });
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const projector = new Projector({ ledger, readModels: rebuilt, projections, clock, logger });
  await projector.start();
  expect(await projector.waitFor((await ledger.head())!, 60_000)).toBe(true);
  await projector.stop();
  const digests = async (models: ReadModels) =>
    Object.fromEntries(
      await Promise.all(
        projections.map(async (each) => [each.name, await (await models.open(each)).digest()] as const),
      ),
    );
  const [live, anew] = [await digests(shown), await digests(rebuilt)];
  await rebuilt.close();
  expect(live).toEqual(anew);
  expect(live[appointments.name]!.documents).toBe(ids('AppointmentRequested').length);
  expect(live[orders.name]!.documents).toBe(ids('OrderPlaced').length);
  expect(live[messages.name]!.documents).toBe(ids('MessageSent').length);
});

test('nothing was refused or put aside on the way, and the shelves are full again', async () => {
  for (const by of [REFUSED, PARKED_WORK, PARKED_DOCUMENTS])
    expect([by.name, (await (await shown.open(by)).digest()).documents]).toEqual([by.name, 0]);
  const shelves = await shown.open<{ onHand: number; reserved: number }>(stocks);
  for (const id of medicines)
    expect((await shelves.get(`${people.hospitalId}_${id}`))?.doc).toMatchObject({ onHand: UNITS, reserved: 0 });
});
