import { readFileSync } from 'node:fs';
import type { JsonSchema } from './schemas.js';

/** Every schema that was ever published, one a line: what was read with it can be read with it for ever. */
export interface Published {
  readonly name: string;
  readonly version: number;
  readonly schema: JsonSchema;
}

/** By name and version, read when the first is asked for. */
export class PublishedSchemas {
  private all: ReadonlyMap<string, Published> | undefined;

  /** A file with one schema a line. */
  constructor(private readonly file: URL | string) {}

  get(name: string, version: number): JsonSchema | undefined {
    return this.read().get(`${name}.v${version}`)?.schema;
  }

  private read(): ReadonlyMap<string, Published> {
    this.all ??= new Map(
      readFileSync(this.file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Published)
        .map((one) => [`${one.name}.v${one.version}`, one]),
    );
    return this.all;
  }
}
