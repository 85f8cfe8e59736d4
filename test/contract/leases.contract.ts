import { setTimeout as sleep } from 'node:timers/promises';
import { CHECKPOINTS, checkpointIn, Fenced, fenced, FencedCheckpoints } from '../../infrastructure/leases/fenced.js';
import { type Lease, LEASES, Leases } from '../../infrastructure/leases/leases.js';
import { Turns } from '../../infrastructure/leases/turns.js';
import type { ReadModels } from '../../projections/kernel/read-models.js';

const TTL_MS = 200;
const silent = { info: () => undefined, warn: () => undefined };

/** Each time a fresh store; `again` is another process on the same one. */
export interface LeasesAdapter {
  open(): Promise<{ readonly models: ReadModels; readonly again: () => Promise<ReadModels>; close(): Promise<void> }>;
}

/** One holder at a time, whatever happens to it, on a store of read models. */
export const leasesContract = (name: string, adapter: LeasesAdapter): void => {
  describe(`leases on ${name}`, () => {
    let store: Awaited<ReturnType<LeasesAdapter['open']>>;
    const held: Lease[] = [];
    const never = new AbortController();

    /** A process with a clock of its own, which stands still while it is paused. */
    const process = async (holder: string, now?: () => number) =>
      new Leases({ readModels: await store.again(), holder, ttlMs: TTL_MS, logger: silent, ...(now && { now }) });
    const take = async (leases: Leases, lease = 'projector') => {
      const taken = await leases.acquire(lease, never.signal);
      held.push(taken);
      return taken;
    };
    /** Holds a lease that is never renewed, as by a process that was killed. */
    const dead = async (holder: string, token: number) => {
      const docs = await store.models.open<{ holder: string; token: number }>(LEASES);
      await docs.write([{ key: 'projector', expected: undefined, at: '7', doc: { holder, token } }]);
    };

    beforeEach(async () => {
      store = await adapter.open();
    });
    afterEach(async () => {
      for (const lease of held.splice(0)) await lease.release();
      await store.close();
    });

    test('of ten that want it at once one has it, and each name is another lease', async () => {
      const processes = await Promise.all(Array.from({ length: 10 }, (_, n) => process(`p${n}`)));
      const giveUp = AbortSignal.timeout(TTL_MS * 3);
      const taken = await Promise.allSettled(processes.map((each) => each.acquire('projector', giveUp)));
      const winners = taken.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      held.push(...winners);
      expect(winners).toHaveLength(1);
      // Renewed all the while.
      expect(winners[0]!.isHeld()).toBe(true);
      expect(await take(processes[3]!, 'worker')).toMatchObject({ name: 'worker', token: 1 });
    });

    test('what is given back is taken at once, with a larger token', async () => {
      const [one, other] = [await process('one'), await process('other')];
      const first = await take(one);
      const waiting = take(other);
      await first.release();
      const second = await waiting;
      expect([first.isHeld(), first.lost.aborted]).toEqual([false, true]);
      expect(second.token).toBe(first.token + 1);
      expect(await one.holderOf('projector')).toBe('other');
    });

    test('a holder that was killed is succeeded after its time, and not before', async () => {
      await dead('killed', 4);
      let now = 0;
      const waiting = (await process('next', () => now)).acquire('projector', never.signal);
      let taken = false;
      void waiting.then(() => (taken = true));
      now = TTL_MS - 1;
      await sleep(TTL_MS / 2);
      expect(taken).toBe(false);
      // Time counts from when the waiting one first saw it, by its own clock.
      now = 3 * TTL_MS;
      held.push(await waiting);
      expect(held[0]!.token).toBe(5);
    });

    test('a paused holder knows when it wakes that it is none any more, before it asks anybody', async () => {
      let now = 1_000;
      const paused = await take(await process('paused', () => now));
      expect(paused.isHeld()).toBe(true);
      now += TTL_MS;
      expect(paused.isHeld()).toBe(false);
    });

    test('a holder whose lease was taken over is told so by its next renewal', async () => {
      const lease = await take(await process('one'));
      const docs = await store.models.open<{ holder: string; token: number }>(LEASES);
      for (let lost = ['projector'] as readonly string[]; lost.length > 0;) {
        const { at } = (await docs.load(['projector'])).get('projector')!;
        const doc = { holder: 'thief', token: lease.token + 1 };
        lost = await docs.write([{ key: 'projector', expected: at, at: '1000', doc }]);
      }
      await new Promise((resolve) => lease.lost.addEventListener('abort', resolve, { once: true }));
      expect(lease.isHeld()).toBe(false);
    });

    const checkpoints = async (lease: Partial<Lease> & { readonly token: number }) => {
      const whole = { isHeld: () => true, lose: () => undefined, ...lease };
      return new FencedCheckpoints(await store.again(), whole);
    };

    test('checkpoints are read back, many saved at once are all saved, the last of one name counts', async () => {
      const mine = await checkpoints({ token: 1 });
      expect(await mine.claim('a')).toBeUndefined();
      await Promise.all(Array.from({ length: 60 }, (_, n) => mine.save(`name ${n}`, String(n + 1))));
      await Promise.all([mine.save('a', '5'), mine.save('a', '6')]);
      const next = await checkpoints({ token: 2 });
      expect([await next.claim('a'), await next.claim('name 41')]).toEqual(['6', '42']);
      expect(await checkpointIn(await store.again(), 'a')).toBe('6');
    });

    test('who held it before is refused from the moment on in which the next one reads', async () => {
      const lost: number[] = [];
      const before = await checkpoints({ token: 1, lose: () => lost.push(1) });
      await before.claim('a');
      await before.save('a', '10');
      const now = await checkpoints({ token: 2 });
      expect(await now.claim('a')).toBe('10');
      await expect(before.save('a', '11')).rejects.toThrow(Fenced);
      await expect(before.claim('a')).rejects.toThrow(Fenced);
      await expect((await checkpoints({ token: 1 })).save('a', '12')).rejects.toThrow(Fenced);
      expect(lost.length).toBeGreaterThan(0);
      await now.save('a', '20');
      expect(await checkpointIn(await store.again(), 'a')).toBe('20');
    });

    test('who was silent for too long saves nothing, whether somebody else came or not', async () => {
      const mine = await checkpoints({ token: 1, isHeld: () => false });
      await expect(mine.save('a', '5')).rejects.toThrow(Fenced);
      expect(await checkpointIn(await store.again(), 'a')).toBeUndefined();
    });

    test('read models of a holder write their checkpoints so, and are the same otherwise', async () => {
      const models = await store.again();
      const guarded = fenced(models, await checkpoints({ token: 3 }));
      await guarded.saveCheckpoint('worker:x', '9');
      expect(await guarded.checkpoint('worker:x')).toBe('9');
      const docs = await guarded.open<object>(CHECKPOINTS);
      expect((await docs.load(['worker:x'])).get('worker:x')!.doc).toEqual({ position: '9', token: 3 });
    });

    test('of three processes one works; when it ends, or is lost, another one goes on', async () => {
      const working: string[] = [];
      const begin = (who: string) => (lease: Lease) => {
        working.push(`${who} ${lease.token}`);
        return Promise.resolve({ stop: async () => void working.push(`${who} ends`), lease });
      };
      const turns = await Promise.all(
        ['a', 'b', 'c'].map(async (who) => new Turns(await process(who), 'projector', begin(who), silent)),
      );
      const active = async () => {
        for (;;) {
          const at = turns.findIndex(({ current }) => current !== undefined);
          if (at >= 0) return turns[at]!;
          await sleep(5);
        }
      };
      for (const each of turns) each.start();
      const first = await active();
      await first.stop();
      const second = await active();
      expect(second).not.toBe(first);
      second.current!.lease.lose();
      while (working.filter((line) => !line.endsWith('ends')).length < 3) await sleep(5);
      await Promise.all(turns.map((each) => each.stop()));
      const begun = working.filter((line) => !line.endsWith('ends'));
      expect(working.filter((line) => line.endsWith('ends'))).toHaveLength(begun.length);
      expect(begun.map((line) => Number(line.split(' ')[1]))).toEqual(begun.map((_, i) => i + 1));
    });
  });
};
