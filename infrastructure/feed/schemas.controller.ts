import { applyDecorators, Controller, Get, Header, Inject, Param, SetMetadata } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { z } from 'zod';
import { Rejection } from '../../domain/kernel/rejection.js';
import { OPERATION } from '../http/door.js';
import type { PolicyTable } from '../http/policy.js';
import type { PublishedSchemas } from './published.js';

/** What there is to publish. Injected under DESCRIPTIONS. */
export interface Descriptions {
  readonly schemas: PublishedSchemas;
  /** The AsyncAPI document. */
  readonly asyncApi: () => object;
}
export const DESCRIPTIONS = Symbol('Descriptions');

/** Anybody may know what can be read; to read it takes an account. */
export const schemasPolicy: PolicyTable = {
  describeEvents: { anyone: 'any' },
  describeEvent: { anyone: 'any' },
};

const route = (operation: string, path: string, summary: string) =>
  applyDecorators(
    Get(path),
    SetMetadata(OPERATION, operation),
    ApiOperation({ operationId: operation, summary, security: [] }),
    Header('cache-control', 'public, max-age=3600'),
  );

const Which = z.object({ type: z.string().max(100), version: z.coerce.number().int().min(1).max(10_000) });

@Controller('api')
export class SchemasController {
  private document: object | undefined;

  constructor(@Inject(DESCRIPTIONS) private readonly descriptions: Descriptions) {}

  @route('describeEvents', 'asyncapi.json', 'What happens and can be read in Kafka and in the feed: AsyncAPI 3.')
  events(): object {
    return (this.document ??= this.descriptions.asyncApi());
  }

  @route('describeEvent', 'schemas/:type/:version', 'The JSON Schema of the data of an event, in one of its versions.')
  event(@Param({ schema: Which }) { type, version }: z.output<typeof Which>): object {
    const schema = this.descriptions.schemas.get(type, version);
    if (schema === undefined)
      throw new Rejection('schema-unknown', 'There is no such event, or not in that version.', 'missing');
    return schema;
  }
}
