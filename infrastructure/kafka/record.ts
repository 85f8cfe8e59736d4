import type { LedgerEvent } from '../../application/kernel/ledger.js';
import { type CloudEvent, cloudEvent, type Offer } from '../feed/cloud-event.js';
import type { LogRecord, Mark, Parked } from './log.js';

/** What a relay offers: as the feed does, and where the feed is for what does not fit into a record. */
export interface RelayOffer extends Offer {
  /** The URL of the HTTP feed. */
  readonly feed: string;
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly mark: Mark;
  /** The number of the record before it in the partition. */
  readonly previous: number;
}

/**
 * An event as a Kafka record: CloudEvents 1.0 in binary mode (kafka-protocol-binding 1.0.2), attributes as headers, data
 * as the value. One whose data cannot be read, or do not fit, keeps its place in the order and comes without them:
 * `ce_parked` says why, and `ce_dataref` where to ask for it.
 */
export const recordOf = (
  offer: RelayOffer,
  event: LedgerEvent,
  { topic, partition, mark, previous }: Place,
  bytesMax: number,
): { readonly record: LogRecord; readonly parked?: Parked } => {
  const told = cloudEvent(offer, event, mark.sequence, previous);
  const attributes: Record<string, string> = { ...headersOf(told), ce_position: mark.position };
  const at = { topic, partition, key: event.stream };
  const record: LogRecord = { ...at, headers: attributes, value: valueOf(told) };
  const reason = record.value === null ? 'unreadable' : bytesOf(record) > bytesMax ? 'too-large' : undefined;
  if (reason === undefined) return { record };
  const { 'content-type': _none, ...rest } = attributes;
  const dataref = `${offer.feed}?after=${mark.sequence - 1}&limit=1`;
  return {
    record: { ...at, headers: { ...rest, ce_parked: reason, ce_dataref: dataref }, value: null },
    parked: { reason, eventId: event.id, type: event.type, stream: event.stream, sequence: mark.sequence },
  };
};

const headersOf = ({ data: _data, datacontenttype, ...attributes }: CloudEvent): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)])),
  ...(datacontenttype && { 'content-type': datacontenttype }),
});

const valueOf = ({ datacontenttype, data }: CloudEvent): string | null =>
  datacontenttype ? JSON.stringify(data) : null;

/** What Kafka adds to a record and to each of its headers: lengths and differences, a few bytes each. */
const OVERHEAD = 16;

/** About how many bytes a record takes, rather more than less. */
export const bytesOf = ({ key, headers, value }: LogRecord): number => {
  let bytes = OVERHEAD + Buffer.byteLength(key) + Buffer.byteLength(value ?? '');
  for (const [name, text] of Object.entries(headers)) bytes += OVERHEAD + name.length + Buffer.byteLength(text);
  return bytes;
};
