import { events } from '../../domain/index.js';
import type { Role } from '../../domain/kernel/envelope.js';
import type { Events, Seen } from '../../domain/kernel/event.js';
import { projection } from '../kernel/projection.js';

/**
 * Who did what, when, to whom, for whom and because of what: one line for each event, and for the reading of a list
 * one for each patient in it. Made of envelopes alone; what was said or found is never in it.
 */
export interface AuditEntry {
  readonly at: string;
  readonly actorId: string;
  readonly role: Role;
  readonly onBehalfOf?: string;
  /** What happened, and the command or question by which it did. */
  readonly type: string;
  readonly command: string;
  readonly purpose: string;
  /** To whom. */
  readonly patientId?: string;
  /** On what, and as its how-manieth change. */
  readonly stream: string;
  readonly revision: number;
  /** The hospital where it was done. */
  readonly tenant?: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly commandId: string;
  readonly eventId: string;
  readonly position: string;
  /** Of a reading: the read model that was asked. */
  readonly model?: string;
  /** Of an imported fact: where it came from. */
  readonly source?: { readonly system: string; readonly table: string; readonly row: string };
}

const NAME = 'audit';
/** Keys in the ledger's order: lines of one moment stay in it, and a rebuild writes from left to right. */
const POSITION_DIGITS = 16;

/**
 * The patients that an event touches: its own, or those whose records were asked for. Looking at this trail is one line
 * however many patients it showed, or looking would bury what is looked for; the ledger names them all.
 */
const patientsOf = ({ data, meta }: Seen<Events>): readonly string[] => {
  const { subjects, model } = data as { readonly subjects?: readonly string[]; readonly model?: string };
  if (model === NAME) return [];
  return subjects ?? (meta.subject === undefined ? [] : [meta.subject]);
};

const entry = (_doc: AuditEntry | undefined, event: Seen<Events>, key: string): AuditEntry => {
  const { id, stream, revision, position, type, meta, data } = event;
  const patientId = key.includes('_') ? key.slice(key.indexOf('_') + 1) : patientsOf(event)[0];
  const { model } = data as { readonly model?: string };
  return {
    at: meta.recordedAt,
    actorId: meta.actor.id,
    role: meta.actor.role,
    ...(meta.actor.onBehalfOf !== undefined && { onBehalfOf: meta.actor.onBehalfOf }),
    type,
    command: meta.command,
    purpose: meta.purpose,
    ...(patientId !== undefined && { patientId }),
    stream,
    revision,
    ...(meta.tenant !== undefined && { tenant: meta.tenant }),
    correlationId: meta.$correlationId,
    causationId: meta.$causationId,
    commandId: meta.commandId,
    eventId: id,
    position,
    ...(type === 'RecordsRead' && model !== undefined && { model }),
    ...(meta.source && { source: meta.source }),
  };
};

export const audit = projection<AuditEntry>()({
  name: NAME,
  version: 1,
  from: events,
  key: (event) => {
    const line = event.position.padStart(POSITION_DIGITS, '0');
    const patients = patientsOf(event);
    return patients.length > 1 ? patients.map((patientId) => `${line}_${patientId}`) : line;
  },
  indexes: {
    byTime: ['at'],
    byActor: ['actorId', 'at'],
    byPatient: ['patientId', 'at'],
    byType: ['type', 'at'],
    byTenant: ['tenant', 'at'],
    byCorrelation: ['correlationId', 'at'],
    byCommand: ['commandId'],
  },
  parties: ({ tenant, patientId }) => ({ hospitalId: tenant, patientId }),
  // Who looks after whom tells about health as well, so that looking is recorded too.
  phi: true,
  on: Object.fromEntries(Object.keys(events).map((type) => [type, entry])),
});
