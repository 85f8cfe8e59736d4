import { z } from 'zod';

/** Why a field is protected: it tells about somebody's health, or who somebody is. */
export type Protection = 'health' | 'identity';

const marks = new WeakMap<z.core.$ZodType, Protection>();

const mark =
  (protection: Protection) =>
  <S extends z.ZodType>(schema: S): S => {
    const marked = schema.clone();
    marks.set(marked, protection);
    return marked;
  };

/** Of the schema itself, or of the one it was made from by `.describe()`, `.min()` and the like. */
const protectionOf = (schema: z.core.$ZodType): Protection | undefined =>
  marks.get(schema) ?? (schema._zod.parent && protectionOf(schema._zod.parent));

/** Marks a field that tells about somebody's health. */
export const health = mark('health');

/** Marks a field that tells who somebody is: name, phone, address, national id. */
export const identity = mark('identity');

/** Where a schema holds marked fields: `patient.name`, `medicines[].name`; `[]` stands for every element. */
export const markedPaths = (schema: z.ZodType): { path: string; protection: Protection }[] =>
  [...walk(schema, '')].map(([path, protection]) => ({ path, protection }));

/** A copy of a value without its marked fields. What logs, errors, and the feed may see of an event. */
export const withoutMarked = (schema: z.ZodType, value: unknown): unknown => strip(schema, value);

/** Whether a field is left out, whichever of its shapes it takes. */
export const isMarked = (schema: z.core.$ZodType): boolean =>
  protectionOf(schema) !== undefined || inner(schema).some(isMarked);

/** The schemas inside a wrapper (optional, default, union, transformed), or none. */
const inner = (schema: z.core.$ZodType): readonly z.core.$ZodType[] => {
  const def = schema._zod.def as z.core.$ZodTypeDef & {
    innerType?: z.core.$ZodType;
    in?: z.core.$ZodType;
    out?: z.core.$ZodType;
    options?: readonly z.core.$ZodType[];
  };
  if (def.innerType) return [def.innerType];
  if (def.in && def.out) return [def.in, def.out];
  return def.options ?? [];
};

const shapeOf = (schema: z.core.$ZodType): Record<string, z.core.$ZodType> | undefined =>
  schema instanceof z.ZodObject ? schema.shape : undefined;

const elementOf = (schema: z.core.$ZodType): z.core.$ZodType | undefined =>
  schema instanceof z.ZodArray ? schema.element : schema instanceof z.ZodRecord ? schema.valueType : undefined;

function* walk(schema: z.core.$ZodType, path: string): Generator<[string, Protection]> {
  const protection = protectionOf(schema);
  if (protection) {
    yield [path, protection];
    return;
  }
  for (const [name, field] of Object.entries(shapeOf(schema) ?? {}))
    yield* walk(field, path ? `${path}.${name}` : name);
  const element = elementOf(schema);
  if (element) yield* walk(element, `${path}[]`);
  for (const each of inner(schema)) yield* walk(each, path);
}

const strip = (schema: z.core.$ZodType, value: unknown): unknown => {
  if (protectionOf(schema)) return undefined;
  if (value === null || typeof value !== 'object') {
    return inner(schema).some((each) => isMarked(each)) ? undefined : value;
  }
  const shape = shapeOf(schema);
  if (shape)
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, held]) => {
        const kept = shape[name] && strip(shape[name], held);
        return kept === undefined ? [] : [[name, kept]];
      }),
    );
  const element = elementOf(schema);
  if (element && Array.isArray(value)) return value.map((each) => strip(element, each) ?? null);
  if (element)
    return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, strip(element, held) ?? null]));
  // A wrapper or a union: a field is kept only when no branch marks it.
  return inner(schema).reduce((kept, each) => (kept === undefined ? kept : strip(each, kept)), value as unknown);
};
