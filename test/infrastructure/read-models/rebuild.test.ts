import type { Projector } from '../../../infrastructure/read-models/projector.js';
import type { Progress } from '../../../infrastructure/read-models/rebuild.js';
import { type AnyProjection, projection } from '../../../projections/kernel/projection.js';
import { Superseded } from '../../../projections/kernel/read-models.js';
import {
  type Account,
  accounts,
  delivering,
  expectTruth,
  PROJECTIONS,
  type Store,
  STORES,
  payments,
  type Total,
  totals,
  World,
} from './bank.js';
import { crashing } from './crashing.js';

const LONG_MS = 60_000;
// A peer that stands for MongoDB is slow, and so may be a machine; only what hangs is to fail.
jest.setTimeout(180_000);
const ALL = PROJECTIONS.map(({ name }) => name);

let world: World;
beforeEach(async () => {
  world = await World.begin();
});
afterEach(() => world.end());

const on = (test: () => Promise<void>) => (store: Store) => {
  world.store = store;
  return test();
};

const eventually = async (ready: () => Promise<boolean>): Promise<boolean> => {
  for (const until = Date.now() + LONG_MS; Date.now() < until;) {
    if (await ready()) return true;
    await new Promise(setImmediate);
  }
  return false;
};

/** The totals, counted otherwise. */
const doubled: AnyProjection = projection<Total>()({
  ...totals,
  version: 2,
  on: {
    Paid: (doc, { data: { amount } }) => ({ payments: (doc?.payments ?? 0) + 2, amount: (doc?.amount ?? 0) + amount }),
  },
});

it.each(STORES)(
  'makes the same documents as projecting live, while events arrive, with little memory, on %s',
  on(async () => {
    const readModels = await world.readModels();
    const projector = world.projector(readModels, { documentsMax: 10 });
    await projector.start();
    await projector.waitFor(await world.bank.payments(200, 17), LONG_MS);
    const ids = await Promise.all(PROJECTIONS.map(async (p) => (await readModels.open(p)).id));
    const digests = async () => Promise.all(PROJECTIONS.map(async (p) => (await readModels.open(p)).digest()));
    const live = await digests();

    await projector.rebuild(ALL);
    expect(await digests()).toEqual(live);

    const rebuilding = projector.rebuild(ALL);
    const position = await world.bank.payments(200, 17);
    await rebuilding;
    expect(await projector.waitFor(position, LONG_MS)).toBe(true);
    await expectTruth(readModels, world.bank);
    for (const [i, p] of PROJECTIONS.entries()) expect((await readModels.open(p)).id).not.toBe(ids[i]);
  }),
);

it('tells how far it has come', async () => {
  const readModels = await world.readModels();
  const position = await world.bank.payments(50, 5);
  const projector = world.projector(readModels);
  await projector.start();
  await projector.waitFor(position, LONG_MS, 'totals');
  const told: Progress[] = [];
  await projector.rebuild(['totals'], (progress) => told.push(progress));
  expect(told).toEqual([{ projections: ['totals'], events: 50, position, head: position }]);
});

it.each(STORES)(
  'never lets a reader see half of it, on %s',
  on(async () => {
    const readModels = await world.readModels();
    const first = world.projector(readModels);
    await first.start();
    await first.waitFor(await world.bank.payments(300, 7), LONG_MS);
    await first.stop();

    const projections = [accounts, doubled, payments];
    const projector = world.projector(readModels, { projections, documentsMax: 1 });
    const seen = new Set<number>();
    await projector.start();
    for (let done = false; !done;) {
      done = (await readModels.liveVersion('totals')) === 2;
      seen.add((await (await readModels.open<Total>(doubled)).get('all'))!.doc.payments);
      await new Promise(setImmediate);
    }
    seen.add((await (await readModels.open<Total>(doubled)).get('all'))!.doc.payments);
    expect([...seen]).toEqual([300, 600]);
  }),
);

