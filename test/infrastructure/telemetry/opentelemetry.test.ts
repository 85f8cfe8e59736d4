import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { openTelemetry } from '../../../infrastructure/telemetry/opentelemetry.js';
import { traceOf } from '../../../infrastructure/telemetry/telemetry.js';

const OURS = { process: 'test', software: '1' };
const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await once(probe.close(), 'close');
  return port;
};

describe('traces', () => {
  it('keep a span under the one it was begun under, with its labels and its failure', async () => {
    const spans = new InMemorySpanExporter();
    const telemetry = await openTelemetry({ ...OURS, spans });
    const outer = telemetry.begin('outer', CALLER, { operation: 'x' }, 1_000);
    const inner = telemetry.begin('inner', outer.place);
    inner.end({ outcome: 'no' }, 'SomeError');
    outer.end();
    const shutdown = jest.spyOn(spans, 'shutdown').mockResolvedValue();
    await telemetry.close();
    expect(shutdown).toHaveBeenCalled();
    const [first, second] = spans.getFinishedSpans();
    expect(first).toMatchObject({ name: 'inner', attributes: { outcome: 'no' }, status: { message: 'SomeError' } });
    expect(first!.parentSpanContext?.spanId).toBe(outer.place.spanId);
    expect(second).toMatchObject({ name: 'outer', attributes: { operation: 'x' }, startTime: [1, 0] });
    expect(second!.parentSpanContext).toMatchObject(CALLER);
    expect(outer.place.traceId).toBe(CALLER.traceId);
    expect(second!.resource.attributes).toMatchObject({ 'service.name': 'healthstack-test', 'service.version': '1' });
  });

  it('keep none of what is not sampled, and still say where it lies', async () => {
    const spans = new InMemorySpanExporter();
    const telemetry = await openTelemetry({ ...OURS, spans, sampled: 0 });
    const span = telemetry.begin('unseen', CALLER);
    span.end();
    jest.spyOn(spans, 'shutdown').mockResolvedValue();
    await telemetry.close();
    expect(spans.getFinishedSpans()).toEqual([]);
    expect(span.place.traceId).toBe(CALLER.traceId);
  });
});

describe('figures', () => {
  it('are served for Prometheus, gauges asked each time', async () => {
    const port = await freePort();
    const telemetry = await openTelemetry({ ...OURS, metrics: { host: '127.0.0.1', port } });
    let lag = 3;
    telemetry.gauge({ name: 'healthstack.lag', description: 'How far behind.' }, () => [
      { value: lag, labels: { projection: 'audit' } },
    ]);
    telemetry.gauge({ name: 'healthstack.broken', description: 'Cannot be read.' }, () =>
      Promise.reject(new Error('no')),
    );
    telemetry.count({ name: 'healthstack.things', description: 'Things.' }, { kind: 'a' }, 2);
    telemetry.took({ name: 'healthstack.work', description: 'Work.' }, 0.02);
    const figures = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const first = await figures();
    expect(first).toContain('healthstack_things_total{kind="a"');
    expect(first).toMatch(/healthstack_lag\{projection="audit"[^}]*\} 3/);
    expect(first).toMatch(/healthstack_work(_seconds)?_bucket\{[^}]*le="0.025"[^}]*\} 1/);
    lag = 5;
    expect(await figures()).toMatch(/healthstack_lag\{projection="audit"[^}]*\} 5/);
    await telemetry.close();
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });

  it('refuse a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(openTelemetry({ ...OURS, metrics: { host: '127.0.0.1', port } })).rejects.toThrow('EADDRINUSE');
    other.close();
  });
});

test.each([
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', CALLER],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00', CALLER],
  ['01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', undefined],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
  ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', undefined],
  ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', undefined],
  [['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'], undefined],
  [undefined, undefined],
])('traceparent %j', (header, place) => {
  expect(traceOf(header)).toEqual(place);
});
