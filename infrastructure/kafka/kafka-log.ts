import type { Admin, Kafka, KafkaConfig, PartitionMetadata, Producer, TopicMessages } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Checkpoint,
  Fenced,
  type LogRecord,
  type LogSession,
  type Mark,
  type PartitionName,
  partitionName,
  type RelayLog,
  type Tail,
} from './log.js';
import { bytesOf } from './record.js';
import { type LastMessage, type PartitionRange, readTails } from './tails.js';
import { CHECKPOINT_TOPIC, checkpointsOf, EVENT_TOPIC, PARTITIONS, PREFIX } from './topics.js';

export interface KafkaLogOptions {
  /** `host:port` of some of the brokers. */
  readonly brokers: readonly string[];
  /** Every topic that events go to. Made where it is missing. */
  readonly topics: readonly string[];
  /** Of all names; PREFIX unless told. */
  readonly prefix?: string;
  /** Of topics that are made; PARTITIONS unless told. */
  readonly partitions?: number;
  /** How the cluster is reached beyond its addresses. */
  readonly connection?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}

const CHECKPOINT_KEY = 'relay';
/** What takes longer is the relay's to wait for; it then begins a new session. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 6 };
const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;
const SETTLING_ATTEMPTS_MAX = 50;
const UNSETTLED = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);
/** After it Kafka ends what a dead relay left open; the next relay does so at once. */
const TRANSACTION_TIMEOUT_MS = 30_000;
/** How much of what a topic allows for a batch may be records, by our own count of their bytes. */
const FILL = 0.9;

/** Loaded when it is first used. Not all its names can be imported by themselves as an ES module. */
const client = async () => (await import('kafkajs')).default;

/** The relay's log in Apache Kafka: transactions of an idempotent producer. */
export class KafkaLog implements RelayLog {
  private readonly checkpoints: string;
  /** Kafka takes transactions only from the last one that came with this id. */
  private readonly id: string;

  constructor(private readonly options: KafkaLogOptions) {
    const { prefix = PREFIX } = options;
    this.checkpoints = checkpointsOf(prefix);
    this.id = `${prefix}-relay`;
  }

  async open(signal: AbortSignal): Promise<LogSession> {
    const { topics, partitions = PARTITIONS } = this.options;
    const { checkpoints } = this;
    const kafka = await this.connect();
    const { Partitioners } = await client();
    const partitioner = Partitioners.DefaultPartitioner();
    const admin = kafka.admin();
    const producer = kafka.producer({
      transactionalId: this.id,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      createPartitioner: () => partitioner,
      retry: RETRY,
    });
    try {
      await admin.connect();
      await ensureTopics(admin, topics, partitions, checkpoints);
      const recordBytesMax = Math.floor((await settled(() => batchBytesMax(admin, topics))) * FILL);
      await producer.connect();
      // Beginning a first transaction ends what another relay has open and shuts it out. From here on the ends are ours.
      await (await producer.transaction()).abort();
      const ranges = await rangesOf(admin, [...topics, checkpoints]);
      const tails = await readTails(kafka, ranges, signal);
      await admin.disconnect();

      const metadata = Map.groupBy(ranges.map(asMetadata), ({ topic }) => topic);
      const nextOffsets = new Map(ranges.map(({ topic, partition, high }) => [partitionName(topic, partition), high]));
      return {
        ends: {
          checkpoint: checkpointIn(tails, checkpoints),
          tails: new Map(
            [...tails]
              .filter(([name]) => name !== partitionName(checkpoints, 0))
              .map(([name, last]) => [name, tailOf(last)]),
          ),
          partitions: Object.fromEntries([...metadata].map(([topic, all]) => [topic, all.length])),
        },
        recordBytesMax,
        partitionOf: (topic, key) =>
          partitioner({ topic, partitionMetadata: metadata.get(topic)!, message: { key, value: null } }),
        write: (records, checkpoint) =>
          write({ producer, checkpoints, nextOffsets, requestBytesMax: recordBytesMax }, records, checkpoint),
        close: () => producer.disconnect(),
      };
    } catch (error) {
      await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
      throw told(error);
    }
  }

