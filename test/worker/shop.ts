import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { DomainCommand } from '../../application/kernel/handle.js';
import type { Ledger } from '../../application/kernel/ledger.js';
import type { World } from '../../application/kernel/ports.js';
import { effect, reaction, send, timer } from '../../application/kernel/reaction.js';
import { Streams } from '../../application/kernel/streams.js';
import { transact } from '../../application/kernel/transact.js';
import { type AnyDecider, decider } from '../../domain/kernel/decider.js';
import { event } from '../../domain/kernel/event.js';
import { reject } from '../../domain/kernel/rejection.js';
import type { Logger } from '../../infrastructure/worker/follower.js';
import { Worker, type WorkerOptions } from '../../infrastructure/worker/worker.js';
import type { ReadModels } from '../../projections/kernel/read-models.js';
import { type Disk, MemoryLedger, MemoryReadModels, type Step } from './memory.js';

// A small world of its own for the worker's tests: orders take from a shelf, and lapse when nobody pays.

const Shelf = { shelf: z.string(), closesAt: z.string() };

export const order = decider<{ placed?: { shelf: string }; status: string; posted: number }>()({
  category: 'order',
  commands: {
    Place: z.strictObject(Shelf),
    Pay: z.strictObject({}),
    Lapse: z.strictObject({}),
    Post: z.strictObject({}),
  },
  events: {
    Placed: event(z.object(Shelf)),
    Paid: event(z.object({ shelf: z.string() })),
    Lapsed: event(z.object({ at: z.string() })),
    Posted: event(z.object({})),
  },
  initial: { status: 'new', posted: 0 },
  parties: () => ({}),
  decide: {
    Place: (state, data) => (state.placed ? [] : [{ type: 'Placed', data }]),
    Pay: ({ placed, status }) =>
      status === 'open' ? [{ type: 'Paid', data: { shelf: placed!.shelf } }] : reject('closed', 'It is closed.'),
    Lapse: ({ status }, _, { at }) => (status === 'open' ? [{ type: 'Lapsed', data: { at } }] : []),
    Post: () => [{ type: 'Posted', data: {} }],
  },
  evolve: {
    Placed: (state, { shelf }) => ({ ...state, placed: { shelf }, status: 'open' }),
    Paid: (state) => ({ ...state, status: 'paid' }),
    Lapsed: (state) => ({ ...state, status: 'lapsed' }),
    Posted: (state) => ({ ...state, posted: state.posted + 1 }),
  },
});
export class OrderCommand extends DomainCommand<typeof order> {}

const SHELF_HOLDS = 5;

export const shelf = decider<{ taken: number; sold: number }>()({
  category: 'shelf',
  commands: { Take: z.strictObject({}), Sell: z.strictObject({}) },
  events: { Taken: event(z.object({})), Sold: event(z.object({})) },
  initial: { taken: 0, sold: 0 },
  parties: () => ({}),
  decide: {
    Take: ({ taken }) => (taken < SHELF_HOLDS ? [{ type: 'Taken', data: {} }] : reject('empty', 'It is empty.')),
    Sell: () => [{ type: 'Sold', data: {} }],
  },
  evolve: {
    Taken: (state) => ({ ...state, taken: state.taken + 1 }),
    Sold: (state) => ({ ...state, sold: state.sold + 1 }),
  },
});
export class ShelfCommand extends DomainCommand<typeof shelf> {}

const { Placed, Paid, Lapsed } = order.events;

export const takeFromShelf = reaction({
  name: 'take-from-shelf-when-order-placed',
  from: { Placed, Paid },
  on: {
    Placed: ({ data }) => [send(ShelfCommand, data.shelf, { type: 'Take', data: {} })],
    Paid: ({ data }) => [send(ShelfCommand, data.shelf, { type: 'Sell', data: {} })],
  },
});

