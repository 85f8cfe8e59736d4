import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { EventStoreDBClient } from '@eventstore/db-client';
import {
  AccessDenied,
  CheckpointAhead,
  Fatal,
  type Ledger,
  StreamDeleted,
  Transient,
  UnknownOutcome,
} from '../../../application/kernel/ledger.js';
import { type EventStoreOptions, openEventStoreLedger } from '../../../infrastructure/ledger/eventstoredb.js';
import {
  event,
  eventually,
  firstOf,
  happened,
  ids,
  messagesOf,
  oneTo,
  refusedAt,
} from '../../contract/ledger/subject.js';
import { selfSigned } from '../../fixtures/eventstoredb/certificate.js';
import { EventStoreFixture, type FixtureOptions } from '../../fixtures/eventstoredb/fixture.js';
import { accessDenied, notLeader, refusal } from '../../fixtures/eventstoredb/wire.js';

const ALWAYS = 1_000;
/** For what is waited out; else a busy machine would be a fault. */
const SHORT = { deadlineMs: 300 };

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', note));
const folder = mkdtempSync(join(tmpdir(), 'eventstoredb-'));
afterAll(() => {
  process.off('unhandledRejection', note);
  rmSync(folder, { recursive: true });
});
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  expect(unhandled).toEqual([]);
});

const startStore = async (options?: FixtureOptions): Promise<EventStoreFixture> => {
  const store = await EventStoreFixture.start(options);
  opened.push(store);
  return store;
};

/** How often the adapter waited before it tried again. */
let waits = 0;

const openLedger = async (url: string, options: Partial<EventStoreOptions> = {}): Promise<Ledger> => {
  waits = 0;
  const pace = { wait: async () => void waits++, now: () => performance.now(), random: () => 0 };
  const ledger = await openEventStoreLedger({ url, pace, ...options });
  opened.push(ledger);
  return ledger;
};

const start = async (options?: Partial<EventStoreOptions>) => {
  const store = await startStore();
  return { store, ledger: await openLedger(store.url, options) };
};

const eventsOf = async (ledger: Ledger, stream: string): Promise<string[]> =>
  ledger.readStream(stream).then(ids, () => []);

const ERRORS = [
  ['UNAVAILABLE', refusal(status.UNAVAILABLE, 'Connection dropped'), UnknownOutcome],
  ['ABORTED', refusal(status.ABORTED, 'Operation timed out: Commit phase timeout.'), UnknownOutcome],
  ['DEADLINE_EXCEEDED', refusal(status.DEADLINE_EXCEEDED, 'Deadline exceeded'), UnknownOutcome],
  ['CANCELLED', refusal(status.CANCELLED, 'Call cancelled'), UnknownOutcome],
  ['INTERNAL', refusal(status.INTERNAL, 'Received RST_STREAM'), UnknownOutcome],
  ['not ready', refusal(status.UNAVAILABLE, 'Server Is Not Ready'), Transient],
] as const;

