import fc from 'fast-check';
import { BadQuery, type IndexQuery, PAGE_MAX, type Scalar } from '../../../projections/kernel/read-models.js';
import { allPages, begun, type Subject } from './subject.js';

interface Doc {
  readonly a?: unknown;
  readonly b?: unknown;
  readonly c?: { readonly d?: unknown };
}

const INDEXES = { byA: ['a', 'b', 'c.d'], byB: ['b'], byD: ['c.d', 'a'] } as const;

const FIELDS: Record<string, (doc: Doc) => unknown> = {
  a: (doc) => doc.a,
  b: (doc) => doc.b,
  'c.d': (doc) => doc.c?.d,
};

/** The order of an index, written down without looking at how a store does it. */
const rankOfType = (value: Scalar): number =>
  value === null ? 0 : { number: 1, string: 2, boolean: 3 }[typeof value as 'number'];
const pointsOf = (text: string): number[] => Array.from(text, (char) => char.codePointAt(0)!);
const compareTexts = (x: string, y: string): number => {
  const [p, q] = [pointsOf(x), pointsOf(y)];
  const at = p.findIndex((point, i) => point !== q[i]);
  return at < 0 ? p.length - q.length : p[at]! - (q[at] ?? -1);
};
const compare = (x: Scalar, y: Scalar): number => {
  if (typeof x === 'string' && typeof y === 'string') return compareTexts(x, y);
  return rankOfType(x) - rankOfType(y) || Number(x) - Number(y);
};
const scalar = (value: unknown): Scalar =>
  ['string', 'number', 'boolean'].includes(typeof value) ? (value as Scalar) : null;

const expected = (docs: Readonly<Record<string, Doc>>, query: Omit<IndexQuery, 'limit'>): string[] => {
  const fields: readonly string[] = INDEXES[query.index as keyof typeof INDEXES];
  const valueOf = (key: string, field: string | undefined) => scalar(field && FIELDS[field]!(docs[key]!));
  const equal = Object.entries(query.equal ?? {});
  const next = fields[equal.length];
  const { from, to } = query.range ?? {};
  const type = typeof (from ?? to);
  const keys = Object.keys(docs).filter((key) => {
    const value = valueOf(key, next);
    return (
      equal.every(([field, wanted]) => valueOf(key, field) === wanted) &&
      (query.range === undefined || typeof value === type) &&
      (from === undefined || compare(value, from) >= 0) &&
      (to === undefined || compare(value, to) < 0) &&
      (query.prefix === undefined || (typeof value === 'string' && value.startsWith(query.prefix)))
    );
  });
  const order = (x: string, y: string) =>
    fields.map((field) => compare(valueOf(x, field), valueOf(y, field))).find((sign) => sign !== 0) ??
    compareTexts(x, y);
  keys.sort(order);
  return query.order === 'descending' ? keys.reverse() : keys;
};

const texts = fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'é', 'ক', 'কা', 'م', '\uffff', '😀', '😀a', 'a\u0000', "'");
const numbers = fc.constantFrom(-1.5, -1, 0, 1, 2, 10, 1e300, -1e300, 2 ** 53);
const values = fc.oneof(texts, numbers, fc.boolean(), fc.constant(null));
const contents = fc.oneof(
  { weight: 9, arbitrary: values },
  { weight: 1, arbitrary: fc.constantFrom([1], { x: 1 }, undefined) },
);
const docs = fc.dictionary(
  fc.constantFrom(...Array.from({ length: 40 }, (_, i) => `k${i}`), 'K', 'ক', '😀', '\uffff'),
  fc.record({ a: contents, b: contents, c: fc.record({ d: contents }, { requiredKeys: [] }) }, { requiredKeys: [] }),
  { minKeys: 0, maxKeys: 40 },
) as fc.Arbitrary<Record<string, Doc>>;

const query: fc.Arbitrary<Omit<IndexQuery, 'limit'>> = fc
  .record({
    index: fc.constantFrom('byA', 'byB', 'byD'),
    given: fc.nat(3),
    equals: fc.array(values, { minLength: 3, maxLength: 3 }),
    how: fc.constantFrom('all', 'from', 'to', 'both', 'prefix'),
    bounds: fc.oneof(
      ...[texts, numbers, fc.boolean()].map((one) =>
        fc.tuple(one as fc.Arbitrary<Scalar>, one as fc.Arbitrary<Scalar>),
      ),
    ),
    prefix: texts,
    order: fc.constantFrom('ascending' as const, 'descending' as const, undefined),
  })
  .map(({ index, given, equals, how, bounds: [from, to], prefix, order }) => {
    const fields: readonly string[] = INDEXES[index];
    const leading = fields.slice(0, given);
    const free = leading.length < fields.length;
    const range = { from: { from }, to: { to }, both: { from, to } }[how as 'both'];
    return {
      index,
      equal: Object.fromEntries(leading.map((field, i) => [field, equals[i]!])),
      ...(free && range && { range }),
      ...(free && how === 'prefix' && { prefix }),
      ...(order && { order }),
    };
  });

