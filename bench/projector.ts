import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Ledger } from '../application/kernel/ledger.js';
import { openSqliteLedger } from '../infrastructure/ledger/sqlite.js';
import { Projector } from '../infrastructure/read-models/projector.js';
import { openSqliteReadModels } from '../infrastructure/read-models/sqlite.js';
import { projections } from '../projections/index.js';
import { type BenchRow, median } from './row.js';

const SIMULATE = fileURLToPath(new URL('../ops/simulate.js', import.meta.url));
const ROUNDS = 5;
const PROJECTED_MAX_MS = 300_000;

/**
 * All read models and the events of a simulated month. Live: as if they came now, as many in a batch as lie ready, each
 * batch on the disk (synchronous FULL) before the next. Rebuild: from the first event, beside what is shown, switched.
 */
export const benchProjector = async (): Promise<BenchRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-projector-'));
  try {
    await promisify(execFile)(process.execPath, [SIMULATE, '--brief'], { env: { ...process.env, DATA_DIR: folder } });
    const ledger = await openSqliteLedger({ file: join(folder, 'ledger.sqlite') });
    const live: { documents: number; seconds: number }[] = [];
    const rebuilt: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      live.push(await projectLive(ledger, join(folder, `live-${round}.db`)));
      rebuilt.push(await rebuildAll(ledger, join(folder, `rebuilt-${round}.db`)));
    }
    const events = await countOf(ledger);
    await ledger.close();
    const rates = live.map(({ documents, seconds }) => documents / seconds);
    const what = `${projections.length} read models, ${events} events of a simulated month`;
    return [
      {
        id: 'projector-live',
        value: Math.round(median(rates)),
        unit: 'documents written/s',
        atLeast: 25_000,
        detail: `${what}, ${live[0]!.documents} documents; fsync per batch; rounds ${rates.map((rate) => Math.round(rate)).join(' ')}`,
      },
      {
        id: 'projector-rebuild',
        value: Math.round(median(rebuilt.map((seconds) => events / seconds))),
        unit: 'events/s',
        atLeast: 25_000,
        detail: `${what}; rounds ${rebuilt.map((seconds) => Math.round(events / seconds)).join(' ')}`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const countOf = async (ledger: Ledger): Promise<number> => (await ledger.readAll({ maxCount: 10_000_000 })).length;

const logger = { info: () => undefined, warn: console.warn, error: console.error };
const clock = { now: () => new Date().toISOString() };

const projectLive = async (ledger: Ledger, file: string): Promise<{ documents: number; seconds: number }> => {
  const readModels = await openSqliteReadModels({ file, synchronous: 'FULL' });
  // Looks empty at the start, so that nothing is built beside.
  const asItHappens: Ledger = Object.assign(Object.create(ledger) as Ledger, { head: async () => undefined });
  const projector = new Projector({ ledger: asItHappens, readModels, projections, clock, logger });
  let documents = 0;
  projector.onApplied((changes) => {
    for (const { keys } of changes) documents += keys.length;
  });
  const head = (await ledger.head())!;
  const began = performance.now();
  await projector.start();
  await projector.waitFor(head, PROJECTED_MAX_MS);
  const seconds = (performance.now() - began) / 1_000;
  await projector.stop();
  await readModels.close();
  return { documents, seconds };
};

const rebuildAll = async (ledger: Ledger, file: string): Promise<number> => {
  const readModels = await openSqliteReadModels({ file });
  const projector = new Projector({ ledger, readModels, projections, clock, logger });
  const head = (await ledger.head())!;
  const began = performance.now();
  await projector.start();
  for (const { name } of projections)
    if (!(await projector.waitFor(head, PROJECTED_MAX_MS, name))) throw new Error(`${name} was not built in time.`);
  const seconds = (performance.now() - began) / 1_000;
  await projector.stop();
  await readModels.close();
  return seconds;
};
