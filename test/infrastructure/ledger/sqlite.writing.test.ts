import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  Fatal,
  InvalidAppend,
  type Ledger,
  LedgerError,
  StorageFull,
  StreamNotFound,
  Transient,
  UnknownOutcome,
} from '../../../application/kernel/ledger.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { failureOf } from '../../../infrastructure/ledger/sqlite/failures.js';

const PAGE = 4_096;
const CHECKPOINT_PAGES = 100;

let folder: string;
let file: string;
let ledger: Ledger;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-writing-'));
  file = join(folder, 'ledger.db');
  ledger = await openSqliteLedger({ file, checkpointPages: CHECKPOINT_PAGES });
});
afterEach(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true });
});

const event = (text = '') => ({ id: randomUUID(), type: 'Happened', data: { text } });
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** The number of transactions in the log: frames that end one carry the size of the database. */
const commitsInLog = (): number => {
  const log = readFileSync(`${file}-wal`);
  const frames = times(Math.floor((log.length - 32) / (24 + PAGE)), (i) => 32 + i * (24 + PAGE));
  // Frames of an earlier round of the log carry another salt.
  const salt = log.readBigUInt64BE(16);
  return frames.filter((at) => log.readBigUInt64BE(at + 8) === salt && log.readUInt32BE(at + 4) > 0).length;
};

/** How often the log was begun: the checkpoint sequence number of its header. */
const timesBegun = (): number => readFileSync(`${file}-wal`).readUInt32BE(12);

const writeSome = () => Promise.all(times(20, (n) => ledger.append(`s-${n}`, [event('x'.repeat(500))], 'any')));

test('what is appended in one turn of the event loop shares one transaction, in the order asked', async () => {
  const appended = await Promise.all(times(40, (i) => ledger.append(`s-${i}`, [event(), event()], 'noStream')));
  expect(commitsInLog()).toBe(1);
  expect(appended.map((a) => Number(a.position))).toEqual(times(40, (i) => 2 * (i + 1)));
  await ledger.append('s-0', [event()], 1);
  expect(commitsInLog()).toBe(2);
});

test('thousands at once are all written, in several groups', async () => {
  const appended = await Promise.all(times(3_000, (i) => ledger.append(`s-${i % 7}`, [event()], 'any')));
  expect(appended.map((a) => Number(a.position))).toEqual(times(3_000, (i) => i + 1));
});

test('under steady load the log is begun anew time and again, and is gone after close', async () => {
  await writeSome();
  const started = timesBegun();
  for (let rounds = 0; timesBegun() < started + 5; rounds++) {
    expect(rounds).toBeLessThan(5_000);
    await writeSome();
  }
  const all = await ledger.readAll({ maxCount: 1_000_000 });
  expect(all.map((e) => Number(e.position))).toEqual(times(all.length, (i) => i + 1));
  await ledger.close();
  expect(statSync(`${file}-wal`, { throwIfNoEntry: false })).toBeUndefined();
});

test('a program that keeps an old state open delays the log, not the appends', async () => {
  await writeSome();
  const other = new DatabaseSync(file, { readOnly: true });
  other.exec('BEGIN; SELECT count(*) FROM events');
  const before = timesBegun();
  for (let i = 0; i < 100; i++) await writeSome();
  expect(timesBegun()).toBe(before);
  other.exec('COMMIT');
  other.close();
  for (let rounds = 0; timesBegun() === before; rounds++) {
    expect(rounds).toBeLessThan(1_000);
    await writeSome();
  }
});

test('what another program appends is refused once and then known', async () => {
  await ledger.append('s-1', [event()], 'noStream');
  const other = new DatabaseSync(file);
  for (const revision of [1, 2])
    other.exec(
      `INSERT INTO events SELECT ${revision + 1}, stream, ${revision}, type, id, created, data, metadata
       FROM events WHERE position = 1`,
    );
  other.close();
  const mine = event();
  await expect(ledger.append('s-1', [mine], 0)).rejects.toBeInstanceOf(Transient);
  await expect(ledger.append('s-1', [mine], 0)).rejects.toMatchObject({ expected: 0, actual: 2 });
  expect(await ledger.append('s-1', [mine], 2)).toEqual({ revision: 3, position: '4' });
});

test('a program that holds the file: appends are refused as not applied, and go on after it', async () => {
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  const mine = [event()];
  const refused = await ledger.append('s-1', mine, 'noStream').catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Transient);
  expect(refused).not.toBeInstanceOf(StorageFull);
  other.exec('ROLLBACK');
  other.close();
  expect((await ledger.append('s-1', mine, 'noStream')).revision).toBe(0);
});

