import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Ledger } from '../../../application/kernel/ledger.js';
import { event } from '../../../domain/kernel/event.js';
import { health, identity } from '../../../domain/kernel/phi.js';
import type { CloudEvent } from '../../../infrastructure/feed/cloud-event.js';
import { IntegrationFeed, MILESTONES } from '../../../infrastructure/feed/feed.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { openSqliteReadModels } from '../../../infrastructure/read-models/sqlite.js';
import type { ReadModels } from '../../../projections/kernel/read-models.js';
import { META } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const offered = {
  Seen: event(
    z.object({
      visit: z.string(),
      patient: z.object({ name: identity(z.string()), age: z.number() }),
      findings: z.array(z.object({ code: z.string(), note: health(z.string()) })),
    }),
  ),
  // Version 2: what was one number has a unit now.
  Paid: event(z.object({ amount: z.number(), currency: z.string() }), (old: { amount: number }) => ({
    ...old,
    currency: 'BDT',
  })),
};

const SCHEMAS = 'https://hospital.example/api/schemas';

let folder: string;
let ledger: Ledger;
let readModels: ReadModels;
let feed: IntegrationFeed;
const logged: object[] = [];
const feedOf = () => {
  const log = (fields: object) => void logged.push(fields);
  const logger = { warn: log, error: log };
  return new IntegrationFeed({ ledger, readModels, offered, schemas: SCHEMAS, logger, milestoneEvery: 4 });
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'feed-'));
  ledger = await openSqliteLedger({ file: join(folder, 'ledger') });
  readModels = await openSqliteReadModels({ file: join(folder, 'read-models') });
  feed = feedOf();
  await feed.start();
});
afterEach(async () => {
  await feed.stop();
  await readModels.close();
  await ledger.close();
  rmSync(folder, { recursive: true });
});

const visit = { visit: 'v', patient: { name: 'Rahima', age: 40 }, findings: [{ code: 'a', note: 'swollen' }] };
const append = async (type: string, data: unknown = visit, schemaVersion = 1): Promise<void> => {
  const metadata = { ...META, schemaVersion, tenant: 'hospital-1', subject: 'patient-1' };
  await ledger.append(`visit-${randomUUID()}`, [{ id: randomUUID(), type, data, metadata }], 'noStream');
};
const some = async (types: readonly string[]): Promise<void> => {
  for (const type of types) await append(type, type === 'Seen' ? visit : { amount: 5 });
};
/** Everything after a number, in pages. */
const all = async (from: IntegrationFeed, after = 0, limit = 3, types?: Set<string>): Promise<CloudEvent[]> => {
  const events: CloudEvent[] = [];
  for (let next = after; ;) {
    const page = await from.read(next, limit, types);
    events.push(...page.events);
    next = page.next;
    if (page.atEnd) return events;
  }
};
const numbers = (events: readonly CloudEvent[]) => events.map(({ sequence }) => Number(sequence));

test('an event is a CloudEvent without what is protected, and says what was left out', async () => {
  await append('Seen');
  const { events } = await feed.read(0, 10);
  expect(events).toEqual([
    {
      specversion: '1.0',
      id: expect.any(String),
      source: '/healthstack',
      type: 'healthstack.Seen.v1',
      subject: expect.stringMatching(/^visit-/),
      time: NOW,
      dataschema: `${SCHEMAS}/Seen/1`,
      datacontenttype: 'application/json',
      sequence: '1',
      sequencetype: 'Integer',
      previoussequence: '0',
      partitionkey: events[0]!.subject,
      revision: 0,
      correlationid: 'command-1',
      causationid: 'command-1',
      hospital: 'hospital-1',
      patient: 'patient-1',
      sealed: 'patient.name,findings[].note',
      data: { visit: 'v', patient: { age: 40 }, findings: [{ code: 'a' }] },
    },
  ]);
});

test('attributes keep to the rules of CloudEvents: lower-case letters and digits, texts, numbers or truths', async () => {
  await append('Seen');
  const [{ data: _data, ...attributes } = {} as CloudEvent] = (await feed.read(0, 1)).events;
  for (const [name, value] of Object.entries(attributes)) {
    expect(name).toMatch(/^[a-z0-9]{1,20}$/);
    expect(['string', 'number', 'boolean']).toContain(typeof value);
    if (typeof value === 'string') expect(value).not.toBe('');
  }
});

