import { z } from 'zod';
import { event } from '../../../domain/kernel/event.js';
import { type AnyProjection, projection } from '../../../projections/kernel/projection.js';
import { type ReadModels, STREAMS_MAX } from '../../../projections/kernel/read-models.js';
import {
  type Account,
  accounts,
  delivering,
  expectTruth,
  PROJECTIONS,
  payments,
  shown,
  totals,
  World,
} from './bank.js';
import { crashing } from './crashing.js';

const LONG_MS = 20_000;
const POISON = 13;

let world: World;
beforeEach(async () => {
  world = await World.begin();
});
afterEach(() => world.end());

interface PaidEvent {
  readonly type: string;
  readonly data: { readonly number: number };
}
const isPoison = (e: unknown): boolean => (e as PaidEvent).type === 'Paid' && (e as PaidEvent).data.number === POISON;

/** The accounts, with a fault that can be mended. */
const faulty = (fault: 'on' | 'key' | 'result') => {
  const state = { broken: true };
  const fail = () => {
    throw new RangeError('Cannot deal with Rahim Uddin.');
  };
  const broken = {
    ...accounts,
    key: (e: never) => (state.broken && fault === 'key' && isPoison(e) ? fail() : accounts.key(e)),
    on: {
      ...accounts.on,
      Paid: (doc: never, e: never, key: string) => {
        if (!state.broken || !isPoison(e)) return accounts.on.Paid(doc, e, key);
        return fault === 'on' ? fail() : fault === 'result' ? undefined : accounts.on.Paid(doc, e, key);
      },
    },
  };
  return { state, projections: [broken as unknown as AnyProjection, totals, payments] };
};

const business = async (): Promise<string> => {
  for (const account of ['a0', 'a1', 'b0']) await world.bank.openAccount(account);
  await world.bank.payments(30, 3);
  await world.bank.openAccount('a0', 'New Name');
  return world.bank.payments(5, 3);
};

/** Accounts that the poison event does not touch. */
const others = (readModels: ReadModels) => async (poisoned: readonly string[]) => {
  const truth = Object.entries(world.bank.accounts()).filter(([key]) => !poisoned.includes(key));
  const docs = await readModels.open<Account>(accounts);
  expect(truth.length).toBeGreaterThan(0);
  for (const [key, account] of truth) expect((await docs.get(key))?.doc).toEqual(account);
};

describe.each(['on', 'result'] as const)('an event that a projection cannot fold (%s)', (fault) => {
  it('stops its documents and nothing else; once mended, all is as if it had never been', async () => {
    const readModels = await world.readModels();
    const { state, projections } = faulty(fault);
    const projector = world.projector(readModels, { projections });
    await projector.start();
    const position = await business();
    expect(await projector.waitFor(position, LONG_MS)).toBe(true);

    // Payment 13 is of a1 to b2, and so are others after it.
    expect(projector.allParked().map(({ of, name }) => [of, name])).toEqual([
      ['document', 'a1'],
      ['document', 'b2'],
    ]);
    const [parked] = projector.allParked();
    expect(parked).toMatchObject({
      projection: 'accounts',
      eventType: 'Paid',
      error: fault === 'on' ? 'RangeError' : 'TypeError',
    });
    expect(parked!.waiting).toBeGreaterThan(0);
    expect((await projector.lag()).accounts).toMatchObject({ events: 0, parked: 2 });
    await others(readModels)(['a1', 'b2']);
    const stopped = (await (await readModels.open<Account>(accounts)).get('b2'))!.doc;
    expect(Math.max(...stopped.numbers)).toBeLessThan(POISON);
    expect(JSON.stringify([projector.allParked(), world.logged])).not.toMatch(/Rahim/);

    expect(await projector.retryParked()).toBe(2);
    state.broken = false;
    expect(await projector.retryParked()).toBe(0);
    await expectTruth(readModels, world.bank);
    expect(projector.allParked()).toEqual([]);
    await projector.waitFor(await world.bank.payments(20, 3), LONG_MS);
    await expectTruth(readModels, world.bank);
  });

  it('is remembered over a restart', async () => {
    const readModels = await world.readModels();
    const { state, projections } = faulty(fault);
    const first = world.projector(readModels, { projections });
    await first.start();
    await first.waitFor(await business(), LONG_MS);
    await first.stop();

    const second = world.projector(readModels, { projections });
    await second.start();
    expect(await second.waitFor(await world.bank.payments(20, 3), LONG_MS)).toBe(true);
    expect(second.allParked().map(({ name }) => name)).toEqual(['a1', 'b2']);
    await others(readModels)(['a1', 'b2']);
    await second.stop();

    state.broken = false;
    const third = world.projector(readModels, { projections });
    await third.start();
    expect(third.allParked()).toHaveLength(2);
    expect(await third.retryParked()).toBe(0);
    await expectTruth(readModels, world.bank);
  });

  it('is parked by a rebuild too', async () => {
    const { state, projections } = faulty(fault);
    const position = await business();
    const readModels = await world.readModels();
    const projector = world.projector(readModels, { projections });
    await projector.start();
    expect(await projector.waitFor(position, LONG_MS, 'accounts')).toBe(true);
    expect(projector.allParked().map(({ name }) => name)).toEqual(['a1', 'b2']);
    await others(readModels)(['a1', 'b2']);
    state.broken = false;
    await projector.rebuild(['accounts']);
    expect(projector.allParked()).toEqual([]);
    await expectTruth(readModels, world.bank);
  });
});

