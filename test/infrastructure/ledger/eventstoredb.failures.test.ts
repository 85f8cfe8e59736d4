import {
  AccessDenied,
  Fatal,
  StreamDeleted,
  StreamNotFound,
  TooLarge,
  Transient,
  UnknownOutcome,
  WrongExpectedVersion,
} from '../../../application/kernel/ledger.js';
import { readFailure, writeFailure } from '../../../infrastructure/ledger/eventstoredb/failures.js';

const asked = { stream: 'room-1', expected: 3 } as const;

test.each([
  ['another revision', { type: 'wrong-expected-version', actualVersion: 5n }, WrongExpectedVersion],
  ['a stream that is not there', { type: 'stream-not-found' }, StreamNotFound],
  ['a stream that was deleted', { type: 'stream-deleted' }, StreamDeleted],
  ['an append too large', { type: 'maximum-append-size-exceeded' }, TooLarge],
  ['a user who may not', { type: 'access-denied' }, AccessDenied],
  ['a wrong password', { type: 'unknown', code: 16 }, AccessDenied],
  ['a policy that refuses', { type: 'unknown', code: 7 }, AccessDenied],
  ['another leader', { type: 'not-leader', code: 5 }, Transient],
  ['no connection', { type: 'unavailable', code: 14, message: '14 UNAVAILABLE: No connection established' }, Transient],
  [
    'no connection, said by gRPC itself',
    { code: 14, message: 'No connection established. Last error: ...' },
    Transient,
  ],
  ['no leader found', new Error('Failed to discover after 10 attempts.'), Transient],
  ['a server that starts', { type: 'unknown', code: 2, message: 'Could not recognize Server Is Not Ready' }, Transient],
  [
    'a connection lost',
    { type: 'unavailable', code: 14, message: '14 UNAVAILABLE: Connection dropped' },
    UnknownOutcome,
  ],
  ['a connection lost, said by gRPC itself', { code: 14, message: 'read ECONNRESET' }, UnknownOutcome],
  ['a commit that took too long', { type: 'timeout', code: 10 }, UnknownOutcome],
  ['a deadline', { type: 'deadline-exceeded', code: 4 }, UnknownOutcome],
  ['a call cut off', { type: 'cancelled', code: 1 }, UnknownOutcome],
  ['a server that failed', { type: 'unknown', code: 13 }, UnknownOutcome],
  ['what nobody knows', new Error('?'), UnknownOutcome],
  ['a request that makes no sense', { type: 'unknown', code: 3 }, Fatal],
  ['a method that is not there', { type: 'unknown', code: 12 }, Fatal],
])('%s', (_, error, kind) => {
  expect(writeFailure(error, asked)).toBeInstanceOf(kind);
  const ofRead = readFailure(error, 'room-1');
  expect(ofRead).toBeInstanceOf(kind === UnknownOutcome ? Transient : kind);
});

test.each([
  [5n, 5],
  [0n, 0],
  ['no_stream', 'noStream'],
  [-1n, 'noStream'],
])('a stream the store finds at %s', (actualVersion, actual) => {
  const error = { type: 'wrong-expected-version', actualVersion };
  expect(writeFailure(error, asked)).toMatchObject({ stream: 'room-1', expected: 3, actual });
});
