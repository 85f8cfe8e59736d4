import { Transient, UnknownOutcome } from '../../application/kernel/ledger.js';
import type { Rotation } from '../../application/kernel/vault.js';
import { openMongoReadModels } from '../../infrastructure/read-models/mongodb.js';
import { openMongoVault } from '../../infrastructure/vault/mongodb.js';
import { MONGODB_URL } from '../kernel/mongo.js';
import { Peer } from '../kernel/peers.js';
import { expectTruth, World } from './read-models/bank.js';

const LONG_MS = 120_000;
const HOUR = 3_600_000;
jest.setTimeout(300_000);

// They kill the server, so they need one of their own beside the one that the others use.
(MONGODB_URL ? describe : describe.skip)('a MongoDB server that is killed (needs MONGODB_URL)', () => {
  const peer = new Peer('mongo');
  beforeAll(() => peer.start());
  afterAll(() => peer.remove());

  const crash = async (): Promise<void> => {
    await peer.kill();
    await peer.start();
  };

  it('loses and doubles nothing of what two projectors write', async () => {
    const world = await World.begin();
    const stores = await Promise.all([1, 2].map(() => openMongoReadModels({ url: `${peer.url}/killed` })));
    try {
      const projectors = stores.map((readModels) => world.projector(readModels, { checkpointEveryMs: 5 }));
      for (const projector of projectors) await projector.start();
      for (let round = 0; round < 6; round++) {
        // Either of them: the other may find everything done.
        const isWriting = new Promise<void>((resolve) => projectors.map((each) => each.onApplied(() => resolve())));
        const paying = world.bank.payments(150, 7 + round);
        await isWriting;
        await crash();
        await paying;
      }
      const position = await world.bank.payments(20, 7);
      for (const projector of projectors) expect(await projector.waitFor(position, LONG_MS)).toBe(true);
      for (const readModels of stores) await expectTruth(readModels, world.bank);
    } finally {
      await world.end();
      for (const readModels of stores) await readModels.close();
    }
  });

  it('ends a rebuild or lets it go on, and shows no half of it', async () => {
    const world = await World.begin();
    const readModels = await openMongoReadModels({ url: `${peer.url}/rebuilt` });
    try {
      const projector = world.projector(readModels, { documentsMax: 5 });
      await projector.start();
      await projector.waitFor(await world.bank.payments(200, 17), LONG_MS);
      for (let round = 0; round < 3; round++) {
        let crashing: Promise<void> | undefined;
        await projector.rebuild(['accounts', 'totals'], () => void (crashing ??= crash())).catch(() => undefined);
        await crashing;
        const position = await world.bank.payments(20, 17);
        expect(await projector.waitFor(position, LONG_MS)).toBe(true);
        await expectTruth(readModels, world.bank);
      }
    } finally {
      await world.end();
      await readModels.close();
    }
  });

  it('keeps what it has acknowledged', async () => {
    const readModels = await openMongoReadModels({ url: `${peer.url}/kept` });
    const docs = await readModels.open<{ n: number }>({ name: 'kept', version: 1, indexes: {} });
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const key = (n: number) => `${round}-${n}`;
      let done = false;
      const writing = (async () => {
        for (let n = 0; !done; n++) {
          await docs.write([{ key: key(n), expected: undefined, at: '1', doc: { n } }]);
          acknowledged.push(key(n));
        }
      })().catch(() => undefined);
      while (acknowledged.at(-1) !== key(20)) await new Promise(setImmediate);
      await crash();
      done = true;
      await writing;
    }
    expect(acknowledged.length).toBeGreaterThan(60);
    expect((await docs.getMany(acknowledged)).size).toBe(acknowledged.length);
    await readModels.close();
  });

  it('lets sessions go on whose tokens were being exchanged', async () => {
    const vault = await openMongoVault({ url: `${peer.url}/vault` });
    const now = Date.now();
    await vault.reserve({ accountId: 'a', login: 'a', passwordHash: null, now });
    const rotated = async (token: string): Promise<Rotation> => {
      for (;;)
        try {
          return await vault.rotate(token, now, HOUR);
        } catch (error) {
          if (!(error instanceof Transient || error instanceof UnknownOutcome)) throw error;
        }
    };
    let exchanges = 0;
    const live = async (): Promise<string> => {
      let { refreshToken: token } = await vault.openSession({ accountId: 'a', now, expiresAt: now + HOUR });
      for (let i = 0; i < 30; i++, exchanges++) {
        const rotation = await rotated(token!);
        if (rotation.outcome !== 'rotated') return rotation.outcome;
        token = rotation.refreshToken;
      }
      return 'alive';
    };
    const lives = Promise.all(Array.from({ length: 6 }, live));
    for (let round = 1; round <= 3; round++) {
      while (exchanges < round * 30) await new Promise(setImmediate);
      await crash();
    }
    expect(await lives).toEqual(Array<string>(6).fill('alive'));
    await vault.close();
  });

  it('answers in time that it cannot be reached, whether it is gone or only silent, and goes on afterwards', async () => {
    const readModels = await openMongoReadModels({ url: `${peer.url}/silent` });
    const docs = await readModels.open<{ n: number }>({ name: 'silent', version: 1, indexes: {} });
    await docs.write([{ key: 'a', expected: undefined, at: '1', doc: { n: 1 } }]);
    const expectRefusal = async (): Promise<void> => {
      const outcomes = await Promise.allSettled([
        docs.get('a'),
        readModels.open({ name: 'silent', version: 1, indexes: {} }),
        docs.write([{ key: 'b', expected: undefined, at: '1', doc: { n: 1 } }]),
      ]);
      for (const outcome of outcomes) {
        const known =
          outcome.status === 'rejected' && [Transient, UnknownOutcome].some((e) => outcome.reason instanceof e);
        expect(known ? 'refused' : outcome).toBe('refused');
      }
    };
    peer.freeze();
    await expectRefusal();
    peer.thaw();
    await docs.write([{ key: 'c', expected: undefined, at: '1', doc: { n: 1 } }]);
    await peer.kill();
    await expectRefusal();
    await expect(openMongoReadModels({ url: `${peer.url}/silent` })).rejects.toThrow(Transient);
    await peer.start();
    expect((await docs.get('c'))?.doc).toEqual({ n: 1 });
    await readModels.close();
  });
});