describe('a newer declaration', () => {
  it.each(STORES)(
    'is built beside the older one, which is shown meanwhile and follows no more, on %s',
    on(async () => {
      const readModels = await world.readModels();
      const first = world.projector(readModels);
      await first.start();
      await first.waitFor(await world.bank.payments(10, 3), LONG_MS);
      await first.stop();

      const told: Progress[] = [];
      const second = world.projector(readModels, {
        projections: [accounts, doubled, payments],
        onProgress: (progress) => told.push(progress),
      });
      await second.start();
      const position = await world.bank.payments(10, 3);
      expect(await second.waitFor(position, LONG_MS, 'totals')).toBe(true);
      expect(await readModels.liveVersion('totals')).toBe(2);
      expect((await (await readModels.open<Total>(doubled)).get('all'))!.doc.payments).toBe(40);
      expect(told.every(({ projections }) => projections.join() === 'totals')).toBe(true);
      expect((await second.lag()).totals!.building).toBe(false);
      await second.stop();

      await expect(world.projector(readModels).start()).rejects.toThrow(/totals is of version 2/);
    }),
  );

  it.each(STORES)(
    'is built when only an index was added, on %s',
    on(async () => {
      const readModels = await world.readModels();
      const first = world.projector(readModels);
      await first.start();
      const position = await world.bank.payments(10, 3);
      await first.waitFor(position, LONG_MS);
      await first.stop();
      const indexed = projection<Account>()({ ...accounts, indexes: { ...accounts.indexes, byName: ['name', 'sum'] } });
      const second = world.projector(readModels, { projections: [indexed] });
      await second.start();
      expect(await second.waitFor(position, LONG_MS)).toBe(true);
      const docs = await readModels.open<Account>(indexed);
      expect((await docs.query({ index: 'byName', limit: 100 })).items.length).toBe(
        Object.keys(world.bank.accounts()).length,
      );
    }),
  );

  it('waits for nothing when the ledger is empty', async () => {
    const readModels = await world.readModels();
    const projector = world.projector(readModels);
    await projector.start();
    expect((await projector.lag()).totals!.building).toBe(false);
    const { id } = await readModels.open(totals);
    await projector.waitFor(await world.bank.payments(3, 3), LONG_MS);
    expect((await readModels.open(totals)).id).toBe(id);
  });
});

it.each(STORES)(
  'goes back to the generation before, which catches up, on %s',
  on(async () => {
    const readModels = await world.readModels();
    const projector = world.projector(readModels);
    await projector.start();
    await projector.waitFor(await world.bank.payments(20, 3), LONG_MS);
    const { id } = await readModels.open(accounts);
    await projector.rebuild(['accounts']);
    await projector.waitFor(await world.bank.payments(20, 3), LONG_MS);
    await projector.switchBack('accounts');
    expect((await readModels.open(accounts)).id).toBe(id);
    await expectTruth(readModels, world.bank);
    await projector.waitFor(await world.bank.payments(20, 3), LONG_MS);
    await expectTruth(readModels, world.bank);
    await projector.dropOld('accounts');
    await expect(projector.switchBack('accounts')).rejects.toThrow(Superseded);
    await projector.waitFor(await world.bank.payments(5, 3), LONG_MS);
    await expectTruth(readModels, world.bank);
  }),
);

it('refuses a second rebuild of what is being built, and of what there is not', async () => {
  const readModels = await world.readModels();
  const projector = world.projector(readModels);
  await projector.start();
  await projector.waitFor(await world.bank.payments(20, 3), LONG_MS);
  const rebuilding = projector.rebuild(['totals', 'accounts']);
  await expect(projector.rebuild(['accounts'])).rejects.toThrow(Superseded);
  await expect(projector.rebuild(['unheard-of'])).rejects.toThrow(/unheard-of/);
  await rebuilding;
  await expectTruth(readModels, world.bank);
});

