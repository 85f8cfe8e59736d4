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

/** What a write is of, for its errors and for whether it may be repeated. */
export interface Write {
  readonly stream: string;
  readonly expected: Expected;
}

/**
 * A write that was refused without being done is tried again. One whose outcome is unknown is tried again only where
 * the same ids at the same revision make it the same write: with `any` and `streamExists` the store would write twice.
 */
export const writeSurely = async <T>(pace: Pace, asked: Write, write: () => Promise<T>): Promise<T> => {
  const isExact = asked.expected !== 'any' && asked.expected !== 'streamExists';
  let unknown: LedgerError | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      const failure = writeFailure(error, asked);
      if (failure instanceof UnknownOutcome) unknown = failure;
      const again = failure instanceof Transient || (failure instanceof UnknownOutcome && isExact);
      // What an earlier attempt may have done is not undone by the last one's refusal; these tell that it was not.
      const isCertain = failure instanceof WrongExpectedVersion || failure instanceof StreamDeleted;
      if (!again || attempt === WRITE_ATTEMPTS_MAX) throw isCertain ? failure : (unknown ?? failure);
      await pace.wait(backOffMs(attempt, pace.random));
    }
  }
};

/** A read that failed changes nothing by being asked again. */
export const readAgain = async <T>(pace: Pace, stream: string, read: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const failure = readFailure(error, stream);
      if (!(failure instanceof Transient) || attempt === READ_ATTEMPTS_MAX) throw failure;
      await pace.wait(backOffMs(attempt, pace.random));
    }
  }
};
