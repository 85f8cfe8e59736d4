import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerEvent } from '../../application/kernel/ledger.js';
import { openSqliteReadModels } from '../../infrastructure/read-models/sqlite.js';
import { Projector } from '../../infrastructure/read-models/projector.js';
import { PARKED as PARKED_DOCUMENTS } from '../../infrastructure/read-models/parked.js';
import { PARKED as PARKED_WORK } from '../../infrastructure/worker/parking.js';
import { REFUSED } from '../../infrastructure/worker/sender.js';
import { fenced, FencedCheckpoints } from '../../infrastructure/leases/fenced.js';
import { LEASES, Leases } from '../../infrastructure/leases/leases.js';
import type { Child } from '../../ops/stack/child.js';
import { projections } from '../../projections/index.js';
import type { ReadModels } from '../../projections/kernel/read-models.js';
import { join } from 'node:path';
import { Load } from './load.js';
import { Stacked } from './stacked.js';

// The stack under load while one thing after another is taken away from it: FAULTS=some, as the gate does, or FAULTS=all.

const ALL = process.env.FAULTS === 'all';
const OUT_MS = ALL ? 30_000 : 5_000;
/** Longer than a lease, so that somebody takes over meanwhile. */
const PAUSE_MS = ALL ? 30_000 : 12_000;
/** Only what hangs is to fail; how long it took is printed. */
const CAUGHT_UP_MAX_MS = 150_000;
const UP_MAX_MS = 90_000;

jest.setTimeout(ALL ? 4 * 3_600_000 : 900_000);

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = { now: () => new Date().toISOString() };

let stacked: Stacked;
let load: Load;

/** One who holds the lease, by what it said in its log; the first one where nobody knows. */
const atWork = async (program: 'projector' | 'worker'): Promise<Child> => {
  const leases = new Leases({ readModels: stacked.readModels, holder: 'test', ttlMs: 1_000, logger: silent });
  const pid = Number((await leases.holderOf(program))?.split('/')[1]);
  const all = stacked.stack.processes().filter(({ name }) => name.startsWith(program));
  return all.find((child) => child.pid === pid) ?? all[0]!;
};

const killed = (...children: readonly Child[]): void => {
  for (const child of children) child.signal('SIGKILL');
};

/** A name, and what is done while people work. */
type Fault = readonly [name: string, inflict: () => Promise<void>];

const engineOut = (name: 'mongo' | 'redis' | 'kafka'): Fault => [
  `${name} is killed, and back after ${OUT_MS / 1_000} s`,
  async () => {
    const engine = stacked.stack.engines.get(name);
    if (!engine) return;
    await engine.kill();
    await sleep(OUT_MS);
    await engine.again();
  },
];

const paused = (program: 'projector' | 'worker'): Fault => [
  `the ${program} at work is paused for ${PAUSE_MS / 1_000} s: another one takes over, and the first is refused`,
  async () => {
    const child = await atWork(program);
    child.signal('SIGSTOP');
    await sleep(PAUSE_MS);
    const successor = await atWork(program);
    child.signal('SIGCONT');
    expect(successor.name).not.toBe(child.name);
  },
];

const SAMPLE: readonly Fault[] = [
  ['a write-api is killed', async () => killed(stacked.stack.child('write-api-1'))],
  ['the projector at work is killed', async () => killed(await atWork('projector'))],
  ['the worker at work is killed', async () => killed(await atWork('worker'))],
  ['the ledger is killed in the middle of appends', async () => killed(stacked.stack.child('ledger'))],
  [
    'Redis is emptied again and again',
    async () => {
      const client = new Redis(stacked.stack.settings.REDIS_URL!);
      for (let i = 0; i < 50; i++) {
        await client.flushall();
        await sleep(20);
      }
      client.disconnect();
    },
  ],
  engineOut('redis'),
  engineOut('mongo'),
  paused('worker'),
  paused('projector'),
  [
    'a second projector works beside the first, and builds read models anew',
    async () => {
      const { ledger, readModels } = stacked;
      const { doc } = (await (await readModels.open<{ readonly token: number }>(LEASES)).get('projector'))!;
      const lease = { token: doc.token, isHeld: () => true, lose: () => undefined };
      const guarded = fenced(readModels, new FencedCheckpoints(readModels, lease));
      const projector = new Projector({ ledger, readModels: guarded, projections, clock, logger: silent });
      await projector.start();
      await projector.rebuild(['appointments', 'chatMessages', 'orders']);
      await projector.stop();
    },
  ],
];

