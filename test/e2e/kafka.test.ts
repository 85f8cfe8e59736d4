import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { consume } from '../infrastructure/kafka/consume.js';
import { Embedded, idOf } from '../kernel/embedded.js';

const { KAFKA_BROKERS } = process.env;
const withKafka = KAFKA_BROKERS ? describe : describe.skip;

withKafka('the system with Kafka (needs KAFKA_BROKERS)', () => {
  const KAFKA_PREFIX = `test-${randomUUID()}`;
  let embedded: Embedded;
  const relay = async () => (await embedded.request('GET', '/api/health')).body.checks.relay;
  beforeAll(async () => {
    embedded = await Embedded.open(undefined, undefined, {
      configuration: { KAFKA_BROKERS: KAFKA_BROKERS!, KAFKA_PREFIX },
    });
    while ((await relay()).state !== 'relaying') await sleep(50);
  });
  afterAll(() => embedded.close());

  test('what happens is in its topic, as the feed tells it', async () => {
    await embedded.hospital('green');
    const patient = await embedded.person('patient', { role: 'patient' });
    const doctor = await embedded.doctor('doctor', 'green');
    const { body: booked } = await patient.post('appointments', {
      doctorId: doctor.id,
      day: '2090-01-02',
      hospitalId: idOf('green'),
      start: '2090-01-02T10:00:00+06:00',
      type: 'checkUp',
      message: 'Canary of a cough',
    });
    const [record] = await consume(
      KAFKA_BROKERS!.split(','),
      [`${KAFKA_PREFIX}.appointments.v1`],
      ({ length }) => length > 0,
    );
    const consumer = await embedded.person('consumer', { role: 'consumer' });
    const { ce_sequence: sequence } = record!.headers;
    const { body } = await consumer.get(`feed?after=${Number(sequence) - 1}&limit=1`);
    const { data, datacontenttype, previoussequence: _of, ...attributes } = body.events[0];
    const {
      ce_previoussequence: _in,
      ce_position: position,
      'content-type': contentType,
      ...headers
    } = record!.headers;
    expect(headers).toEqual(
      Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)])),
    );
    expect([record!.key, position, contentType]).toEqual([attributes.subject, booked.position, datacontenttype]);
    expect(JSON.parse(record!.value!)).toEqual(data);
    expect(JSON.stringify(record)).not.toContain('Canary');
  });

  test('the relay says how it is', async () => {
    expect(await relay()).toMatchObject({ status: 'up', state: 'relaying', parked: 0 });
  });
});
