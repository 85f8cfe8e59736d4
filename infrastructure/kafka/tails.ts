import type { ConsumerEndBatchProcessEvent, Kafka, KafkaMessage } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { type PartitionName, partitionName } from './log.js';

/** The offsets that a partition holds: from `low`, before `high`. */
export interface PartitionRange {
  readonly topic: string;
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** `none`: nothing was ever written. `expired`: retention took all of it. */
export type LastMessage = KafkaMessage | 'none' | 'expired';

/** The mark of the last transaction comes last, and its last record before that. */
const LOOK_BACK_FIRST = 2n;
const LOOK_BACK_FURTHER = 16n;

/**
 * The last committed message of each partition. Kafka keeps marks of transactions and what was aborted under offsets of
 * their own, so the last offset is no message: it looks a little back from the end, and further where there is none.
 */
export const readTails = async (
  kafka: Kafka,
  ranges: readonly PartitionRange[],
  signal: AbortSignal,
): Promise<Map<PartitionName, LastMessage>> => {
  const tails = new Map<PartitionName, LastMessage>();
  const looking = new Map<PartitionName, PartitionRange & { from: bigint; back: bigint }>();
  for (const range of ranges) {
    const { low, high } = range;
    const name = partitionName(range.topic, range.partition);
    if (high === 0n) tails.set(name, 'none');
    else if (low === high) tails.set(name, 'expired');
    else looking.set(name, { ...range, ...lookBack(range, LOOK_BACK_FIRST) });
  }
  if (looking.size === 0) return tails;

  const topics = [...new Set([...looking.values()].map(({ topic }) => topic))];
  const groupId = `healthstack-relay-ends-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  const { promise: found, resolve, reject } = Promise.withResolvers<void>();
  // It may fail while `run` fails for the same reason; then nobody waits for it.
  found.catch(() => undefined);
  const cancel = () => reject(signal.reason as Error);
  signal.addEventListener('abort', cancel, { once: true });
  const seek = ({ topic, partition, from }: PartitionRange & { from: bigint }) =>
    consumer.seek({ topic, partition, offset: String(from) });
  // Told of every batch, also of one that held nothing but marks.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }: ConsumerEndBatchProcessEvent) => {
    const name = partitionName(payload.topic, payload.partition);
    const look = looking.get(name);
    if (!look || BigInt(payload.lastOffset) < look.high - 1n) return;
    if (!tails.has(name) && look.from > look.low) {
      Object.assign(look, lookBack(look, look.back * LOOK_BACK_FURTHER));
      return seek(look);
    }
    if (!tails.has(name)) tails.set(name, look.low > 0n ? 'expired' : 'none');
    looking.delete(name);
    if (looking.size === 0) resolve();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: false });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const name = partitionName(batch.topic, batch.partition);
        const last = batch.messages.at(-1);
        if (last && looking.has(name)) tails.set(name, last);
      },
    });
    for (const look of looking.values()) seek(look);
    if (signal.aborted) cancel();
    await found;
    return tails;
  } finally {
    signal.removeEventListener('abort', cancel);
    await consumer.disconnect();
    await forget(kafka, groupId);
  }
};

const lookBack = ({ low, high }: PartitionRange, back: bigint) => ({
  from: high - back > low ? high - back : low,
  back,
});

const forget = async (kafka: Kafka, groupId: string): Promise<void> => {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch {
    // Kafka forgets an empty group by itself after some days.
  } finally {
    await admin.disconnect();
  }
};
