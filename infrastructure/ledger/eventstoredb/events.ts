import type { EventData, Position as ClientPosition, ResolvedEvent } from '@eventstore/db-client';
import type { Filter, LedgerEvent } from '../../../application/kernel/ledger.js';
import type { Position } from '../../../domain/kernel/envelope.js';
import type { WrittenEvent } from '../limits.js';

/**
 * An event as the client sends it. JSON is parsed again, so that what the client serialises later, and what is sent
 * again, is what was checked. Metadata go as bytes: the client leaves out metadata that are false.
 */
export const sentEvent = ({ id, type, data, metadata }: WrittenEvent): EventData => {
  const bytes = metadata === null ? undefined : typeof metadata === 'string' ? encoder.encode(metadata) : metadata;
  const payload =
    typeof data === 'string'
      ? { contentType: 'application/json', data: JSON.parse(data) as Record<string, unknown> }
      : { contentType: 'application/octet-stream', data: plainBytes(data) };
  return { id, type, ...payload, metadata: bytes && plainBytes(bytes) } as EventData;
};

const encoder = new TextEncoder();

/** The client takes a Buffer for JSON. */
const plainBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** An event as it was recorded; undefined for what is only a link to one that is gone. */
export const ledgerEvent = ({ event }: ResolvedEvent): LedgerEvent | undefined =>
  event && {
    id: event.id,
    stream: event.streamId,
    revision: Number(event.revision),
    position: positionOf(event.position!.commit),
    type: event.type,
    data: event.data,
    metadata: event.metadata,
    created: event.created.toISOString(),
  };

export const positionOf = (commit: bigint): Position => String(commit);

/** What gRPC wrote was prepared where it was committed. */
export const clientPosition = (position: Position): ClientPosition => {
  const commit = BigInt(position);
  return { commit, prepare: commit };
};

/** The store's own events have a type or a stream that begins with `$`. */
export const isShown = (event: LedgerEvent, filter: Filter | undefined): boolean =>
  !event.type.startsWith('$') && (filter ? isOf(event, filter) : !event.stream.startsWith('$'));

export const isOf = ({ stream }: LedgerEvent, { streamPrefixes }: Filter): boolean =>
  streamPrefixes.some((prefix) => stream.startsWith(prefix));
