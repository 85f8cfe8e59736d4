import { StreamDeleted, StreamNotFound } from '../../../application/kernel/ledger.js';
import {
  eventually,
  firstOf,
  happened,
  ids,
  messagesOf,
  refusedAt,
  revisions,
  type Subject,
  untilCaughtUp,
} from './subject.js';

export const hiding = (subject: Subject): void => {
  test('33 a deleted stream is not found, and goes on with the next revision when it is written again', async () => {
    const { stream } = await subject.filled(3);
    await subject.ledger.softDelete(stream);
    await expect(subject.ledger.readStream(stream)).rejects.toBeInstanceOf(StreamNotFound);
    const again = happened(2);
    expect((await subject.ledger.append(stream, again, 'noStream')).revision).toBe(4);
    expect(ids(await subject.ledger.readStream(stream))).toEqual(ids(again));

    const other = await subject.filled(3);
    await subject.ledger.softDelete(other.stream, 2);
    expect((await subject.ledger.append(other.stream, happened(1), 2)).revision).toBe(3);
    expect(revisions(await subject.ledger.readStream(other.stream))).toEqual([3]);

    await refusedAt(subject.ledger.softDelete(other.stream, 7), 7, 3);
    await refusedAt(subject.ledger.softDelete(subject.stream()), 'any', 'noStream');
  });

  test('34 a tombstoned stream is gone for reading, writing and subscribing, for ever', async () => {
    const { stream } = await subject.filled(2);
    await refusedAt(subject.ledger.tombstone(stream, 0), 0, 1);
    await subject.ledger.tombstone(stream, 1);
    await expect(subject.ledger.readStream(stream)).rejects.toBeInstanceOf(StreamDeleted);
    for (const expected of ['any', 'noStream', 'streamExists', 1, 2] as const)
      await expect(subject.ledger.append(stream, happened(1), expected)).rejects.toBeInstanceOf(StreamDeleted);
    await expect(firstOf(subject.ledger.subscribeToStream(stream))).rejects.toBeInstanceOf(StreamDeleted);
    await expect(subject.ledger.tombstone(stream)).rejects.toBeInstanceOf(StreamDeleted);
  });

  test('35 retention hides at once and changes no revision', async () => {
    const byCount = await subject.filled(5);
    await subject.ledger.setRetention(byCount.stream, { maxCount: 2 });
    expect(revisions(await subject.ledger.readStream(byCount.stream))).toEqual([3, 4]);
    expect((await subject.ledger.append(byCount.stream, happened(1), 4)).revision).toBe(5);
    expect(revisions(await subject.ledger.readStream(byCount.stream))).toEqual([4, 5]);

    const byRevision = await subject.filled(5);
    await subject.ledger.setRetention(byRevision.stream, { truncateBefore: 3 });
    expect(revisions(await subject.ledger.readStream(byRevision.stream))).toEqual([3, 4]);
    expect(revisions(await subject.ledger.readStream(byRevision.stream, { from: 1, maxCount: 1 }))).toEqual([3]);
    expect(revisions(await subject.ledger.readStream(byRevision.stream, { direction: 'backwards' }))).toEqual([4, 3]);

    const byAge = await subject.filled(2);
    await subject.ledger.setRetention(byAge.stream, { maxAge: 1 });
    await eventually(async () => (await subject.ledger.readStream(byAge.stream)).length === 0);
    expect((await subject.ledger.append(byAge.stream, happened(1), 1)).revision).toBe(2);
    expect(revisions(await subject.ledger.readStream(byAge.stream))).toEqual([2]);
  });

  test('36 the store’s own events are there, and seen only by who asks for them', async () => {
    const kind = 'system';
    const start = await subject.head();
    const kept = await subject.filled(2, kind);
    const gone = await subject.filled(1, kind);
    await subject.ledger.setRetention(kept.stream, { maxCount: 10 });
    await subject.ledger.tombstone(gone.stream);
    const last = await subject.filled(1, kind);

    const everything = await subject.ledger.readAll({ from: start, systemEvents: true });
    expect(everything.map((e) => e.type)).toContain('$metadata');
    const { events } = await messagesOf(subject.ledger.subscribe({ after: start }), untilCaughtUp);
    expect(events.filter((e) => e.type.startsWith('$'))).toEqual([]);
    const own = events.filter((e) => e.stream.startsWith(subject.prefix + kind));
    expect(ids(own)).toEqual(ids([...kept.events, ...gone.events, ...last.events]));
    const read = await subject.ledger.readAll({ from: start });
    expect(read.filter((e) => e.type.startsWith('$'))).toEqual([]);
  });
};
