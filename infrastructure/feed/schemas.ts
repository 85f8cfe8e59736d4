import { z } from 'zod';
import type { EventDef } from '../../domain/kernel/event.js';
import { isMarked } from '../../domain/kernel/phi.js';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * What the data of an event look like to other systems: JSON Schema (draft 07, which AsyncAPI speaks too) of what is kept
 * of them, without the fields that are left out. Fields may be added to it later, so it never forbids others.
 */
export const publishedSchema = ({ schema }: EventDef): JsonSchema => {
  // As data come in: a moment is a text, while what it is turned into has no description.
  const options = { target: 'draft-7', io: 'input', unrepresentable: 'any', override } as const;
  return z.toJSONSchema(schema, options);
};

const override = ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }): void => {
  const { def } = zodSchema._zod;
  if (def.type === 'object') {
    const fields = Object.entries(def.shape);
    const kept = fields.filter(([, field]) => !isMarked(field)).map(([name]) => name);
    const given = fields.filter(([, field]) => field._zod.optout !== 'optional').map(([name]) => name);
    const required = kept.filter((name) => given.includes(name));
    jsonSchema.properties = Object.fromEntries(kept.map((name) => [name, jsonSchema.properties![name]!]));
    delete jsonSchema.additionalProperties;
    delete jsonSchema.required;
    if (required.length > 0) jsonSchema.required = required;
  }
  // The format says it shorter.
  if (jsonSchema.format === 'date' || jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  // In their places nothing is left, so that what belongs together keeps its number or name.
  if (def.type === 'array' && isMarked(def.element)) jsonSchema.items = { type: 'null' };
  if (def.type === 'record' && isMarked(def.valueType)) jsonSchema.additionalProperties = { type: 'null' };
};
