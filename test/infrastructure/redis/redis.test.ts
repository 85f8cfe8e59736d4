import { execFileSync } from 'node:child_process';
import { createSecretKey, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TooManyRequests } from '../../../application/kernel/access.js';
import { type Allowances, createThrottle } from '../../../infrastructure/identity/throttle.js';
import type { Notice } from '../../../infrastructure/read-models/announcing.js';
import { redisLimiter } from '../../../infrastructure/redis/limiter.js';
import { openRedis, type Shared } from '../../../infrastructure/redis/redis.js';

const { REDIS_URL } = process.env;
const PEER = join(__dirname, '../../../ops/peers/redis.sh');
const silent = { info: () => undefined, warn: () => undefined };
const KEY = createSecretKey(Buffer.alloc(32, 7));
const few = { attempts: 4, seconds: 60 };
const ALLOWANCES: Allowances = {
  logIn: { subject: few, address: { attempts: 100, seconds: 60 } },
  ...{ register: { address: few }, refresh: { address: few }, reset: { address: few }, redeem: { address: few } },
};

const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await what())) await sleep(10);
};

(REDIS_URL ? describe : describe.skip)('with a Redis of its own: REDIS_URL says that this machine has one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const peer = (command: string) => execFileSync(PEER, [command, folder], { encoding: 'utf8' }).trim();
  const opened: Shared[] = [];
  let url: string;
  const replica = async (): Promise<Shared> => {
    const shared = await openRedis(url, silent);
    opened.push(shared);
    return shared;
  };
  const throttleOf = ({ client }: Shared) => createThrottle(ALLOWANCES, redisLimiter(client, KEY));
  const up = (shared: Shared) => until(() => shared.status() === 'up');

  beforeAll(() => (url = peer('start')));
  afterEach(async () => {
    for (const shared of opened.splice(0)) await shared.close();
  });
  afterAll(() => {
    peer('kill');
    rmSync(folder, { recursive: true, force: true });
  });

  test('replicas count together, and what succeeded is forgotten by all of them', async () => {
    const [one, other] = [await replica(), await replica()];
    await Promise.all([up(one), up(other)]);
    const [first, second] = [throttleOf(one), throttleOf(other)];
    const who = randomUUID();
    for (let i = 0; i < 2; i++) for (const each of [first, second]) await each.take('logIn', who, '10.0.0.1');
    await expect(first.take('logIn', who, '10.0.0.1')).rejects.toThrow(TooManyRequests);
    await expect(second.take('logIn', who, '10.0.0.1')).rejects.toMatchObject({
      retryAfterSeconds: expect.any(Number),
    });
    await second.forgive('logIn', who, '10.0.0.1');
    await first.take('logIn', who, '10.0.0.1');
  });

  test('Redis is told no address and no name', async () => {
    const shared = await replica();
    await up(shared);
    await throttleOf(shared).take('logIn', 'rahima@patients.example', '203.0.113.9');
    const keys = await shared.client.keys('*');
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.join('\n')).not.toMatch(/rahima|203\.0\.113/);
  });

  test('an emptied Redis counts anew: nobody is kept out by it', async () => {
    const shared = await replica();
    await up(shared);
    const throttle = throttleOf(shared);
    for (let i = 0; i < 4; i++) await throttle.take('logIn', 'x', '10.0.0.2');
    await expect(throttle.take('logIn', 'x', '10.0.0.2')).rejects.toThrow(TooManyRequests);
    await shared.client.flushall();
    await throttle.take('logIn', 'x', '10.0.0.2');
  });

  test('while Redis is away a replica counts for itself and allows half, at once; then all count together again', async () => {
    const shared = await replica();
    await up(shared);
    const throttle = throttleOf(shared);
    peer('kill');
    await until(() => shared.status() === 'degraded');
    const began = performance.now();
    for (let i = 0; i < 2; i++) await throttle.take('logIn', 'z', '10.0.0.3');
    await expect(throttle.take('logIn', 'z', '10.0.0.3')).rejects.toThrow(TooManyRequests);
    expect(performance.now() - began).toBeLessThan(2_000);
    peer('start');
    await up(shared);
    for (let i = 0; i < 4; i++) await throttle.take('logIn', 'w', '10.0.0.3');
  });

  test('a process starts without Redis, and has it when it comes', async () => {
    peer('stop');
    const shared = await replica();
    await throttleOf(shared).take('logIn', 'v', '10.0.0.4');
    peer('start');
    await up(shared);
  });

  test('news come to every replica, also after Redis was away; what is no news is passed over', async () => {
    const [teller, hearer] = [await replica(), await replica()];
    await Promise.all([up(teller), up(hearer)]);
    const heard: Notice[] = [];
    hearer.notices.subscribe((notice) => heard.push(notice));
    const tell = async (position: string) => {
      const notice = { after: null, position, changed: 'unknown' as const };
      // Until it arrives: a subscription takes effect a moment after the connection.
      await until(async () => {
        teller.notices.publish(notice);
        await sleep(20);
        return heard.some((each) => each.position === position);
      });
    };
    await tell('1');
    await teller.client.publish('healthstack:applied', 'no json');
    await teller.client.publish('healthstack:applied', '{"position":"x"}');
    peer('kill');
    await until(() => hearer.status() === 'degraded');
    teller.notices.publish({ after: null, position: '2', changed: [] });
    peer('start');
    await Promise.all([up(teller), up(hearer)]);
    await tell('3');
    expect(new Set(heard.map(({ position }) => position))).toEqual(new Set(['1', '3']));
  });
});