export const queries = (subject: Subject): void => {
  it('answers every query of an index as filtering and sorting all documents would, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(
        docs,
        fc.array(query, { minLength: 8, maxLength: 8 }),
        fc.integer({ min: 1, max: 7 }),
        async (all, asked, limit) => {
          const collection = await subject.collection<Doc>({ indexes: INDEXES });
          await collection.write(begun(all));
          for (const one of asked) {
            const keys = expected(all, one);
            const pages = await allPages((after) =>
              collection.query({ ...one, limit, ...(after !== undefined && { after }) }),
            );
            expect(pages.map(({ key }) => key)).toEqual(keys);
            const { order: _, ...counted } = one;
            expect(await collection.count(counted)).toBe(keys.length);
            expect(await collection.count(counted, 3)).toBe(Math.min(3, keys.length));
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 180_000);

  it('finds documents under their newest values only', async () => {
    const histories = fc.array(
      fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.option(fc.tuple(values, values)), fc.boolean()),
      {
        maxLength: 30,
      },
    );
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const collection = await subject.collection<Doc>({ indexes: INDEXES });
        const model: Record<string, Doc> = {};
        const at = new Map<string, string>();
        for (const [i, [key, pair, told]] of history.entries()) {
          const doc = pair && { a: pair[0], b: pair[1] };
          const before = model[key] ?? null;
          await collection.write([{ key, expected: at.get(key), at: `${i}`, doc, ...(told && { before }) }]);
          at.set(key, `${i}`);
          if (doc) model[key] = doc;
          else delete model[key];
        }
        for (const index of ['byA', 'byB', 'byD'])
          expect((await collection.query({ index, limit: 10 })).items.map(({ key }) => key)).toEqual(
            expected(model, { index }),
          );
      }),
      { numRuns: 60 },
    );
  }, 180_000);

  it('goes on with the next page where the last one ended, whatever changed meanwhile', async () => {
    const collection = await subject.collection<{ n: number }>({ indexes: { byN: ['n'] } });
    await collection.write(begun(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`k${n}`, { n }]))));
    const first = await collection.query({ index: 'byN', limit: 10 });
    await collection.write([
      { key: 'k9', expected: '10', at: '50', doc: null },
      { key: 'k15', expected: '16', at: '51', doc: null },
      { key: 'new1', expected: undefined, at: '52', doc: { n: 3 } },
      { key: 'new2', expected: undefined, at: '53', doc: { n: 17.5 } },
    ]);
    const second = await collection.query({ index: 'byN', limit: 100, after: first.next! });
    expect(second.items.map(({ doc }) => doc.n)).toEqual([10, 11, 12, 13, 14, 16, 17, 17.5, 18, 19]);
    expect(second.next).toBeUndefined();
  });

  it('orders documents that are alike by their keys', async () => {
    const collection = await subject.collection<{ n: number }>({ indexes: { byN: ['n'] } });
    const keys = ['c', 'a', 'B', '😀', '\uffff', 'ক', 'b'];
    await collection.write(begun(Object.fromEntries(keys.map((key) => [key, { n: 1 }]))));
    const pages = await allPages((after) =>
      collection.query({ index: 'byN', equal: { n: 1 }, limit: 2, ...(after && { after }) }),
    );
    expect(pages.map(({ key }) => key)).toEqual(['B', 'a', 'b', 'c', 'ক', '\uffff', '😀']);
  });

  it('gives a cursor only when there is more', async () => {
    const collection = await subject.collection<{ n: number }>({ indexes: { byN: ['n'] } });
    await collection.write(begun({ a: { n: 1 }, b: { n: 2 } }));
    expect((await collection.query({ index: 'byN', limit: 1 })).next).toEqual(expect.any(String));
    expect((await collection.query({ index: 'byN', limit: 2 })).next).toBeUndefined();
  });

  it('tells nothing of a document in a cursor', async () => {
    const collection = await subject.collection<{ name: string }>({ indexes: { byName: ['name'] } });
    await collection.write(begun({ a: { name: 'Rahim Uddin' }, b: { name: 'Salma Begum' } }));
    const { next } = await collection.query({ index: 'byName', limit: 1 });
    const read = [
      next!,
      Buffer.from(next!, 'base64url').toString('latin1'),
      Buffer.from(next!, 'base64').toString('utf8'),
    ];
    for (const text of read) expect(text).not.toMatch(/rahim|uddin/i);
  });

  const wrong: [string, object][] = [
    ['an index that was not declared', { index: 'byZ' }],
    ['the name of something every object has', { index: 'constructor' }],
    ['a hole in the leading fields', { index: 'byA', equal: { b: 1 } }],
    ['a field that the index does not have', { index: 'byB', equal: { a: 1 } }],
    ['more fields than the index has', { index: 'byB', equal: { b: 1, a: 1 } }],
    ['a missing value', { index: 'byA', equal: { a: undefined } }],
    ['a value that is no scalar', { index: 'byA', equal: { a: { $gt: '' } } }],
    ['a number that is none', { index: 'byA', equal: { a: NaN } }],
    ['a range and a prefix', { index: 'byA', range: { from: 'a' }, prefix: 'a' }],
    ['a range of nothing', { index: 'byA', range: {} }],
    ['a range to null', { index: 'byA', range: { to: null } }],
    ['a range of two types', { index: 'byA', range: { from: 1, to: 'b' } }],
    ['a range over no scalars', { index: 'byA', range: { from: [1] } }],
    ['a range behind the last field', { index: 'byB', equal: { b: 1 }, range: { from: 1 } }],
    ['a prefix behind the last field', { index: 'byB', equal: { b: 1 }, prefix: 'a' }],
    ['a prefix that is no text', { index: 'byA', prefix: 1 }],
    ['no limit', { index: 'byA', limit: undefined }],
    ['a limit of nothing', { index: 'byA', limit: 0 }],
    ['a broken limit', { index: 'byA', limit: 1.5 }],
    ['a limit over the greatest', { index: 'byA', limit: PAGE_MAX + 1 }],
    ['a cursor that is none', { index: 'byA', after: 'AAAA' }],
    ['an empty cursor', { index: 'byA', after: '' }],
    ['a long cursor', { index: 'byA', after: 'x'.repeat(500) }],
  ];
  it.each(wrong)('refuses %s', async (_what, asked) => {
    const collection = await subject.collection({ indexes: INDEXES });
    await expect(collection.query({ limit: 10, ...asked } as IndexQuery)).rejects.toThrow(BadQuery);
  });

  it('refuses the cursor of another query, and one that was touched', async () => {
    const collection = await subject.collection<Doc>({ indexes: INDEXES });
    await collection.write(begun({ x: { a: 1, b: 1 }, y: { a: 1, b: 2 }, z: { a: 2, b: 2 } }));
    const { next: after } = await collection.query({ index: 'byA', equal: { a: 1 }, limit: 1 });
    const touched = `${after!.startsWith('A') ? 'B' : 'A'}${after!.slice(1)}`;
    const others: IndexQuery[] = [
      { index: 'byA', limit: 1, after: after! },
      { index: 'byA', equal: { a: 2 }, limit: 1, after: after! },
      { index: 'byA', equal: { a: 1 }, order: 'descending', limit: 1, after: after! },
      { index: 'byA', equal: { a: 1 }, range: { from: 1 }, limit: 1, after: after! },
      { index: 'byB', equal: { b: 1 }, limit: 1, after: after! },
      { index: 'byA', equal: { a: 1 }, limit: 1, after: touched },
    ];
    for (const other of others) await expect(collection.query(other)).rejects.toThrow(BadQuery);
    const elsewhere = await subject.collection<Doc>({ indexes: INDEXES });
    await expect(elsewhere.query({ index: 'byA', equal: { a: 1 }, limit: 1, after: after! })).rejects.toThrow(BadQuery);
    // Another limit is the same walk.
    const { items } = await collection.query({ index: 'byA', equal: { a: 1 }, limit: 9, after: after! });
    expect(items.map(({ key }) => key)).toEqual(['y']);
  });

  it('takes the page limit itself', async () => {
    const collection = await subject.collection<{ n: number }>({ indexes: { byN: ['n'] } });
    await collection.write(begun(Object.fromEntries(Array.from({ length: PAGE_MAX + 1 }, (_, n) => [`k${n}`, { n }]))));
    const { items, next } = await collection.query({ index: 'byN', limit: PAGE_MAX });
    expect(items).toHaveLength(PAGE_MAX);
    expect((await collection.query({ index: 'byN', limit: PAGE_MAX, after: next! })).items).toHaveLength(1);
  });
};
