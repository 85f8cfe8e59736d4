import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v5 as uuidv5 } from 'uuid';
import { DoctorDayCommand } from '../application/appointments.js';
import type { NewEvent } from '../application/kernel/ledger.js';
import type { Caller } from '../application/kernel/transact.js';
import { doctorDayId, events, newAppointmentId } from '../domain/appointments/doctor-day.js';
import type { Meta } from '../domain/kernel/envelope.js';
import { encode } from '../domain/kernel/event.js';
import { readConfiguration } from '../infrastructure/config.js';
import { openSystem, type System } from '../system.js';
import { hospitalWithDoctors } from './people.js';
import { type BenchRow, median } from './row.js';

const IDS = 'a0a6c0de-1f0a-4b1d-8b0f-5e2b6d3c4f10';
const SMALL = 10_000;
const LARGE = 1_000_000;
const ROUNDS = 5;
const BOOKINGS = 2_000;
const AT_ONCE = 64;
const VISIBLE_PER_SECOND = 500;
const VISIBLE_SECONDS = 6;

const open = (folder: string, live: boolean): Promise<System> =>
  openSystem({
    configuration: readConfiguration({ PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'error' }),
    software: 'bench',
    mailer: { send: () => Promise.resolve() },
    withProjector: live,
    withWorker: false,
  });

const FEE = { amount: 80_000, currency: 'BDT' };

/** Visits as they would have been recorded: three events each, twenty visits to a doctor's day. */
const fill = async ({ ledger }: System, hospitalId: string, total: number): Promise<void> => {
  const meta: Omit<Meta, 'commandId' | 'schemaVersion' | 'subject'> = {
    command: 'RequestAppointment',
    fingerprint: '',
    $correlationId: IDS,
    $causationId: IDS,
    actor: { id: IDS, role: 'hospitalAdministrator' },
    tenant: hospitalId,
    purpose: 'TREAT',
    recordedAt: '2080-01-01T00:00:00.000Z',
    software: 'bench',
  };
  const visits = 20;
  for (let day = 0, written = 0; written < total; day++) {
    const doctorId = uuidv5(`past doctor ${day % 100}`, IDS);
    const date = new Date(Date.UTC(2000, 0, 1 + Math.floor(day / 100))).toISOString().slice(0, 10);
    const id = doctorDayId(doctorId, date);
    const added: NewEvent[] = Array.from({ length: visits }).flatMap((_, visit) => {
      const commandId = randomUUID();
      const appointmentId = newAppointmentId(id, commandId);
      const patientId = `patient-${(day * visits + visit) % 100_000}`;
      const minutes = String(visit % 60).padStart(2, '0');
      const slot = {
        start: `${date}T0${visit % 6}:${minutes}:00.000Z`,
        end: `${date}T0${visit % 6}:${minutes}:30.000Z`,
      };
      const at = `${date}T00:00:00.000Z`;
      const change = { appointmentId, doctorId, hospitalId, patientId, at };
      const facts = [
        {
          type: 'AppointmentRequested',
          data: { ...change, day: date, ...slot, type: 'checkUp', fee: FEE, message: 'Cough since Monday' },
        },
        { type: 'AppointmentConfirmed', data: { ...change, ...slot, token: visit + 1 } },
        { type: 'AppointmentFulfilled', data: change },
      ];
      return facts.map((fact) => {
        const { type, version, data } = encode(events, fact);
        return {
          id: randomUUID(),
          type,
          data,
          metadata: { ...meta, commandId, subject: patientId, schemaVersion: version },
        };
      });
    });
    await ledger.append(`doctorDay-${id}`, added, 'noStream');
    written += added.length;
  }
};

const caller = (): Caller => {
  const commandId = randomUUID();
  return {
    actor: { id: IDS, role: 'hospitalAdministrator' },
    commandId,
    correlationId: IDS,
    causationId: commandId,
    purpose: 'TREAT',
  };
};

