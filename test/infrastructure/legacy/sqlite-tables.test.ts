import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { NotTheseTables, openSqliteTables } from '../../../infrastructure/legacy/sqlite-tables.js';

const folder = mkdtempSync(join(tmpdir(), 'healthstack-tables-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, 'some.sqlite3');
beforeAll(() => {
  const db = new DatabaseSync(file);
  db.exec(
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, name, bytes); INSERT INTO thing VALUES (2, 'b', x'00ff'), (1, 'a', NULL)",
  );
  db.close();
});

test('rows come in the order of their key, bytes as digits', () => {
  const tables = openSqliteTables(file, { thing: 'id' });
  expect(tables.rows('thing')).toEqual([
    { id: 1, name: 'a', bytes: null },
    { id: 2, name: 'b', bytes: '00ff' },
  ]);
  tables.close();
});

test('what is not such a file is told in one line', () => {
  writeFileSync(join(folder, 'text'), 'no database at all, but long enough');
  const open = (name: string, keys: Record<string, string>) => () => openSqliteTables(join(folder, name), keys);
  expect(open('text', {})).toThrow(new NotTheseTables('it is not a SQLite database'));
  expect(open('missing', {})).toThrow(new NotTheseTables('it cannot be read (ENOENT)'));
  expect(open('some.sqlite3', { other: 'id' })).toThrow(new NotTheseTables('it has no table other'));
  expect(open('some.sqlite3', { thing: 'key' })).toThrow(new NotTheseTables('its table thing has no column key'));
});
