import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Ledger } from '../../../application/kernel/ledger.js';
import { event } from '../../../domain/kernel/event.js';
import { health } from '../../../domain/kernel/phi.js';
import type { LogRecord } from '../../../infrastructure/kafka/log.js';
import { Relay, type RelayOptions, type RelayState } from '../../../infrastructure/kafka/relay.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { observeRelay } from '../../../infrastructure/telemetry/instruments.js';
import type { Telemetry } from '../../../infrastructure/telemetry/telemetry.js';
import { META } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';
import { MemoryLog } from './memory-log.js';

const offered = {
  Seen: event(z.object({ visit: z.string(), note: health(z.string()) })),
  // Version 2: what was one number has a unit now.
  Paid: event(z.object({ amount: z.number(), currency: z.string() }), (old: { amount: number }) => ({
    ...old,
    currency: 'BDT',
  })),
};
const TOPICS = new Map([
  ['Seen', 'visits'],
  ['Paid', 'money'],
]);
const NAMES = ['visits', 'money'].flatMap((topic) => [0, 1, 2].map((i) => `${topic}/${i}`));
const HOSPITAL = 'https://hospital.example/api';

let folder: string;
let ledger: Ledger;
let log: MemoryLog;
let logged: [level: string, fields: object][];
const relays: Relay[] = [];
const relayOf = (options: Partial<RelayOptions> = {}): Relay => {
  const into = (level: string) => (fields: object) => void logged.push([level, fields]);
  const relay = new Relay({
    ledger,
    log,
    offered,
    topics: TOPICS,
    withheld: new Set(['Secret']),
    schemas: `${HOSPITAL}/schemas`,
    feed: `${HOSPITAL}/v1/feed`,
    clock: { now: () => NOW },
    logger: { info: into('info'), warn: into('warn'), error: into('error') },
    retry: { firstMs: 1, longestMs: 2 },
    standbyMs: 2,
    batchMax: 4,
    ...options,
  });
  relays.push(relay);
  return relay;
};
const started = (options?: Partial<RelayOptions>): Relay => {
  const relay = relayOf(options);
  relay.start();
  return relay;
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-'));
  ledger = await openSqliteLedger({ file: join(folder, 'ledger'), durable: false });
  log = new MemoryLog(['visits', 'money']);
  logged = [];
  revisions.clear();
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await ledger.close();
  rmSync(folder, { recursive: true });
});

const revisions = new Map<string, number>();
/** `Seen a` goes to the stream `visit-a`, `Paid a` to `payment-a`. */
const append = async (what: string, data?: unknown, schemaVersion = 1): Promise<string> => {
  const [type, name] = what.split(' ') as [string, string];
  const stream = `${type === 'Paid' ? 'payment' : 'visit'}-${name}`;
  const expected = revisions.get(stream);
  const metadata = { ...META, schemaVersion, tenant: 'hospital-1', subject: 'patient-1' };
  const made = data ?? (type === 'Paid' ? { amount: 5 } : { visit: name, note: 'swollen' });
  const { revision, position } = await ledger.append(
    stream,
    [{ id: randomUUID(), type, data: made, metadata }],
    expected ?? 'noStream',
  );
  revisions.set(stream, revision);
  return position;
};
const some = async (whats: readonly string[]): Promise<string> => {
  let position = '0';
  for (const what of whats) position = await append(what);
  return position;
};
const relayed = async (relay: Relay): Promise<void> => {
  const head = await ledger.head();
  if (head !== undefined && !(await relay.waitFor(head, 10_000)))
    throw new Error(`Not relayed: ${relay.status().state}.`);
};
const turned = async (relay: Relay, state: RelayState): Promise<void> => {
  while (relay.status().state !== state) await new Promise((resolve) => setTimeout(resolve, 1));
};

/** What each partition must hold, made from the ledger alone. */
const expected = async (): Promise<Map<string, string[]>> => {
  const session = await new MemoryLog([]).open();
  const all = new Map<string, string[]>();
  for (const { id, type, stream } of await ledger.readAll()) {
    const topic = TOPICS.get(type);
    if (topic === undefined) continue;
    const name = `${topic}/${session.partitionOf(topic, stream)}`;
    all.set(name, [...(all.get(name) ?? []), id]);
  }
  return all;
};
const held = (): Map<string, string[]> =>
  new Map([...log.partitions].filter(([, all]) => all.length > 0).map(([name, all]) => [name, idsOf(all)]));
const idsOf = (records: readonly LogRecord[]) => records.map(({ headers }) => headers.ce_id!);

