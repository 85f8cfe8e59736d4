import fc from 'fast-check';
import { z } from 'zod';
import { health, identity, markedPaths, withoutMarked } from '../../../domain/kernel/phi.js';

const text = z.string();
const schema = z.object({
  id: z.string(),
  name: identity(text),
  note: health(text).optional(),
  nested: z.object({ plain: z.int(), phone: identity(text).nullable() }),
  list: z.array(z.object({ code: z.string(), finding: health(text) })),
  whole: health(z.array(z.string())),
  byKey: z.record(z.string(), z.object({ open: z.boolean(), secret: identity(text) })),
  either: z.union([z.object({ kind: z.literal('a'), x: health(text) }), z.object({ kind: z.literal('b'), y: text })]),
  turned: identity(text.transform((t) => t.trim())).optional(),
});

test('marking a schema leaves the unmarked one alone', () => {
  expect(markedPaths(z.object({ a: text }))).toEqual([]);
  expect(markedPaths(z.object({ a: identity(text), b: text }))).toEqual([{ path: 'a', protection: 'identity' }]);
});

test('what is made from a marked schema is marked', () => {
  const made = z.object({
    a: health(text).describe('x'),
    b: identity(text).min(2).max(9),
    c: identity(text).meta({ id: 'C' }).optional(),
  });
  expect(markedPaths(made).map(({ path }) => path)).toEqual(['a', 'b', 'c']);
  expect(withoutMarked(made, { a: 'x', b: 'yy', c: 'z' })).toEqual({});
});

test('marked fields are found wherever they are', () =>
  expect(markedPaths(schema).map(({ path, protection }) => `${path} ${protection}`)).toEqual([
    'name identity',
    'note health',
    'nested.phone identity',
    'list[].finding health',
    'whole health',
    'byKey[].secret identity',
    'either.x health',
    'turned identity',
  ]));

test('nothing marked is left in a copy, everything else is', () => {
  const canary = fc.string({ minLength: 6, maxLength: 12 }).map((s) => `CANARY${s}`);
  fc.assert(
    fc.property(canary, fc.integer(), (secret, plain) => {
      const value = {
        id: 'i',
        name: secret,
        note: secret,
        nested: { plain, phone: secret },
        list: [{ code: 'c', finding: secret }],
        whole: [secret],
        byKey: { k: { open: true, secret } },
        either: { kind: 'a', x: secret },
        turned: secret,
      };
      const kept = withoutMarked(schema, value);
      expect(JSON.stringify(kept)).not.toContain('CANARY');
      expect(kept).toMatchObject({ id: 'i', nested: { plain }, list: [{ code: 'c' }], byKey: { k: { open: true } } });
    }),
  );
});

test('a field that the schema does not know is not kept', () =>
  expect(withoutMarked(schema, { id: 'i', surprise: 'x' })).toEqual({ id: 'i' }));
