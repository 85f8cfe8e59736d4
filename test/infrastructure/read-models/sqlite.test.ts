import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteReadModels } from '../../../infrastructure/read-models/sqlite.js';
import {
  BadQuery,
  type Collection,
  type CollectionSpec,
  type IndexQuery,
  type ReadModels,
} from '../../../projections/kernel/read-models.js';

const SPEC: CollectionSpec = {
  name: 'visits',
  version: 1,
  indexes: { byDoctor: ['doctor', 'day', 'address.city'], byDay: ['day'] },
  search: ['name'],
  searchFilters: ['doctor', 'day'],
};

interface Visit {
  readonly doctor: string;
  readonly day: number;
  readonly name: string;
}

let folder: string;
let readModels: ReadModels;
const file = () => join(folder, 'read-models.db');
const open = async () => (readModels = await openSqliteReadModels({ file: file() }));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'read-models-'));
  await open();
});
afterEach(async () => {
  await readModels.close();
  rmSync(folder, { recursive: true });
});

const visit = (n: number): Visit => ({
  doctor: `d${n % 7}`,
  day: n % 31,
  name: `Rahim Uddin ${'xyz'[n % 3]!.repeat(5)}`,
});
const fill = async (docs: Collection<Visit>, count: number, padding = ''): Promise<void> => {
  const write = (n: number) => ({ key: `k${n}`, expected: undefined, at: `${n + 1}`, doc: { ...visit(n), padding } });
  await docs.write(Array.from({ length: count }, (_, n) => write(n)));
};

it('answers every question by walking an index: nothing is scanned, nothing is sorted', async () => {
  const prepared: string[] = [];
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (sql) {
    prepared.push(sql);
    return prepare.call(this, sql);
  };
  const docs = await readModels.open<Visit>(SPEC);
  await fill(docs, 800);

  const shapes: Omit<IndexQuery, 'limit'>[] = [
    ...['byDoctor', 'byDay'].map((index) => ({ index })),
    { index: 'byDoctor', equal: { doctor: 'd1' } },
    { index: 'byDoctor', equal: { doctor: 'd1', day: 3 } },
    { index: 'byDoctor', equal: { doctor: 'd1', day: 3, 'address.city': null } },
    { index: 'byDoctor', equal: { doctor: 'd1' }, range: { from: 3 } },
    { index: 'byDoctor', equal: { doctor: 'd1' }, range: { to: 20 } },
    { index: 'byDoctor', equal: { doctor: 'd1' }, range: { from: 3, to: 20 } },
    { index: 'byDoctor', prefix: 'd' },
    { index: 'byDay', range: { from: 3, to: 20 } },
  ];
  for (const shape of shapes)
    for (const order of ['ascending', 'descending'] as const) {
      const { next } = await docs.query({ ...shape, order, limit: 2 });
      await docs.query({ ...shape, order, limit: 2, after: next! });
      await docs.count(shape);
    }
  for (const text of ['rah', 'rahmi', 'uddin rahim', 'xxxxx rahmi', 'xxxx uddin']) {
    const { next } = await docs.search({ text, limit: 2 });
    if (next) await docs.search({ text, limit: 2, after: next });
    await docs.search({ text, equal: { doctor: 'd1', day: 1 }, limit: 2 });
  }
  await docs.get('k1');
  await docs.load(['k1']);
  await docs.streamsOf('k1');
  await docs.digest();
  await docs.write([{ key: 'k1', expected: '2', at: '900', doc: null, streams: ['s-1', 's-2'] }]);
  DatabaseSync.prototype.prepare = prepare;

  const db = new DatabaseSync(file());
  const plans = prepared
    .filter((sql) => sql.includes(`"${docs.id}`) && /^\s*(SELECT|UPDATE|DELETE)/.test(sql))
    .map((sql) => {
      const parameters = Array<string>(sql.split('?').length - 1).fill('0');
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
      return { sql, steps: plan.map(({ detail }) => detail) };
    });
  db.close();
  expect(plans.length).toBeGreaterThan(30);
  const whole = /ORDER BY key$/;
  for (const { sql, steps } of plans) {
    const walks = steps.filter((step) => !step.startsWith('CO-ROUTINE') && !step.startsWith('SCAN (subquery'));
    // Only the digest goes through everything, in the order of the keys.
    if (!whole.test(sql))
      for (const step of walks) expect({ sql, step }).toEqual({ sql, step: expect.stringMatching(/^SEARCH .* USING/) });
    for (const step of steps) expect({ sql, step }).not.toEqual({ sql, step: expect.stringContaining('TEMP B-TREE') });
  }
});

