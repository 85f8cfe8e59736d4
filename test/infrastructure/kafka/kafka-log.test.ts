import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Checkpoint, Fenced, type LogRecord, type LogSession } from '../../../infrastructure/kafka/log.js';
import { KafkaLog } from '../../../infrastructure/kafka/kafka-log.js';
import { checkpointsOf, topicOf } from '../../../infrastructure/kafka/topics.js';
import { consume } from './consume.js';

const brokers = process.env.KAFKA_BROKERS?.split(',') ?? [];
const withKafka = brokers.length > 0 ? describe : describe.skip;
const never = new AbortController().signal;

withKafka('the log in Kafka (needs KAFKA_BROKERS)', () => {
  let prefix: string;
  let topic: string;
  let log: KafkaLog;
  const sessions: LogSession[] = [];
  const opened = async (): Promise<LogSession> => {
    const session = await log.open(never);
    sessions.push(session);
    return session;
  };
  beforeEach(() => {
    prefix = `test-${randomUUID()}`;
    topic = topicOf('visits', prefix);
    log = new KafkaLog({ brokers, prefix, topics: [topic], partitions: 3 });
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
  });

  const record = (sequence: number, partition = 0, value = '{}'): LogRecord => ({
    topic,
    partition,
    key: `visit-${partition}`,
    headers: { ce_position: String(sequence * 10), ce_sequence: String(sequence) },
    value,
  });
  const mark = (sequence: number) => ({ position: String(sequence * 10), sequence });
  const checkpoint = (sequence: number): Checkpoint => ({
    through: mark(sequence),
    ends: {},
    partitions: { [topic]: 3 },
    parked: { count: 0, last: [] },
  });

  test('makes its topics as declared, and begins with nothing', async () => {
    const { ends, recordBytesMax } = await opened();
    expect(ends.checkpoint).toBeUndefined();
    expect(ends.tails).toEqual(new Map([0, 1, 2].map((partition) => [`${topic}/${partition}`, 'none'])));
    expect(ends.partitions).toEqual({ [topic]: 3, [checkpointsOf(prefix)]: 1 });
    expect(recordBytesMax).toBe(Math.floor(1024 * 1024 * 0.9));
    expect(await log.latest()).toBeUndefined();
  });

  // Of the tests of Apache Kafka's own client (UtilsTest): the murmur2 of these texts.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
  ])('the key %s is where any Kafka client looks for it', async (key, murmur2) => {
    const { partitionOf } = await opened();
    expect(partitionOf(topic, key)).toBe((murmur2 & 0x7fffffff) % 3);
  });

  test('finds where each partition ends, also behind transactions that came to nothing', async () => {
    const first = await opened();
    await first.write([record(1, 0), record(2, 1), record(3, 0)], checkpoint(3));
    await first.write([record(4, 0)], checkpoint(4));
    // Too large for the topic, after others went out: nothing of it may be seen.
    const large = record(40, 0, JSON.stringify('x'.repeat(1_200_000)));
    for (let i = 0; i < 3; i++)
      await expect((await opened()).write([record(20, 0), record(21, 1), large], checkpoint(40))).rejects.toThrow();
    const { ends } = await opened();
    expect(ends.checkpoint).toEqual(checkpoint(4));
    const tails = [mark(4), mark(2), 'none'] as const;
    expect(ends.tails).toEqual(new Map(tails.map((tail, partition) => [`${topic}/${partition}`, tail])));
    expect(await log.latest()).toEqual(mark(4));
  });

  test('whoever opens shuts the others out, with what they have under way', async () => {
    const first = await opened();
    await first.write([record(1)], checkpoint(1));
    const second = await opened();
    await expect(first.write([record(2)], checkpoint(2))).rejects.toThrow(Fenced);
    await second.write([record(2)], checkpoint(2));
    const seen = await consume(brokers, [topic], ({ length }) => length === 2);
    expect(seen.map(({ headers }) => headers.ce_sequence)).toEqual(['1', '2']);
  });

  // Here modules are CommonJS; in production they are ES modules, where the client's names are found in another way.
  test('it opens as an ES module', async () => {
    const root = pathToFileURL(join(__dirname, '..', '..', '..')).href;
    const program = `
      const { KafkaLog } = await import('${root}/infrastructure/kafka/kafka-log.ts');
      const log = new KafkaLog(${JSON.stringify({ brokers, prefix, topics: [topic], partitions: 3 })});
      const session = await log.open(new AbortController().signal);
      console.log(session.ends.tails.size, session.partitionOf('${topic}', '21'));
      await session.close();
    `;
    const args = ['--import', `${root}/test/kernel/typescript.mjs`, '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { PATH: process.env.PATH } });
    expect(stdout.trim()).toBe(`3 ${(-973932308 & 0x7fffffff) % 3}`);
  });

  test('records of more than one request are one transaction', async () => {
    const session = await opened();
    const value = JSON.stringify('x'.repeat(400_000));
    const records = [1, 2, 3, 4, 5].map((sequence) => record(sequence, 0, value));
    await session.write(records, checkpoint(5));
    const seen = await consume(brokers, [topic], ({ length }) => length === 5);
    expect(seen.map(({ headers }) => headers.ce_sequence)).toEqual(['1', '2', '3', '4', '5']);
  });
});
