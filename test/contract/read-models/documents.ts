import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { STREAMS_MAX } from '../../../projections/kernel/read-models.js';
import { begun, type Subject } from './subject.js';

interface Doc {
  readonly n: number;
}

export const documents = (subject: Subject): void => {
  it('gives a document as it was written, with its position', async () => {
    const docs = await subject.collection<Doc>();
    await docs.write([{ key: 'a', expected: undefined, at: '17', doc: { n: 1 } }]);
    expect(await docs.get('a')).toEqual({ key: 'a', at: '17', doc: { n: 1 } });
    expect(await docs.get('b')).toBeUndefined();
  });

  it('gives back any JSON, whatever is in it', async () => {
    const docs = await subject.collection<{ value: unknown }>({ indexes: { byValue: ['value', 'value.deep'] } });
    const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    let n = 0;
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        const key = `${++n}`;
        await docs.write([{ key, expected: undefined, at: '1', doc: { value } }]);
        expect((await docs.get(key))!.doc).toEqual({ value });
        expect((await docs.load([key])).get(key)!.doc).toEqual({ value });
      }),
      { numRuns: 100 },
    );
  });

  it('takes keys and texts of every script, and large documents', async () => {
    const docs = await subject.collection<object>();
    const large = { text: 'মোহাম্মদ '.repeat(40_000) };
    const keys = ["o'clock", 'রোগী', 'مريض', '😀', 'a"b', 'A', 'a'];
    await docs.write(begun(Object.fromEntries(keys.map((key) => [key, { key }]))));
    await docs.write([{ key: 'large', expected: undefined, at: '1', doc: large }]);
    expect([...(await docs.getMany(keys)).keys()].sort()).toEqual([...keys].sort());
    expect((await docs.get('large'))!.doc).toEqual(large);
    expect((await docs.get('A'))!.doc).toEqual({ key: 'A' });
  });

  it('gives many in one go, and leaves out what is not there', async () => {
    const docs = await subject.collection<Doc>();
    await docs.write(begun({ a: { n: 1 }, b: { n: 2 }, c: { n: 3 } }));
    await docs.write([{ key: 'b', expected: '2', at: '4', doc: null }]);
    expect([...(await docs.getMany(['c', 'b', 'a', 'x', 'a'])).values()]).toEqual(
      expect.arrayContaining([
        { key: 'a', at: '1', doc: { n: 1 } },
        { key: 'c', at: '3', doc: { n: 3 } },
      ]),
    );
    expect((await docs.getMany(['b', 'x'])).size).toBe(0);
    expect((await docs.getMany([])).size).toBe(0);
  });

  it('keeps the position of a removed document, so that it does not come back by an old event', async () => {
    const docs = await subject.collection<Doc>({ indexes: { byN: ['n'] } });
    await docs.write(begun({ a: { n: 1 } }));
    expect(await docs.write([{ key: 'a', expected: '1', at: '5', doc: null }])).toEqual([]);
    expect(await docs.get('a')).toBeUndefined();
    expect((await docs.query({ index: 'byN', limit: 10 })).items).toEqual([]);
    expect((await docs.load(['a'])).get('a')).toEqual({ at: '5', doc: null });
    expect(await docs.write([{ key: 'a', expected: undefined, at: '1', doc: { n: 1 } }])).toEqual(['a']);
    expect(await docs.write([{ key: 'a', expected: '5', at: '6', doc: { n: 6 } }])).toEqual([]);
    expect((await docs.query({ index: 'byN', limit: 10 })).items).toEqual([{ key: 'a', at: '6', doc: { n: 6 } }]);
  });

  it('sets a document only where it is at the expected position; each write stands for itself', async () => {
    const docs = await subject.collection<Doc>({ indexes: { byN: ['n'] }, search: ['n'] });
    await docs.write(begun({ a: { n: 1 }, b: { n: 2 } }));
    const lost = await docs.write([
      { key: 'a', expected: undefined, at: '9', doc: { n: 9 } },
      { key: 'b', expected: '2', at: '9', doc: { n: 9 }, before: { n: 2 } },
      { key: 'a', expected: '7', at: '9', doc: { n: 9 }, before: { n: 1 } },
      { key: 'c', expected: '1', at: '9', doc: { n: 9 } },
      { key: 'd', expected: undefined, at: '9', doc: { n: 9 } },
    ]);
    expect(lost).toEqual(['a', 'a', 'c']);
    expect(await docs.get('a')).toEqual({ key: 'a', at: '1', doc: { n: 1 } });
    expect((await docs.query({ index: 'byN', limit: 10 })).items.map(({ key }) => key)).toEqual(['a', 'b', 'd']);
    expect((await docs.load(['c'])).size).toBe(0);
  });

  it('lets one of many writers win who expect the same', async () => {
    const docs = await subject.collection<Doc>();
    await docs.write(begun({ a: { n: 0 } }));
    const lost = await Promise.all(
      Array.from({ length: 50 }, (_, n) => docs.write([{ key: 'a', expected: '1', at: `${n + 2}`, doc: { n } }])),
    );
    expect(lost.filter((keys) => keys.length === 0)).toHaveLength(1);
    const winner = lost.findIndex((keys) => keys.length === 0);
    expect(await docs.get('a')).toEqual({ key: 'a', at: `${winner + 2}`, doc: { n: winner } });
  });

  it('lets one of two processes win', async () => {
    const spec = subject.spec();
    const here = await subject.readModels.open<Doc>(spec);
    const other = await subject.another();
    try {
      const there = await other.open<Doc>(spec);
      expect(there.id).toBe(here.id);
      await here.write(begun({ a: { n: 0 } }));
      for (let at = 1; at < 30; at++) {
        const next = { key: 'a', expected: `${at}`, at: `${at + 1}` };
        const lost = await Promise.all([
          here.write([{ ...next, doc: { n: 1 } }]),
          there.write([{ ...next, doc: { n: 2 } }]),
        ]);
        expect(lost.flat()).toEqual(['a']);
        expect((await here.get('a'))!.doc).toEqual({ n: lost[0].length === 0 ? 1 : 2 });
        expect(await there.get('a')).toEqual(await here.get('a'));
      }
    } finally {
      await other.close();
    }
  });

  it('knows the streams that fed a document', async () => {
    const docs = await subject.collection<Doc>();
    await docs.write([{ key: 'a', expected: undefined, at: '1', doc: { n: 1 }, streams: ['s-2', 's-1'] }]);
    await docs.write([{ key: 'a', expected: '1', at: '2', doc: { n: 2 }, streams: ['s-2', 's-3'] }]);
    await docs.write([{ key: 'a', expected: '1', at: '2', doc: { n: 2 }, streams: ['lost-1'] }]);
    await docs.write([{ key: 'a', expected: '2', at: '3', doc: null, streams: ['s-4'] }]);
    await docs.write([{ key: 'b', expected: undefined, at: '3', doc: { n: 1 } }]);
    await docs.write([{ key: 'b', expected: '3', at: '4', doc: { n: 1 }, streams: ['s-1'] }]);
    expect(await docs.streamsOf('a')).toEqual(['s-1', 's-2', 's-3', 's-4']);
    expect(await docs.streamsOf('b')).toEqual(['s-1']);
    expect(await docs.streamsOf('never')).toEqual([]);
  });

  it('does not trace a document that everything feeds', async () => {
    const docs = await subject.collection<Doc>();
    const streams = Array.from({ length: STREAMS_MAX }, (_, i) => `s-${i}`);
    await docs.write([{ key: 'a', expected: undefined, at: '1', doc: { n: 1 }, streams }]);
    expect(await docs.streamsOf('a')).toHaveLength(STREAMS_MAX);
    await docs.write([{ key: 'a', expected: '1', at: '2', doc: { n: 2 }, streams: ['s-7', 'one-more'] }]);
    expect(await docs.streamsOf('a')).toBeUndefined();
    await docs.write([{ key: 'a', expected: '2', at: '3', doc: { n: 2 }, streams: ['s-7'] }]);
    expect(await docs.streamsOf('a')).toBeUndefined();
  });

  it('has a digest of its documents and nothing else', async () => {
    const [one, other] = [await subject.collection<object>(), await subject.collection<object>()];
    await one.write(begun({ b: { x: 1, y: [true, null, 'é'] }, a: { n: 0.5 }, gone: {} }));
    await one.write([{ key: 'gone', expected: '3', at: '4', doc: null }]);
    await other.write([{ key: 'a', expected: undefined, at: '70', doc: { n: 0.5 } }]);
    await other.write([
      { key: 'b', expected: undefined, at: '71', doc: { y: [true, null, 'é'], x: 1 }, streams: ['s-1'] },
    ]);
    const text = '"a" {"n":0.5}\n"b" {"x":1,"y":[true,null,"é"]}\n';
    const digest = { documents: 2, sha256: createHash('sha256').update(text).digest('hex') };
    expect(await one.digest()).toEqual(digest);
    expect(await other.digest()).toEqual(digest);
    await other.write([{ key: 'b', expected: '71', at: '72', doc: { y: [true, null, 'e'], x: 1 } }]);
    expect((await other.digest()).sha256).not.toBe(digest.sha256);
  });
};
