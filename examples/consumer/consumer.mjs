// Reads one topic of HealthStack into a table. Begin reading here; inbox.mjs keeps what was read, feed.mjs asks for what
// is missing. README.md tells how to run it and what to change.
import kafkajs from 'kafkajs';
import { Feed } from './feed.mjs';
import { Inbox } from './inbox.mjs';

const { Kafka, Partitioners, logLevel } = kafkajs;
const {
  KAFKA_BROKERS,
  TOPIC,
  GROUP = 'healthstack-consumer',
  DATABASE = 'inbox.sqlite',
  FEED_URL,
  FEED_TOKEN,
} = process.env;
for (const [name, value] of Object.entries({ KAFKA_BROKERS, TOPIC, FEED_URL, FEED_TOKEN }))
  if (!value) throw new Error(`${name} is not set.`);

// Long enough for a broker that restarts. Without it the client gives up after a few seconds.
const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 100 };
const kafka = new Kafka({
  clientId: GROUP,
  brokers: KAFKA_BROKERS.split(','),
  connectionTimeout: 1_000,
  retry,
  logLevel: logLevel.NOTHING,
});

const inbox = new Inbox(DATABASE);
const feed = new Feed(FEED_URL, FEED_TOKEN, TOPIC);
const counts = { taken: 0, duplicates: 0, gaps: 0, filled: 0 };

// The partition that an event of the feed has in Kafka: the client's own function of its key.
const partitioner = Partitioners.DefaultPartitioner();
const admin = kafka.admin();
await admin.connect();
const partitionMetadata = (await admin.fetchTopicMetadata({ topics: [TOPIC] })).topics[0].partitions;
await admin.disconnect();
const partitionOf = (key) => partitioner({ topic: TOPIC, partitionMetadata, message: { key, value: null } });

/** Takes one event of a partition: all in order, each once. Throws when something is missing and cannot be had. */
const take = async (partition, event, nextOffset) => {
  const last = inbox.lastSequence(partition);
  if (event.sequence <= last) {
    counts.duplicates++;
    return inbox.skip(partition, nextOffset);
  }
  if (event.previousSequence > last) {
    counts.gaps++;
    await fill(partition, last, event.previousSequence);
  }
  if (inbox.take(partition, event, nextOffset)) counts.taken++;
  else counts.duplicates++;
};

/** Asks the feed for what lies after one number and up to another in this partition. */
const fill = async (partition, after, upTo) => {
  for await (const event of feed.between(after, upTo))
    if (partitionOf(event.subject) === partition && inbox.take(partition, event)) counts.filled++;
  if (inbox.lastSequence(partition) < upTo) throw new Error(`${TOPIC}/${partition}: nothing has the number ${upTo}.`);
};

/** A record of Kafka as an event. Where the data did not fit into a record, the feed has them. */
const eventOf = async ({ headers, value }) => {
  const header = (name) => headers[`ce_${name}`]?.toString();
  const event = {
    id: header('id'),
    type: header('type'),
    subject: header('subject'),
    revision: Number(header('revision')),
    sequence: Number(header('sequence')),
    previousSequence: Number(header('previoussequence')),
    data: value === null ? undefined : JSON.parse(value.toString()),
  };
  return header('parked') === undefined ? event : { ...event, data: (await feed.one(event.sequence))?.data };
};

const consumer = kafka.consumer({
  groupId: GROUP,
  // The others take over from a process that was silent for so long.
  sessionTimeout: 6_000,
  heartbeatInterval: 1_000,
  maxWaitTimeInMs: 200,
  // An outage of Kafka is waited out, however long.
  retry: { ...retry, restartOnFailure: async () => true },
});
// Where to go on is in our own table, beside what was read: both are there, or neither.
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  for (const partition of payload.memberAssignment[TOPIC] ?? []) {
    const offset = inbox.nextOffset(partition);
    if (offset !== undefined) consumer.seek({ topic: TOPIC, partition, offset });
  }
});

const stop = async (code) => {
  await consumer.disconnect();
  inbox.close();
  console.log(JSON.stringify(counts));
  process.exit(code);
};
process.on('SIGTERM', () => stop(0)).on('SIGINT', () => stop(0));

await consumer.connect();
await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ partition, message }) => {
    try {
      await take(partition, await eventOf(message), String(BigInt(message.offset) + 1n));
    } catch (error) {
      // Passing over it would be the end of every promise. Whoever runs this program starts it again, or looks.
      console.error(error.message);
      void stop(1);
      throw error;
    }
  },
});