describe('39 an append that fails', () => {
  test.each(ERRORS)('%s, not done: tried again, written once', async (_, error) => {
    const { store, ledger } = await start();
    store.faults.plan({ on: 'append', error, times: 2 });
    const events = happened(2);
    expect((await ledger.append('room-1', events, 'noStream')).revision).toBe(1);
    expect(await eventsOf(ledger, 'room-1')).toEqual(ids(events));
    expect(waits).toBe(2);
  });

  test.each(ERRORS.slice(0, 5))('%s, done: tried again with the same ids, written once', async (_, error) => {
    const { store, ledger } = await start();
    store.faults.plan({ on: 'append', error, done: true });
    const first = happened(2);
    const second = happened(1);
    expect((await ledger.append('room-1', first, 'noStream')).revision).toBe(1);
    store.faults.plan({ on: 'append', error, done: true });
    expect((await ledger.append('room-1', second, 1)).revision).toBe(2);
    expect(await eventsOf(ledger, 'room-1')).toEqual(ids([...first, ...second]));
  });

  test.each(ERRORS)('%s for ever: said after a few attempts; the next append works', async (_, error, kind) => {
    const { store, ledger } = await start();
    store.faults.plan({ on: 'append', error, times: ALWAYS });
    await expect(ledger.append('room-1', happened(1), 'noStream')).rejects.toBeInstanceOf(kind);
    expect(store.faults.calls.append).toBe(4);
    store.faults.clear();
    expect((await ledger.append('room-1', happened(1), 'noStream')).revision).toBe(0);
  });

  test.each(['any', 'streamExists'] as const)('at %s: an unknown outcome is never tried again', async (expected) => {
    const { store, ledger } = await start();
    const before = happened(1);
    await ledger.append('room-1', before, 'noStream');
    const { append: calls = 0 } = store.faults.calls;
    store.faults.plan({ on: 'append', error: ERRORS[0][1], done: true });
    const events = happened(1);
    await expect(ledger.append('room-1', events, expected)).rejects.toBeInstanceOf(UnknownOutcome);
    expect(store.faults.calls.append).toBe(calls + 1);
    expect(await eventsOf(ledger, 'room-1')).toEqual(ids([...before, ...events]));
    // What was refused can be tried again at any revision.
    store.faults.plan({ on: 'append', error: ERRORS[5][1] });
    expect((await ledger.append('room-1', happened(1), expected)).revision).toBe(2);
  });

  test('unknown first, refused afterwards: unknown, for the first may have been done', async () => {
    const { store, ledger } = await start();
    store.faults.plan({ on: 'append', error: ERRORS[0][1], done: true });
    store.faults.plan({ on: 'append', error: ERRORS[5][1], times: ALWAYS });
    const events = happened(1);
    await expect(ledger.append('room-1', events, 'noStream')).rejects.toBeInstanceOf(UnknownOutcome);
    expect(await eventsOf(ledger, 'room-1')).toEqual(ids(events));
  });

  test('unknown first, then the user’s rights end: unknown', async () => {
    const { store, ledger } = await start();
    store.faults.plan({ on: 'append', error: ERRORS[0][1], done: true });
    store.faults.plan({ on: 'append', error: accessDenied() });
    await expect(ledger.append('room-1', happened(1), 'noStream')).rejects.toBeInstanceOf(UnknownOutcome);
  });

  test('to a stream that was deleted, its answer lost: found where the stream was begun again', async () => {
    const { store, ledger } = await start();
    await ledger.append('room-1', happened(2), 'noStream');
    await ledger.softDelete('room-1');
    store.faults.plan({ on: 'append', error: ERRORS[0][1], done: true });
    const events = happened(2);
    expect((await ledger.append('room-1', events, 'noStream')).revision).toBe(3);
    expect(await eventsOf(ledger, 'room-1')).toEqual(ids(events));
    store.faults.plan({ on: 'append', error: ERRORS[0][1] });
    await refusedAt(ledger.append('room-1', happened(2), 'noStream'), 'noStream', 3);
  });

  test('an answer later than the deadline: written once, and nobody waits for it', async () => {
    const { store, ledger } = await start(SHORT);
    store.faults.plan({ on: 'append', done: true, lateMs: 60_000 });
    const events = happened(3);
    expect((await ledger.append('room-1', events, 'noStream')).revision).toBe(2);
    expect(await eventsOf(ledger, 'room-1')).toEqual(ids(events));
  });

  test('no answer ever: said after two deadlines or one more', async () => {
    const { store, ledger } = await start(SHORT);
    store.faults.plan({ on: 'append', done: true, lateMs: 60_000, times: ALWAYS });
    await expect(ledger.append('room-1', happened(1), 'noStream')).rejects.toBeInstanceOf(UnknownOutcome);
    expect(store.faults.calls.append).toBeLessThanOrEqual(3);
    store.faults.plan({ on: 'read', lateMs: 60_000, times: ALWAYS });
    const { read: before = 0 } = store.faults.calls;
    await expect(ledger.readStream('room-1')).rejects.toBeInstanceOf(Transient);
    expect(store.faults.calls.read! - before).toBeLessThanOrEqual(3);
  });

  test('this node does not lead: the leader it names is asked', async () => {
    const [leader, follower] = [await startStore(), await startStore()];
    const ledger = await openLedger(follower.url);
    follower.faults.plan({ on: 'append', error: notLeader('127.0.0.1', leader.port), times: ALWAYS });
    expect((await ledger.append('room-1', happened(1), 'noStream')).revision).toBe(0);
    expect(leader.faults.calls.append).toBe(1);
    // Says that a leader must answer, so that a follower never answers for it.
    follower.faults.clear();
    follower.leader = { host: '127.0.0.1', port: leader.port };
    const other = await openLedger(follower.url);
    expect((await other.append('room-1', happened(1), 0)).revision).toBe(1);
  });

  test('the store is gone: Transient, soon; back again: the next append works', async () => {
    const { store, ledger } = await start();
    await store.stop();
    await expect(ledger.append('room-1', happened(1), 'noStream')).rejects.toBeInstanceOf(Transient);
    await expect(ledger.readStream('room-1')).rejects.toBeInstanceOf(Transient);
    await expect(ledger.softDelete('room-1')).rejects.toBeInstanceOf(Transient);
    await store.start();
    expect((await ledger.append('room-1', happened(1), 'noStream')).revision).toBe(0);
  });

  test('metadata, deletions and tombstones whose answer is lost are done once', async () => {
    const { store, ledger } = await start();
    await ledger.append('room-1', happened(4), 'noStream');
    store.faults.plan({ on: 'append', error: ERRORS[0][1], done: true });
    await ledger.setRetention('room-1', { maxCount: 2 });
    expect(await eventsOf(ledger, 'room-1')).toHaveLength(2);
    const system = await ledger.readAll({ systemEvents: true });
    expect(system.filter(({ type }) => type === '$metadata')).toHaveLength(1);
    store.faults.plan({ on: 'delete', error: ERRORS[0][1], done: true });
    await ledger.softDelete('room-1', 3);
    expect(await eventsOf(ledger, 'room-1')).toEqual([]);
    await ledger.append('room-1', happened(1), 'noStream');
    store.faults.plan({ on: 'tombstone', error: ERRORS[0][1], done: true });
    await ledger.tombstone('room-1', 4);
    await expect(ledger.tombstone('room-1', 4)).rejects.toBeInstanceOf(StreamDeleted);
  });
});