/** Each process alone and in pairs, 50 rounds; every engine. */
const whole = (): readonly Fault[] => {
  const names = stacked.stack.processes().map(({ name }) => name);
  const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]));
  const rounds = [...names.map((name) => [name]), ...pairs].slice(0, 50);
  const kills = rounds.map((those): Fault => [
    `${those.join(' and ')} killed`,
    async () => killed(...those.map((name) => stacked.stack.child(name))),
  ]);
  return [...SAMPLE, engineOut('kafka'), ...kills];
};

/** Everybody is up, and at the end of the ledger. Gives how long that took. */
const recovered = async (): Promise<number> => {
  const from = Date.now();
  for (const child of stacked.stack.processes()) await child.untilReady(UP_MAX_MS);
  const last = await stacked.last();
  await stacked.reached(last!, CAUGHT_UP_MAX_MS);
  return Date.now() - from;
};

const everything = async (): Promise<LedgerEvent[]> => {
  const all: LedgerEvent[] = [];
  for (;;) {
    const last = all.at(-1)?.position;
    const page = await stacked.ledger.readAll(last === undefined ? {} : { from: last });
    const more = page.filter(({ position }) => position !== last);
    if (more.length === 0) return all;
    all.push(...more);
  }
};

const digests = async (models: ReadModels) => {
  const found: Record<string, unknown> = {};
  for (const each of projections) found[each.name] = await (await models.open(each)).digest();
  return found;
};

const suite = (): void => {
  beforeAll(async () => {
    // Engines of its own, because it takes them away.
    stacked = await Stacked.open({ running: {}, withKafka: ALL });
    load = await Load.open(stacked);
  });
  afterAll(async () => {
    await load?.finish();
    await stacked?.remove();
  }, 120_000);

  test('whatever is taken away, all come back and catch up while people go on', async () => {
    load.start();
    const told: string[] = [];
    for (const [name, inflict] of ALL ? whole() : SAMPLE) {
      const before = load.log.length;
      await sleep(500);
      await inflict();
      const ms = await recovered().catch((error: Error) => {
        throw new Error(`${name}: ${error.message}\n${told.join('\n')}`);
      });
      told.push(`${name}: caught up after ${ms} ms, ${load.log.length - before} requests meanwhile`);
    }
    await load.finish();
    if (process.env.FAULTS) process.stdout.write(`${told.join('\n')}\n${load.unanswered} had no answer at first.\n`);
    expect(told).toHaveLength(ALL ? whole().length : SAMPLE.length);
  });

  test('every request was answered in the end, as it should be and always alike', () => {
    expect(load.surprises).toEqual([]);
    expect(load.log.length).toBeGreaterThan(50);
    expect(load.log.flatMap(({ answer, key }) => (answer === undefined ? [key] : []))).toEqual([]);
  });

  test('what was acknowledged is in the ledger once, and nothing that nobody asked for', async () => {
    expect(load.faultsIn(await everything())).toEqual([]);
  });

  test('every read model is what a rebuild from the ledger makes', async () => {
    await stacked.settled(CAUGHT_UP_MAX_MS);
    const rebuilt = await openSqliteReadModels({ file: join(stacked.folder, 'rebuilt.sqlite') });
    const { ledger } = stacked;
    const projector = new Projector({ ledger, readModels: rebuilt, projections, clock, logger: silent });
    await projector.start();
    expect(await projector.waitFor((await ledger.head())!, CAUGHT_UP_MAX_MS)).toBe(true);
    await projector.stop();
    const [live, anew] = [await digests(stacked.readModels), await digests(rebuilt)];
    await rebuilt.close();
    expect(live).toEqual(anew);
  });

  test('nothing was refused or put aside on the way', async () => {
    for (const by of [REFUSED, PARKED_WORK, PARKED_DOCUMENTS])
      expect([by.name, (await (await stacked.readModels.open(by)).digest()).documents]).toEqual([by.name, 0]);
  });

  test('told to end, every process ends by itself within its time', async () => {
    const codes = await Promise.all(stacked.stack.processes().map((child) => child.end()));
    expect(codes).toEqual(codes.map(() => 0));
  });
};

if (process.env.MONGODB_URL && process.env.FAULTS) suite();
else
  describe.skip('faults on the stack: FAULTS does not ask for them, or MONGODB_URL names no server', () =>
    test('', () => undefined));
