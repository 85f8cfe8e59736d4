import { setTimeout as sleep } from 'node:timers/promises';

/** Time and chance, as the adapter needs them. */
export interface Pace {
  /** Waits so many milliseconds; ends earlier, without an error, when the signal says so. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds since some moment. */
  readonly now: () => number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

export const systemPace: Pace = {
  wait: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
  now: () => performance.now(),
  random: Math.random,
};

const FIRST_MS = 50;
const LONGEST_MS = 5_000;

/**
 * How long to wait after so many failures in a row: twice as long each time, half of it by chance, so that those who
 * failed together do not come back together.
 */
export const backOffMs = (failures: number, random: () => number): number => {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return longest / 2 + (longest / 2) * random();
};