describe('39 a read that fails', () => {
  test.each(ERRORS)('%s, before anything came or in the middle: tried again, then Transient', async (_, error) => {
    const { store, ledger } = await start();
    const events = happened(50);
    await ledger.append('room-1', events, 'noStream');
    for (const afterMessages of [0, 20]) {
      store.faults.plan({ on: 'read', error, afterMessages, times: 3 });
      await expect(ledger.readStream('room-1')).rejects.toBeInstanceOf(Transient);
      store.faults.plan({ on: 'read', error, afterMessages, times: 3 });
      await expect(ledger.readAll()).rejects.toBeInstanceOf(Transient);
      store.faults.plan({ on: 'read', error, afterMessages, times: 2 });
      expect(await eventsOf(ledger, 'room-1')).toEqual(ids(events));
    }
  });

  test('that goes quiet in the middle: Transient after the deadline, and the call is ended', async () => {
    const { store, ledger } = await start(SHORT);
    await ledger.append('room-1', happened(50), 'noStream');
    store.faults.plan({ on: 'read', afterMessages: 20, times: 3 });
    await expect(ledger.readStream('room-1')).rejects.toBeInstanceOf(Transient);
    await eventually(() => store.faults.openReads === 0);
  });

  test('that is cut short by closing the ledger: Fatal, never half of the events', async () => {
    const { store, ledger } = await start({ deadlineMs: 60_000 });
    await ledger.append('room-1', happened(50), 'noStream');
    store.faults.plan({ on: 'read', afterMessages: 20 });
    const reading = ledger.readStream('room-1');
    await eventually(() => store.faults.openReads === 1);
    await ledger.close();
    await expect(reading).rejects.toBeInstanceOf(Fatal);
    expect(() => ledger.subscribe()).toThrow(Fatal);
    await expect(ledger.append('room-1', happened(1), 'any')).rejects.toBeInstanceOf(Fatal);
    await eventually(() => store.faults.openReads === 0);
  });

  test('pages of everything are put together without gap or double', async () => {
    const { ledger } = await start();
    const streams = oneTo(3).map((i) => ({ stream: `room-${i}`, events: happened(700) }));
    for (const { stream, events } of streams) await ledger.append(stream, events, 'noStream');
    for (const { stream } of streams) await ledger.setRetention(stream, { maxCount: 5 });
    const all = streams.flatMap(({ events }) => ids(events));
    expect(ids(await ledger.readAll())).toEqual(all);
    expect(ids(await ledger.readAll({ direction: 'backwards' }))).toEqual(all.toReversed());
    expect(ids(await ledger.readAll({ direction: 'backwards', maxCount: 1 }))).toEqual(all.slice(-1));
    const filter = { streamPrefixes: ['room-1'] };
    expect(ids(await ledger.readAll({ filter, maxCount: 650 }))).toEqual(ids(streams[1]!.events.slice(0, 650)));
  });
});

