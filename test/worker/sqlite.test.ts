import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../application/kernel/ledger.js';
import { openSqliteLedger } from '../../infrastructure/ledger/sqlite.js';
import { openSqliteReadModels } from '../../infrastructure/read-models/sqlite.js';
import { DUE, type DueTimer } from '../../infrastructure/worker/timers.js';
import { REFUSED, type Refused } from '../../infrastructure/worker/sender.js';
import { Disk } from './memory.js';
import { HandClock, postParcels, processOn } from './shop.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'worker-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const typesOf = async (ledger: Ledger, stream: string): Promise<string[]> =>
  (await ledger.readStream(stream)).map(({ type }) => type);

it('on SQLite does the same, also after a restart', async () => {
  const clock = new HandClock('2030-01-01T08:00:00.000Z');
  let parcels = 0;
  const session = async (story: (running: ReturnType<typeof processOn>, ledger: Ledger) => Promise<void>) => {
    const ledger = await openSqliteLedger({ file: join(folder, 'ledger') });
    const readModels = await openSqliteReadModels({ file: join(folder, 'read-models') });
    const effects = [postParcels(() => void parcels++)];
    const running = processOn(new Disk(), { ledger, readModels, clock, effects });
    await running.worker.start();
    await story(running, ledger);
    await running.worker.stop();
    await readModels.close();
    await ledger.close();
  };

  await session(async ({ worker, place, pay }) => {
    for (const id of '123456') await place(id, 'a', '2030-01-01T10:00:00+01:00');
    await pay('1');
    await worker.drain();
  });
  clock.instant = '2030-01-02T00:00:00.000Z';
  await session(async ({ worker }, ledger) => {
    await worker.drain();
    expect(await typesOf(ledger, 'shelf-a')).toEqual([...Array<string>(5).fill('Taken'), 'Sold']);
    expect(await typesOf(ledger, 'order-1')).toEqual(['Placed', 'Paid', 'Posted']);
    for (const id of '23456') expect(await typesOf(ledger, `order-${id}`)).toEqual(['Placed', 'Lapsed']);
    expect(worker.status().parked).toEqual([]);
  });
  expect(parcels).toBe(1);

  const readModels = await openSqliteReadModels({ file: join(folder, 'read-models') });
  const refused = await (await readModels.open<Refused>(REFUSED)).query({ index: 'byTime', limit: 10 });
  expect(refused.items.map(({ doc }) => doc.causeStream)).toEqual(['order-6']);
  const due = await (await readModels.open<DueTimer>(DUE)).query({ index: 'due', limit: 10 });
  expect(due.items).toEqual([]);
  await readModels.close();
});