describe('an event of which nobody can tell whose it is', () => {
  it('stops its stream for that read model; once mended, all is as if it had never been', async () => {
    const readModels = await world.readModels();
    const { state, projections } = faulty('key');
    const projector = world.projector(readModels, { projections });
    await projector.start();
    const position = await business();
    expect(await projector.waitFor(position, LONG_MS)).toBe(true);
    expect(projector.allParked()).toEqual([
      expect.objectContaining({ of: 'stream', name: 'account-a1', streams: ['account-a1'], error: 'RangeError' }),
    ]);
    await others(readModels)(['a1', 'b0', 'b1', 'b2']);
    state.broken = false;
    expect(await projector.retryParked()).toBe(0);
    await expectTruth(readModels, world.bank);
    await projector.waitFor(await world.bank.payments(20, 3), LONG_MS);
    await expectTruth(readModels, world.bank);
  });

  it('is parked for every read model that wants it when it does not fit its schema', async () => {
    const readModels = await world.readModels();
    const projector = world.projector(readModels);
    await projector.start();
    await world.bank.payments(10, 3);
    await world.bank.append('a1', 'Paid', { number: 'Rahim Uddin', secret: true });
    const position = await world.bank.payments(10, 3);
    expect(await projector.waitFor(position, LONG_MS)).toBe(true);
    expect(projector.allParked().map(({ projection, of, name }) => [projection, of, name])).toEqual(
      PROJECTIONS.map(({ name }) => [name, 'stream', 'account-a1']),
    );
    expect(await projector.retryParked()).toBe(3);
    expect(JSON.stringify([projector.allParked(), world.logged])).not.toMatch(/Rahim/);

    // A later release takes it as it is.
    const { Paid } = accounts.from;
    const known = (data: { number: unknown }) =>
      typeof data.number === 'number' ? data : { number: 10, from: 'a1', to: 'b1', amount: 0 };
    const lenient = event(z.preprocess((data) => known(data as { number: unknown }), Paid.schema));
    const mended = PROJECTIONS.map((p) => ({ ...p, from: { ...p.from, Paid: lenient } }) as AnyProjection);
    await projector.stop();
    const later = world.projector(readModels, { projections: mended });
    await later.start();
    expect(await later.retryParked()).toBe(0);
    const all = (await (await readModels.open<{ payments: number }>(totals)).get('all'))!.doc;
    expect(all.payments).toBe(21);
    const b1 = (await (await readModels.open<Account>(accounts)).get('b1'))!.doc;
    // It stands between the payments before it, numbered 0 to 9, and those after it.
    expect(b1.numbers).toEqual([2, 5, 8, 10, 12, 15, 18]);
  });
});

it('loses nothing by a crash between what is parked and what is written', async () => {
  const { ledger } = world.bank;
  const position = await business();
  const inSteps = delivering(ledger, function* (events) {
    for (let from = 0; from < events.length; from += 15)
      yield { kind: 'events', events: events.slice(from, from + 15) };
  });
  let crashed = true;
  for (let point = 1; crashed; point++) {
    const { state, projections } = faulty('on');
    const readModels = await world.readModels(`crash-${point}.db`);
    const store = crashing(readModels, point);
    const failing = world.projector(store.readModels, { ledger: inSteps, projections });
    await failing.start();
    await Promise.race([failing.waitFor(position, LONG_MS), store.crash]);
    await failing.stop();
    crashed = store.crashed();

    if (!crashed) break;

    const saved = await readModels.checkpoint((await readModels.open(accounts)).id);
    const projector = world.projector(readModels, { ledger: saved === undefined ? inSteps : ledger, projections });
    await projector.start();
    expect(await projector.waitFor(position, LONG_MS)).toBe(true);
    // What came before the poison is shown, what came after it is not.
    for (const [key, account] of Object.entries(await shown<Account>(readModels, accounts, ['a1', 'b2'])))
      expect(account.numbers).toEqual(world.bank.accounts()[key]!.numbers.filter((number) => number < POISON));
    state.broken = false;
    expect(await projector.retryParked()).toBe(0);
    await expectTruth(readModels, world.bank);
    await projector.stop();
    expect(point).toBeLessThan(500);
  }
}, 120_000);

it('builds a read model again where a document has too many streams to be folded from them', async () => {
  const state = { broken: true };
  const fragile = projection<{ n: number }>()({
    name: 'totals',
    version: 1,
    from: totals.from,
    key: () => 'all',
    indexes: {},
    parties: () => ({}),
    phi: false,
    on: {
      Paid: (doc, { data: { number } }) => {
        if (state.broken && number === 3) throw new Error('no');
        return { n: (doc?.n ?? 0) + 1 };
      },
    },
  });
  const readModels = await world.readModels();
  const projector = world.projector(readModels, { projections: [fragile] });
  await projector.start();
  const before = (await readModels.open(fragile)).id;
  for (let i = 0; i < STREAMS_MAX + 50; i += 50)
    await Promise.all(Array.from({ length: 50 }, (_, n) => world.bank.pay(`many${i + n}`, 'b', 1)));
  const position = await world.bank.pay('last', 'b', 1);
  expect(await projector.waitFor(position, LONG_MS)).toBe(true);
  expect(await projector.retryParked()).toBe(1);
  state.broken = false;
  expect(await projector.retryParked()).toBe(0);
  const docs = await readModels.open<{ n: number }>(fragile);
  expect(docs.id).not.toBe(before);
  expect((await docs.get('all'))!.doc).toEqual({ n: STREAMS_MAX + 51 });
}, 60_000);
