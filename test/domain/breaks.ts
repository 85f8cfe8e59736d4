import type { JsonSchema } from '../../infrastructure/feed/schemas.js';

/**
 * Where data of the newer schema may not be read with the older one: what every consumer relies on and would lose. Empty
 * when the newer only adds.
 */
export const breaks = (older: JsonSchema, newer: JsonSchema, path = 'data'): string[] => {
  const found: string[] = [];
  const types = [older.type ?? []].flat();
  if (types.length > 0 && ![newer.type ?? 'any'].flat().every((type) => (types as string[]).includes(type)))
    found.push(`${path}: type was ${types.join(' or ')}`);
  for (const word of ['format', 'const', 'pattern'] as const)
    if (older[word] !== undefined && JSON.stringify(older[word]) !== JSON.stringify(newer[word]))
      found.push(`${path}: ${word} was ${JSON.stringify(older[word])}`);
  const values = older.enum && (newer.enum ?? (newer.const === undefined ? undefined : [newer.const]));
  if (older.enum && !values?.every((value) => older.enum!.includes(value)))
    found.push(`${path}: values beyond the enum`);
  for (const [name, field] of Object.entries(older.properties ?? {})) {
    const now = newer.properties?.[name];
    if (now === undefined) found.push(`${path}.${name}: is gone`);
    else found.push(...breaks(field as JsonSchema, now as JsonSchema, `${path}.${name}`));
    if (older.required?.includes(name) && !newer.required?.includes(name))
      found.push(`${path}.${name}: may be missing`);
  }
  for (const word of ['items', 'additionalProperties'] as const) {
    const [was, is] = [older[word], newer[word]];
    if (typeof was !== 'object' || Array.isArray(was)) continue;
    if (typeof is !== 'object' || Array.isArray(is)) found.push(`${path}: ${word} may be anything`);
    else found.push(...breaks(was, is, `${path}[]`));
  }
  for (const word of ['anyOf', 'oneOf', 'allOf'] as const)
    if (older[word] && !(newer[word] ?? [newer]).every((one) => older[word]!.some((was) => fits(was, one))))
      found.push(`${path}: shapes beyond ${word}`);
  return found;
};

const fits = (older: unknown, newer: unknown): boolean => breaks(older as JsonSchema, newer as JsonSchema).length === 0;
