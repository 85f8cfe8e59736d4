/** The parts people and programs play. */
export const ROLES = [
  'patient',
  'doctor',
  'pharmacist',
  'labWorker',
  'hospitalAdministrator',
  'complianceOfficer',
  'system',
  'consumer',
] as const;
export type Role = (typeof ROLES)[number];

/** Who acts. `onBehalfOf` names the person for whom somebody else acts. */
export interface Actor {
  readonly id: string;
  readonly role: Role;
  readonly onBehalfOf?: string;
}

/** Whom and what a command or a document is about. Opaque ids only. */
export interface Parties {
  readonly patientId?: string | undefined;
  readonly doctorId?: string | undefined;
  readonly hospitalId?: string | undefined;
  /** Hospitals to which the patient presents what belongs to another. */
  readonly presentedAt?: readonly string[] | undefined;
  /** The account of a person who is neither the patient nor the doctor here. */
  readonly accountId?: string | undefined;
}

/** A place in a trace (W3C Trace Context): 32 and 16 hexadecimal digits. */
export interface Trace {
  readonly traceId: string;
  readonly spanId: string;
}

/** What is recorded beside the data of every event: the audit trail. Holds no health or identity data. */
export interface Meta {
  readonly commandId: string;
  /** The command's name, `RequestAppointment`. */
  readonly command: string;
  /** Keyed digest of the command's data, where a client chose the key; tells a repeated command from another one under it. */
  readonly fingerprint: string;
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly actor: Actor;
  /** The hospital where the fact was made. */
  readonly tenant?: string | undefined;
  /** The patient it is about. */
  readonly subject?: string | undefined;
  /** Purpose of use: TREAT, HPAYMT, HOPERAT, ... (HL7 v3 ActReason). */
  readonly purpose: string;
  readonly recordedAt: string;
  readonly schemaVersion: number;
  /** The release that wrote the event. */
  readonly software: string;
  /** Where a trace of the request lies, for operators. */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  /** Where an imported fact came from. */
  readonly source?: { readonly system: string; readonly table: string; readonly row: string } | undefined;
}

/** Where in a trace an event was recorded. */
export const placeOf = ({ traceId, spanId }: Meta): Trace | undefined =>
  traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };

/** A place in the ledger's total order: decimal digits without leading zeros, opaque otherwise. */
export type Position = string;

/** Negative, zero or positive, as `a` lies before, at or after `b`. */
export const comparePositions = (a: Position, b: Position): number =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
