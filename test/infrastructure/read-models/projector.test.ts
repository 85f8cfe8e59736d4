import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CheckpointAhead, type LedgerEvent, type SubscriptionMessage } from '../../../application/kernel/ledger.js';
import type { Change } from '../../../infrastructure/read-models/projector.js';
import { openSqliteReadModels } from '../../../infrastructure/read-models/sqlite.js';
import type { ReadModels } from '../../../projections/kernel/read-models.js';
import {
  type Account,
  accounts,
  type Bank,
  delivering,
  expectTruth,
  payments,
  PROJECTIONS,
  type Store,
  STORES,
  totals,
  World,
} from './bank.js';
import { crashing } from './crashing.js';

const LONG_MS = 60_000;
// A peer that stands for MongoDB is slow, and so may be a machine; only what hangs is to fail.
jest.setTimeout(180_000);

let world: World;
beforeEach(async () => {
  world = await World.begin();
});
afterEach(() => world.end());

const on = (test: () => Promise<void>) => (store: Store) => {
  world.store = store;
  return test();
};

const inMessages = (sizes: readonly number[]) =>
  function* (events: readonly LedgerEvent[]): Generator<SubscriptionMessage> {
    for (let from = 0, i = 0; from < events.length; from += sizes[i++ % sizes.length]!)
      yield { kind: 'events', events: events.slice(from, from + sizes[i % sizes.length]!) };
    yield { kind: 'caughtUp' };
  };

/** An event that no read model knows. */
const OTHER = () => ({ id: crypto.randomUUID(), type: 'Other', data: {}, metadata: {} });

/** Accounts that open and close, and payments among them. */
const business = async (bank: Bank, rounds = 30): Promise<string> => {
  let position = '';
  for (let i = 0; i < rounds; i++) {
    if (i % 5 === 0) await bank.openAccount(`a${i % 4}`);
    if (i % 9 === 8) await bank.close(`a${i % 4}`);
    position = await bank.pay(`a${i % 4}`, `b${i % 3}`, i);
    if (i % 7 === 3) position = await bank.pay('a1', 'a1', 1);
  }
  return position;
};