test('what is committed is read once for all who wait for it, however large their batches', async () => {
  const subscriptions = [ledger.subscribe(), ledger.subscribe({ batchMax: 1_000 })];
  const messages = subscriptions.map((subscription) => subscription[Symbol.asyncIterator]());
  for (const each of messages) expect((await each.next()).value).toEqual({ kind: 'caughtUp' });
  const waiting = messages.map((each) => each.next());
  await ledger.append('s-1', [event(), event()], 'noStream');
  const [first, second] = await Promise.all(waiting);
  expect(first!.value).toMatchObject({ kind: 'events', events: [{ revision: 0 }, { revision: 1 }] });
  expect(second!.value.events).toBe(first!.value.events);
});

test('close writes what was asked before it, ends subscriptions and refuses what comes later', async () => {
  const live = ledger.subscribe();
  const messages: string[] = [];
  const consuming = (async () => {
    for await (const message of live) messages.push(message.kind);
  })();
  const asked = times(1_500, (i) => ledger.append(`s-${i}`, [event()], 'noStream'));
  await ledger.close();
  await Promise.all(asked);
  await consuming;
  for (const refused of [
    () => ledger.append('s-0', [event()], 0),
    () => ledger.readStream('s-0'),
    () => ledger.readAll(),
    () => ledger.head(),
    async () => ledger.subscribe(),
    () => ledger.softDelete('s-0'),
  ])
    await expect(refused()).rejects.toBeInstanceOf(Fatal);
  ledger = await openSqliteLedger({ file });
  expect(await ledger.readAll()).toHaveLength(1_500);
});

test('a caller that goes on changing what it gave changes nothing', async () => {
  const data = { text: 'before' };
  const bytes = new Uint8Array([1, 2, 3]);
  // A Buffer's own `slice` shares its memory.
  const buffer = Buffer.from([1, 2, 3]);
  const events = [
    { ...event(), data },
    { ...event(), data: bytes },
    { ...event(), data: buffer },
  ];
  const appending = ledger.append('s-1', events, 'noStream');
  data.text = 'after';
  bytes[0] = buffer[0] = 9;
  await appending;
  const unchanged = new Uint8Array([1, 2, 3]);
  expect((await ledger.readStream('s-1')).map((e) => e.data)).toEqual([{ text: 'before' }, unchanged, unchanged]);
});

test('retention that is set again moves nothing back into sight; deleted streams stay deleted over a restart', async () => {
  await ledger.append(
    's-1',
    times(5, () => event()),
    'noStream',
  );
  await ledger.setRetention('s-1', { truncateBefore: 3 });
  await ledger.setRetention('s-1', { maxCount: 4 });
  await ledger.append('s-2', [event()], 'noStream');
  await ledger.softDelete('s-2');
  await ledger.append('s-3', [event()], 'noStream');
  await ledger.tombstone('s-3');
  await ledger.close();
  ledger = await openSqliteLedger({ file });
  expect((await ledger.readStream('s-1')).map((e) => e.revision)).toEqual([3, 4]);
  await expect(ledger.readStream('s-2')).rejects.toBeInstanceOf(StreamNotFound);
  await expect(ledger.append('s-2', [event()], 'streamExists')).rejects.toThrow(/deleted/);
  await expect(ledger.append('s-3', [event()], 'any')).rejects.toThrow(/deleted/);
  for (const wrong of [{ maxCount: 0 }, { maxAge: 0.5 }, { truncateBefore: -1 }])
    await expect(ledger.setRetention('s-1', wrong)).rejects.toBeInstanceOf(InvalidAppend);
});

test('a position that is none, or a page that is empty', async () => {
  await ledger.append('s-1', [event()], 'noStream');
  for (const wrong of ['', 'x', '-1', '1.5', '99999999999999999999'])
    await expect(ledger.readAll({ from: wrong })).rejects.toBeInstanceOf(LedgerError);
  expect(await ledger.readAll({ maxCount: 0 })).toEqual([]);
  expect(await ledger.readStream('s-1', { maxCount: 0 })).toEqual([]);
});

describe('an error of SQLite means', () => {
  const failure = (errcode: number) => failureOf(Object.assign(new Error('as SQLite says'), { errcode }), file);
  test.each([
    ['no room (SQLITE_FULL)', 13, StorageFull, false],
    ['held by another program (SQLITE_BUSY)', 5, Transient, false],
    ['a disk that does not write (SQLITE_IOERR_WRITE)', 778, UnknownOutcome, true],
    ['a disk that does not sync (SQLITE_IOERR_FSYNC)', 1034, UnknownOutcome, true],
    ['damage (SQLITE_CORRUPT)', 11, Fatal, true],
  ])('%s', (_, errcode, error, fatal) => {
    expect(failure(errcode).error).toBeInstanceOf(error);
    expect(failure(errcode).fatal instanceof Fatal).toBe(fatal);
  });
});