test('an event is a CloudEvent in binary mode, as the feed tells it', async () => {
  await append('Secret a');
  await append('Seen a');
  await relayed(started());
  expect(log.all()).toEqual([
    {
      topic: 'visits',
      partition: expect.any(Number),
      key: 'visit-a',
      headers: {
        ce_specversion: '1.0',
        ce_id: expect.any(String),
        ce_source: '/healthstack',
        ce_type: 'healthstack.Seen.v1',
        ce_subject: 'visit-a',
        ce_time: NOW,
        ce_dataschema: `${HOSPITAL}/schemas/Seen/1`,
        ce_sequence: '1',
        ce_sequencetype: 'Integer',
        ce_previoussequence: '0',
        ce_partitionkey: 'visit-a',
        ce_revision: '1',
        ce_correlationid: 'command-1',
        ce_causationid: 'command-1',
        ce_hospital: 'hospital-1',
        ce_patient: 'patient-1',
        ce_sealed: 'note',
        ce_position: await ledger.head(),
        'content-type': 'application/json',
      },
      value: '{"visit":"a"}',
    },
  ]);
});

test('in each partition the previous number is that of the record before', async () => {
  await some(['Seen a', 'Paid a', 'Seen b', 'Secret a', 'Seen a', 'Paid b', 'Seen c', 'Seen b']);
  await relayed(started());
  const numbers = log.all().map(({ headers }) => Number(headers.ce_sequence));
  expect(numbers.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  for (const records of log.partitions.values()) {
    const chain = records.map(({ headers }) => [headers.ce_previoussequence, headers.ce_sequence]);
    expect(chain.map(([previous]) => previous)).toEqual(['0', ...chain.map(([, own]) => own)].slice(0, -1));
  }
});

test('whatever is cut off, and however often, each partition holds its events once, in order, under the same headers', async () => {
  const kinds = fc.constantFrom('Seen a', 'Seen b', 'Seen c', 'Paid a', 'Paid b', 'Secret a');
  const faults = fc.array(fc.option(fc.constantFrom('before' as const, 'after' as const), { nil: undefined }), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ whats: fc.array(kinds, { maxLength: 9 }), faults, relays: fc.integer({ min: 1, max: 2 }) }),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
      async (rounds) => {
        for (const round of rounds) {
          log.faults = [...round.faults];
          const running = Array.from({ length: round.relays }, () => started());
          await some(round.whats);
          await Promise.all(running.map(relayed));
          await Promise.all(running.map((relay) => relay.stop()));
        }
        log.faults = [];
        expect(held()).toEqual(await expected());
        const fresh = new MemoryLog(['visits', 'money']);
        const again = started({ log: fresh });
        await relayed(again);
        await again.stop();
        expect(sorted(log)).toEqual(sorted(fresh));
      },
    ),
    { numRuns: 40 },
  );
});
const sorted = (from: MemoryLog) =>
  [...from.partitions].filter(([, all]) => all.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));

test('what a broker lost although it had acknowledged it comes again, and nothing else does', async () => {
  const losses = fc.array(fc.tuple(fc.constantFrom(...NAMES, 'checkpoints'), fc.integer({ min: 1, max: 4 })), {
    maxLength: 5,
  });
  const kinds = fc.constantFrom('Seen a', 'Seen b', 'Seen c', 'Paid a', 'Paid b');
  await fc.assert(
    fc.asyncProperty(fc.array(kinds, { minLength: 1, maxLength: 15 }), losses, async (whats, losses) => {
      await some(whats);
      const first = started();
      await relayed(first);
      await first.stop();
      const before = sorted(log);
      const written = log.written;
      const count = log.all().length;
      for (const [name, lost] of losses) {
        if (name === 'checkpoints') log.checkpoints.splice(Math.max(0, log.checkpoints.length - lost));
        else log.lose(name, lost);
      }
      const lost = count - log.all().length;
      const second = started();
      await relayed(second);
      await second.stop();
      expect(log.written - written).toBe(lost);
      expect(sorted(log)).toEqual(before);
    }),
    { numRuns: 40 },
  );
});

test('what retention took does not come again', async () => {
  await some(['Seen a', 'Paid a', 'Seen b']);
  const first = started();
  await relayed(first);
  await first.stop();
  for (const name of NAMES) log.expire(name);
  await some(['Seen a']);
  await relayed(started());
  expect(log.all().map(({ headers }) => [headers.ce_sequence, headers.ce_previoussequence])).toEqual([['4', '1']]);
});

test('while the log is away the ledger takes what comes; on its return all of it goes out', async () => {
  log.away = true;
  const relay = started();
  await turned(relay, 'waiting');
  await some(['Seen a', 'Seen b', 'Seen a']);
  expect(await relay.lag()).toEqual({ events: 3, seconds: expect.any(Number) });
  expect(relay.status()).toMatchObject({ state: 'waiting', failure: 'Error', parked: { count: 0 } });
  log.away = false;
  await relayed(relay);
  expect(await relay.lag()).toEqual({ events: 0, seconds: 0 });
  expect(relay.status()).toEqual({
    state: 'relaying',
    through: { position: await ledger.head(), sequence: 3 },
    parked: { count: 0, last: [] },
  });
  expect(held()).toEqual(await expected());
});

