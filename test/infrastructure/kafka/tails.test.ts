import type { Kafka } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTails } from '../../../infrastructure/kafka/tails.js';

const ranges = [{ topic: 'visits', partition: 0, low: 0n, high: 9n }];

/** A client whose consumer says that it crashed, and whose `run` fails for the same reason, as the real one does. */
const crashing = (error: Error): Kafka => {
  const listeners = new Map<string, (event: object) => void>();
  const nothing = async () => undefined;
  const consumer = {
    events: { END_BATCH_PROCESS: 'end', CRASH: 'crash' },
    on: (name: string, listener: (event: object) => void) => void listeners.set(name, listener),
    ...{ connect: nothing, subscribe: nothing, disconnect: nothing, seek: () => undefined },
    run: async () => {
      listeners.get('crash')!({ payload: { error } });
      throw error;
    },
  };
  const admin = { connect: nothing, deleteGroups: nothing, disconnect: nothing };
  return { consumer: () => consumer, admin: () => admin } as unknown as Kafka;
};

test('a look that fails in two ways at once is one error, and leaves none that nobody catches', async () => {
  const never = new AbortController().signal;
  await expect(readTails(crashing(new Error('No coordinator.')), ranges, never)).rejects.toThrow('No coordinator.');
  // Node tells of a rejection that nobody caught after the promises of this turn.
  await sleep(10);
});

test('what holds nothing is told without a look', async () => {
  const empty = [
    { topic: 'visits', partition: 0, low: 0n, high: 0n },
    { topic: 'visits', partition: 1, low: 7n, high: 7n },
  ];
  const tails = await readTails(crashing(new Error('Not asked.')), empty, new AbortController().signal);
  expect([...tails]).toEqual([
    ['visits/0', 'none'],
    ['visits/1', 'expired'],
  ]);
});
