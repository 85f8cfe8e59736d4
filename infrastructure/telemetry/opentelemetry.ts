import { type Counter, type Histogram, ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type IMetricReader, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Trace } from '../../domain/kernel/envelope.js';
import type { Instrument, Telemetry } from './telemetry.js';

/** Where a process tells what it does. */
export interface OpenTelemetryOptions {
  /** `write-api`, `projector`, ...; `service.name` is `healthstack-<process>`. */
  readonly process: string;
  readonly software: string;
  /** An OpenTelemetry collector's OTLP/HTTP address, without `/v1/...`; traces and figures are sent to it. */
  readonly collectorUrl?: string | undefined;
  /** Serves figures for Prometheus at `/metrics`; 0 takes any free port. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
  /** The share of traces that are kept, 0 to 1: by trace id, so that every process keeps the same ones. */
  readonly sampled?: number;
  /** Instead of the collector, for tests. */
  readonly spans?: SpanExporter;
}

/** Seconds; from a point read in memory to a request that hangs. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Telemetry by OpenTelemetry. Nothing global is registered: spans are told their parents.
 *
 * @throws Error when the port for figures cannot be listened on.
 */
export const openTelemetry = async (options: OpenTelemetryOptions): Promise<Telemetry> => {
  const { process, software, collectorUrl, metrics, sampled = 1 } = options;
  const resource = resourceFromAttributes({
    'service.name': `healthstack-${process}`,
    'service.version': software,
  });
  const exporter = options.spans ?? (collectorUrl && new OTLPTraceExporter({ url: `${collectorUrl}/v1/traces` }));
  const tracers = new TracerProvider({
    resource,
    sampler: new TraceIdRatioBasedSampler(sampled),
    spanProcessors: exporter ? [new BatchSpanProcessor({ exporter })] : [],
  });
  const readers: IMetricReader[] = [];
  if (collectorUrl !== undefined)
    readers.push(
      new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: `${collectorUrl}/v1/metrics` }) }),
    );
  if (metrics) {
    const prometheus = new PrometheusExporter({ ...metrics, preventServerStart: true });
    await prometheus.startServer();
    readers.push(prometheus);
  }
  const meters = new MeterProvider({ resource, readers });
  const tracer = tracers.getTracer('healthstack');
  const meter = meters.getMeter('healthstack');
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();

  return {
    begin: (name, parent, labels, at) => {
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, remote(parent)) : ROOT_CONTEXT;
      const span = tracer.startSpan(
        name,
        { ...(labels && { attributes: labels }), ...(at !== undefined && { startTime: new Date(at) }) },
        context,
      );
      const { traceId, spanId } = span.spanContext();
      return {
        place: { traceId, spanId },
        end: (more, failure) => {
          if (more) span.setAttributes(more);
          if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
          span.end();
        },
      };
    },
    count: (what, labels, by = 1) =>
      kept(counters, what, () => meter.createCounter(what.name, { description: what.description })).add(by, labels),
    took: (what, seconds, labels) =>
      kept(histograms, what, () =>
        meter.createHistogram(what.name, {
          description: what.description,
          unit: 's',
          advice: { explicitBucketBoundaries: BUCKETS },
        }),
      ).record(seconds, labels),
    gauge: ({ name, description }, read) =>
      meter.createObservableGauge(name, { description }).addCallback(async (result) => {
        for (const { value, labels } of await read()) result.observe(value, labels);
      }),
    close: async () => {
      await Promise.allSettled([tracers.shutdown(), meters.shutdown()]);
    },
  };
};

/** A place elsewhere, or earlier: what lies under it is kept when it was. */
const remote = ({ traceId, spanId }: Trace) => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });

const kept = <T>(made: Map<string, T>, { name }: Instrument, make: () => T): T => {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
};
