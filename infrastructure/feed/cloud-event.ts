import type { LedgerEvent } from '../../application/kernel/ledger.js';
import type { Meta } from '../../domain/kernel/envelope.js';
import { decode, type EventDef, type Events } from '../../domain/kernel/event.js';
import { markedPaths, withoutMarked } from '../../domain/kernel/phi.js';

/**
 * An event as other systems get it: CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec, json-format 1.0.2)
 * with its extensions sequence, partitioning and distributed-tracing's idea of ids. Ids in it are opaque.
 */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  /** `healthstack.<name>.v<version>`; the version of the data's shape. */
  readonly type: string;
  /** The stream: the object that it happened to. */
  readonly subject: string;
  /** When it was recorded, an Instant. */
  readonly time: string;
  /** Where the JSON Schema of `data` is published. */
  readonly dataschema: string;
  readonly datacontenttype?: 'application/json';
  /** 1, 2, 3, ... over everything that is offered, whatever is asked for. */
  readonly sequence: string;
  readonly sequencetype: 'Integer';
  /** Nothing that was asked for lies between this number and `sequence`. */
  readonly previoussequence: string;
  readonly partitionkey: string;
  /** Of the object: 0, 1, 2, ... */
  readonly revision: number;
  readonly correlationid: string;
  readonly causationid: string;
  readonly hospital?: string;
  readonly patient?: string;
  /** Fields that are left out of `data`, by path, with commas between. */
  readonly sealed?: string;
  readonly data?: unknown;
}

/** What other systems may have, and how it is described to them. */
export interface Offer {
  /** A type that was offered once is offered for ever, or numbers would change. */
  readonly offered: Events;
  /** Where the schemas are published: `<schemas>/<name>/<version>`. */
  readonly schemas: string;
}

const SOURCE = '/healthstack';

/** Without health and identity fields. An event whose data cannot be read any more comes without data, never not at all. */
export const cloudEvent = (
  { offered, schemas }: Offer,
  event: LedgerEvent,
  sequence: number,
  previoussequence: number,
): CloudEvent => {
  const def = offered[event.type]!;
  const meta = event.metadata as Meta;
  const sealed = sealedIn(def);
  const version = def.upcasts.length + 1;
  return {
    specversion: '1.0',
    id: event.id,
    source: SOURCE,
    type: `healthstack.${event.type}.v${version}`,
    subject: event.stream,
    time: meta.recordedAt,
    dataschema: `${schemas}/${event.type}/${version}`,
    sequence: String(sequence),
    sequencetype: 'Integer',
    previoussequence: String(previoussequence),
    partitionkey: event.stream,
    revision: event.revision,
    correlationid: meta.$correlationId,
    causationid: meta.$causationId,
    ...(meta.tenant !== undefined && { hospital: meta.tenant }),
    ...(meta.subject !== undefined && { patient: meta.subject }),
    ...(sealed !== '' && { sealed }),
    ...dataOf(offered, event, meta),
  };
};

const dataOf = (
  offered: Events,
  { type, data }: LedgerEvent,
  meta: Meta,
): Pick<CloudEvent, 'data' | 'datacontenttype'> => {
  try {
    const decoded = decode(offered, { type, version: meta.schemaVersion, data })!;
    return { datacontenttype: 'application/json', data: withoutMarked(offered[type]!.schema, decoded.data) };
  } catch {
    return {};
  }
};

const sealedByDef = new WeakMap<EventDef, string>();

const sealedIn = (def: EventDef): string => {
  let sealed = sealedByDef.get(def);
  if (sealed === undefined) {
    sealed = [...new Set(markedPaths(def.schema).map(({ path }) => path))].join(',');
    sealedByDef.set(def, sealed);
  }
  return sealed;
};
