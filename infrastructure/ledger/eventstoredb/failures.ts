import {
  AccessDenied,
  type Expected,
  Fatal,
  LedgerError,
  StreamDeleted,
  StreamNotFound,
  TooLarge,
  Transient,
  UnknownOutcome,
  WrongExpectedVersion,
} from '../../../application/kernel/ledger.js';

/** What was asked when it failed. */
export interface Asked {
  readonly stream: string;
  /** Of writes. */
  readonly expected?: Expected;
}

/** The client's errors, and gRPC's own where the client passes them on as they are. */
interface ClientError {
  readonly type?: string;
  readonly code?: number;
  readonly message?: string;
  readonly actualVersion?: bigint | string;
}

// https://grpc.io/docs/guides/status-codes/
const INVALID_ARGUMENT = 3;
const PERMISSION_DENIED = 7;
const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** Said by gRPC before a request was sent, and by a server that did not take it on. */
const NOT_TAKEN_ON =
  /No connection established|Channel closed before call started|Channel has been shut down|Failed to discover|Server Is Not Ready|Server Is Busy|No leader info available|is too busy|Name resolution failed/i;

/** What an error of the client means for a write. All that is not known to have been refused may have been done. */
export const writeFailure = (cause: unknown, asked: Asked): LedgerError => {
  if (cause instanceof LedgerError) return cause;
  const { type, actualVersion } = cause as ClientError;
  switch (type) {
    case 'wrong-expected-version':
      return new WrongExpectedVersion(asked.stream, asked.expected ?? 'any', revisionOf(actualVersion));
    case 'stream-not-found':
      return new StreamNotFound(`There is no stream ${asked.stream}.`, { cause });
    case 'stream-deleted':
      return new StreamDeleted(`${asked.stream} was deleted.`, { cause });
    case 'maximum-append-size-exceeded':
      return new TooLarge('The append is larger than the event store takes.', { cause });
    case 'access-denied':
      return denied(cause);
    case 'not-leader':
      return new Transient('Another node leads the event store.', { cause });
    case 'invalid-argument':
    case 'missing-required-metadata-property':
    case 'unsupported':
      return new Fatal('The event store did not understand.', { cause });
    default:
      return failureOfStatus(cause as ClientError);
  }
};

const failureOfStatus = (cause: ClientError): LedgerError => {
  const { code, message = '' } = cause;
  if (NOT_TAKEN_ON.test(message)) return new Transient('The event store cannot be reached.', { cause });
  switch (code) {
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      return denied(cause);
    case INVALID_ARGUMENT:
    case FAILED_PRECONDITION:
    case UNIMPLEMENTED:
      return new Fatal('The event store did not understand.', { cause });
    case UNAVAILABLE:
      return new UnknownOutcome('The connection to the event store was lost.', { cause });
    default:
      return new UnknownOutcome('The event store did not say what became of it.', { cause });
  }
};

/** What an error of the client means for a read: there was nothing to be done, so it can be asked again. */
export const readFailure = (cause: unknown, stream: string): LedgerError => {
  const failure = writeFailure(cause, { stream });
  return failure instanceof UnknownOutcome ? new Transient('The event store did not answer.', { cause }) : failure;
};

const denied = (cause: unknown): AccessDenied =>
  new AccessDenied('The event store does not let this user do that.', { cause });

/** Appends tell -1 as `no_stream`, deletions as a number. */
const revisionOf = (actual: bigint | string | undefined): number | 'noStream' =>
  typeof actual === 'bigint' && actual >= 0n ? Number(actual) : 'noStream';
