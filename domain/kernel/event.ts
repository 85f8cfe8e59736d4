import type { z } from 'zod';
import type { Meta, Position } from './envelope.js';

/** Lifts the stored data of one version to the next one; never edited once released. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- old shapes have no type any more
export type Upcast = (old: any) => unknown;

/** The newest shape of an event, and how every older shape becomes it. */
export interface EventDef<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  readonly upcasts: readonly Upcast[];
}

/** Of a version that only may hold more than the one before: another value of an enumeration, another optional field. */
export const asItWas: Upcast = (old) => old;

export type Events = Readonly<Record<string, EventDef>>;

/**
 * Declares an event by its newest schema. A changed shape adds an upcast from the version before;
 * a changed meaning is a new name.
 */
export const event = <S extends z.ZodType>(schema: S, ...upcasts: Upcast[]): EventDef<S> => ({ schema, upcasts });

export type DataOf<Es extends Events, T extends keyof Es> = z.output<Es[T]['schema']>;

export type EventOf<Es extends Events> = {
  [T in keyof Es & string]: { readonly type: T; readonly data: DataOf<Es, T> };
}[keyof Es & string];

/** An event of the ledger as read models, reactions and effects see it. */
export type Seen<Es extends Events, T extends keyof Es = keyof Es> = Extract<EventOf<Es>, { type: T }> & {
  readonly id: string;
  /** With its category: `doctorDay-...`. */
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly meta: Meta;
};

/** An event as it lies in the ledger: data of the version under which it was written. */
export interface Stored {
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
}

/** Checks an event against its newest schema and stamps that version on it. Throws when it does not fit. */
export const encode = (events: Events, { type, data }: { type: string; data: unknown }): Stored => {
  const { schema, upcasts } = events[type]!;
  return { type, version: upcasts.length + 1, data: schema.parse(data) };
};

/**
 * Reads a stored event, whatever its version. Undefined for a type that is not among these events.
 * Throws when the data do not fit the schema: a damaged or wrongly upcast event is never served.
 */
export const decode = <Es extends Events>(events: Es, stored: Stored): EventOf<Es> | undefined => {
  const def = Object.hasOwn(events, stored.type) ? events[stored.type] : undefined;
  if (!def) return undefined;
  const data = def.upcasts.slice(stored.version - 1).reduce((old, upcast) => upcast(old), stored.data);
  return { type: stored.type, data: def.schema.parse(data) } as EventOf<Es>;
};
