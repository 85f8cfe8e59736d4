import { Kafka, logLevel } from 'kafkajs';
import { randomUUID } from 'node:crypto';

/** A record as a consumer sees it. */
export interface Consumed {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string | undefined;
}

/** Everything in these topics from their beginning, until it is enough. */
export const consume = async (
  brokers: readonly string[],
  topics: readonly string[],
  enough: (seen: readonly Consumed[]) => boolean,
): Promise<Consumed[]> => {
  const seen: Consumed[] = [];
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}`, maxWaitTimeInMs: 100 });
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message: { offset, key, headers, value } }) => {
      const told = Object.entries(headers ?? {}).map(([name, bytes]) => [name, String(bytes)]);
      seen.push({
        topic,
        partition,
        offset,
        key: String(key),
        headers: Object.fromEntries(told) as Record<string, string>,
        value: value?.toString(),
      });
      if (enough(seen)) resolve();
    },
  });
  await promise;
  await consumer.disconnect();
  return seen;
};