test('an old version comes as the newest one, a damaged one without data', async () => {
  await append('Paid', { amount: 5 }, 1);
  await append('Paid', { amount: 'five' }, 2);
  const { events } = await feed.read(0, 10);
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ['healthstack.Paid.v2', { amount: 5, currency: 'BDT' }],
    ['healthstack.Paid.v2', undefined],
  ]);
});

test('what is not offered takes no number', async () => {
  await some(['Secret', 'Seen', 'Secret', 'Secret', 'Paid', 'Secret']);
  expect((await all(feed)).map(({ type, sequence }) => [type, sequence])).toEqual([
    ['healthstack.Seen.v1', '1'],
    ['healthstack.Paid.v2', '2'],
  ]);
});

test('numbers are contiguous wherever one begins, and the chain of each filter is unbroken', async () => {
  const kinds = fc.array(fc.constantFrom('Seen', 'Paid', 'Secret'), { maxLength: 12 });
  const expected: string[] = [];
  await fc.assert(
    fc.asyncProperty(kinds, fc.nat(30), fc.integer({ min: 1, max: 9 }), async (types, start, limit) => {
      await some(types);
      expected.push(...types.filter((type) => type !== 'Secret'));
      const after = Math.min(start, expected.length);

      const events = await all(feed, after, limit);
      expect(events.map(({ type }) => type.split('.')[1])).toEqual(expected.slice(after));
      expect(numbers(events)).toEqual(expected.slice(after).map((_, i) => after + i + 1));
      for (const { sequence, previoussequence } of events) expect(Number(previoussequence)).toBe(Number(sequence) - 1);

      const paid = await all(feed, after, limit, new Set(['Paid']));
      const places = expected.flatMap((type, i) => (type === 'Paid' && i + 1 > after ? [i + 1] : []));
      expect(numbers(paid)).toEqual(places);
      for (const { previoussequence, sequence } of paid) {
        const between = expected.slice(Number(previoussequence), Number(sequence) - 1);
        expect(between).not.toContain('Paid');
      }
    }),
    { numRuns: 25 },
  );
});

test('numbers are the same after a restart, and when counted anew from the first event', async () => {
  await some(Array.from({ length: 30 }, (_, i) => ['Seen', 'Secret', 'Paid'][i % 3]!));
  const before = await all(feed);
  await feed.more(19, 1_000);
  await feed.stop();
  const restarted = feedOf();
  await restarted.start();
  await some(['Seen']);
  expect((await all(restarted)).slice(0, -1)).toEqual(before);
  expect(numbers(await all(restarted, 18))).toEqual([19, 20, 21]);
  await restarted.stop();

  const beside = await readModels.openBeside(MILESTONES);
  await readModels.switchTo(beside);
  feed = feedOf();
  await feed.start();
  expect((await all(feed)).slice(0, -1)).toEqual(before);
});

test('waiting ends when something comes, or in time', async () => {
  await some(['Seen']);
  await feed.more(0, 5_000);
  const started = performance.now();
  await feed.more(1, 20);
  expect(performance.now() - started).toBeGreaterThan(15);
  const waiting = feed.more(1, 5_000);
  await some(['Secret', 'Paid']);
  await waiting;
  expect(numbers((await feed.read(1, 5)).events)).toEqual([2]);
});

test('a number that was never given out is an alarm, not a wait', async () => {
  await some(['Seen']);
  await expect(feed.read(2, 5)).rejects.toMatchObject({ code: 'feed-ahead' });
});

test('a ledger that does not fit the numbers stops the feed', async () => {
  await feed.stop();
  const milestones = await readModels.open(MILESTONES);
  await milestones.write([{ key: '4', expected: undefined, at: '999', doc: { sequence: 4, position: '999' } }]);
  await some(['Seen']);
  feed = feedOf();
  await feed.start();
  await feed.more(100, 50);
  await expect(feed.read(0, 5)).rejects.toMatchObject({ code: 'feed-stopped' });
  expect(logged).toContainEqual({ error: 'CheckpointAhead' });
});
