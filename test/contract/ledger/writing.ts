import { randomBytes, randomUUID } from 'node:crypto';
import {
  APPEND_BYTES_MAX,
  APPEND_EVENTS_MAX,
  InvalidAppend,
  StreamNotFound,
  TooLarge,
  WrongExpectedVersion,
} from '../../../application/kernel/ledger.js';
import { event, happened, ids, oneTo, refusedAt, revisions, type Subject } from './subject.js';

export const writing = (subject: Subject): void => {
  test('1 append three events to a new stream: revision 2, and they are read as they were written', async () => {
    const stream = subject.stream();
    const events = [event({ type: 'Opened' }), event({ data: { n: 1 } }), event({ metadata: { a: [1, null] } })];
    expect((await subject.ledger.append(stream, events, 'noStream')).revision).toBe(2);
    expect(await subject.ledger.readStream(stream)).toMatchObject(
      events.map((e, revision) => ({ ...e, stream, revision })),
    );
  });

  test('2 append at the current revision: the next revision, a later position', async () => {
    const stream = subject.stream();
    const first = await subject.ledger.append(stream, happened(2), 'noStream');
    const second = await subject.ledger.append(stream, happened(1), 1);
    expect(second.revision).toBe(2);
    expect(subject.ledger.compare(first.position, second.position)).toBeLessThan(0);
  });

  test('3 append at an older revision with new ids: refused, nothing written', async () => {
    const { stream, events } = await subject.filled(3);
    await refusedAt(subject.ledger.append(stream, happened(1), 1), 1, 2);
    expect(ids(await subject.ledger.readStream(stream))).toEqual(ids(events));
  });

  test('4 append beyond the current revision, or at a revision of no stream: refused', async () => {
    const { stream } = await subject.filled(3);
    await refusedAt(subject.ledger.append(stream, happened(1), 3), 3, 2);
    await refusedAt(subject.ledger.append(subject.stream(), happened(1), 0), 0, 'noStream');
  });

  test('5 append to a stream that should not exist but does: refused', async () => {
    const { stream } = await subject.filled(1);
    await refusedAt(subject.ledger.append(stream, happened(1), 'noStream'), 'noStream', 0);
  });

  test('6 append to a stream that should exist but does not: refused', async () => {
    await refusedAt(subject.ledger.append(subject.stream(), happened(1), 'streamExists'), 'streamExists', 'noStream');
    const { stream } = await subject.filled(1);
    expect((await subject.ledger.append(stream, happened(1), 'streamExists')).revision).toBe(1);
  });

  test('7 fifty appends at once at the same revision: one wins', async () => {
    const { stream } = await subject.filled(1);
    const outcomes = await Promise.allSettled(oneTo(50).map(() => subject.ledger.append(stream, happened(1), 0)));
    const lost = outcomes.filter((o) => o.status === 'rejected');
    expect(lost).toHaveLength(49);
    for (const { reason } of lost) expect(reason).toBeInstanceOf(WrongExpectedVersion);
    expect(await subject.ledger.readStream(stream)).toHaveLength(2);
  });

  test('8 fifty appends at once at any revision: fifty events without a gap', async () => {
    const stream = subject.stream();
    const appended = await Promise.all(oneTo(50).map(() => subject.ledger.append(stream, happened(1), 'any')));
    expect(appended.map((a) => a.revision).sort((a, b) => a - b)).toEqual(oneTo(50));
    expect(revisions(await subject.ledger.readStream(stream))).toEqual(oneTo(50));
  });

  test('9 an append that fails leaves none of its events, and harms none that is written with it', async () => {
    const { stream, events } = await subject.filled(2);
    const neighbour = subject.stream();
    const before = await subject.head();
    const [stale, large, good] = await Promise.allSettled([
      subject.ledger.append(stream, happened(3), 0),
      subject.ledger.append(stream, [event(), event({ data: 'x'.repeat(APPEND_BYTES_MAX) })], 1),
      subject.ledger.append(neighbour, happened(2), 'noStream'),
    ]);
    expect([stale.status, large.status, good.status]).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(ids(await subject.ledger.readStream(stream))).toEqual(ids(events));
    const since = await subject.ledger.readAll({ from: before, filter: subject.own });
    expect(since.filter((e) => subject.ledger.compare(e.position, before) > 0).map((e) => e.stream)).toEqual([
      neighbour,
      neighbour,
    ]);
  });

  test('10 the same append again: the same answer, nothing new', async () => {
    const stream = subject.stream();
    const events = happened(3);
    const first = await subject.ledger.append(stream, events, 'noStream');
    expect(await subject.ledger.append(stream, events, 'noStream')).toEqual(first);
    expect(await subject.ledger.readStream(stream)).toHaveLength(3);
    const next = happened(2);
    const second = await Promise.all(oneTo(3).map(() => subject.ledger.append(stream, next, 2)));
    expect(second.map((a) => a.revision)).toEqual([4, 4, 4]);
    expect(new Set(second.map((a) => a.position)).size).toBe(1);
    expect(await subject.ledger.readStream(stream)).toHaveLength(5);
  });

  test('11 the same append again after others followed: the same answer', async () => {
    const stream = subject.stream();
    const events = happened(3);
    const first = await subject.ledger.append(stream, events, 'noStream');
    await subject.ledger.append(stream, happened(4), 2);
    await subject.filled(1);
    expect(await subject.ledger.append(stream, events, 'noStream')).toEqual(first);
    expect(await subject.ledger.readStream(stream)).toHaveLength(7);
  });

  test('12 again with the first id equal and the second another: refused', async () => {
    const stream = subject.stream();
    const [first, second, third] = happened(3);
    await subject.ledger.append(stream, [first!, second!], 'noStream');
    await refusedAt(subject.ledger.append(stream, [first!, third!], 'noStream'), 'noStream', 1);
    await refusedAt(subject.ledger.append(stream, [first!, second!, third!], 'noStream'), 'noStream', 1);
    expect(await subject.ledger.readStream(stream)).toHaveLength(2);
  });

  test('13 only the first of its ids again: the answer for those', async () => {
    const { stream, events } = await subject.filled(3);
    const { revision, position } = await subject.ledger.append(stream, events.slice(0, 2), 'noStream');
    expect(revision).toBe(1);
    expect((await subject.ledger.readStream(stream))[1]!.position).toBe(position);
    expect(await subject.ledger.readStream(stream)).toHaveLength(3);
  });

  test('14 the same ids at the current revision: written again', async () => {
    const { stream, events } = await subject.filled(2);
    expect((await subject.ledger.append(stream, events, 1)).revision).toBe(3);
    expect(ids(await subject.ledger.readStream(stream))).toEqual([...ids(events), ...ids(events)]);
  });

  test('15 the same ids at any revision: written again or not, both are allowed', async () => {
    const { stream, events } = await subject.filled(2);
    await subject.ledger.append(stream, events, 'any');
    expect([2, 4]).toContain((await subject.ledger.readStream(stream)).length);
  });

  test('16 the same id in two streams: both are kept', async () => {
    const events = happened(1);
    const streams = [subject.stream(), subject.stream()];
    for (const stream of streams) await subject.ledger.append(stream, events, 'noStream');
    for (const stream of streams) expect(ids(await subject.ledger.readStream(stream))).toEqual(ids(events));
  });

  test('17 append nothing: refused before the store is asked', async () => {
    const stream = subject.stream();
    await expect(subject.ledger.append(stream, [], 'any')).rejects.toBeInstanceOf(InvalidAppend);
    await expect(subject.ledger.readStream(stream)).rejects.toBeInstanceOf(StreamNotFound);
  });

  test('18 over the limit: refused, nothing written; exactly at the limit: written', async () => {
    const stream = subject.stream();
    const type = 'Happened';
    const room = APPEND_BYTES_MAX - 2 * type.length;
    // Three bytes a character, so that it is bytes that are counted.
    const text = (bytes: number) => '০'.repeat(Math.floor((bytes - 2) / 3)) + 'x'.repeat((bytes - 2) % 3);
    const sized = (bytes: number) => event({ type, data: text(bytes), metadata: undefined });
    await expect(subject.ledger.append(stream, [sized(room + 1)], 'noStream')).rejects.toBeInstanceOf(TooLarge);
    await expect(subject.ledger.append(stream, happened(APPEND_EVENTS_MAX + 1), 'noStream')).rejects.toBeInstanceOf(
      TooLarge,
    );
    await expect(subject.ledger.readStream(stream)).rejects.toBeInstanceOf(StreamNotFound);
    expect((await subject.ledger.append(stream, [sized(room)], 'noStream')).revision).toBe(0);
    const bytes = event({ type, data: randomBytes(room - 2), metadata: {} });
    expect((await subject.ledger.append(stream, [bytes], 0)).revision).toBe(1);
    expect((await subject.ledger.append(stream, happened(APPEND_EVENTS_MAX), 1)).revision).toBe(1 + APPEND_EVENTS_MAX);
  });

  test.each([
    ['an empty stream name', '', event()],
    ['a reserved stream name', '$settings', event()],
    ['an empty type', 'here', event({ type: '' })],
    ['a reserved type', 'here', event({ type: '$metadata' })],
    ['an empty id', 'here', event({ id: '' })],
    ['an id that is no UUID', 'here', event({ id: 'booking 17' })],
    ['data that are no JSON', 'here', event({ data: undefined })],
  ])('19 %s: refused before the store is asked', async (_, name, wrong) => {
    const stream = name === 'here' ? subject.stream() : name;
    await expect(subject.ledger.append(stream, [wrong], 'any')).rejects.toBeInstanceOf(InvalidAppend);
    const missing = subject.ledger.append(subject.stream(), [event({ id: randomUUID() })], Number.NaN);
    await expect(missing).rejects.toBeInstanceOf(InvalidAppend);
  });
};
