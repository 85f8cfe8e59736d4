import type { Type } from '@nestjs/common';
import type { AnyDecider, CommandOf } from '../../domain/kernel/decider.js';
import type { Events, Seen } from '../../domain/kernel/event.js';
import type { DomainCommand } from './handle.js';
import type { World } from './ports.js';

/** A command to send because something happened. Its command id derives from the event, so a redelivery changes nothing. */
export interface Outgoing {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly command: Type<DomainCommand<any>>;
  readonly id: string;
  readonly message: { readonly type: string; readonly data: unknown };
}

/** Checks that the message is one of the aggregate's commands. */
export const send = <D extends AnyDecider>(
  command: Type<DomainCommand<D>>,
  id: string,
  message: CommandOf<D['commands']>,
): Outgoing => ({ command, id, message });

/** Pure: what to send because something happened. State, where one is needed, lives in an aggregate of its own. */
export interface Reaction<Es extends Events = Events> {
  /** A sentence: `confirm-appointment-when-payment-settled`. Never renamed: command ids derive from it. */
  readonly name: string;
  readonly from: Es;
  readonly on: { readonly [T in keyof Es]: (event: Seen<Es, T>) => readonly Outgoing[] };
}

export const reaction = <Es extends Events>(r: Reaction<Es>): Reaction<Es> => r;

/**
 * Touches the outside (mail, payment gateway) because something happened, then sends what records the outcome, success
 * or failure. Runs at least once; `event.id` is the idempotency key to hand on. A thrown error is tried again later.
 */
export interface Effect<Es extends Events = Events> {
  readonly name: string;
  readonly from: Es;
  readonly on: { readonly [T in keyof Es]: (event: Seen<Es, T>, world: World) => Promise<readonly Outgoing[]> };
}

export const effect = <Es extends Events>(e: Effect<Es>): Effect<Es> => e;

/** Something to be done at a moment; the same key replaces an earlier one. */
export interface Due {
  readonly key: string;
  /** An Instant; null takes the timer back. */
  readonly at: string | null;
  readonly outgoing: readonly Outgoing[];
}

/** Pure: which timers an event starts, moves or takes back. What came due while nobody ran is caught up, once. */
export interface Timer<Es extends Events = Events> {
  /** Never renamed: keys and command ids derive from it. */
  readonly name: string;
  readonly from: Es;
  readonly on: { readonly [T in keyof Es]: (event: Seen<Es, T>) => readonly Due[] };
}

export const timer = <Es extends Events>(t: Timer<Es>): Timer<Es> => t;
