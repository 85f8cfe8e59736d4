import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Ledger, NewEvent } from '../application/kernel/ledger.js';
import { openSqliteLedger } from '../infrastructure/ledger/sqlite.js';
import { type BenchRow, median } from './row.js';

const ROUNDS = 5;
const STREAMS = 500;

/** Each pair is cut into slices that take turns, so that what else the machine does falls on both. */
const SLICES = 10;

/** Events a slice for each batch size: about as long whether the disk or the processor decides. */
const BATCHES = [
  { batch: 1, events: 100 },
  { batch: 16, events: 800 },
  { batch: 64, events: 1_920 },
];

interface Appender {
  /** Makes ready what is not measured; what it answers appends in groups of `batch`, each event to the next stream. */
  prepare(events: readonly NewEvent[], batch: number): () => Promise<void>;
  close(): Promise<void>;
}

/**
 * Appends through the port, `batch` of them at a time and each with its own expected revision, against the least code
 * that stores the same events: JSON.stringify and one prepared INSERT, in the same groups and order, into a table of the
 * same columns and keys without triggers; revisions counted, nothing checked or looked up, no log moved while it is
 * measured.
 */
export const benchAppend = async (): Promise<BenchRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-append-'));
  const bare = bareInserts(join(folder, 'bare.db'));
  const port = await throughPort(join(folder, 'ledger.db'));
  try {
    // Until both have overwritten their logs once: a file that still grows is slower.
    for (const appender of [bare, port]) await timed(appender, 64, 32_000);
    const rows: BenchRow[] = [];
    for (const { batch, events } of BATCHES) {
      const pairs: { ratio: number; rate: number }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        let bareMs = 0;
        let portMs = 0;
        for (let slice = 0; slice < SLICES; slice++) {
          bareMs += await timed(bare, batch, events);
          portMs += await timed(port, batch, events);
        }
        pairs.push({ ratio: bareMs / portMs, rate: (SLICES * events * 1_000) / portMs });
      }
      const ratios = pairs.map(({ ratio }) => ratio);
      const rate = Math.round(median(pairs.map((pair) => pair.rate)));
      rows.push({
        id: `append-${batch}`,
        value: median(ratios),
        unit: 'of bare inserts',
        atLeast: 0.8,
        detail: `batches of ${batch}: ${rate} events/s through the port; pairs ${ratios.map((r) => r.toFixed(2)).join(' ')}`,
      });
    }
    return rows;
  } finally {
    await bare.close();
    await port.close();
    rmSync(folder, { recursive: true });
  }
};

/** Milliseconds for the appends alone. */
const timed = async (appender: Appender, batch: number, count: number): Promise<number> => {
  const append = appender.prepare(Array.from({ length: count }, booking), batch);
  const start = performance.now();
  await append();
  return performance.now() - start;
};

export const booking = (): NewEvent => ({
  id: randomUUID(),
  type: 'AppointmentRequested',
  data: {
    appointmentId: `${randomUUID()}_2030-01-31_k3v9x2ab`,
    patientId: randomUUID(),
    doctorId: randomUUID(),
    hospitalId: randomUUID(),
    from: '2030-01-31T03:00:00.000Z',
    to: '2030-01-31T03:15:00.000Z',
    kind: 'checkUp',
    fee: { amount: 80_000, currency: 'BDT' },
    reason: 'Fever for three days, cough, no appetite since yesterday',
  },
  metadata: {
    commandId: randomUUID(),
    command: 'RequestAppointment',
    fingerprint: 'kq0m3nP1c9d8X2f7J6h5G4s3A2w1Z0yVtUrTqSpOnM',
    $correlationId: randomUUID(),
    $causationId: randomUUID(),
    actor: { id: randomUUID(), role: 'patient' },
    tenant: randomUUID(),
    subject: randomUUID(),
    purpose: 'TREAT',
    recordedAt: '2030-01-30T10:00:00.000Z',
    schemaVersion: 1,
    software: '0.1.0',
  },
});

const throughPort = async (file: string): Promise<Appender> => {
  const ledger: Ledger = await openSqliteLedger({ file });
  const revisions = new Array<number>(STREAMS).fill(-1);
  let next = 0;
  return {
    prepare: (events, batch) => async () => {
      for (let from = 0; from < events.length; from += batch) {
        const group: Promise<unknown>[] = [];
        for (let i = from; i < from + batch; i++) {
          const stream = next++ % STREAMS;
          const revision = revisions[stream]!++;
          group.push(ledger.append(`doctorDay-${stream}`, [events[i]!], revision < 0 ? 'noStream' : revision));
        }
        await Promise.all(group);
      }
    },
    close: () => ledger.close(),
  };
};

const bareInserts = (file: string): Appender => {
  const db = new DatabaseSync(file);
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cache_size = -32768;
    CREATE TABLE events (
      position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, type INTEGER NOT NULL,
      id TEXT NOT NULL, created INTEGER NOT NULL, data ANY NOT NULL, metadata ANY
    ) STRICT;
    CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
  `);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const revisions = new Array<number>(STREAMS).fill(-1);
  let slices = 0;
  let next = 0;
  return {
    prepare(events, batch) {
      if (slices++ % SLICES === 0) db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      return async () => {
        for (let from = 0; from < events.length; from += batch) {
          begin.run();
          for (let i = from; i < from + batch; i++) {
            const stream = next++ % STREAMS;
            const { id, data, metadata } = events[i]!;
            const json = [JSON.stringify(data), JSON.stringify(metadata)] as const;
            insert.run(next, stream, ++revisions[stream]!, 3, id, 1_895_000_000_000, ...json);
          }
          commit.run();
        }
      };
    },
    close: async () => db.close(),
  };
};
