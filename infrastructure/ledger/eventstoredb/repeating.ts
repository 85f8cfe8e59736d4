import {
  type Expected,
  type LedgerError,
  StreamDeleted,
  Transient,
  UnknownOutcome,
  WrongExpectedVersion,
} from '../../../application/kernel/ledger.js';
import { readFailure, writeFailure } from './failures.js';
import { backOffMs, type Pace } from './pace.js';

const WRITE_ATTEMPTS_MAX = 4;
const READ_ATTEMPTS_MAX = 3;
/** After so many deadlines no other attempt begins: who asked waits at most for one more. */
const DEADLINES_MAX = 2;

export interface Patience {
  readonly pace: Pace;
  /** Of one attempt. */
  readonly deadlineMs: number;
}

/** What a write is of, for its errors and for whether it may be repeated. */
export interface Write {
  readonly stream: string;
  readonly expected: Expected;
}

/**
 * A write that was refused without being done is tried again. One whose outcome is unknown is tried again only where
 * the same ids at the same revision make it the same write: with `any` and `streamExists` the store would write twice.
 */
export const writeSurely = async <T>(patience: Patience, asked: Write, write: () => Promise<T>): Promise<T> => {
  const pause = pauses(patience, WRITE_ATTEMPTS_MAX);
  const isExact = asked.expected !== 'any' && asked.expected !== 'streamExists';
  let unknown: LedgerError | undefined;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      const failure = writeFailure(error, asked);
      if (failure instanceof UnknownOutcome) unknown = failure;
      const again = failure instanceof Transient || (failure instanceof UnknownOutcome && isExact);
      // What an earlier attempt may have done is not undone by the last one's refusal; these tell that it was not.
      const isCertain = failure instanceof WrongExpectedVersion || failure instanceof StreamDeleted;
      if (!again || !(await pause())) throw isCertain ? failure : (unknown ?? failure);
    }
  }
};

/** A read that failed changes nothing by being asked again. */
export const readAgain = async <T>(patience: Patience, stream: string, read: () => Promise<T>): Promise<T> => {
  const pause = pauses(patience, READ_ATTEMPTS_MAX);
  for (;;) {
    try {
      return await read();
    } catch (error) {
      const failure = readFailure(error, stream);
      if (!(failure instanceof Transient) || !(await pause())) throw failure;
    }
  }
};

/** Waits between attempts; says no when there is to be no other. */
const pauses = ({ pace, deadlineMs }: Patience, attemptsMax: number): (() => Promise<boolean>) => {
  const end = pace.now() + DEADLINES_MAX * deadlineMs;
  let failures = 0;
  return async () => {
    if (++failures === attemptsMax || pace.now() >= end) return false;
    await pace.wait(backOffMs(failures, pace.random));
    return true;
  };
};