describe('39 a subscription that fails', () => {
  test.each(ERRORS)('%s, again and again in the middle: every event once, in order', async (_, error) => {
    const { store, ledger } = await start();
    const events = happened(600);
    await ledger.append('room-1', events, 'noStream');
    for (const afterMessages of [0, 1, 2, 100, 17, 300]) store.faults.plan({ on: 'subscribe', error, afterMessages });
    const enough = (_message: unknown, seen: readonly unknown[]) => seen.length >= events.length;
    const all = await messagesOf(ledger.subscribe({ filter: { streamPrefixes: ['room-'] }, batchMax: 7 }), enough);
    expect(ids(all.events)).toEqual(ids(events));
    for (const afterMessages of [0, 1, 2, 100, 17, 300]) store.faults.plan({ on: 'subscribe', error, afterMessages });
    const one = await messagesOf(ledger.subscribeToStream('room-1'), enough);
    expect(ids(one.events)).toEqual(ids(events));
    expect(waits).toBe(12);
  });

  test('that is never confirmed: tried again after the deadline', async () => {
    const { store, ledger } = await start(SHORT);
    const events = happened(3);
    await ledger.append('room-1', events, 'noStream');
    store.faults.plan({ on: 'subscribe', lateMs: 60_000 });
    expect((await firstOf(ledger.subscribe())).id).toBe(events[0]!.id);
    await eventually(() => store.faults.openReads === 0);
  });

  test('from the end, cut before anything came: goes on from where the end was', async () => {
    const { store, ledger } = await start();
    await ledger.append('room-1', happened(2), 'noStream');
    let at = 1;
    for (const subscribe of [
      () => ledger.subscribe({ after: 'end' }),
      () => ledger.subscribeToStream('room-1', { after: 'end' }),
    ]) {
      const live = subscribe()[Symbol.asyncIterator]();
      expect((await live.next()).value).toEqual({ kind: 'caughtUp' });
      const next = live.next();
      await store.stop();
      await store.start();
      const events = [event(), event()];
      await ledger.append('room-1', events, at);
      at += events.length;
      const { value } = (await next) as { value: { kind: 'events'; events: { id: string }[] } };
      expect(value.events[0]!.id).toBe(events[0]!.id);
      await live.return!();
    }
  });

  test('the store comes back as an older copy: an alarm, not a wait', async () => {
    const { store, ledger } = await start();
    await ledger.append('room-1', happened(20), 'noStream');
    const ended = expect(messagesOf(ledger.subscribe(), () => false)).rejects.toBeInstanceOf(CheckpointAhead);
    await eventually(() => store.faults.openReads === 1);
    const { port } = store;
    await store.close();
    const older = await startStore({ port });
    expect(older.port).toBe(port);
    await ended;
  });

  test('to a stream that is tombstoned meanwhile: StreamDeleted', async () => {
    const { ledger } = await start();
    await ledger.append('room-1', happened(2), 'noStream');
    const ended = expect(messagesOf(ledger.subscribeToStream('room-1'), () => false)).rejects.toBeInstanceOf(
      StreamDeleted,
    );
    await ledger.tombstone('room-1');
    await ended;
  });
});

