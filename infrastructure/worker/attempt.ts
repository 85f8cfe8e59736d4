import { setTimeout as sleep } from 'node:timers/promises';
import { Fatal, Transient, UnknownOutcome } from '../../application/kernel/ledger.js';
import { Rejection } from '../../domain/kernel/rejection.js';

/** How often something is tried, and how long is waited between: four times longer each time. */
export interface Retry {
  readonly attemptsMax: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

/** A store that is away is asked this often at least: when it is back the work goes on. */
const TROUBLE_LONGEST_MS = 2_000;

export const RETRY: Retry = { attemptsMax: 5, firstMs: 50, longestMs: 30_000 };

/**
 * Tries until it succeeds. A rule's no is final. While a store is in trouble nothing else would go either, so that is
 * waited out however long it takes; any other error is thrown after the last attempt.
 */
export const untilDone = async <T>(task: () => Promise<T>, retry: Retry, signal: AbortSignal): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      signal.throwIfAborted();
      if (isNo(error)) throw error;
      const trouble = isTroubleOfAStore(error);
      if (!trouble && attempt >= retry.attemptsMax) throw error;
      const longestMs = trouble ? Math.min(TROUBLE_LONGEST_MS, retry.longestMs) : retry.longestMs;
      await sleep(Math.min(longestMs, retry.firstMs * 4 ** (attempt - 1)), undefined, { signal });
    }
  }
};

/** Whether the rules said no. Losing every race for a busy stream is not a no. */
export const isNo = (error: unknown): error is Rejection => error instanceof Rejection && error.code !== 'busy';

/** Of the ledger, the read models or the vault. */
const isTroubleOfAStore = (error: unknown): boolean =>
  error instanceof Transient || error instanceof UnknownOutcome || error instanceof Fatal;

/** Ends waiting for a task that takes too long. What it does later is not looked at. */
export const within = async <T>(ms: number, task: Promise<T>): Promise<T> => {
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timeout = setTimeout(() => fail(new TookTooLong()), ms);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timeout);
  }
};

export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}

/**
 * What went wrong, without any value it went wrong with: the kind of error and the place in the code. Messages of
 * errors are left out, for they may quote somebody's data.
 */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  const code = error instanceof Rejection ? error.code : (error as { code?: unknown }).code;
  const place = /^\s+at (?:.*[/\\])?([^/\\\s()]+:\d+)(?::\d+)?\)?$/m.exec(error.stack ?? '')?.[1];
  return [error.name, typeof code === 'string' && code, place && `at ${place}`].filter(Boolean).join(' ');
};
