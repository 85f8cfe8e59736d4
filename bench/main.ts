import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchAppend } from './append.js';
import { benchEventStore } from './eventstoredb.js';
import { benchHttp } from './http.js';
import { benchImport } from './import.js';
import { benchProcess } from './process.js';
import { benchProjector } from './projector.js';
import { benchQueries } from './queries.js';
import { benchSize } from './size.js';
import type { BenchRow } from './row.js';

/** Every measurement by name; `npm run bench -- --only http` runs one. */
const MEASUREMENTS: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  http: benchHttp,
  append: benchAppend,
  eventstoredb: benchEventStore,
  projector: benchProjector,
  queries: benchQueries,
  size: benchSize,
  import: benchImport,
  process: benchProcess,
};

const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string' } } });
const chosen = Object.entries(MEASUREMENTS).filter(([name]) => values.only === undefined || values.only === name);
if (chosen.length === 0) {
  console.error(`--only takes one of ${Object.keys(MEASUREMENTS).join(', ')}.`);
  process.exit(1);
}

const holds = ({ value, atLeast = -Infinity, atMost = Infinity }: BenchRow): boolean =>
  value >= atLeast && value <= atMost;

const rows: BenchRow[] = [];
for (const [name, measure] of chosen) {
  console.error(`Measuring ${name} ...`);
  rows.push(...(await measure()));
}
console.table(
  rows.map((row) => ({
    figure: row.id,
    value: Number(row.value.toPrecision(3)),
    unit: row.unit,
    bar: row.atLeast !== undefined ? `>= ${row.atLeast}` : row.atMost !== undefined ? `<= ${row.atMost}` : '',
    holds: holds(row) ? 'yes' : 'NO',
    detail: row.detail,
  })),
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`);
process.exitCode = rows.every(holds) ? 0 : 1;
