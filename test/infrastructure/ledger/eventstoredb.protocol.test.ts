import { status } from '@grpc/grpc-js';
import {
  type AppendToStreamOptions,
  BACKWARDS,
  DeadlineExceededError,
  END,
  EventStoreDBClient,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  MaxAppendSizeExceededError,
  NotLeaderError,
  type ResolvedEvent,
  START,
  StreamDeletedError,
  StreamNotFoundError,
  streamNameFilter,
  type StreamingRead,
  TimeoutError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { MonitoringClient } from '@eventstore/db-client/generated/monitoring_grpc_pb.js';
import monitoring from '@eventstore/db-client/generated/monitoring_pb.js';
import type { StatsResp } from '@eventstore/db-client/generated/monitoring_pb.js';
import { credentials as channel } from '@grpc/grpc-js';
import { EventStoreFixture } from '../../fixtures/eventstoredb/fixture.js';
import { refusal } from '../../fixtures/eventstoredb/wire.js';

// What a program sees of the fixture through the official client, whose two ways of appending must not differ.

let store: EventStoreFixture;
let client: EventStoreDBClient;
beforeEach(async () => {
  store = await EventStoreFixture.start();
  client = EventStoreDBClient.connectionString(store.url);
});
afterEach(async () => {
  await client.dispose();
  await store.close();
});

const happened = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    jsonEvent({
      id: crypto.randomUUID(),
      type: n % 2 === 0 ? 'Opened' : 'Closed',
      data: { n },
      metadata: { by: 'me' },
    }),
  );
const all = async (read: StreamingRead<ResolvedEvent>): Promise<ResolvedEvent[]> => {
  const events: ResolvedEvent[] = [];
  for await (const event of read) events.push(event);
  return events;
};
const ids = (events: readonly { readonly event?: { readonly id: string } }[]) => events.map(({ event }) => event?.id);

describe.each([
  ['BatchAppend', {}],
  ['Append', { credentials: { username: 'admin', password: 'changeit' } }],
] satisfies [string, AppendToStreamOptions][])('by %s', (method, options) => {
  const append = (
    stream: string,
    events: ReturnType<typeof happened>,
    expectedRevision: AppendToStreamOptions['expectedRevision'],
  ) => client.appendToStream(stream, events, { ...options, expectedRevision });

  test('an append answers the last event’s revision and position', async () => {
    const { success, nextExpectedRevision, position } = await append('room-1', happened(3), 'no_stream');
    expect([success, nextExpectedRevision]).toEqual([true, 2n]);
    const [last] = await all(client.readStream('room-1', { fromRevision: END, direction: BACKWARDS, maxCount: 1 }));
    expect(last!.event!.position).toEqual(position);
    expect(store.faults.calls[method === 'Append' ? 'append' : 'batchAppend']).toBe(1);
  });

  // LEDGER: the table of idempotent appends. C is the stream's current revision, 4.
  test.each([
    ['at C, ids already there', 4n, [3, 4], 6n],
    ['before C, the ids that follow', 1n, [2, 3], 3n],
    ['before the first, all ids', 'no_stream', [0, 1, 2, 3, 4], 4n],
    ['before C, the first id another', 1n, [3, 4], 'wrong'],
    ['before C, more ids than follow', 2n, [3, 4, 0], 'wrong'],
    ['behind C', 5n, [0], 'wrong'],
    ['any, ids seen lately', 'any', [1, 2], 2n],
    ['any, the first id new', 'any', ['new', 1], 6n],
    ['any, a later id new', 'any', [1, 'new'], 'wrong'],
    ['stream_exists, ids seen lately', 'stream_exists', [4], 4n],
  ] as const)('repeated %s', async (_, expected, which, revision) => {
    const events = happened(5);
    await append('room-1', events, 'no_stream');
    const again = which.map((i) => (i === 'new' ? happened(1)[0]! : events[i]!));
    const outcome = append('room-1', again, expected);
    if (revision !== 'wrong') return expect((await outcome).nextExpectedRevision).toBe(revision);
    const error = await outcome.catch((e: unknown) => e as WrongExpectedVersionError);
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: 'room-1', expectedVersion: expected, actualVersion: 4n });
  });

  test('ids at any revision are forgotten when the server stops; at a revision never', async () => {
    const events = happened(2);
    await append('room-1', events, 'any');
    await store.stop();
    await store.start();
    await expect(append('room-1', events, 'no_stream')).rejects.toBeDefined();
    expect((await append('room-1', events, 'no_stream')).nextExpectedRevision).toBe(1n);
    expect((await append('room-1', events, 'any')).nextExpectedRevision).toBe(3n);
  });

  test('stream_exists takes a stream with metadata alone, no_stream one that was deleted', async () => {
    await expect(append('room-1', happened(1), 'stream_exists')).rejects.toMatchObject({ actualVersion: 'no_stream' });
    await client.setStreamMetadata('room-1', { maxCount: 5 });
    expect((await append('room-1', happened(2), 'stream_exists')).nextExpectedRevision).toBe(1n);
    await client.deleteStream('room-1');
    await expect(append('room-1', happened(1), 'stream_exists')).rejects.toBeInstanceOf(StreamDeletedError);
    expect((await append('room-1', happened(1), 'no_stream')).nextExpectedRevision).toBe(2n);
  });

  test('a tombstoned stream and an append too large are refused', async () => {
    await append('room-1', happened(1), 'any');
    await client.tombstoneStream('room-1');
    await expect(append('room-1', happened(1), 'any')).rejects.toBeInstanceOf(StreamDeletedError);
    const large = jsonEvent({ type: 'Large', data: { text: 'x'.repeat(1024 * 1024) } });
    const refused = client.appendToStream('room-2', large, options);
    await expect(refused).rejects.toBeInstanceOf(MaxAppendSizeExceededError);
    await expect(refused).rejects.toMatchObject({ maxAppendSize: 1024 * 1024 });
    await expect(all(client.readStream('room-2'))).rejects.toBeInstanceOf(StreamNotFoundError);
  });

  test('many megabytes in many appends at once', async () => {
    const text = 'x'.repeat(200_000);
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        client.appendToStream(
          `room-${i}`,
          [1, 2, 3, 4].map(() => jsonEvent({ type: 'Large', data: { text } })),
          options,
        ),
      ),
    );
    expect(outcomes.every(({ nextExpectedRevision }) => nextExpectedRevision === 3n)).toBe(true);
  });

  test('a commit that takes too long', async () => {
    const fault = refusal(status.ABORTED, 'Operation timed out: Commit phase timeout.');
    store.faults.plan({ on: method === 'Append' ? 'append' : 'batchAppend', error: fault });
    const kind = method === 'Append' ? TimeoutError : DeadlineExceededError;
    await expect(append('room-1', happened(1), 'any')).rejects.toBeInstanceOf(kind);
  });
});

