import type { CommandBus, ICommand } from '@nestjs/cqrs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainCommand } from '../../application/kernel/handle.js';
import { type Ledger, type LedgerEvent, WrongExpectedVersion } from '../../application/kernel/ledger.js';
import type { Streams } from '../../application/kernel/streams.js';
import type { Envelope } from '../../application/kernel/transact.js';
import type { AnyDecider } from '../../domain/kernel/decider.js';
import { type Meta, placeOf, type Trace } from '../../domain/kernel/envelope.js';
import { Rejection } from '../../domain/kernel/rejection.js';
import type { Relay } from '../kafka/relay.js';
import type { Lag, Projector } from '../read-models/projector.js';
import type { Worker } from '../worker/worker.js';
import { type Instrument, type Reading, type Span, type Telemetry, traceOf } from './telemetry.js';

// Each of these stands around a part that knows nothing of it, so that a process without telemetry runs none of it.

export const REQUESTS: Instrument = {
  name: 'healthstack.http.duration',
  description: 'HTTP requests by route and status, from their first byte to their last.',
};
export const COMMANDS: Instrument = {
  name: 'healthstack.commands',
  description: 'Commands by name and outcome: done, the code of a rule that said no, or the name of a fault.',
};
export const APPENDS: Instrument = {
  name: 'healthstack.ledger.append.duration',
  description: 'Appends to the ledger by outcome: done, conflict, or the name of a fault.',
};
export const APPENDED: Instrument = {
  name: 'healthstack.ledger.events',
  description: 'Events appended to the ledger.',
};

/** A span and a duration for each request, under the trace that its `traceparent` names. */
export const observeRequests = (fastify: FastifyInstance, telemetry: Telemetry): void => {
  const open = new WeakMap<FastifyRequest, { readonly span: Span; readonly began: number }>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    // The route's pattern: a path holds ids.
    const name = `${request.method} ${request.routeOptions.url ?? '(no route)'}`;
    const span = telemetry.begin(name, traceOf(request.headers.traceparent));
    open.set(request, { span, began: performance.now() });
    (request as FastifyRequest & { trace?: Trace }).trace = span.place;
    done();
  });
  fastify.addHook('onResponse', (request, { statusCode }, done) => {
    const { span, began } = open.get(request)!;
    span.end({ 'http.response.status_code': statusCode }, statusCode >= 500 ? 'fault' : undefined);
    const labels = { method: request.method, route: request.routeOptions.url ?? '(no route)', status: statusCode };
    telemetry.took(REQUESTS, (performance.now() - began) / 1_000, labels);
    done();
  });
};

/**
 * A span and a count for each command; what it appends lies under it. What a reaction, an effect or a timer sends lies
 * under a span of theirs.
 */
export const observeCommands = (bus: CommandBus, telemetry: Telemetry): void => {
  const execute = bus.execute.bind(bus)<ICommand>;
  const observed = async (command: ICommand): Promise<unknown> => {
    if (!(command instanceof DomainCommand)) return execute(command);
    const envelope = command.envelope as Envelope<AnyDecider>;
    const { caller, message } = envelope;
    // A part of the system has a name that can be told; a person's id cannot.
    const { id, role } = caller.actor;
    const sender = role === 'system' && !caller.authorize ? telemetry.begin(`react ${id}`, caller.trace) : undefined;
    const span = telemetry.begin(`command ${message.type}`, sender?.place ?? caller.trace);
    const ended = (outcome: string, failure?: string) => {
      telemetry.count(COMMANDS, { command: message.type, outcome });
      span.end({ outcome }, failure);
      sender?.end();
    };
    const Observed = command.constructor as new (envelope: Envelope<AnyDecider>) => ICommand;
    try {
      const answer: unknown = await execute(new Observed({ ...envelope, caller: { ...caller, trace: span.place } }));
      ended('done');
      return answer;
    } catch (error) {
      const { name } = error as Error;
      if (error instanceof Rejection) ended(error.code);
      else ended(name, name);
      throw error;
    }
  };
  bus.execute = observed;
};

