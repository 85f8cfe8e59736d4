import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TABLES } from '../../../application/migration/entry.js';
import { importHealthStack, type Target } from '../../../application/migration/import.js';
import { pageOf, type Report } from '../../../application/migration/report.js';
import type { Visitor } from '../../../application/doorkeeper.js';
import { doctorDay } from '../../../domain/appointments/doctor-day.js';
import { thread } from '../../../domain/chat/thread.js';
import type { Meta } from '../../../domain/kernel/envelope.js';
import { openSqliteTables } from '../../../infrastructure/legacy/sqlite-tables.js';
import { readConfiguration } from '../../../infrastructure/config.js';
import { openSystem, type System } from '../../../system.js';
import { type Fault, makeFaultyDatabase, OLD_PASSWORD } from './faulty.js';

const folder = mkdtempSync(join(tmpdir(), 'healthstack-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, 'legacy.sqlite3');
const faults: Fault[] = makeFaultyDatabase(file);

const open = (name: string, withWorker = false): Promise<System> =>
  openSystem({
    configuration: readConfiguration({ DATA_DIR: join(folder, name), LOG_LEVEL: 'silent' }),
    software: 'test',
    withWorker,
    withProjector: withWorker,
  });

const targetOf = ({ bus, doors, streams }: System): Target => ({
  bus,
  doors,
  load: async (d, id) => (await streams.load(d, id)).state,
});

const importInto = async (target: Target) => {
  const tables = openSqliteTables(file, TABLES);
  try {
    return await importHealthStack(tables, target);
  } finally {
    tables.close();
  }
};

/** Everything that happened, without moments of the store's own. */
const eventsOf = async ({ ledger }: System) => {
  const events = await ledger.readAll({ maxCount: 10_000 });
  return events.map(({ id, stream, type, data, metadata }) => ({ id, stream, type, data, meta: metadata as Meta }));
};

describe('an import', () => {
  let system: System;
  let report: Omit<Report, 'eventsAppended'>;
  let events: Awaited<ReturnType<typeof eventsOf>>;
  beforeAll(async () => {
    system = await open('first');
    report = await importInto(targetOf(system));
    events = await eventsOf(system);
  });
  afterAll(() => system.close());

  const ofRow = (table: string, id: string) =>
    events.filter(({ meta }) => meta.source?.table === table && meta.source.row === id);
  const planted = (kind: string) => faults.find((fault) => fault.kind === kind)!;
  const eventOf = (kind: string, type: string) => {
    const { table, id } = planted(kind);
    return ofRow(table, id).find((event) => event.type === type)?.data as Record<string, unknown> | undefined;
  };

  it('accounts for every row: read = imported + mended + refused', () => {
    const tables = openSqliteTables(file, TABLES);
    for (const [table, { read, imported, mended, refused }] of Object.entries(report.tables)) {
      expect({ table, read }).toEqual({ table, read: tables.rows(table).length });
      expect(imported + mended + refused).toBe(read);
      for (const outcome of ['mended', 'refused'] as const)
        expect(report.rows.filter((row) => row.table === table && row.outcome === outcome)).toHaveLength(
          { mended, refused }[outcome],
        );
    }
    tables.close();
  });

  it.each(faults)('$kind: $table $id is $outcome', ({ table, id, outcome }) => {
    const { outcome: told, why } = report.rows.find((row) => row.table === table && row.id === id) ?? {};
    expect({ outcome: told ?? 'imported', why }).toEqual({ outcome, why });
  });

  it.each(faults.filter(({ outcome }) => outcome === 'refused'))(
    '$kind: the refused row $table $id is kept as it was received, and nothing else is made of it',
    ({ table, id }) => {
      const tables = openSqliteTables(file, TABLES);
      const row = tables.rows(table).find((one) => String(one[TABLES[table as keyof typeof TABLES]]) === id);
      tables.close();
      const found = ofRow(table, id);
      expect(found.map(({ type }) => type)).toEqual(['LegacyRowKept']);
      expect(found[0]!.data).toMatchObject({ why: 'refused', values: row });
    },
  );

  it('keeps the original beside what was mended', () => {
    expect(eventOf('patient_phone_lost_zero', 'PatientProfileBegun')).toMatchObject({
      phone: { e164: '+8801712345678' },
    });
    expect(eventOf('patient_phone_lost_zero', 'LegacyRowKept')).toMatchObject({
      values: { phone_number: 1_712_345_678 },
    });
    expect(eventOf('time_other_spelling', 'AppointmentRequested')).toMatchObject({ start: '2025-05-05T09:05:00.000Z' });
    expect(eventOf('time_other_spelling', 'LegacyRowKept')).toMatchObject({ values: { time: '৩:০৫ pm' } });
    const medicines = events.find(({ type }) => type === 'PrescriptionIssued')!.data as {
      medicines: object[];
    };
    expect(medicines.medicines[0]).toMatchObject({
      frequency: '১+০+১',
      posology: { morning: 1, night: 1 },
      quantity: 60,
    });
  });

  it('keeps what has no feature yet, and never a password', () => {
    expect(eventOf('lab_result_not_a_number', 'LegacyRowKept')).toMatchObject({
      why: 'laterFeature',
      values: { result: 'positive' },
    });
    expect(JSON.stringify(events)).not.toContain('pbkdf2_sha256');
    expect(eventOf('user_email_empty', 'LegacyRowKept')).toBeDefined();
  });

  it('says in every event where it comes from, and when it happened', () => {
    expect(events.filter(({ meta }) => meta.source?.system !== 'healthstack')).toEqual([]);
    expect(eventOf('slot_rebooked_after_cancel', 'AppointmentRequested')).toMatchObject({
      at: '2025-05-04T18:00:00.000Z',
    });
  });

  it('books over a slot only with a reason', () => {
    expect(eventOf('double_booked_slot', 'AppointmentRequested')).toMatchObject({
      overrideReason: expect.stringContaining('Booked twice'),
    });
    expect(eventOf('double_submit', 'AppointmentRequested')).toMatchObject({
      overrideReason: expect.stringContaining('Asked for twice'),
    });
    expect(eventOf('slot_rebooked_after_cancel', 'AppointmentRequested')).not.toHaveProperty('overrideReason');
    expect(eventOf('time_unparsable', 'AppointmentRequested')).toMatchObject({ start: '2025-05-05T04:00:00.000Z' });
  });

  it('books money as the rules say, and numbers invoices without gaps', () => {
    expect(eventOf('payment_amount_differs_from_fee', 'PaymentSuspicious')).toMatchObject({ reason: 'amount-differs' });
    expect(eventOf('payment_second_valid', 'OverpaymentReceived')).toMatchObject({ total: { amount: 70_000 } });
    expect(eventOf('payment_validated', 'PaymentSettled')).toMatchObject({
      total: { amount: 70_000, currency: 'BDT' },
    });
    expect(eventOf('payment_failed', 'PaymentDeclined')).toMatchObject({ reason: 'failed' });
    expect(events.filter(({ type }) => type === 'RefundRequested')).toEqual([]);
    const numbers = events
      .filter(({ type }) => type === 'InvoiceIssued')
      .map(({ data }) => (data as { sequence: number }).sequence);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(numbers).toHaveLength(events.filter(({ type }) => type === 'PaymentSettled').length);
  });

  it('keeps who wrote what in the order in which it was written', async () => {
    const opened = events.find(({ type }) => type === 'ThreadOpened')!;
    const { senders } = (await system.streams.load(thread, opened.stream.slice('thread-'.length))).state;
    // Two short ones, a long one in two parts, three with odd characters.
    expect(senders).toBe('pdppppp');
    const day = (await system.streams.load(doctorDay, dayStream(events))).state;
    const tokens = day.bookings.flatMap(({ token }) => token ?? []);
    expect(tokens.toSorted((a, b) => a - b)).toEqual(tokens.map((_, i) => i + 1));
  });

  it('adds nothing the second time, and tells the same', async () => {
    expect(await importInto(targetOf(system))).toEqual(report);
    expect((await eventsOf(system)).length).toBe(events.length);
  });

  it('shows a page that holds no markup of its rows', () => {
    const page = pageOf({ ...report, eventsAppended: events.length }, '<legacy>');
    expect(page).toContain('&#60;legacy&#62;');
    expect(page).not.toContain('<script');
  });
});

const dayStream = (events: readonly { readonly stream: string; readonly type: string }[]): string =>
  events
    .find(({ stream, type }) => type === 'AppointmentRequested' && stream.endsWith('2025-05-05'))!
    .stream.slice('doctorDay-'.length);

test('an import that was interrupted is completed by the next one', async () => {
  class Interrupted extends Error {}
  const whole = await open('whole');
  const expected = await importInto(targetOf(whole));
  const all = await eventsOf(whole);
  await whole.close();

  let commands = 0;
  for (const after of [20, 150, 300]) {
    const cut = await open('cut');
    const target = targetOf(cut);
    const execute: Target['bus']['execute'] = (command) =>
      ++commands > after ? Promise.reject(new Interrupted()) : target.bus.execute(command);
    await expect(importInto({ ...target, bus: { execute } })).rejects.toThrow(Interrupted);
    await cut.close();
  }
  const again = await open('cut');
  expect(await importInto(targetOf(again))).toEqual(expected);
  const sorted = (events: typeof all) => events.map(({ id }) => id).sort();
  expect(sorted(await eventsOf(again))).toEqual(sorted(all));
  await again.close();
});

test('afterwards people log in as they did, and nobody is written to about what is long past', async () => {
  const system = await open('people');
  await importInto(targetOf(system));
  const imported = (await eventsOf(system)).length;
  await system.close();

  const running = await open('people', true);
  await running.worker.drain();
  expect((await eventsOf(running)).length).toBe(imported);
  expect(readdirSync(join(folder, 'people'))).not.toContain('mail');

  const visitor: Visitor = {
    ...{ actor: { id: 'anonymous', role: 'system' }, address: '127.0.0.1', purpose: 'HOPERAT' },
    ...{ commandId: '6e0f2f7a-0d2b-4c55-8f0a-3a3b8d5b7e11', correlationId: 'c', causationId: 'c' },
  };
  const logIn = (login: string) => running.doors.logIn({ login, password: OLD_PASSWORD }, visitor);
  const before = (await running.vault.credential('rahim'))!;
  expect(before.passwordHash).toMatch(/^pbkdf2_sha256\$/);
  expect((await logIn('rahim')).accountId).toBe(before.accountId);
  expect((await running.vault.credential('rahim'))!.passwordHash).toMatch(/^\$argon2id\$/);
  expect((await logIn('rahim')).accountId).toBe(before.accountId);
  // Two who differ in capitals only are two.
  expect((await logIn('Karim')).accountId).not.toBe((await logIn('karim')).accountId);
  await expect(logIn('shut')).rejects.toThrow('not right');
  await running.close();
});
