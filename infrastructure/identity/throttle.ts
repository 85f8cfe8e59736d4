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

/** Counts attempts by a key. `consume` rejects with a RateLimiterRes when there were too many. */
export interface Limiter {
  consume(key: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  reward(key: string): Promise<unknown>;
}

/** Makes what counts the attempts of one kind; `keyPrefix` names the kind. */
export type MakeLimiter = (limit: {
  readonly keyPrefix: string;
  readonly points: number;
  readonly duration: number;
}) => Limiter;

/** Counts attempts: in this process's memory, unless told where. */
export const createThrottle = (
  allowances: Allowances = ALLOWANCES,
  make: MakeLimiter = (limit) => new RateLimiterMemory(limit),
): Throttle => {
  const perAddress = limitersOf(allowances, 'address', make);
  const perSubject = limitersOf(allowances, 'subject', make);
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

const limitersOf = (allowances: Allowances, of: 'subject' | 'address', make: MakeLimiter): Map<Attempt, Limiter> =>
  new Map(
    (Object.keys(allowances) as Attempt[]).flatMap((attempt) => {
      const allowance = allowances[attempt][of];
      if (!allowance) return [];
      const { attempts: points, seconds: duration } = allowance;
      return [[attempt, make({ keyPrefix: `${attempt}-${of}`, points, duration })]];
    }),
  );

const consume = async (limiter: Limiter | undefined, key: string): Promise<void> => {
  try {
    await limiter?.consume(key);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) throw new TooManyRequests(Math.ceil(refused.msBeforeNext / 1000));
    throw refused;
  }
};