describe('events and documents', () => {
  it.each(STORES)(
    'shows what happened while it happens, on %s',
    on(async () => {
      const readModels = await world.readModels();
      const projector = world.projector(readModels);
      await projector.start();
      const position = await business(world.bank);
      expect(await projector.waitFor(position, LONG_MS)).toBe(true);
      await expectTruth(readModels, world.bank);
      expect(projector.applied()).toBe(position);
    }),
  );

  it.each(STORES)(
    'shows what happened before it began, and while it was away, on %s',
    on(async () => {
      const readModels = await world.readModels();
      for (let time = 0; time < 3; time++) {
        const position = await business(world.bank);
        const projector = world.projector(readModels);
        await projector.start();
        expect(await projector.waitFor(position, LONG_MS)).toBe(true);
        await projector.stop();
        await expectTruth(readModels, world.bank);
      }
    }),
  );

  it.each(STORES)(
    'changes each document once by each event, however often events come again, on %s',
    on(async () => {
      const position = await business(world.bank);
      const again = function* (events: readonly LedgerEvent[]): Generator<SubscriptionMessage> {
        for (let from = 0; from < events.length; from += 5) {
          const batch = events.slice(from, from + 5);
          yield { kind: 'events', events: batch };
          yield { kind: 'events', events: batch };
          yield { kind: 'events', events: events.slice(Math.max(0, from - 12), from + 3) };
          yield { kind: 'events', events: batch.flatMap((event) => [event, event]) };
        }
      };
      const readModels = await world.readModels();
      const projector = world.projector(readModels, { ledger: delivering(world.bank.ledger, again) });
      await projector.start();
      expect(await projector.waitFor(position, LONG_MS)).toBe(true);
      await expectTruth(readModels, world.bank);
    }),
  );

  it('shows the same whatever the sizes of the batches', async () => {
    const position = await business(world.bank);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        const readModels = await world.readModels(`sizes-${++run}.db`);
        const projector = world.projector(readModels, { ledger: delivering(world.bank.ledger, inMessages(sizes)) });
        await projector.start();
        expect(await projector.waitFor(position, LONG_MS)).toBe(true);
        await expectTruth(readModels, world.bank);
        await projector.stop();
      }),
      { numRuns: 15 },
    );
  });

  it('comes to the same after a crash anywhere between writing documents and saving the checkpoint', async () => {
    const before = await business(world.bank, 6);
    const first = await openSqliteReadModels({ file: join(world.folder, 'before.db') });
    const early = world.projector(first);
    await early.start();
    await early.waitFor(before, LONG_MS);
    await early.stop();
    await first.close();
    const position = await business(world.bank, 12);
    const { ledger } = world.bank;
    const inSteps = { ...delivering(ledger, inMessages([4])), head: () => ledger.head() };

    let crashed = true;
    for (let point = 1; crashed; point++) {
      const name = `crash-${point}.db`;
      for (const end of ['', '-wal'])
        if (existsSync(join(world.folder, `before.db${end}`)))
          copyFileSync(join(world.folder, `before.db${end}`), join(world.folder, name + end));
      const readModels = await world.readModels(name);
      const store = crashing(readModels, point);
      const failing = world.projector(store.readModels, {
        ledger: Object.assign(Object.create(ledger) as typeof ledger, inSteps),
        checkpointEveryMs: 1,
      });
      await failing.start();
      await Promise.race([failing.waitFor(position, LONG_MS), store.crash]);
      await failing.stop();
      crashed = store.crashed();

      const projector = world.projector(readModels);
      await projector.start();
      expect(await projector.waitFor(position, LONG_MS)).toBe(true);
      await expectTruth(readModels, world.bank);
      await projector.stop();
      expect(point).toBeLessThan(500);
    }
  }, 120_000);

  it.each(STORES)(
    'goes on after the store failed for a while, without leaving a gap, on %s',
    on(async () => {
      const readModels = await world.readModels();
      let failures = 3;
      const flaky = new Proxy(readModels, {
        get: (target, property) =>
          property !== 'open'
            ? (Reflect.get(target, property) as () => void).bind(target)
            : async (spec: never) => {
                const docs = await target.open<object>(spec);
                const write: typeof docs.write = async (writes) => {
                  if (failures-- > 0) throw new Error('The disk is full.');
                  return docs.write(writes);
                };
                return Object.assign(Object.create(docs) as typeof docs, { write });
              },
      });
      const projector = world.projector(flaky);
      await projector.start();
      const position = await business(world.bank);
      expect(await projector.waitFor(position, LONG_MS)).toBe(true);
      await expectTruth(readModels, world.bank);
      expect(world.logged.filter(({ level }) => level === 'warn').length).toBeGreaterThan(0);
    }),
  );

  it.each(STORES)(
    'bears two projectors of the same read models at once, on %s',
    on(async () => {
      const [here, there] = [await world.readModels(), await world.readModels()];
      const projectors = [world.projector(here), world.projector(there)];
      for (const projector of projectors) await projector.start();
      const position = await business(world.bank, 60);
      for (const projector of projectors) expect(await projector.waitFor(position, LONG_MS)).toBe(true);
      await expectTruth(here, world.bank);
      await expectTruth(there, world.bank);
    }),
  );

  it.each(STORES)(
    'takes over where another projector was stopped half-way, on %s',
    on(async () => {
      const readModels = await world.readModels();
      const stopped = world.projector(readModels);
      await stopped.start();
      const paying = business(world.bank, 60);
      await new Promise<void>((resolve) => stopped.onApplied(() => resolve()));
      await stopped.stop();
      const position = await paying;
      const projector = world.projector(readModels);
      await projector.start();
      expect(await projector.waitFor(position, LONG_MS)).toBe(true);
      await expectTruth(readModels, world.bank);
    }),
  );
});