/** Bookings of slots that are free, one after another. */
const booker = ({ bus }: System, hospitalId: string, doctorIds: readonly string[]) => {
  let next = 0;
  return () => {
    const n = next++;
    const slot = Math.floor(n / doctorIds.length) % 48;
    const date = new Date(Date.UTC(2090, 0, 1 + Math.floor(n / doctorIds.length / 48))).toISOString().slice(0, 10);
    const start = new Date(Date.parse(`${date}T09:00:00+06:00`) + slot * 900_000).toISOString();
    const message = {
      type: 'RequestAppointment' as const,
      data: { hospitalId, start, type: 'checkUp' as const, patientId: `visitor-${n}` },
    };
    return bus.execute(
      new DoctorDayCommand({ id: doctorDayId(doctorIds[n % doctorIds.length]!, date), message, caller: caller() }),
    );
  };
};

/** Milliseconds for one round of bookings, so many at once. */
const round = async (book: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  let left = BOOKINGS;
  const line = async () => {
    while (left-- > 0) await book();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
  return performance.now() - began;
};

const visible = async ({ projector }: System, book: () => Promise<{ position?: string }>): Promise<number> => {
  const waits: number[] = [];
  const pending: Promise<void>[] = [];
  const began = performance.now();
  for (let sent = 0; sent < VISIBLE_PER_SECOND * VISIBLE_SECONDS;) {
    const due = Math.floor(((performance.now() - began) / 1000) * VISIBLE_PER_SECOND);
    for (; sent < due; sent++)
      pending.push(
        book().then(async ({ position }) => {
          const acknowledged = performance.now();
          await projector.waitFor(position!, 10_000);
          waits.push(performance.now() - acknowledged);
        }),
      );
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(pending);
  return waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)]!;
};

/** What grows with the ledger and what must not: the cost of a booking, the start, the rebuild, and being seen. */
export const benchSize = async (): Promise<BenchRow[]> => {
  const folders = [SMALL, LARGE].map(() => mkdtempSync(join(tmpdir(), 'healthstack-size-')));
  const systems = await Promise.all(folders.map((folder) => open(folder, false)));
  try {
    const books: (() => Promise<unknown>)[] = [];
    for (const [i, system] of systems.entries()) {
      const { hospitalId, doctorIds } = await hospitalWithDoctors(system);
      await fill(system, hospitalId, [SMALL, LARGE][i]!);
      books.push(booker(system, hospitalId, doctorIds));
    }
    const ratios: number[] = [];
    for (let i = 0; i <= ROUNDS; i++) {
      const small = await round(books[0]!);
      const large = await round(books[1]!);
      if (i > 0) ratios.push(large / small);
    }
    await systems[1]!.close();

    let began = performance.now();
    const rebuilding = await open(folders[1]!, true);
    const head = (await rebuilding.ledger.head())!;
    await rebuilding.projector.waitFor(head, 600_000);
    const rebuilt = Number(head) / ((performance.now() - began) / 1000);
    await rebuilding.close();

    began = performance.now();
    const started = await open(folders[1]!, true);
    await started.app.listen(0, '127.0.0.1');
    const startSeconds = (performance.now() - began) / 1000;
    const { hospitalId, doctorIds } = await hospitalWithDoctors(started);
    const book = booker(started, hospitalId, doctorIds);
    // The slots of the earlier rounds are taken.
    for (let i = 0; i < BOOKINGS * (ROUNDS + 1); i++) await book().catch(() => undefined);
    await started.projector.waitFor((await started.ledger.head())!, 60_000);
    const p99 = await visible(started, book);
    await started.close();

    const detail = `${LARGE} events in the ledger`;
    return [
      { id: 'booking-cost-growth', value: median(ratios), unit: 'of the cost at 10,000 events', atMost: 1.1, detail },
      {
        id: 'rebuild',
        value: rebuilt,
        unit: 'events/s',
        atLeast: 25_000,
        detail: `all read models from nothing, ${detail}`,
      },
      { id: 'start', value: startSeconds, unit: 's', atMost: 3, detail },
      {
        id: 'visible',
        value: p99,
        unit: 'ms',
        atMost: 50,
        detail: `p99 after acknowledged, ${VISIBLE_PER_SECOND} commands/s`,
      },
    ];
  } finally {
    await systems[0]!.close();
    folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  }
};