export const lapse = timer({
  name: 'lapse-unpaid-order',
  from: { Placed, Paid },
  on: {
    Placed: ({ stream, data }) => {
      const id = stream.slice('order-'.length);
      return [{ key: id, at: data.closesAt, outgoing: [send(OrderCommand, id, { type: 'Lapse', data: {} })] }];
    },
    Paid: ({ stream }) => [{ key: stream.slice('order-'.length), at: null, outgoing: [] }],
  },
});

/** Hands parcels over; `deliver` may fail. Each event's id is the parcel's number. */
export const postParcels = (deliver: (parcel: string) => Promise<void> | void) =>
  effect({
    name: 'post-parcel-when-order-paid',
    from: { Paid },
    on: {
      Paid: async ({ id, stream }) => {
        await deliver(id);
        return [send(OrderCommand, stream.slice('order-'.length), { type: 'Post', data: {} })];
      },
    },
  });

export const apologise = (write: (id: string) => Promise<void>) =>
  effect({
    name: 'apologise-when-order-lapsed',
    from: { Lapsed },
    on: { Lapsed: async ({ id }) => (await write(id), []) },
  });

/** A clock that stands still until it is set. */
export class HandClock {
  constructor(public instant: string) {}

  now(): string {
    return this.instant;
  }
}

/** One process over a disk: a bus with the real transact, and a worker. */
export const processOn = (disk: Disk, options: Partial<WorkerOptions> = {}, step: Step = () => undefined) => {
  const ledger = options.ledger ?? (new MemoryLedger(disk, step) as unknown as Ledger);
  const readModels = new MemoryReadModels(disk, step) as unknown as ReadModels;
  const time = options.clock ?? { now: () => '2030-01-01T08:00:00.000Z' };
  const ports = {
    ledger,
    clock: time,
    fingerprint: (data: unknown) => JSON.stringify(data),
    fingerprintOf: () => Promise.resolve(undefined),
    software: 'test',
  };
  const streams = new Streams(ledger);
  const bus: WorkerOptions['bus'] = {
    execute: (command) => {
      const target: AnyDecider = command instanceof OrderCommand ? order : shelf;
      return transact(ports, streams, target, command.envelope);
    },
  };
  const logged: object[] = [];
  const log = (fields: object, message: string) => void logged.push({ ...fields, message });
  const logger: Logger = { info: log, warn: log, error: log };
  const worker = new Worker({
    ledger,
    readModels,
    bus,
    reactions: [takeFromShelf],
    effects: [],
    timers: [lapse],
    world: {} as World,
    clock: time,
    logger,
    retry: { attemptsMax: 3, firstMs: 1, longestMs: 2 },
    ...options,
  });
  const asCustomer = (id: string, message: { type: 'Place' | 'Pay'; data: object }, commandId: string = randomUUID()) =>
    bus.execute(
      new OrderCommand({
        id,
        message: message as never,
        caller: {
          actor: { id: 'customer', role: 'patient' },
          commandId,
          correlationId: commandId,
          causationId: commandId,
          purpose: 'TREAT',
        },
      }),
    );
  return {
    worker,
    bus,
    logged,
    place: (id: string, shelfId: string, closesAt = '2030-01-01T09:00:00.000Z') =>
      asCustomer(id, { type: 'Place', data: { shelf: shelfId, closesAt } }),
    pay: (id: string) => asCustomer(id, { type: 'Pay', data: {} }),
  };
};

/** What happened in each stream, without ids and times: the state of the world. */
export const happened = (disk: Disk): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(disk.events, (e) => e.stream)).map(([stream, events]) => [
      stream,
      events!.map(({ type }) => type),
    ]),
  );

/** The documents of a collection that exist. */
export const documents = <Doc>(disk: Disk, collection: string): Doc[] =>
  [...(disk.collections.get(collection)?.values() ?? [])].flatMap(({ doc }) => (doc ? [doc as Doc] : []));

/** Waits until a condition holds, two seconds at most. */
export const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 1_000; i++) {
    if (holds()) return;
    await sleep(2);
  }
  throw new Error('It never came to that.');
};
