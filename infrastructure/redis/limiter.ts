import type { Redis } from 'ioredis';
import { createHmac, type KeyObject } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { MakeLimiter } from '../identity/throttle.js';

/** Of the usual allowance, what a replica grants that counts for itself because Redis is away. */
const ALONE = 0.5;

/**
 * Counts what all replicas see together. Without Redis each counts for itself and allows half: never nothing, so that
 * people come in, and never more than before with two replicas. Who it is about is told to Redis as a keyed digest only.
 */
export const redisLimiter =
  (client: Redis, key: KeyObject): MakeLimiter =>
  (limit) => {
    const points = Math.max(1, Math.floor(limit.points * ALONE));
    const limiter = new RateLimiterRedis({
      ...{
        ...limit,
        keyPrefix: `healthstack:limit:${limit.keyPrefix}`,
        storeClient: client,
        rejectIfRedisNotReady: true,
      },
      insuranceLimiter: new RateLimiterMemory({ ...limit, points }),
    });
    const digest = (of: string) => createHmac('sha256', key).update(of).digest('base64url');
    return {
      consume: (of: string) => limiter.consume(digest(of)),
      delete: (of: string) => limiter.delete(digest(of)),
      reward: (of: string) => limiter.reward(digest(of)),
    };
  };