test('BatchAppend: the server keeps the deadline it is told', async () => {
  store.faults.plan({ on: 'batchAppend', lateMs: 60_000, done: true });
  const late = client.appendToStream('room-1', happened(1), { deadline: 200 });
  await expect(late).rejects.toBeInstanceOf(DeadlineExceededError);
});

test('reads of a stream: inclusive both ways, from the ends, none behind the end', async () => {
  const events = happened(10);
  await client.appendToStream('room-1', events);
  const read = async (options: Parameters<typeof client.readStream>[1]) =>
    ids(await all(client.readStream('room-1', options))).map((id) => events.findIndex((e) => e.id === id));
  expect(await read({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(await read({ fromRevision: 7n })).toEqual([7, 8, 9]);
  expect(await read({ fromRevision: 2n, direction: BACKWARDS })).toEqual([2, 1, 0]);
  expect(await read({ fromRevision: END, direction: BACKWARDS, maxCount: 2 })).toEqual([9, 8]);
  expect(await read({ fromRevision: START, direction: BACKWARDS })).toEqual([0]);
  expect(await read({ fromRevision: 99n })).toEqual([]);
  expect(await read({ fromRevision: 99n, direction: BACKWARDS, maxCount: 1 })).toEqual([9]);
});

test('reads of everything: forwards inclusive, backwards exclusive, the store’s own events with it', async () => {
  const events = happened(4);
  await client.appendToStream('room-1', events);
  await client.setStreamMetadata('room-1', { maxCount: 2 });
  const everything = await all(client.readAll());
  expect(everything.map(({ event }) => event!.type)).toEqual(['Opened', 'Closed', 'Opened', 'Closed', '$metadata']);
  expect(everything[4]!.event!.streamId).toBe('$$room-1');
  const fromPosition = everything[2]!.event!.position!;
  expect(ids(await all(client.readAll({ fromPosition })))).toEqual(ids(everything.slice(2)));
  expect(ids(await all(client.readAll({ fromPosition, direction: BACKWARDS })))).toEqual(
    ids(everything.slice(0, 2).toReversed()),
  );
  expect(await all(client.readAll({ fromPosition: END }))).toEqual([]);
  expect(await all(client.readAll({ direction: BACKWARDS, fromPosition: START }))).toEqual([]);
  const between = { commit: fromPosition.commit + 1n, prepare: fromPosition.prepare + 1n };
  await expect(all(client.readAll({ fromPosition: between }))).rejects.toBeInstanceOf(UnknownError);
});

test('what was recorded is what was sent, and when', async () => {
  const id = crypto.randomUUID();
  const before = Date.now();
  await client.appendToStream(
    'ঘর-1',
    jsonEvent({ id, type: 'খোলা', data: { n: 1 }, metadata: { $correlationId: 'c' } }),
  );
  const [{ event } = {}] = await all(client.readStream('ঘর-1'));
  expect(event).toMatchObject({
    id,
    streamId: 'ঘর-1',
    type: 'খোলা',
    revision: 0n,
    isJson: true,
    data: { n: 1 },
    metadata: { $correlationId: 'c' },
  });
  expect(Math.abs(event!.created.getTime() - before)).toBeLessThan(5_000);
});

test('links are followed where that is asked', async () => {
  const [target] = happened(1);
  await client.appendToStream('room-1', target!);
  const link = {
    id: crypto.randomUUID(),
    type: '$>',
    contentType: 'application/octet-stream' as const,
    metadata: undefined,
  };
  await client.appendToStream('all-rooms', [
    { ...link, data: new Uint8Array(Buffer.from('0@room-1')) },
    { ...link, id: crypto.randomUUID(), data: new Uint8Array(Buffer.from('7@room-1')) },
  ]);
  const [found, gone] = await all(client.readStream('all-rooms', { resolveLinkTos: true }));
  expect([found!.event!.id, found!.link!.id]).toEqual([target!.id, link.id]);
  expect([gone!.event, gone!.link!.streamId]).toEqual([undefined, 'all-rooms']);
  const [plain] = await all(client.readStream('all-rooms'));
  expect(plain!.event!.type).toBe('$>');
});

test('metadata: what was set is read; a deletion replaces all of it', async () => {
  await client.appendToStream('room-1', happened(3));
  expect(await client.getStreamMetadata('room-1')).toEqual({ streamName: 'room-1' });
  const metadata = { maxCount: 2, maxAge: 100, acl: { readRoles: ['$all'] }, ward: 7 };
  await client.setStreamMetadata('room-1', metadata, { expectedRevision: 'no_stream' });
  expect((await client.getStreamMetadata('room-1')).metadata).toEqual(metadata);
  expect(await all(client.readStream('room-1'))).toHaveLength(2);
  await expect(client.setStreamMetadata('room-1', metadata, { expectedRevision: 'no_stream' })).rejects.toBeInstanceOf(
    WrongExpectedVersionError,
  );
  await store.stop();
  await store.start();
  client = EventStoreDBClient.connectionString(store.url);
  expect((await client.getStreamMetadata('room-1')).metadata).toEqual(metadata);
  await client.deleteStream('room-1', { expectedRevision: 2n });
  const { metadata: deleted } = await client.getStreamMetadata('room-1');
  expect(deleted).toEqual({ truncateBefore: Number(0x7fffffffffffffffn) });
  await expect(all(client.readStream('room-1'))).rejects.toBeInstanceOf(StreamNotFoundError);
  await client.appendToStream('room-1', happened(1));
  expect((await client.getStreamMetadata('room-1')).metadata).toEqual({ truncateBefore: 3 });
});

test('deletions that are refused say where the stream is', async () => {
  await expect(client.deleteStream('room-1')).rejects.toMatchObject({ expectedVersion: -2n, actualVersion: -1n });
  await expect(client.tombstoneStream('room-1')).rejects.toBeInstanceOf(WrongExpectedVersionError);
  await client.appendToStream('room-1', happened(2));
  await expect(client.deleteStream('room-1', { expectedRevision: 'no_stream' })).rejects.toMatchObject({
    expectedVersion: -1n,
    actualVersion: 1n,
  });
  expect((await client.tombstoneStream('room-1', { expectedRevision: 1n })).position!.commit).toBeGreaterThan(0n);
  await expect(all(client.readStream('room-1'))).rejects.toBeInstanceOf(StreamDeletedError);
});

test.each([
  ['a stream’s prefix', streamNameFilter({ prefixes: ['room-1', 'day-'] }), ['room-1', 'room-1', 'day-2', 'day-2']],
  ['a stream’s pattern', streamNameFilter({ regex: '^[a-z]+-2$' }), ['room-2', 'room-2', 'day-2', 'day-2']],
  ['a type’s prefix', eventTypeFilter({ prefixes: ['Clo'] }), ['room-1', 'room-2', 'day-2']],
  ['no system events', excludeSystemEvents(), ['room-1', 'room-1', 'room-2', 'room-2', 'day-2', 'day-2']],
])('a subscription filtered by %s', async (_, filter, expected) => {
  for (const stream of ['room-1', 'room-2', 'day-2']) await client.appendToStream(stream, happened(2));
  await client.setStreamMetadata('room-1', { maxCount: 1 });
  const streams: string[] = [];
  const subscription = client.subscribeToAll({ filter });
  await new Promise<void>((resolve) => {
    subscription.on('data', ({ event }) => streams.push(event!.streamId));
    subscription.once('caughtUp', resolve);
  });
  await subscription.unsubscribe();
  expect(streams).toEqual(expected);
});

test('a filtered subscription tells its checkpoint every so many windows of events it looked at', async () => {
  await client.appendToStream('room-1', happened(400));
  const places = (await all(client.readAll())).map(({ event }) => event!.position!.commit);
  const checkpoints: bigint[] = [];
  const filter = streamNameFilter({
    prefixes: ['day-'],
    maxSearchWindow: 50,
    checkpointInterval: 3,
    checkpointReached: (_, { commit }) => void checkpoints.push(commit),
  });
  const subscription = client.subscribeToAll({ filter });
  await new Promise<void>((resolve) => {
    subscription.on('data', () => undefined);
    subscription.once('caughtUp', resolve);
  });
  await subscription.unsubscribe();
  expect(checkpoints).toEqual([places[149], places[299]]);
});

test('subscriptions begin behind the place they are told', async () => {
  const events = happened(4);
  await client.appendToStream('room-1', events);
  const [, at] = await all(client.readStream('room-1'));
  const first = async (subscription: AsyncIterable<ResolvedEvent> & { unsubscribe(): Promise<void> }) => {
    for await (const { event } of subscription) {
      await subscription.unsubscribe();
      return event!.id;
    }
    return undefined;
  };
  expect(await first(client.subscribeToAll({ fromPosition: at!.event!.position! }))).toBe(events[2]!.id);
  expect(await first(client.subscribeToStream('room-1', { fromRevision: 1n }))).toBe(events[2]!.id);
  const later = client.subscribeToStream('room-2');
  const [next] = happened(1);
  later.once('caughtUp', () => void client.appendToStream('room-2', next!));
  expect(await first(later)).toBe(next!.id);
});

test('another leader is named', async () => {
  store.leader = { host: '127.0.0.1', port: 1 };
  const refused = client.appendToStream('room-1', happened(1), {
    requiresLeader: true,
    credentials: { username: 'admin', password: 'changeit' },
  });
  await expect(refused).rejects.toBeInstanceOf(NotLeaderError);
  await expect(refused).rejects.toMatchObject({ leader: { address: '127.0.0.1', port: 1 } });
});

test('a follower answers reads and takes writes from who does not ask for the leader', async () => {
  store.leader = { host: '127.0.0.1', port: 1 };
  await client.appendToStream('room-1', happened(1));
  expect(await all(client.readStream('room-1'))).toHaveLength(1);
});

test('without TLS nobody is asked who they are, as EventStoreDB', async () => {
  const nobody = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${store.port}?tls=false`);
  await nobody.appendToStream('$settings', happened(1));
  expect(await all(nobody.readStream('$settings'))).toHaveLength(1);
  await nobody.dispose();
});

test('figures are told again and again', async () => {
  const peer = new MonitoringClient(`127.0.0.1:${store.port}`, channel.createInsecure());
  const request = new monitoring.StatsReq();
  request.setRefreshTimePeriodInMs('100');
  const call = peer.stats(request);
  let told = 0;
  for await (const stats of call as AsyncIterable<StatsResp>) {
    expect(stats.getStatsMap().get('es-head')).toBe('0');
    if (++told === 2) break;
  }
  peer.close();
});
