import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fatal, type Ledger } from '../../../application/kernel/ledger.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { openLedgerFile } from '../../../infrastructure/ledger/sqlite/file.js';
import { SCHEMA_VERSION } from '../../../infrastructure/ledger/sqlite/schema.js';
import { WriterProcess } from './writer-process.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-opening-'));
  file = join(folder, 'ledger.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const event = () => ({ id: randomUUID(), type: 'Happened', data: { n: 1 } });

const filled = async (count: number): Promise<Ledger> => {
  const ledger = await openSqliteLedger({ file });
  for (let i = 0; i < count; i++) await ledger.append(`s-${i}`, [event(), event()], 'noStream');
  return ledger;
};

const raw = <T>(use: (db: DatabaseSync) => T): T => {
  const db = new DatabaseSync(file);
  try {
    return use(db);
  } finally {
    db.close();
  }
};

/** Refused in one line, and every file as it was. */
const expectRefused = async (reason: RegExp): Promise<void> => {
  const files = () => readdirSync(folder).filter((name) => !name.endsWith('-lock'));
  const before = files().map((name) => readFileSync(join(folder, name), 'base64'));
  const error = await openSqliteLedger({ file }).then(
    async (ledger) => (await ledger.close(), undefined),
    (e: unknown) => e as Error,
  );
  expect(error).toBeInstanceOf(Fatal);
  expect(error!.message).toMatch(reason);
  expect(error!.message).not.toContain('\n');
  expect(files().map((name) => readFileSync(join(folder, name), 'base64'))).toEqual(before);
};

test('commits are forced to the disk, checkpoints are not made by the writer', () => {
  const opened = openLedgerFile(file);
  const pragma = (name: string) => Object.values(opened.db.prepare(`PRAGMA ${name}`).get()!)[0];
  expect(pragma('journal_mode')).toBe('wal');
  expect(pragma('synchronous')).toBe(2);
  expect(pragma('wal_autocheckpoint')).toBe(0);
  opened.db.close();
  opened.release();
});

test('what was appended is there when it is opened again, and the log is gone', async () => {
  await (await filled(3)).close();
  expect(existsSync(`${file}-wal`)).toBe(false);
  const ledger = await openSqliteLedger({ file });
  expect(await ledger.readAll()).toHaveLength(6);
  expect((await ledger.append('s-0', [event()], 1)).position).toBe('7');
  await ledger.close();
});

test('a file from a newer version is refused', async () => {
  await (await filled(1)).close();
  raw((db) => db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`));
  await expectRefused(/newer version/);
});

test.each([
  ['a text', () => writeFileSync(file, 'This is no database. '.repeat(100))],
  ['another program’s database', () => raw((db) => db.exec('CREATE TABLE notes (text TEXT)'))],
])('%s is refused', async (_, make) => {
  make();
  await expectRefused(/ledger/);
});

test('a folder that is not there is refused', async () => {
  file = join(folder, 'missing', 'ledger.db');
  await expect(openSqliteLedger({ file })).rejects.toBeInstanceOf(Fatal);
});

test('a ledger in use is refused, by this process and by another, and free when it was closed or its process killed', async () => {
  const ledger = await filled(1);
  await expect(openSqliteLedger({ file })).rejects.toThrow(/in use/);
  const other = new WriterProcess({ file, run: 1, writers: 1, size: 10 });
  await expect(other.until(() => other.acknowledgements > 0)).rejects.toThrow(/in use/);
  await ledger.append('s-0', [event()], 1);
  await ledger.close();

  const next = new WriterProcess({ file, run: 2, writers: 1, size: 10 });
  await next.until(() => next.acknowledgements > 0);
  await expect(openSqliteLedger({ file })).rejects.toThrow(/in use/);
  await next.kill();
  await (await openSqliteLedger({ file })).close();
}, 30_000);

test('damage is found after an unclean stop and refused', async () => {
  const writer = new WriterProcess({ file, run: 1, writers: 4, size: 500 });
  const page = 4_096;
  // Until a checkpoint has put pages into the database itself.
  await writer.until(() => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 50 * page);
  await writer.kill();
  const bytes = readFileSync(file);
  bytes.fill(0xee, 12 * page, 14 * page);
  writeFileSync(file, bytes);
  rmSync(`${file}-wal`);
  writeFileSync(`${file}-wal`, 'left behind');
  await expect(openSqliteLedger({ file })).rejects.toThrow(/damaged|cannot be opened/);
}, 30_000);

test('a file that was never finished is made anew', async () => {
  writeFileSync(file, '');
  writeFileSync(`${file}-new`, 'half a ledger');
  const ledger = await openSqliteLedger({ file });
  await ledger.append('s-1', [event()], 'noStream');
  await ledger.close();
});

test('no program can change, remove or replace what is written', async () => {
  await (await filled(2)).close();
  const forbidden = [
    `UPDATE events SET data = '{}'`,
    `UPDATE events SET position = 100 WHERE position = 1`,
    `DELETE FROM events WHERE position = 4`,
    `DELETE FROM events`,
    `INSERT OR REPLACE INTO events SELECT position, stream, revision, type, id, created, '{}', NULL FROM events WHERE position = 2`,
    `INSERT OR REPLACE INTO events SELECT 9, stream, revision, type, id, created, '{}', NULL FROM events WHERE position = 2`,
    `INSERT INTO events SELECT 9, stream, 5, type, id, created, '{}', NULL FROM events WHERE position = 2`,
    `INSERT INTO events SELECT 0, 77, 0, type, id, created, '{}', NULL FROM events WHERE position = 2`,
    `UPDATE streams SET name = 'other' WHERE id = 1`,
    `DELETE FROM streams`,
    `INSERT OR REPLACE INTO streams VALUES (1, 'other')`,
    `INSERT OR REPLACE INTO streams VALUES (9, 's-0')`,
    `UPDATE types SET name = 'Other'`,
    `DELETE FROM types`,
    `INSERT OR REPLACE INTO types VALUES (3, 'Other')`,
  ];
  raw((db) => {
    const rows = () => ['events', 'streams', 'types'].map((table) => db.prepare(`SELECT * FROM ${table}`).all());
    const before = rows();
    for (const sql of forbidden) expect(() => db.exec(sql)).toThrow(/append-only/);
    expect(rows()).toEqual(before);
  });
});
