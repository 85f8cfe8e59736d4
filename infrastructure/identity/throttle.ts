import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { type Attempt, type Throttle, TooManyRequests } from '../../application/kernel/access.js';

/** How often within how many seconds. */
export interface Allowance {
  readonly attempts: number;
  readonly seconds: number;
}

/** For one subject (an account), and for one address, behind which a whole clinic may sit. */
export type Allowances = Readonly<Record<Attempt, { readonly subject?: Allowance; readonly address: Allowance }>>;

const QUARTER = 15 * 60;

export const ALLOWANCES: Allowances = {
  logIn: { subject: { attempts: 10, seconds: QUARTER }, address: { attempts: 300, seconds: QUARTER } },
  register: { address: { attempts: 1_000, seconds: QUARTER } },
  refresh: { address: { attempts: 600, seconds: 60 } },
  reset: { subject: { attempts: 3, seconds: QUARTER }, address: { attempts: 60, seconds: QUARTER } },
  redeem: { address: { attempts: 120, seconds: QUARTER } },
};

/** Counts attempts in this process's memory. */
export const createThrottle = (allowances: Allowances = ALLOWANCES): Throttle => {
  const perAddress = limitersOf(allowances, 'address');
  const perSubject = limitersOf(allowances, 'subject');
  return {
    take: async (attempt, subject, address) => {
      await consume(perAddress.get(attempt), address);
      if (subject !== undefined) await consume(perSubject.get(attempt), subject);
    },
    forgive: async (attempt, subject, address) => {
      await perSubject.get(attempt)?.delete(subject);
      await perAddress.get(attempt)?.reward(address);
    },
  };
};

const limitersOf = (allowances: Allowances, of: 'subject' | 'address'): Map<Attempt, RateLimiterMemory> =>
  new Map(
    (Object.keys(allowances) as Attempt[]).flatMap((attempt) => {
      const allowance = allowances[attempt][of];
      if (!allowance) return [];
      const { attempts: points, seconds: duration } = allowance;
      return [[attempt, new RateLimiterMemory({ keyPrefix: `${attempt}-${of}`, points, duration })]];
    }),
  );

const consume = async (limiter: RateLimiterMemory | undefined, key: string): Promise<void> => {
  try {
    await limiter?.consume(key);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) throw new TooManyRequests(Math.ceil(refused.msBeforeNext / 1000));
    throw refused;
  }
};