it.each(STORES)(
  'ends the rebuild of another process, whose work is never shown; both go on with what is, on %s',
  on(async () => {
    const [here, there] = [await world.readModels(), await world.readModels()];
    const [first, second] = [here, there].map((readModels) => world.projector(readModels)) as [Projector, Projector];
    for (const projector of [first, second]) await projector.start();
    const position = await world.bank.payments(300, 17);
    for (const projector of [first, second]) await projector.waitFor(position, LONG_MS);
    let other: Promise<void> | undefined;
    const superseded = first.rebuild(['accounts'], () => void (other ??= second.rebuild(['accounts'])));
    await expect(superseded).rejects.toThrow(Superseded);
    await other;
    const { id } = await here.open(accounts);
    expect((await there.open(accounts)).id).toBe(id);
    await expectTruth(here, world.bank);

    await second.stop();
    const after = await world.bank.payments(20, 17);
    expect(await eventually(async () => (await here.checkpoint(id)) === after)).toBe(true);
    await expectTruth(here, world.bank);
  }),
);

it.each(STORES)(
  'leaves a read model to the newer release that has begun beside it, on %s',
  on(async () => {
    const [here, there] = [await world.readModels(), await world.readModels()];
    const old = world.projector(here);
    await old.start();
    await old.waitFor(await world.bank.payments(20, 3), LONG_MS);
    const newer = world.projector(there, { projections: [accounts, doubled, payments] });
    await newer.start();
    expect(
      await eventually(async () => world.logged.some(({ message }) => message.startsWith('A newer release'))),
    ).toBe(true);
    const position = await world.bank.payments(20, 3);
    for (const projector of [old, newer]) expect(await projector.waitFor(position, LONG_MS)).toBe(true);
    expect((await (await here.open<Total>(doubled)).get('all'))!.doc.payments).toBe(80);
  }),
);

it.each(STORES)(
  'begins anew after it was stopped half-way, on %s',
  on(async () => {
    const position = await world.bank.payments(100, 7);
    const readModels = await world.readModels();
    const first = world.projector(readModels, { onProgress: () => void first.stop() });
    await first.start();
    await first.stop();
    expect(await readModels.checkpoint((await readModels.open(totals)).id)).toBeUndefined();

    const second = world.projector(readModels);
    await second.start();
    for (const name of ALL) expect(await second.waitFor(position, LONG_MS, name)).toBe(true);
    await expectTruth(readModels, world.bank);
  }),
);

it('comes to the same after a crash anywhere in a rebuild', async () => {
  await world.bank.openAccount('a1');
  const position = await world.bank.payments(60, 7);
  let crashed = true;
  for (let point = 1; crashed; point++) {
    const readModels = await world.readModels(`rebuild-${point}.db`);
    const live = world.projector(readModels, {
      ledger: delivering(world.bank.ledger, (events) => [{ kind: 'events', events }]),
    });
    await live.start();
    await live.waitFor(position, LONG_MS);
    await live.stop();

    const store = crashing(readModels, point);
    const failing = world.projector(store.readModels, { documentsMax: 5 });
    await failing.start();
    await Promise.race([failing.rebuild(ALL).catch(() => undefined), store.crash]);
    await failing.stop();
    crashed = store.crashed();
    await expectTruth(readModels, world.bank);

    const projector = world.projector(readModels);
    await projector.start();
    expect(await projector.waitFor(position, LONG_MS)).toBe(true);
    await expectTruth(readModels, world.bank);
    await projector.stop();
    expect(point).toBeLessThan(500);
  }
}, 120_000);

it('lets others be served while it works', async () => {
  for (let i = 0; i < 40; i++)
    await Promise.all(Array.from({ length: 250 }, (_, n) => world.bank.pay(`a${(i * n) % 900}`, `b${n}`, n)));
  const readModels = await world.readModels();
  const projector = world.projector(readModels);
  let turns = 0;
  let working = true;
  const turn = () => {
    turns++;
    if (working) setImmediate(turn);
  };
  turn();
  await projector.start();
  await projector.waitFor((await world.bank.ledger.head())!, LONG_MS, 'accounts');
  working = false;
  // 10,000 events take some hundred milliseconds; a slice of it takes a few.
  expect(turns).toBeGreaterThan(20);
}, 60_000);