describe('faults of the client', () => {
  test('a, b, c, e, f: appends go by Streams.Append, and nobody asks what the server can do', async () => {
    const { store, ledger } = await start();
    store.faults.plan({ on: 'getSupportedMethods', error: refusal(status.INTERNAL, 'no'), times: ALWAYS });
    await ledger.append('room-1', happened(1), 'noStream');
    await ledger.setRetention('room-1', { maxCount: 3 });
    expect(store.faults.calls).toEqual(expect.objectContaining({ append: 2 }));
    expect(store.faults.calls.batchAppend).toBeUndefined();
    expect(store.faults.calls.getSupportedMethods).toBeUndefined();
  });

  test('a: the death of another client’s server harms no append of this one', async () => {
    const [mine, theirs] = [await start(), await start()];
    const appends = oneTo(200).map((i) => mine.ledger.append(`room-${i}`, happened(1), 'noStream'));
    const lost = theirs.ledger.append('room-1', happened(1), 'noStream').catch(() => undefined);
    await theirs.store.stop();
    expect((await Promise.all(appends)).map(({ revision }) => revision)).toEqual(oneTo(200).map(() => 0));
    await lost;
  });

  test('h: what is left early ends its call, and closing ends the rest', async () => {
    const { store, ledger } = await start();
    await ledger.append('room-1', happened(300), 'noStream');
    await firstOf(ledger.subscribe({ batchMax: 1 }));
    await ledger.readAll({ maxCount: 1 });
    await ledger.head();
    await eventually(() => store.faults.openReads === 0);
    const left = ledger.subscribe()[Symbol.asyncIterator]();
    await left.next();
    expect(store.faults.openReads).toBe(1);
    await ledger.close();
    await eventually(() => store.faults.openReads === 0);
    for (let next = await left.next(); !next.done; next = await left.next());
  });

  test('h: more subscriptions than a connection carries, and every other call is still answered', async () => {
    const { ledger } = await start();
    await ledger.append('room-1', happened(1), 'noStream');
    const reading = oneTo(250).map(() => ledger.subscribe()[Symbol.asyncIterator]());
    for (const one of await Promise.all(reading.map((each) => each.next())))
      expect(one.value).toMatchObject({ kind: 'events' });
    const appended = await Promise.all(oneTo(120).map((i) => ledger.append(`day-${i}`, happened(1), 'noStream')));
    expect(appended).toHaveLength(120);
    await Promise.all(reading.map((each) => each.return!()));
  });

  test('j: nobody leads: every call fails, and the process goes on', async () => {
    const store = await startStore();
    const ledger = await openLedger(`${store.discoveryUrl}&maxDiscoverAttempts=2&discoveryInterval=10`);
    await store.stop();
    const failed = await Promise.allSettled([
      ...oneTo(5).map((i) => ledger.append(`room-${i}`, happened(1), 'noStream')),
      ...oneTo(5).map(() => ledger.head()),
    ]);
    for (const outcome of failed)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(Transient) as unknown });
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
    await store.start();
    expect((await ledger.append('room-1', happened(1), 'noStream')).revision).toBe(0);
  });
});

/** A connection string that trusts a certificate. */
const trusting = ({ url }: EventStoreFixture, { certificate }: { readonly certificate: string }): string => {
  const file = join(folder, 'ca.pem');
  writeFileSync(file, certificate);
  return `${url.replace('127.0.0.1', 'localhost')}&tlsCAFile=${file}`;
};

