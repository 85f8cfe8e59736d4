import fc from 'fast-check';
import { changesOf, revised } from '../../../domain/kernel/revise.js';

const value = fc.oneof(
  fc.integer({ min: 0, max: 2 }),
  fc.constantFrom('a', 'b'),
  fc.array(fc.boolean(), { maxLength: 2 }),
);
const fields = ['a', 'b', 'c', 'd'] as const;
const thing = fc.record(Object.fromEntries(fields.map((f) => [f, value])), { requiredKeys: [] });
const revision = fc.record(
  Object.fromEntries(fields.map((f) => [f, fc.option(fc.option(value, { nil: undefined }), { nil: null })])),
  { requiredKeys: [] },
);

it('a revision makes what it says, leaves the rest, and says nothing the second time', () => {
  fc.assert(
    fc.property(thing, revision, (known, given) => {
      const changes = changesOf(known, given);
      const after: Record<string, unknown> = revised(known, changes ?? {});
      for (const field of fields) {
        const said = (given as Record<string, unknown>)[field];
        const expected = said === undefined ? known[field] : (said ?? undefined);
        expect(after[field]).toEqual(expected);
      }
      expect(changesOf(after, given)).toBeUndefined();
    }),
  );
});

it('names only what is new', () => {
  expect(changesOf({ a: 1, b: { x: 1, y: 2 } }, { a: 2, b: { y: 2, x: 1 } })).toEqual({ a: 2 });
  expect(changesOf({}, { a: null })).toBeUndefined();
});
