import type { z } from 'zod';

/** The fields of a revision: each may be given or not, and `null` takes it away. */
export const clearable = <Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape) =>
  Object.fromEntries(Object.entries(shape).map(([field, schema]) => [field, schema.nullable().optional()])) as {
    [Field in keyof Shape]: z.ZodOptional<z.ZodNullable<Shape[Field]>>;
  };

/** Equal as JSON, whatever the order of the fields. */
const same = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [inA, inB] = [Object.keys(a), Object.keys(b)];
  return inA.length === inB.length && inA.every((key) => same(a[key as never], b[key as never]));
};

/**
 * Of the given fields those that say something new; undefined when none does. A field that is not given stays as it
 * is, `null` takes it away.
 */
export const changesOf = <Given extends object>(known: object, given: Given): Partial<Given> | undefined => {
  const changes = Object.entries(given).filter(
    ([field, value]) => value !== undefined && !same(known[field as never] ?? null, value),
  );
  return changes.length > 0 ? (Object.fromEntries(changes) as Partial<Given>) : undefined;
};

/** A changed thing: `null` fields are taken away, `undefined` ones are as if not given. */
export const revised = <Thing extends object>(known: Thing, changes: object): Thing =>
  Object.fromEntries(
    Object.entries({ ...known, ...withoutUndefined(changes) }).filter(([, value]) => value !== null),
  ) as Thing;

const withoutUndefined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** A map without one of its entries. */
export const without = <V>(map: Readonly<Record<string, V>>, key: string): Readonly<Record<string, V>> => {
  const { [key]: _, ...rest } = map;
  return rest;
};
