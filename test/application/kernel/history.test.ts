import fc from 'fast-check';
import type { Ledger, LedgerEvent } from '../../../application/kernel/ledger.js';
import { StreamNotFound } from '../../../application/kernel/ledger.js';
import { changesBetween, historyIn } from '../../../application/kernel/history.js';
import { thread } from '../../../domain/chat/thread.js';
import { META } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const between = { doctorId: 'd', patientId: 'p', hospitalId: 'h', at: NOW };
const until = '2030-02-01T00:00:00.000Z';
const DATA: [string, object][] = [
  ['ThreadOpened', { ...between, appointmentId: 'a', until, closesAt: until }],
  ['MessageSent', { ...between, sequence: 1, sender: 'patient', text: 'hello' }],
  ['MessagesRead', { ...between, reader: 'doctor', upTo: 1, unread: 0 }],
];
const ledgerOf = (stream: string, data: [string, object][]): Pick<Ledger, 'readStream'> => ({
  readStream: (name, { from = 0, maxCount = Infinity } = {}) =>
    name === stream
      ? Promise.resolve(
          data
            .map(([type, data], revision): LedgerEvent => {
              const position = String(revision + 1);
              return { id: `e${revision}`, stream, revision, position, type, data, metadata: META, created: NOW };
            })
            .slice(from, from + maxCount),
        )
      : Promise.reject(new StreamNotFound(name)),
});
const history = historyIn(ledgerOf('thread-d_p', DATA), [thread]);

test('tells for each event what it changed', async () => {
  const steps = await history('thread-d_p', { from: 0, limit: 10 });
  expect(steps.map(({ type, revision, changes }) => [type, revision, changes])).toEqual([
    [
      'ThreadOpened',
      0,
      [
        { path: 'terms.a', after: until },
        { path: 'hospitalId', after: 'h' },
      ],
    ],
    ['MessageSent', 1, [{ path: 'senders', before: '', after: 'p' }]],
    ['MessagesRead', 2, [{ path: 'readUpTo.doctor', before: 0, after: 1 }]],
  ]);
  expect(steps[1]!.meta.actor).toEqual(META.actor);
});

test('pages of it tell the same', async () => {
  const all = await history('thread-d_p', { from: 0, limit: 10 });
  expect(await history('thread-d_p', { from: 1, limit: 1 })).toEqual(all.slice(1, 2));
  expect(await history('thread-d_p', { from: 2, limit: 5 })).toEqual(all.slice(2));
});

test('goes beyond a thousand events', async () => {
  const many: [string, object][] = Array.from({ length: 2_500 }, (_, i) => [
    'MessageSent',
    { ...between, sequence: i + 1, sender: 'doctor', text: 'x' },
  ]);
  const steps = await historyIn(ledgerOf('thread-d_p', many), [thread])('thread-d_p', { from: 2_499, limit: 10 });
  expect(steps).toHaveLength(1);
  expect((steps[0]!.changes[0]!.after as string).length).toBe(2_500);
});

test('a stream of no aggregate has events without changes, one that does not exist has none', async () => {
  const access = historyIn(ledgerOf('access-1', [['RecordsRead', {}]]), [thread]);
  expect(await access('access-1', { from: 0, limit: 10 })).toMatchObject([{ type: 'RecordsRead', changes: [] }]);
  expect(await access('thread-nobody_here', { from: 0, limit: 10 })).toEqual([]);
});

test.each([
  [
    { b: [{ aId: 'x', n: 1 }] },
    {
      b: [
        { aId: 'w', n: 0 },
        { aId: 'x', n: 2 },
      ],
    },
    ['b.w', 'b.x.n'],
  ],
  [{ b: [{ n: 1 }] }, { b: [{ n: 2 }] }, ['b.0.n']],
  [
    {
      b: [
        { aId: 'x', n: 1 },
        { aId: 'x', n: 1 },
      ],
    },
    {
      b: [
        { aId: 'x', n: 1 },
        { aId: 'x', n: 2 },
      ],
    },
    ['b.1.n'],
  ],
])('things of a list are named by the id they begin with, where it names one: %j', (before, after, paths) => {
  expect(
    changesBetween(before, after)
      .map(({ path }) => path)
      .sort(),
  ).toEqual(paths);
});

test('the changes between two values lead from one to the other', () => {
  const anything = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), anything), fc.dictionary(fc.string(), anything), (before, after) => {
      // Keys with a dot would make a path ambiguous, and our states have none.
      const [a, b] = [plain(before), plain(after)] as [object, object];
      expect(applied(a, changesBetween(a, b))).toEqual(b);
      expect(changesBetween(a, structuredClone(a))).toEqual([]);
    }),
  );
});

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, v: unknown) => (isObject(v) ? renamed(v) : v)));
const isObject = (v: unknown): v is object => typeof v === 'object' && v !== null && !Array.isArray(v);
const renamed = (v: object) =>
  Object.fromEntries(Object.entries(v).map(([key, x]) => [`k${key.replaceAll('.', '')}`, x]));

const applied = (before: object, changes: ReturnType<typeof changesBetween>): unknown => {
  const copy = structuredClone(before) as Record<string, unknown>;
  const arrays = new Set<unknown[]>();
  for (const change of changes) {
    const names = change.path.split('.');
    const last = names.pop()!;
    let parent: Record<string, unknown> = copy;
    for (const name of names) parent = parent[name] as Record<string, unknown>;
    if ('after' in change) parent[last] = change.after;
    else if (Array.isArray(parent)) arrays.add(parent);
    else delete parent[last];
    if (Array.isArray(parent) && !('after' in change)) parent[Number(last)] = undefined;
  }
  // Elements are only ever taken away from the end.
  for (const array of arrays) array.length = array.findIndex((element) => element === undefined);
  return copy;
};
