import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EventStoreDBClient, excludeSystemEvents, jsonEvent, type JSONEventType } from '@eventstore/db-client';
import type { Ledger, NewEvent } from '../application/kernel/ledger.js';
import { openEventStoreLedger } from '../infrastructure/ledger/eventstoredb.js';
import { booking } from './append.js';
import { type BenchRow, median } from './row.js';

const ROUNDS = 5;
/** Pairs take turns in slices, so that what else the machine does falls on both. */
const SLICES = 5;
const STREAMS = 200;
const APPENDS = 800;
const AT_ONCE = 16;
const EVENTS = 4_000;

/** What is measured twice: through the adapter and with the client alone. Each answers when it is done. */
interface Subject {
  append(events: readonly NewEvent[]): Promise<void>;
  read(): Promise<void>;
  subscribe(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The EventStoreDB adapter against the least code with the same client and the same calls, on one server: the fixture,
 * or what EVENTSTORE_URL names.
 */
export const benchEventStore = async (): Promise<BenchRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-eventstoredb-'));
  const server = process.env['EVENTSTORE_URL'] === undefined ? await serve(folder) : undefined;
  const url = server?.url ?? process.env['EVENTSTORE_URL']!;
  const adapter = adapterAlone(await openEventStoreLedger({ url }));
  const bare = clientAlone(url, { username: 'admin', password: 'changeit' });
  const batching = clientAlone(url);
  try {
    for (const subject of [bare, adapter, batching]) await subject.append(bookings(2_000));
    const rows: BenchRow[] = [];
    for (const [name, count] of [
      ['append', APPENDS],
      ['read', EVENTS],
      ['subscribe', EVENTS],
    ] as const) {
      const work = (subject: Subject) => (name === 'append' ? subject.append(bookings(count)) : subject[name]());
      const ratios: number[] = [];
      const rates: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        let bareMs = 0;
        let adapterMs = 0;
        for (let slice = 0; slice < SLICES; slice++) {
          bareMs += await timed(() => work(bare));
          adapterMs += await timed(() => work(adapter));
        }
        ratios.push(bareMs / adapterMs);
        rates.push((SLICES * count * 1_000) / adapterMs);
      }
      const detail = `${Math.round(median(rates))} events/s through the adapter; pairs ${ratios.map((r) => r.toFixed(2)).join(' ')}`;
      const batchMs = name === 'append' ? await timed(() => batching.append(bookings(count))) : undefined;
      rows.push({
        id: `eventstoredb-${name}`,
        value: median(ratios),
        unit: 'of the bare client',
        atLeast: 0.9,
        detail: batchMs ? `${detail}; BatchAppend ${Math.round((count * 1_000) / batchMs)}/s` : detail,
      });
    }
    return rows;
  } finally {
    for (const subject of [adapter, bare, batching]) await subject.close();
    await server?.stop();
    rmSync(folder, { recursive: true });
  }
};

const bookings = (count: number): NewEvent[] => Array.from({ length: count }, booking);

const timed = async (work: () => Promise<void>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

/** Each event to the next stream of its own, so many at once, each with its own expected revision. */
const appender = (append: (stream: string, event: NewEvent, revision: number) => Promise<unknown>) => {
  const prefix = `bench${randomBytes(4).toString('hex')}`;
  const revisions = new Array<number>(STREAMS).fill(-1);
  let next = 0;
  return async (events: readonly NewEvent[]): Promise<void> => {
    for (let i = 0; i < events.length; i += AT_ONCE)
      await Promise.all(
        events.slice(i, i + AT_ONCE).map((event) => {
          const stream = next++ % STREAMS;
          return append(`${prefix}-${stream}`, event, revisions[stream]!++);
        }),
      );
  };
};

const adapterAlone = (ledger: Ledger): Subject => ({
  append: appender((stream, event, revision) => ledger.append(stream, [event], revision < 0 ? 'noStream' : revision)),
  async read() {
    await ledger.readAll({ maxCount: EVENTS });
  },
  async subscribe() {
    let seen = 0;
    for await (const message of ledger.subscribe())
      if (message.kind === 'events' && (seen += message.events.length) >= EVENTS) return;
  },
  close: () => ledger.close(),
});

const clientAlone = (url: string, credentials?: { username: string; password: string }): Subject => {
  const client = EventStoreDBClient.connectionString(url);
  return {
    append: appender((stream, { id, type, data, metadata }, revision) =>
      client.appendToStream(stream, jsonEvent({ id, type, data, metadata } as JSONEventType & { id: string }), {
        expectedRevision: revision < 0 ? 'no_stream' : BigInt(revision),
        ...(credentials && { credentials }),
      }),
    ),
    async read() {
      const read = client.readAll({ maxCount: EVENTS });
      for await (const event of read) void event;
    },
    async subscribe() {
      let seen = 0;
      const subscription = client.subscribeToAll({ filter: excludeSystemEvents() });
      for await (const event of subscription) if (event && ++seen >= EVENTS) break;
      await subscription.unsubscribe();
    },
    close: () => client.dispose(),
  };
};

/** The fixture in a process of its own. */
const serve = async (folder: string): Promise<{ url: string; stop: () => Promise<void> }> => {
  const main = new URL('../test/fixtures/eventstoredb/main.js', import.meta.url);
  const child: ChildProcess = fork(main, ['--port', '0', '--data', folder], { silent: true });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`The fixture ended with ${code}.`)));
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  return { url, stop };
};
