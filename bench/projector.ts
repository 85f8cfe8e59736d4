import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../application/kernel/ledger.js';
import { openSqliteLedger } from '../infrastructure/ledger/sqlite.js';
import { Projector } from '../infrastructure/read-models/projector.js';
import { openSqliteReadModels } from '../infrastructure/read-models/sqlite.js';
import type { AnyProjection } from '../projections/kernel/projection.js';
import { type ProjectorLoad, syntheticMonth } from './month.js';
import { type BenchRow, median } from './row.js';

const ROUNDS = 3;
const LIVE_BATCH = 256;
const LIVE_EVENTS = 25_000;

/**
 * Live: the ledger is read in batches of 256, as they come when commands arrive; each batch of documents is on the disk
 * (synchronous FULL) before the next. Rebuild: everything from the first event beside an empty read model, switched.
 */
export const benchProjector = async (load: ProjectorLoad = syntheticMonth(60_000)): Promise<BenchRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-projector-'));
  const ledger = await openSqliteLedger({ file: join(folder, 'ledger.db') });
  try {
    const events = await fill(ledger, load);
    const live: { documents: number; events: number; seconds: number }[] = [];
    const rebuilt: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      live.push(await projectLive(ledger, load.projections, join(folder, `live-${round}.db`)));
      rebuilt.push(events / (await rebuildAll(ledger, load.projections, join(folder, `rebuilt-${round}.db`))));
    }
    const models = `${load.projections.length} read models, ${events} events`;
    return [
      {
        id: 'projector-live',
        value: Math.round(median(live.map(({ documents, seconds }) => documents / seconds))),
        unit: 'documents written/s',
        atLeast: 25_000,
        detail: `${models}; batches of ${LIVE_BATCH}, each on the disk; ${Math.round(median(live.map((l) => l.events / l.seconds)))} events/s`,
      },
      {
        id: 'projector-rebuild',
        value: Math.round(median(rebuilt)),
        unit: 'events/s',
        atLeast: 25_000,
        detail: `${models}; beside the live generation, with the switch`,
      },
    ];
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
};

const fill = async (ledger: Ledger, { appends }: ProjectorLoad): Promise<number> => {
  let events = 0;
  const group: Promise<unknown>[] = [];
  for (const append of appends()) {
    group.push(ledger.append(append.stream, append.events, 'any'));
    events += append.events.length;
    if (group.length === 256) await Promise.all(group.splice(0));
  }
  await Promise.all(group);
  return events;
};

const quiet = { info: () => undefined, warn: console.warn, error: console.error };
const clock = { now: () => new Date().toISOString() };

const projectLive = async (ledger: Ledger, projections: readonly AnyProjection[], file: string) => {
  const readModels = await openSqliteReadModels({ file, synchronous: 'FULL' });
  // Looks empty at the start, so that nothing is built beside: all of it comes as if it happened now.
  const asItHappens: Ledger = Object.assign(Object.create(ledger) as Ledger, {
    head: async () => undefined,
    subscribe: (options: object) => ledger.subscribe({ ...options, batchMax: LIVE_BATCH }),
  });
  const projector = new Projector({ ledger: asItHappens, readModels, projections, clock, logger: quiet });
  let documents = 0;
  projector.onApplied((changes) => {
    for (const { keys } of changes) documents += keys.length;
  });
  const [until] = (await ledger.readAll({ maxCount: LIVE_EVENTS })).slice(-1);
  const began = performance.now();
  await projector.start();
  await projector.waitFor(until!.position, 120_000);
  const seconds = (performance.now() - began) / 1_000;
  const written = { documents, events: LIVE_EVENTS, seconds };
  await projector.stop();
  await readModels.close();
  return written;
};

const rebuildAll = async (ledger: Ledger, projections: readonly AnyProjection[], file: string): Promise<number> => {
  const readModels = await openSqliteReadModels({ file });
  const projector = new Projector({ ledger, readModels, projections, clock, logger: quiet });
  const head = (await ledger.head())!;
  const began = performance.now();
  await projector.start();
  for (const { name } of projections)
    if (!(await projector.waitFor(head, 300_000, name))) throw new Error(`${name} was not built in time.`);
  const seconds = (performance.now() - began) / 1_000;
  await projector.stop();
  await readModels.close();
  return seconds;
};