describe('positions', () => {
  it.each(STORES)(
    'saves positions of the ledger, not of a stream, and only those it has applied, on %s',
    on(async () => {
      const readModels = await world.readModels();
      const saved: string[] = [];
      const noting: ReadModels = Object.assign(Object.create(readModels) as ReadModels, {
        saveCheckpoint: async (name: string, position: string) => {
          saved.push(position);
          const shown = (await (await readModels.open<{ payments: number }>(totals)).get('all'))?.at ?? '0';
          // The totals change with every event here, so nothing is saved ahead of them.
          expect(Number(shown)).toBeGreaterThanOrEqual(Number(position));
          await readModels.saveCheckpoint(name, position);
        },
      });
      const projector = world.projector(noting, { checkpointEveryMs: 1 });
      await projector.start();
      const position = await world.bank.payments(50, 50);
      await projector.waitFor(position, LONG_MS);
      await projector.stop();
      expect(saved.at(-1)).toBe(position);
      expect(await readModels.checkpoint((await readModels.open(payments)).id)).toBe(position);
    }),
  );

  it('passes what no read model wants, and what the ledger says it has passed', async () => {
    const readModels = await world.readModels();
    const projector = world.projector(readModels);
    await projector.start();
    const position = await world.bank.append('x', 'SomethingElse', {});
    expect(await projector.waitFor(position, LONG_MS)).toBe(true);
    expect((await (await readModels.open(accounts)).digest()).documents).toBe(0);

    const beyond = `${position}000`;
    const passing = world.projector(await world.readModels('passing.db'), {
      ledger: delivering(world.bank.ledger, () => [{ kind: 'checkpoint', position: beyond }]),
    });
    await passing.start();
    expect(await passing.waitFor(beyond, LONG_MS)).toBe(true);
  });

  it('waits for a position, in one read model or in all, and not for ever', async () => {
    const readModels = await world.readModels();
    const projector = world.projector(readModels);
    await projector.start();
    const position = await world.bank.pay('a', 'b', 1);
    const all = [projector.waitFor(position, LONG_MS), projector.waitFor(position, LONG_MS, 'totals')];
    expect(await Promise.all(all)).toEqual([true, true]);
    expect((await (await readModels.open<Account>(accounts)).get('a'))?.doc.sum).toBe(-1);
    expect(await projector.waitFor(`${position}0`, 20)).toBe(false);
    expect(await projector.waitFor(position, 20, 'unheard-of')).toBe(false);
    const left = projector.waitFor(`${position}0`, LONG_MS);
    await projector.stop();
    expect(await left).toBe(false);
  });

  it('tells what changed once it can be read, and bears a listener that fails', async () => {
    const readModels = await world.readModels();
    const projector = world.projector(readModels);
    const told: Change[] = [];
    const seen: Promise<unknown>[] = [];
    projector.onApplied(() => {
      throw new Error('gone');
    });
    const end = projector.onApplied((changes) => {
      told.push(...changes);
      for (const { projection, keys, position } of changes)
        if (projection === 'accounts')
          for (const key of keys)
            seen.push(
              readModels
                .open(accounts)
                .then(async (docs) =>
                  expect(Number((await docs.get(key))!.at)).toBeGreaterThanOrEqual(Number(position)),
                ),
            );
    });
    await projector.start();
    const position = await world.bank.pay('a', 'b', 1);
    await projector.waitFor(position, LONG_MS);
    expect(told).toEqual([
      { projection: 'accounts', keys: ['a', 'b'], position },
      { projection: 'totals', keys: ['all'], position },
      { projection: 'payments', keys: [expect.any(String)], position },
    ]);
    await Promise.all(seen);
    end();
    await projector.waitFor(await world.bank.pay('a', 'b', 1), LONG_MS);
    expect(told).toHaveLength(3);
  });

  it('says how far each read model is behind', async () => {
    const readModels = await world.readModels();
    const late = new Date(Date.now() + 90_000).toISOString();
    const projector = world.projector(readModels, { clock: { now: () => late } });
    await projector.start();
    await projector.waitFor(await world.bank.payments(3, 3), LONG_MS);
    const none = { events: 0, seconds: 0, parked: 0, building: false };
    expect(await projector.lag()).toEqual({ accounts: none, totals: none, payments: none });
    await projector.stop();
    await world.bank.payments(5, 3);
    expect((await projector.lag()).totals).toEqual({ ...none, events: 5, seconds: expect.closeTo(90, -1) });
  });

  it('refuses to begin when the ledger ends before what was applied, and says so', async () => {
    const readModels = await world.readModels();
    const projector = world.projector(readModels);
    await projector.start();
    const position = await world.bank.payments(5, 3);
    await projector.waitFor(position, LONG_MS);
    await projector.stop();

    const older = await World.begin();
    try {
      await older.bank.payments(2, 2);
      const restored = world.projector(readModels, { ledger: older.bank.ledger });
      await expect(restored.start()).rejects.toThrow(CheckpointAhead);
      await expect(world.projector(readModels, { ledger: older.bank.ledger }).start()).rejects.toThrow(/backup/);
      expect(restored.failure).toBeInstanceOf(CheckpointAhead);
      expect(await restored.waitFor('1', LONG_MS)).toBe(false);
    } finally {
      await older.end();
    }
  });

  it('does not take for that what another projector saves while this one begins', async () => {
    const readModels = await world.readModels();
    await world.bank.payments(2, 2);
    const first = world.projector(readModels);
    await first.start();
    const saved = readModels.saveCheckpoint.bind(readModels);
    const asked = readModels.checkpoint.bind(readModels);
    const meanwhile: ReadModels = Object.create(readModels, {
      checkpoint: {
        value: async (name: string) => {
          const { position } = await world.bank.ledger.append(`elsewhere-${name}`, [OTHER()], 'any');
          await saved(name, position);
          return asked(name);
        },
      },
    }) as ReadModels;
    const second = world.projector(meanwhile);
    await second.start();
    expect(second.failure).toBeUndefined();
    await second.stop();
    await first.stop();
  });

  it('stands still with a reason when the ledger finds that out later', async () => {
    const readModels = await world.readModels();
    const ledger = delivering(world.bank.ledger, function* () {
      throw new CheckpointAhead('It ends before.');
    });
    const projector = world.projector(readModels, { ledger });
    await projector.start();
    expect(await projector.waitFor('5', LONG_MS)).toBe(false);
    expect(projector.failure).toBeInstanceOf(CheckpointAhead);
    expect(world.logged).toContainEqual(expect.objectContaining({ level: 'error', message: 'It ends before.' }));
  });

  it('takes no two projections of one name', () => {
    expect(() => world.projector(undefined as never, { projections: [...PROJECTIONS, totals] })).toThrow(/totals/);
  });
});
