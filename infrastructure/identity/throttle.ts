import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { type Attempt, type Throttle, TooManyRequests } from '../../application/kernel/access.js';

/** How often within how many seconds. */
export interface Allowance {
  readonly attempts: number;
  readonly seconds: number;
}

/** For one subject (an account, a token) and for one address, behind which a whole clinic may sit. */
export type Allowances = Readonly<Record<Attempt, { readonly subject: Allowance; readonly address: Allowance }>>;

const QUARTER = 15 * 60;

export const ALLOWANCES: Allowances = {
  logIn: { subject: { attempts: 10, seconds: QUARTER }, address: { attempts: 300, seconds: QUARTER } },
  register: { subject: { attempts: 5, seconds: QUARTER }, address: { attempts: 60, seconds: QUARTER } },
  refresh: { subject: { attempts: 30, seconds: 60 }, address: { attempts: 600, seconds: 60 } },
  reset: { subject: { attempts: 3, seconds: QUARTER }, address: { attempts: 30, seconds: QUARTER } },
  redeem: { subject: { attempts: 10, seconds: QUARTER }, address: { attempts: 60, seconds: QUARTER } },
};

/** Counts attempts in this process's memory. */
export const createThrottle = (allowances: Allowances = ALLOWANCES): Throttle => {
  const limiters = Object.fromEntries(
    Object.entries(allowances).map(([attempt, { subject, address }]) => [
      attempt,
      { subject: limiterOf(`${attempt}-subject`, subject), address: limiterOf(`${attempt}-address`, address) },
    ]),
  ) as Record<Attempt, { subject: RateLimiterMemory; address: RateLimiterMemory }>;
  return {
    take: async (attempt, subject, address) => {
      await consume(limiters[attempt].address, address);
      if (subject !== undefined) await consume(limiters[attempt].subject, subject);
    },
    forgive: async (attempt, subject) => {
      await limiters[attempt].subject.delete(subject);
    },
  };
};

const limiterOf = (keyPrefix: string, { attempts, seconds }: Allowance): RateLimiterMemory =>
  new RateLimiterMemory({ keyPrefix, points: attempts, duration: seconds });

const consume = async (limiter: RateLimiterMemory, key: string): Promise<void> => {
  try {
    await limiter.consume(key);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) throw new TooManyRequests(Math.ceil(refused.msBeforeNext / 1000));
    throw refused;
  }
};
