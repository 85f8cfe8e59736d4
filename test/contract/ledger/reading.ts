import { randomBytes } from 'node:crypto';
import { StreamNotFound } from '../../../application/kernel/ledger.js';
import { event, happened, ids, oneTo, revisions, type Subject } from './subject.js';

const CLOCKS_APART_MS = 5_000;

export const reading = (subject: Subject): void => {
  test('20 a stream that is missing: StreamNotFound; one whose events are all hidden: none', async () => {
    await expect(subject.ledger.readStream(subject.stream())).rejects.toBeInstanceOf(StreamNotFound);
    const { stream } = await subject.filled(3);
    await subject.ledger.setRetention(stream, { truncateBefore: 3 });
    expect(await subject.ledger.readStream(stream)).toEqual([]);
  });

  test('21 a stream from a revision, both ways: inclusive, in order, as many as asked', async () => {
    const { stream } = await subject.filled(10);
    const read = async (options: Parameters<typeof subject.ledger.readStream>[1]) =>
      revisions(await subject.ledger.readStream(stream, options));
    expect(await read({ from: 7 })).toEqual([7, 8, 9]);
    expect(await read({ from: 3, maxCount: 2 })).toEqual([3, 4]);
    expect(await read({ from: 2, direction: 'backwards' })).toEqual([2, 1, 0]);
    expect(await read({ direction: 'backwards', maxCount: 1 })).toEqual([9]);
    expect(await read({ from: 5, direction: 'backwards', maxCount: 2 })).toEqual([5, 4]);
    expect(await read({ from: 10 })).toEqual([]);
  });

  test('22 everything from the position of an event: forwards with it, backwards without it', async () => {
    const { stream } = await subject.filled(3);
    const [before, at, after] = await subject.ledger.readStream(stream);
    const from = at!.position;
    expect(ids(await subject.ledger.readAll({ from, maxCount: 1 }))).toEqual([at!.id]);
    expect(ids(await subject.ledger.readAll({ from, maxCount: 2, filter: subject.own }))).toEqual([at!.id, after!.id]);
    const backwards = await subject.ledger.readAll({ from, direction: 'backwards', maxCount: 1, filter: subject.own });
    expect(ids(backwards)).toEqual([before!.id]);
    const last = await subject.ledger.readAll({ direction: 'backwards', maxCount: 1, filter: subject.own });
    expect(ids(last)).toEqual([after!.id]);
  });

  test('23 positions only grow, follow the revisions, and are the same wherever they are told', async () => {
    const kind = 'positions';
    const streams = oneTo(5).map(() => subject.stream(kind));
    const appended = await Promise.all(
      oneTo(40).map((i) => subject.ledger.append(streams[i % 5]!, happened(1 + (i % 3)), 'any')),
    );
    const filter = { streamPrefixes: [subject.prefix + kind] };
    const all = await subject.ledger.readAll({ from: subject.start, filter });
    const positions = all.map((e) => e.position);
    expect(positions).toEqual([...new Set(positions)].sort(subject.ledger.compare));
    for (const stream of streams) {
      const own = await subject.ledger.readStream(stream);
      expect(own).toEqual(all.filter((e) => e.stream === stream));
      expect(revisions(own)).toEqual(oneTo(own.length));
    }
    const told = new Map(all.map((e) => [e.position, e]));
    appended.forEach(({ position, revision }, i) =>
      expect(told.get(position)).toMatchObject({ stream: streams[i % 5], revision }),
    );
    const backwards = await subject.ledger.readAll({ filter, direction: 'backwards', maxCount: all.length });
    expect(backwards).toEqual(all.toReversed());
  });

  test('24 whatever is JSON or bytes comes back as it went in, with the time of writing', async () => {
    const stream = subject.stream();
    const bytes = new Uint8Array(randomBytes(2_000));
    const events = [
      event({ data: { bn: 'আমার সোনার বাংলা', ar: 'مرحبا', emoji: '👩‍⚕️', controls: '\u0000\u001f\u2028"\\' } }),
      event({ data: { count: '9223372036854775807', cents: -0.1, none: null, deep: [[[{}]]] } }),
      event({ data: {} }),
      event({ data: 'text' }),
      event({ data: null, metadata: undefined }),
      event({ data: { large: 'x'.repeat(100 * 1024) } }),
      event({ data: bytes, metadata: bytes.slice(0, 10) }),
      event({ data: new Uint8Array() }),
    ];
    const before = Date.now();
    await subject.ledger.append(stream, events, 'noStream');
    const read = await subject.ledger.readStream(stream);
    expect(read.map(({ data, metadata }) => ({ data, metadata }))).toEqual(
      events.map(({ data, metadata }) => ({ data, metadata })),
    );
    expect(read[6]!.data).toBeInstanceOf(Uint8Array);
    for (const { created } of read) {
      expect(new Date(created).toISOString()).toBe(created);
      expect(Math.abs(Date.parse(created) - before)).toBeLessThan(CLOCKS_APART_MS);
    }
  });

  test('37 correlation and causation come back under their names', async () => {
    const stream = subject.stream();
    const metadata = { $correlationId: 'c-1', $causationId: 'c-0', commandId: 'c' };
    await subject.ledger.append(stream, [event({ metadata })], 'noStream');
    expect((await subject.ledger.readStream(stream))[0]!.metadata).toEqual(metadata);
  });
};