it('keeps everything over a closing and opening', async () => {
  const docs = await readModels.open<Visit>(SPEC);
  await fill(docs, 50);
  const digest = await docs.digest();
  const { next } = await docs.query({ index: 'byDay', limit: 3 });
  await readModels.saveCheckpoint('x', '7');
  await readModels.close();

  const again = await (await open()).open<Visit>(SPEC);
  expect([again.id, await again.digest(), await readModels.checkpoint('x')]).toEqual([docs.id, digest, '7']);
  expect((await again.query({ index: 'byDay', limit: 3, after: next! })).items).toHaveLength(3);
  expect((await again.search({ text: 'rahim', limit: 200 })).items).toHaveLength(50);
});

it('refuses a file of a newer release in one clear line, and leaves it as it is', async () => {
  await readModels.close();
  const db = new DatabaseSync(file());
  db.exec('PRAGMA user_version = 99');
  db.close();
  const before = statSync(file()).mtimeMs;
  await expect(openSqliteReadModels({ file: file() })).rejects.toThrow(
    /^The read models in .*newer release \(format 99;.*\)\.$/,
  );
  expect(statSync(file()).mtimeMs).toBe(before);
  const undo = new DatabaseSync(file());
  undo.exec('PRAGMA user_version = 1');
  undo.close();
  await open();
});

it('refuses a file that is no database', async () => {
  await expect(openSqliteReadModels({ file: __filename })).rejects.toThrow(/read models/);
  await expect(openSqliteReadModels({ file: join(folder, 'nowhere', 'x.db') })).rejects.toThrow(/read models/);
});

it('waits for the disk only where it is told to', async () => {
  const synchronous = async (models: ReadModels) =>
    (models as unknown as { file: { writer: { db: DatabaseSync } } }).file.writer.db
      .prepare('PRAGMA synchronous')
      .get();
  expect(await synchronous(readModels)).toEqual({ synchronous: 1 });
  const full = await openSqliteReadModels({ file: file(), synchronous: 'FULL' });
  expect(await synchronous(full)).toEqual({ synchronous: 2 });
  await full.close();
});

it('commits what is asked for in one turn together, and yet each for itself when one of them fails', async () => {
  const docs = await readModels.open<Visit>(SPEC);
  const write = (key: string, doc: object) => docs.write([{ key, expected: undefined, at: '1', doc: doc as Visit }]);
  const circle: { self?: object } = {};
  circle.self = circle;
  const outcomes = await Promise.allSettled([write('a', visit(1)), write('b', circle), write('c', visit(2))]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect([...(await docs.getMany(['a', 'b', 'c'])).keys()]).toEqual(['a', 'c']);
  expect((await docs.search({ text: 'rahim', limit: 10 })).items).toHaveLength(2);
});

it('lets the event loop breathe in a large write, of which nobody sees a half', async () => {
  const docs = await readModels.open<Visit>(SPEC);
  let turns = 0;
  let done = false;
  const seen = new Set<number>();
  const watch = async (): Promise<void> => {
    for (; !done; turns++) {
      seen.add(await docs.count({ index: 'byDay' }));
      await new Promise(setImmediate);
    }
  };
  const watching = watch();
  await fill(docs, 20_000);
  done = true;
  await watching;
  expect(turns).toBeGreaterThan(10);
  expect([...seen]).toEqual(seen.size === 1 ? [0] : [0, 20_000]);
});

it('keeps the log short under steady writing', async () => {
  const docs = await readModels.open<Visit>(SPEC);
  const padding = 'x'.repeat(3_000);
  await fill(docs, 5_000, padding);
  for (let round = 0; round < 30; round++)
    await docs.write(
      Array.from({ length: 1_000 }, (_, n) => ({
        key: `k${n}`,
        expected: round === 0 ? `${n + 1}` : `${100_000 + round}`,
        at: `${100_001 + round}`,
        doc: { ...visit(n), padding },
      })),
    );
  // 4 MB a round; a log that never began anew would hold all of it.
  expect(statSync(`${file()}-wal`).size).toBeLessThan(80_000_000);
}, 60_000);

it('takes plain names only, for they become part of statements', async () => {
  const wrong: Partial<CollectionSpec>[] = [
    { name: 'a"; DROP TABLE generations; --' },
    { indexes: { 'by x': ['a'] } },
    { indexes: { byX: ['a"b'] } },
    { indexes: { byX: ['a..b'] } },
    { version: 0.5 },
  ];
  for (const declared of wrong) await expect(readModels.open({ ...SPEC, ...declared })).rejects.toThrow(/name|version/);
});

it('gives no cursor of one store for another', async () => {
  const docs = await readModels.open<Visit>(SPEC);
  await fill(docs, 10);
  const { next } = await docs.query({ index: 'byDay', limit: 3 });
  const other = await openSqliteReadModels({ file: join(folder, 'other.db') });
  const elsewhere = await other.open<Visit>(SPEC);
  await expect(elsewhere.query({ index: 'byDay', limit: 3, after: next! })).rejects.toThrow(BadQuery);
  await other.close();
});
