import type { z } from 'zod';
import type { Actor, Parties } from './envelope.js';
import type { DataOf, EventOf, Events } from './event.js';

/** What a decision may know besides the state and the command. `F` are facts looked up beforehand. */
export interface Context<F = unknown> {
  /** The stream's id, without its category. */
  readonly id: string;
  /** Now, as an Instant. */
  readonly at: string;
  readonly commandId: string;
  readonly actor: Actor;
  readonly facts: F;
}

export type Commands = Readonly<Record<string, z.ZodType>>;

/** A decided event. `about` names other parties than the command's, where one command concerns several people. */
export type Decided<Es extends Events> = EventOf<Es> & { readonly about?: Parties };

export type CommandOf<Cs extends Commands> = {
  [T in keyof Cs & string]: { readonly type: T; readonly data: z.output<Cs[T]> };
}[keyof Cs & string];

/** Of a command without fields zod says that it has every field, never: it has none. */
type KeysOf<U> = U extends unknown ? (string extends keyof U ? never : keyof U) : never;
type FieldOf<U, K> = U extends unknown ? (K extends KeysOf<U> ? U[K & keyof U] : never) : never;

/** The fields that any of the commands has, each optional: what all of them share can be asked for by name. */
export type FieldsOf<Cs extends Commands> = {
  readonly [K in KeysOf<CommandOf<Cs>['data']>]?: FieldOf<CommandOf<Cs>['data'], K>;
};

export interface Decider<Cs extends Commands, Es extends Events, S, F = unknown> {
  /** Stream prefix, camelCase without a hyphen: the events of `id` live in `${category}-${id}`. */
  readonly category: string;
  readonly commands: Cs;
  readonly events: Es;
  readonly initial: S;
  /** Whom a command concerns: the policy is asked about them, and the envelope names them. */
  readonly parties: (state: S, data: FieldsOf<Cs>, context: Context<F>) => Parties;
  /** Pure: same state and command, same events. Returns [] when the decision was taken already. */
  readonly decide: {
    readonly [T in keyof Cs]: (state: S, data: z.output<Cs[T]>, context: Context<F>) => Decided<Es>[];
  };
  /** Pure and total: a fact is never refused. */
  readonly evolve: { readonly [T in keyof Es]: (state: S, data: DataOf<Es, T>) => S };
}

/** Checks at compile time that every command is decided and every event evolved. */
export const decider =
  <S, F = unknown>() =>
  <Cs extends Commands, Es extends Events>(d: Decider<Cs, Es, S, F>): Decider<Cs, Es, S, F> =>
    d;

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyDecider = Decider<any, any, any, any>;
export type StateOf<D extends AnyDecider> = D['initial'];

/** The state after these events. */
export const fold = <D extends AnyDecider>(
  d: D,
  events: readonly { readonly type: string; readonly data: unknown }[],
  from: StateOf<D> = d.initial,
): StateOf<D> => events.reduce((state, e) => d.evolve[e.type]!(state, e.data), from);
