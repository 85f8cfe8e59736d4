import { z } from 'zod';
import { event } from '../../domain/kernel/event.js';
import { health } from '../../domain/kernel/phi.js';
import { publishedSchema } from '../../infrastructure/feed/schemas.js';
import { breaks } from './breaks.js';

const schemaOf = (shape: z.core.$ZodLooseShape) => publishedSchema(event(z.object(shape)));
const older = {
  id: z.string(),
  note: z.string().optional(),
  kind: z.enum(['a', 'b']),
  lines: z.array(z.object({ count: z.number() })),
  to: z.union([z.string(), z.number()]),
  about: z.union([z.object({ visit: z.string() }), z.object({ order: z.string() })]),
};

test.each<[string, object]>([
  ['nothing', {}],
  ['one more field', { more: z.string() }],
  ['one more field in a list', { lines: z.array(z.object({ count: z.number(), unit: z.string() })) }],
  ['fewer values', { kind: z.enum(['a']) }],
  ['one value', { kind: z.literal('b') }],
  ['fewer types', { to: z.string() }],
  ['fewer shapes', { about: z.object({ order: z.string() }) }],
  ['what may be missing is always there', { note: z.string() }],
])('%s breaks nothing', (_, changed) => {
  expect(breaks(schemaOf(older), schemaOf({ ...older, ...changed }))).toEqual([]);
});

test.each<[string, object, string]>([
  ['a field that is left out from now on', { id: health(z.string()) }, 'data.id: is gone'],
  ['a field that may be missing', { id: z.string().optional() }, 'data.id: may be missing'],
  ['another type', { id: z.number() }, 'data.id: type was string'],
  [
    'another type in a list',
    { lines: z.array(z.object({ count: z.string() })) },
    'data.lines[].count: type was number',
  ],
  ['one more value', { kind: z.enum(['a', 'b', 'c']) }, 'data.kind: values beyond the enum'],
  ['any text', { kind: z.string() }, 'data.kind: values beyond the enum'],
  ['one more type', { to: z.union([z.string(), z.number(), z.boolean()]) }, 'data.to: type was string or number'],
  ['another shape', { about: z.union([z.object({ bill: z.string() })]) }, 'data.about: shapes beyond anyOf'],
])('%s breaks who reads it', (_, changed, found) => {
  expect(breaks(schemaOf(older), schemaOf({ ...older, ...changed }))).toContain(found);
});