test('of two relays one writes; when it is gone the other one takes over', async () => {
  const first = started();
  await some(['Seen a']);
  await relayed(first);
  const second = started();
  await turned(second, 'relaying');
  await some(['Seen b']);
  await turned(first, 'standby');
  await relayed(first);
  expect(second.status().state).toBe('relaying');
  await second.stop();
  await some(['Seen a']);
  await relayed(first);
  await turned(first, 'relaying');
  expect(held()).toEqual(await expected());
});

test('a relay on standby leaves one that works alone', async () => {
  const first = started();
  await relayed(first);
  const second = started();
  await some(['Seen a']);
  await turned(first, 'standby');
  const { opened } = log;
  for (let i = 0; i < 20; i++) {
    await some(['Seen a']);
    await relayed(second);
  }
  expect(log.opened).toBe(opened);
});

test('an event whose data cannot be read, or do not fit, keeps its place and says where to ask', async () => {
  log.recordBytesMax = 1_500;
  await append('Seen a');
  await append('Seen a', { visit: 5 });
  await append('Seen a', { visit: 'v'.repeat(2_000), note: 'swollen' });
  await append('Seen a');
  const relay = started();
  await relayed(relay);
  const parked = (sequence: number, reason: string) => ({
    reason,
    eventId: idsOf(log.all())[sequence - 1],
    type: 'Seen',
    stream: 'visit-a',
    sequence,
  });
  expect(
    log.all().map(({ headers, value }) => [value, headers['content-type'], headers.ce_parked, headers.ce_dataref]),
  ).toEqual([
    ['{"visit":"a"}', 'application/json', undefined, undefined],
    [null, undefined, 'unreadable', `${HOSPITAL}/v1/feed?after=1&limit=1`],
    [null, undefined, 'too-large', `${HOSPITAL}/v1/feed?after=2&limit=1`],
    ['{"visit":"a"}', 'application/json', undefined, undefined],
  ]);
  const both = { count: 2, last: [parked(2, 'unreadable'), parked(3, 'too-large')] };
  expect(relay.status().parked).toEqual(both);
  expect(logged.filter(([level]) => level === 'error').map(([, fields]) => fields)).toEqual(both.last);
  // It is not forgotten with the process.
  await relay.stop();
  const next = started();
  await relayed(next);
  expect(next.status().parked).toEqual(both);
});

test('an event of a newer release is not passed over', async () => {
  await some(['Seen a', 'Invented a', 'Seen a']);
  const relay = started();
  await turned(relay, 'stopped');
  expect(relay.status().failure).toContain('Invented');
  expect(log.all()).toEqual([]);
  const newer = { ...offered, Invented: offered.Seen };
  const upgraded = started({ offered: newer, topics: new Map([...TOPICS, ['Invented', 'visits']]) });
  await relayed(upgraded);
  expect(log.all()).toHaveLength(3);
});

test('a ledger that was restored from a backup, or another number of partitions, stops the relay', async () => {
  await some(['Seen a']);
  const relay = started();
  await relayed(relay);
  await relay.stop();
  log.partitionCount = 4;
  const repartitioned = started();
  await turned(repartitioned, 'stopped');
  expect(repartitioned.status().failure).toContain('has 4 partitions and was begun with 3');
  log.partitionCount = 3;
  log.checkpoints[0] = { ...log.checkpoints[0]!, through: { position: '999', sequence: 1 } };
  const ahead = started();
  await turned(ahead, 'stopped');
  expect(ahead.status().failure).toBe('CheckpointAhead');
});

test('operators see how far it is, and each batch once it was acknowledged', async () => {
  const gauges = new Map<string, Parameters<Telemetry['gauge']>[1]>();
  const batches: number[] = [];
  log.away = true;
  const relay = started({ onBatch: (events) => void batches.push(events.length) });
  observeRelay(relay, { gauge: ({ name }, read) => void gauges.set(name, read) } as Telemetry);
  const figure = async (name: string) => (await gauges.get(`healthstack.relay.${name}`)!())[0]!.value;
  await some(['Seen a', 'Secret a', 'Paid a']);
  expect([await figure('lag.events'), batches]).toEqual([2, []]);
  log.away = false;
  await relayed(relay);
  expect([await figure('lag.events'), await figure('lag.seconds'), await figure('parked')]).toEqual([0, 0, 0]);
  expect(batches.reduce((a, b) => a + b)).toBe(3);
});

test('a type without a topic is a mistake of who puts it together', () => {
  expect(() => relayOf({ topics: new Map() })).toThrow('No topic for Seen.');
});