  async latest(): Promise<Mark | undefined> {
    const kafka = await this.connect();
    const admin = kafka.admin();
    try {
      await admin.connect();
      const ranges = await rangesOf(admin, [this.checkpoints]);
      const tails = await readTails(kafka, ranges, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
      return checkpointIn(tails, this.checkpoints)?.through;
    } finally {
      await admin.disconnect();
    }
  }

  private async connect(): Promise<Kafka> {
    const { Kafka, logLevel } = await client();
    return new Kafka({
      clientId: this.id,
      brokers: [...this.options.brokers],
      ...this.options.connection,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: RETRY,
      // What matters comes back as an error, which the relay tells.
      logLevel: logLevel.NOTHING,
    });
  }
}

interface Writing {
  readonly producer: Producer;
  readonly checkpoints: string;
  /** Where the next record of each partition lies at the earliest. */
  readonly nextOffsets: Map<PartitionName, bigint>;
  readonly requestBytesMax: number;
}

/** Several requests where the records need it, one transaction. */
const write = async (
  { producer, checkpoints, nextOffsets, requestBytesMax }: Writing,
  records: readonly LogRecord[],
  checkpoint: Checkpoint,
): Promise<void> => {
  try {
    const transaction = await producer.transaction();
    for (const topicMessages of chunksOf(records, requestBytesMax)) {
      const answers = await transaction.sendBatch({ acks: -1, topicMessages });
      for (const { topicName, partition, baseOffset } of answers) {
        const name = partitionName(topicName, partition);
        const offset = BigInt(baseOffset!);
        if (offset < (nextOffsets.get(name) ?? 0n)) throw new Error(`${name} lost what it had acknowledged.`);
        const { messages } = topicMessages.find(({ topic }) => topic === topicName)!;
        nextOffsets.set(name, offset + BigInt(messages.filter((message) => message.partition === partition).length));
      }
    }
    const value = JSON.stringify(checkpoint);
    await transaction.send({ acks: -1, topic: checkpoints, messages: [{ key: CHECKPOINT_KEY, partition: 0, value }] });
    await transaction.commit();
  } catch (error) {
    throw told(error);
  }
};

/** In order; each of at most so many bytes, since Kafka limits a batch. */
function* chunksOf(records: readonly LogRecord[], bytesMax: number): Generator<TopicMessages[]> {
  let chunk = new Map<string, TopicMessages>();
  let bytes = 0;
  for (const record of records) {
    const size = bytesOf(record);
    if (bytes + size > bytesMax && chunk.size > 0) {
      yield [...chunk.values()];
      chunk = new Map();
      bytes = 0;
    }
    bytes += size;
    const { topic, partition, key, headers, value } = record;
    const messages = chunk.get(topic) ?? { topic, messages: [] };
    messages.messages.push({ key, partition, headers, value });
    chunk.set(topic, messages);
  }
  if (chunk.size > 0) yield [...chunk.values()];
}

/** A topic that is there already is left as its operator made it. */
const ensureTopics = async (
  admin: Admin,
  topics: readonly string[],
  partitions: number,
  checkpoints: string,
): Promise<void> => {
  const there = new Set(await admin.listTopics());
  const wanted = [
    ...topics.map((topic) => ({ topic, numPartitions: partitions, configEntries: EVENT_TOPIC })),
    { topic: checkpoints, numPartitions: 1, configEntries: CHECKPOINT_TOPIC },
  ];
  const missing = wanted.filter(({ topic }) => !there.has(topic));
  // How often each is replicated is the cluster's to say (default.replication.factor).
  if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: false });
};

/** The smallest limit of them all. */
const batchBytesMax = async (admin: Admin, topics: readonly string[]): Promise<number> => {
  const { ConfigResourceTypes } = await client();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: ConfigResourceTypes.TOPIC,
      name,
      configNames: ['max.message.bytes'],
    })),
  });
  return Math.min(
    ...resources.flatMap(({ configEntries }) => configEntries.map(({ configValue }) => Number(configValue))),
  );
};

const rangesOf = async (admin: Admin, topics: readonly string[]): Promise<PartitionRange[]> =>
  (await Promise.all(topics.map((topic) => settled(() => rangesOfTopic(admin, topic))))).flat();

const rangesOfTopic = async (admin: Admin, topic: string): Promise<PartitionRange[]> =>
  (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
    topic,
    partition,
    low: BigInt(low),
    high: BigInt(high),
  }));

/** Asked again for a while: what was made just now is not known to every broker yet, or has no leader. */
const settled = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === SETTLING_ATTEMPTS_MAX || !UNSETTLED.has((error as { type?: string }).type ?? '')) throw error;
      await sleep(RETRY.initialRetryTime);
    }
  }
};

const asMetadata = ({ topic, partition }: PartitionRange): PartitionMetadata & { topic: string } => ({
  topic,
  partitionId: partition,
  partitionErrorCode: 0,
  leader: 0,
  replicas: [],
  isr: [],
});

const checkpointIn = (tails: ReadonlyMap<PartitionName, LastMessage>, checkpoints: string): Checkpoint | undefined => {
  const last = tails.get(partitionName(checkpoints, 0));
  return typeof last === 'object' ? (JSON.parse(last.value!.toString()) as Checkpoint) : undefined;
};

const tailOf = (last: LastMessage): Tail =>
  typeof last === 'object'
    ? { position: String(last.headers!.ce_position), sequence: Number(last.headers!.ce_sequence) }
    : last;

/** Fenced, wherever in the chain of causes Kafka says so. */
const told = (error: unknown): unknown => {
  for (let cause = error as { type?: string; cause?: unknown } | undefined; cause; cause = cause.cause as typeof cause)
    if (cause.type === 'INVALID_PRODUCER_EPOCH' || cause.type === 'PRODUCER_FENCED') return new Fenced();
  return error;
};
