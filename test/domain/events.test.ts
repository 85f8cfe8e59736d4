import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { join } from 'node:path';
import { z } from 'zod';
import { decode, encode } from '../../domain/kernel/event.js';
import { withoutMarked } from '../../domain/kernel/phi.js';
import { type Published, PublishedSchemas } from '../../infrastructure/feed/published.js';
import { publishedSchema } from '../../infrastructure/feed/schemas.js';
import { breaks } from './breaks.js';
import { contextOf, deciders, events } from '../../domain/index.js';

// Every version of every event that was ever released has a sample here that must decode for ever, and the shape of
// the newest one is pinned: a changed shape without a new version turns this red. So does a new version that programs
// which know the one before cannot read.
const PUBLISHED = join(__dirname, '..', '..', 'domain', 'published.jsonl');
const SAMPLES = join(__dirname, '..', 'golden');
const SHAPES = join(SAMPLES, 'shapes.json');

const names = Object.keys(events).sort();
const versionOf = (name: string): number => events[name]!.upcasts.length + 1;
const shapeOf = (name: string): string =>
  createHash('sha256')
    .update(JSON.stringify(z.toJSONSchema(events[name]!.schema, { io: 'input', unrepresentable: 'any' })))
    .digest('hex')
    .slice(0, 16);

// UPDATE_SHAPES=1 records the shapes of events and versions that are new; it never changes a recorded one.
const recorded = existsSync(SHAPES) ? (JSON.parse(readFileSync(SHAPES, 'utf8')) as Record<string, string>) : {};
const shapes = {
  ...Object.fromEntries(names.map((name) => [`${name}.v${versionOf(name)}`, shapeOf(name)])),
  ...recorded,
};
if (process.env.UPDATE_SHAPES) {
  const sorted = Object.fromEntries(Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(SHAPES, `${JSON.stringify(sorted, null, 2)}\n`);
}

const keyOf = ({ name, version }: Published): string => `${name}.v${version}`;
const lines = existsSync(PUBLISHED) ? readFileSync(PUBLISHED, 'utf8').trimEnd().split('\n').filter(Boolean) : [];
const published = new Map(lines.map((line) => JSON.parse(line) as Published).map((one) => [keyOf(one), one]));
if (process.env.UPDATE_SHAPES) {
  for (const name of names) {
    const newest = { name, version: versionOf(name), schema: publishedSchema(events[name]!) };
    if (!published.has(keyOf(newest))) published.set(keyOf(newest), newest);
  }
  const sorted = [...published.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.version - b.version,
  );
  writeFileSync(PUBLISHED, sorted.map((one) => `${JSON.stringify(one)}\n`).join(''));
}
const schemas = new PublishedSchemas(PUBLISHED);
const ajv = new Ajv({ strict: false, validateFormats: false });

test('a name belongs to one aggregate', () => {
  const all = deciders.flatMap((d) => Object.keys(d.events as object));
  expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
  const categories = deciders.map(({ category }) => category);
  expect(new Set(categories).size).toBe(categories.length);
  expect(categories.filter((category) => !/^[a-z][A-Za-z]*$/.test(category))).toEqual([]);
});

test('every event belongs to a context, and all of one aggregate to the same one', () => {
  expect(names.filter((name) => !contextOf.has(name))).toEqual([]);
  for (const { events: own } of deciders)
    expect(new Set(Object.keys(own as object).map((name) => contextOf.get(name))).size).toBe(1);
});

describe.each(names)('%s', (name) => {
  test.each(Array.from({ length: versionOf(name) }, (_, i) => i + 1))('a sample of version %i decodes', (version) => {
    const data: unknown = JSON.parse(readFileSync(join(SAMPLES, `${name}.v${version}.json`), 'utf8'));
    const decoded = decode(events, { type: name, version, data });
    expect(decoded?.type).toBe(name);
    // What is written again reads the same: nothing is lost on the way.
    expect(encode(events, decoded!)).toEqual({ type: name, version: versionOf(name), data: decoded!.data });
    if (version === versionOf(name)) expect(decoded!.data).toEqual(data);
  });

  test('the shape is the one of its version', () => {
    const key = `${name}.v${versionOf(name)}`;
    if (!recorded[key] && !process.env.UPDATE_SHAPES)
      throw new Error(`${key} is new: run the tests once with UPDATE_SHAPES=1.`);
    expect({ [key]: shapeOf(name) }).toEqual({ [key]: shapes[key] });
  });

  test('what other systems were told of its data is so', () => {
    const schema = schemas.get(name, versionOf(name));
    if (schema === undefined) throw new Error(`${name} is not published yet: run the tests once with UPDATE_SHAPES=1.`);
    expect(JSON.parse(JSON.stringify(publishedSchema(events[name]!)))).toEqual(schema);
    const data: unknown = JSON.parse(readFileSync(join(SAMPLES, `${name}.v${versionOf(name)}.json`), 'utf8'));
    const told = JSON.parse(JSON.stringify(withoutMarked(events[name]!.schema, data))) as unknown;
    expect([ajv.validate(schema, told), ajv.errors]).toEqual([true, null]);
  });

  test('who knows the version before can read the newest', () => {
    const versions = [...published.values()].filter((one) => one.name === name).sort((a, b) => a.version - b.version);
    for (const [i, { schema }] of versions.slice(1).entries()) expect(breaks(versions[i]!.schema, schema)).toEqual([]);
  });
});

test('no sample is left of an event that is gone', () => {
  const known = new Set(
    names.flatMap((name) => Array.from({ length: versionOf(name) }, (_, i) => `${name}.v${i + 1}.json`)),
  );
  expect(readdirSync(SAMPLES).filter((file) => file !== 'shapes.json' && !known.has(file))).toEqual([]);
});
