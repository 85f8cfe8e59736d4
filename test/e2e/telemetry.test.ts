import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { openTelemetry } from '../../infrastructure/telemetry/opentelemetry.js';
import type { Instrument, Reading, Telemetry } from '../../infrastructure/telemetry/telemetry.js';
import { Embedded, idOf, type Person } from '../kernel/embedded.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CLIENT = 'b7ad6b7169203331';
const DAY = '2090-01-02';

const spans = new InMemorySpanExporter();
const gauges = new Map<string, () => readonly Reading[] | Promise<readonly Reading[]>>();
const counts: { name: string; labels: unknown }[] = [];
let embedded: Embedded;
let patient: Person;
let doctor: Person;
let seen: readonly ReadableSpan[];

/** Traces are OpenTelemetry's, figures are kept where the test sees them. */
const observed = async (): Promise<Telemetry> => ({
  ...(await openTelemetry({ process: 'test', software: 'test', spans })),
  count: ({ name }: Instrument, labels) => void counts.push({ name, labels }),
  gauge: ({ name }, read) => void gauges.set(name, read),
  took: ({ name }, _seconds, labels) => void counts.push({ name, labels }),
});

beforeAll(async () => {
  jest.spyOn(spans, 'shutdown').mockResolvedValue();
  embedded = await Embedded.open(undefined, undefined, { telemetry: await observed() });
  await embedded.hospital('green');
  [patient, doctor] = await Promise.all([
    embedded.person('Amina Rahman', { role: 'patient' }),
    embedded.doctor('doctor', 'green'),
  ]);
  await embedded.settled();
  const booked = await patient.post(
    'appointments',
    {
      doctorId: doctor.id,
      day: DAY,
      hospitalId: idOf('green'),
      start: `${DAY}T09:00:00+06:00`,
      type: 'checkUp',
      message: 'A cough that nobody else hears of',
    },
    { traceparent: `00-${TRACE}-${CLIENT}-01` },
  );
  const traceparent = { traceparent: `00-${TRACE}-${CLIENT}-01` };
  const confirmed = await doctor.post(`appointments/${booked.body.id}/confirm`, {}, traceparent);
  expect(confirmed.status).toBe(202);
  await embedded.settled();
});

test('figures tell of streams, read models and the worker', async () => {
  const figures = async (name: string) => gauges.get(name)!();
  const lags = await figures('healthstack.projection.lag.events');
  expect(lags).toContainEqual({ value: 0, labels: { projection: 'appointments' } });
  expect(await figures('healthstack.projection.parked')).toContainEqual({ value: 0, labels: { projection: 'audit' } });
  expect(await figures('healthstack.worker.parked')).toEqual([{ value: 0 }]);
  expect(await figures('healthstack.streams.asked')).toContainEqual({
    value: expect.any(Number),
    labels: { found: 'misses' },
  });
  expect(counts).toContainEqual({
    name: 'healthstack.commands',
    labels: { command: 'RequestAppointment', outcome: 'done' },
  });
  const refused = await patient.post('appointments', { doctorId: doctor.id });
  expect(refused.status).toBe(400);
  const taken = await patient.post('appointments', {
    doctorId: doctor.id,
    day: DAY,
    hospitalId: idOf('green'),
    start: `${DAY}T09:00:00+06:00`,
    type: 'checkUp',
  });
  expect(taken.status).toBe(409);
  expect(counts).toContainEqual({
    name: 'healthstack.commands',
    labels: { command: 'RequestAppointment', outcome: 'slot-taken' },
  });
  expect(counts).toContainEqual({
    name: 'healthstack.http.duration',
    labels: { method: 'POST', route: '/api/v1/appointments', status: 409 },
  });
});

describe('once the process has ended', () => {
  beforeAll(async () => {
    await embedded.close();
    seen = spans.getFinishedSpans();
  });

  /** The names from the client's place down to each span of the trace, in a sentence. */
  const paths = (): string[] => {
    const ours = new Map(seen.filter((s) => s.spanContext().traceId === TRACE).map((s) => [s.spanContext().spanId, s]));
    const path = (span: ReadableSpan): string => {
      const parent = span.parentSpanContext?.spanId ?? 'nobody';
      if (parent === CLIENT) return span.name;
      return `${ours.has(parent) ? path(ours.get(parent)!) : '?'} > ${span.name}`;
    };
    return [...ours.values()].map(path);
  };

  test('one trace shows the life of an appointment', () => {
    const request = 'POST /api/v1/appointments > command RequestAppointment';
    const confirm = 'POST /api/v1/appointments/:id/confirm > command ConfirmAppointment';
    const reaction = `${confirm} > react open-chat-when-appointment-confirmed > command OpenThread`;
    const all = paths();
    for (const path of [request, `${request} > append`, `${request} > project`, confirm, `${confirm} > append`])
      expect(all).toContain(path);
    for (const path of [reaction, `${reaction} > append`, `${reaction} > project`]) expect(all).toContain(path);
    expect(all.filter((path) => path.startsWith('?'))).toEqual([]);
  });

  test('no span and no figure names a person or what was said', () => {
    const told = JSON.stringify([seen.map(({ name, attributes, status }) => ({ name, attributes, status })), counts]);
    for (const secret of ['Amina', 'cough', patient.id, doctor.id]) expect(told).not.toContain(secret);
  });
});