describe('opening', () => {
  test('by discovery, in a cluster whose leader is another node', async () => {
    const [leader, follower] = [await startStore(), await startStore()];
    follower.members = [
      { host: '127.0.0.1', port: follower.port, state: 'follower' },
      { host: '127.0.0.1', port: leader.port, state: 'leader' },
    ];
    const ledger = await openLedger(follower.discoveryUrl);
    await ledger.append('room-1', happened(1), 'noStream');
    expect([leader.faults.calls.append, follower.faults.calls.append]).toEqual([1, undefined]);
  });

  test('by the name the product has now', async () => {
    const store = await startStore();
    const ledger = await openLedger(` ${store.url.replace('esdb', 'kurrentdb')}`);
    expect(await ledger.head()).toBeUndefined();
  });

  test.each([
    ['no connection string', 'somewhere?secret'],
    ['no user where one is asked for', 'esdb://127.0.0.1:1?tls=true'],
    ['no port', 'esdb://admin:secret@127.0.0.1:port?tls=false'],
  ])('%s: Fatal, without the password', async (_, url) => {
    const error = await openLedger(url).catch((e: unknown) => e as Error);
    expect(error).toBeInstanceOf(Fatal);
    expect(JSON.stringify([error, (error as Error).message, (error as Error).stack])).not.toContain('secret@');
  });

  test('nobody there: Transient', async () => {
    const store = await startStore();
    await store.stop();
    await expect(openLedger(store.url)).rejects.toBeInstanceOf(Transient);
  });

  test('with TLS: the right user writes, a wrong password and a foreign certificate are refused', async () => {
    const tls = selfSigned();
    const store = await startStore({ tls });
    const url = trusting(store, tls);
    const ledger = await openLedger(url);
    expect((await ledger.append('room-1', happened(1), 'noStream')).revision).toBe(0);
    await expect(openLedger(url.replace('changeit', 'guess'))).rejects.toBeInstanceOf(AccessDenied);
    await expect(openLedger(store.url)).rejects.toBeInstanceOf(Transient);
  });

  test('a user’s rights end: AccessDenied for reads, writes and subscriptions', async () => {
    const tls = selfSigned();
    const store = await startStore({ tls, users: { admin: 'changeit', clerk: 'letters' } });
    const client = EventStoreDBClient.connectionString(trusting(store, tls));
    await client.setStreamMetadata('$all', { acl: { readRoles: ['clerk'] } });
    await client.setStreamMetadata('room-1', {
      acl: { readRoles: ['admin'], writeRoles: ['admin'], deleteRoles: ['admin'] },
    });
    const ledger = await openLedger(trusting(store, tls).replace('admin:changeit', 'clerk:letters'));
    await expect(ledger.append('room-1', happened(1), 'any')).rejects.toBeInstanceOf(AccessDenied);
    await expect(ledger.readStream('room-1')).rejects.toBeInstanceOf(AccessDenied);
    await expect(ledger.tombstone('room-1')).rejects.toBeInstanceOf(AccessDenied);
    await expect(firstOf(ledger.subscribeToStream('room-1'))).rejects.toBeInstanceOf(AccessDenied);
    expect((await ledger.append('room-2', happened(1), 'any')).revision).toBe(0);
    await client.dispose();
  });
});

describe('retention', () => {
  test('keeps what is not retention, and what was hidden hidden', async () => {
    const { store, ledger } = await start();
    const client = EventStoreDBClient.connectionString(store.url);
    await ledger.append('room-1', happened(9), 'noStream');
    await client.setStreamMetadata('room-1', {
      acl: { readRoles: ['clerk'] },
      ward: 7,
      truncateBefore: 5,
      maxAge: 1_000,
    });
    await ledger.setRetention('room-1', { maxCount: 8, truncateBefore: 2 });
    const { metadata } = await client.getStreamMetadata<{ ward: number }>('room-1');
    expect(metadata).toEqual({ acl: { readRoles: ['clerk'] }, ward: 7, truncateBefore: 5, maxCount: 8 });
    await client.dispose();
  });

  test('set by two at once: one after the other', async () => {
    const { ledger } = await start();
    await ledger.append('room-1', happened(9), 'noStream');
    await Promise.all(oneTo(4).map((i) => ledger.setRetention('room-1', { truncateBefore: i + 1 })));
    expect(await eventsOf(ledger, 'room-1')).toHaveLength(5);
  });

  test('of a deleted stream: there is none', async () => {
    const { ledger } = await start();
    await ledger.append('room-1', happened(1), 'noStream');
    await ledger.softDelete('room-1');
    await expect(ledger.setRetention('room-1', { maxCount: 1 })).rejects.toMatchObject({ name: 'StreamNotFound' });
  });
});
