import { Kafka, logLevel } from 'kafkajs';
import { DatabaseSync } from 'node:sqlite';
import { consume } from '../infrastructure/kafka/consume.js';
import { Pipeline } from '../infrastructure/kafka/pipeline.js';

const brokers = process.env.KAFKA_BROKERS?.split(',') ?? [];
const withKafka = brokers.length > 0 ? describe : describe.skip;

withKafka('the consumer kit (needs KAFKA_BROKERS)', () => {
  let pipeline: Pipeline;
  const relayed = async (): Promise<void> => {
    const relay = pipeline.relay();
    expect(await relay.waitFor((await pipeline.ledger.head())!, 20_000)).toBe(true);
    await relay.stop();
  };
  const all = async (): Promise<void> => {
    const expected = await pipeline.expected();
    await pipeline.whenTaken(expected.length);
    expect(pipeline.taken().map(({ sequence: _, ...rest }) => rest)).toEqual(expected);
  };
  beforeEach(async () => {
    pipeline = await Pipeline.open(brokers);
    await pipeline.append(600);
    await relayed();
  });
  afterEach(() => pipeline.close());

  test('takes everything once, also what is read again', async () => {
    const first = pipeline.consumer();
    await all();
    expect(await pipeline.end(first, 'SIGTERM')).toEqual({ taken: 400, duplicates: 0, gaps: 0, filled: 0 });
    const db = new DatabaseSync(pipeline.database);
    db.exec('UPDATE places SET next_offset = 0');
    db.close();
    await pipeline.append(30);
    await relayed();
    const second = pipeline.consumer();
    await all();
    expect(await pipeline.end(second, 'SIGTERM')).toEqual({ taken: 20, duplicates: 400, gaps: 0, filled: 0 });
  });

  test('asks the feed for what Kafka no longer has, and goes on with Kafka', async () => {
    // Until all of it can be read, a topic does not end where its last record lies.
    await consume(brokers, [pipeline.topic], ({ length }) => length === 400);
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(pipeline.topic);
    await admin.deleteTopicRecords({
      topic: pipeline.topic,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });
    await admin.disconnect();
    await pipeline.append(300);
    await relayed();
    const consumer = pipeline.consumer();
    await all();
    expect(await pipeline.end(consumer, 'SIGTERM')).toEqual({ taken: 200, duplicates: 0, gaps: 3, filled: 400 });
  });

  test('several share the partitions; one that is killed is missed by nobody', async () => {
    const first = pipeline.consumer();
    await pipeline.whenTaken(1);
    const second = pipeline.consumer();
    await pipeline.append(600);
    await relayed();
    await pipeline.whenTaken(500);
    await pipeline.end(first, 'SIGKILL');
    await pipeline.append(60);
    await relayed();
    await all();
    await pipeline.end(second, 'SIGTERM');
  });
});
