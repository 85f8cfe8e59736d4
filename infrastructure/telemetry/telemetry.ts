import type { Trace } from '../../domain/kernel/envelope.js';

/** Names and labels are the code's own words: an operation, a read model, an error's name. Never anybody's data. */
export type Labels = Readonly<Record<string, string | number>>;

/** Something that has begun and will end. */
export interface Span {
  /** Where it lies; what it causes belongs under it. */
  readonly place: Trace;
  /** Once. `failure` is the name of the error that ended it. */
  end(labels?: Labels, failure?: string): void;
}

/** What a gauge shows at the moment it is asked. */
export interface Reading {
  readonly value: number;
  readonly labels?: Labels;
}

/** A figure that operators see. */
export interface Instrument {
  /** In dotted lower case with its unit in words where it has one: `healthstack.projection.lag.seconds`. */
  readonly name: string;
  readonly description: string;
}

/** What operators see of a process: traces and figures. Where nobody asked for it, there is none, and it costs nothing. */
export interface Telemetry {
  /** Begins a span, now or at a time (milliseconds since 1970) when it had begun already. */
  begin(name: string, parent?: Trace, labels?: Labels, at?: number): Span;
  count(what: Instrument, labels?: Labels, by?: number): void;
  /** Seconds that something took. */
  took(what: Instrument, seconds: number, labels?: Labels): void;
  /** Asks for a figure each time that figures are collected. A reading that fails is left out. */
  gauge(what: Instrument, read: () => readonly Reading[] | Promise<readonly Reading[]>): void;
  /** Sends what has gathered, then ends. */
  close(): Promise<void>;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** The place that a W3C `traceparent` header names; undefined for none, or one that is not of version 00. */
export const traceOf = (traceparent: unknown): Trace | undefined => {
  const [, traceId, spanId] = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)) || [];
  return traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)
    ? undefined
    : { traceId, spanId };
};