/** A span, a duration and a count for each append. */
export const observedLedger = (ledger: Ledger, telemetry: Telemetry): Ledger => {
  const append: Ledger['append'] = async (stream, events, expected) => {
    const place = placeOf((events[0]?.metadata ?? {}) as Meta);
    const span = place && telemetry.begin('append', place);
    const began = performance.now();
    const ended = (outcome: string, failure?: string) => {
      telemetry.took(APPENDS, (performance.now() - began) / 1_000, { outcome });
      span?.end({ outcome }, failure);
    };
    try {
      const appended = await ledger.append(stream, events, expected);
      ended('done');
      telemetry.count(APPENDED, {}, events.length);
      return appended;
    } catch (error) {
      const { name } = error as Error;
      if (error instanceof WrongExpectedVersion) ended('conflict');
      else ended(name, name);
      throw error;
    }
  };
  return new Proxy(ledger, {
    get: (target, name) => {
      if (name === 'append') return append;
      const part: unknown = Reflect.get(target, name);
      return typeof part === 'function' ? (part.bind(target) as unknown) : part;
    },
  });
};

/** A span for each event of a batch that belongs to a trace: when whoever follows the ledger dealt with it. */
export const observedBatch =
  (name: string, telemetry: Telemetry) =>
  (events: readonly LedgerEvent[], began: number): void => {
    for (const { type, metadata } of events) {
      const place = placeOf((metadata ?? {}) as Meta);
      if (place) telemetry.begin(name, place, { event: type }, began).end();
    }
  };

const LAG_EVENTS: Instrument = {
  name: 'healthstack.projection.lag.events',
  description: 'Events that a read model has not applied yet, counted up to a thousand.',
};
const LAG_SECONDS: Instrument = {
  name: 'healthstack.projection.lag.seconds',
  description: 'Age of the oldest event that a read model has not applied yet.',
};
const PROJECTIONS_PARKED: Instrument = {
  name: 'healthstack.projection.parked',
  description: 'Documents and streams that a read model has put aside.',
};
const WORKER_PARKED: Instrument = {
  name: 'healthstack.worker.parked',
  description: 'Events that a reaction or an effect has put aside.',
};
const RELAY_LAG_EVENTS: Instrument = {
  name: 'healthstack.relay.lag.events',
  description: 'Events that Kafka has not acknowledged yet, counted up to a thousand.',
};
const RELAY_LAG_SECONDS: Instrument = {
  name: 'healthstack.relay.lag.seconds',
  description: 'Age of the oldest event that Kafka has not acknowledged yet.',
};
const RELAY_PARKED: Instrument = {
  name: 'healthstack.relay.parked',
  description: 'Events that went to Kafka without their data.',
};
const STREAMS_ASKED: Instrument = {
  name: 'healthstack.streams.asked',
  description: 'How often the folded state of a stream was kept (hits) or had to be read (misses), since the start.',
};
const LEASES_HELD: Instrument = {
  name: 'healthstack.lease.held',
  description: 'Whether this process is the one at work.',
};

/** How far each read model is. `current` is whoever keeps them in this process now. */
export const observeProjector = (current: () => Projector | undefined, telemetry: Telemetry): void => {
  const read = (figure: (lag: Lag) => number) => async (): Promise<Reading[]> =>
    Object.entries((await current()?.lag()) ?? {}).map(([projection, lag]) => ({
      value: figure(lag),
      labels: { projection },
    }));
  telemetry.gauge(
    LAG_EVENTS,
    read(({ events }) => events),
  );
  telemetry.gauge(
    LAG_SECONDS,
    read(({ seconds }) => seconds),
  );
  telemetry.gauge(
    PROJECTIONS_PARKED,
    read(({ parked }) => parked),
  );
};

/** What the worker has put aside. */
export const observeWorker = (current: () => Worker | undefined, telemetry: Telemetry): void =>
  telemetry.gauge(WORKER_PARKED, () => {
    const worker = current();
    return worker ? [{ value: worker.status().parked.length }] : [];
  });

/** How far Kafka is. */
export const observeRelay = (relay: Relay, telemetry: Telemetry): void => {
  telemetry.gauge(RELAY_LAG_EVENTS, async () => [{ value: (await relay.lag()).events }]);
  telemetry.gauge(RELAY_LAG_SECONDS, async () => [{ value: (await relay.lag()).seconds }]);
  telemetry.gauge(RELAY_PARKED, () => [{ value: relay.status().parked.count }]);
};

/** Whether decisions find their streams folded. */
export const observeStreams = (streams: Streams, telemetry: Telemetry): void =>
  telemetry.gauge(STREAMS_ASKED, () =>
    Object.entries(streams.counts()).map(([found, value]) => ({ value, labels: { found } })),
  );

/** Which process is at work. */
export const observeTurns = (lease: string, turns: { readonly current: unknown }, telemetry: Telemetry): void =>
  telemetry.gauge(LEASES_HELD, () => [{ value: turns.current === undefined ? 0 : 1, labels: { lease } }]);
