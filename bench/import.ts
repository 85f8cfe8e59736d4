import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TABLES } from '../application/migration/entry.js';
import { importHealthStack } from '../application/migration/import.js';
import { readConfiguration } from '../infrastructure/config.js';
import { openSqliteTables } from '../infrastructure/legacy/sqlite-tables.js';
import { openSystem } from '../system.js';
import { fillWithVisits, LegacyDatabase } from './legacy-database.js';
import { type BenchRow, median } from './row.js';

const RUNS = 3;
const SIZE = { patients: 2_000, visits: 8_000 };

/** Rows of a database of the original that are brought over in a second, with everything durable. */
export const benchImport = async (): Promise<BenchRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'healthstack-import-'));
  try {
    const file = join(folder, 'legacy.sqlite3');
    const made = new LegacyDatabase(file);
    fillWithVisits(made, SIZE);
    made.close();
    const rates: number[] = [];
    for (let run = 0; run < RUNS; run++) rates.push(await rowsPerSecond(file, join(folder, `run${run}`)));
    return [
      {
        id: 'import-rows',
        value: Math.round(median(rates)),
        unit: 'rows/s',
        atLeast: 3_000,
        detail: `${SIZE.visits} visits with payments, prescriptions and messages of ${SIZE.patients} patients, into an empty system`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const rowsPerSecond = async (file: string, folder: string): Promise<number> => {
  const configuration = readConfiguration({ DATA_DIR: folder });
  const system = await openSystem({ configuration, software: 'bench', withWorker: false, withProjector: false });
  const tables = openSqliteTables(file, TABLES);
  try {
    const { bus, doors, streams } = system;
    const load = async (d: Parameters<typeof streams.load>[0], id: string) =>
      (await streams.load(d, id)).state as never;
    const began = performance.now();
    const { tables: sums } = await importHealthStack(tables, { bus, doors, load });
    const rows = Object.values(sums).reduce((sum, { read }) => sum + read, 0);
    return rows / ((performance.now() - began) / 1_000);
  } finally {
    tables.close();
    await system.close();
  }
};
