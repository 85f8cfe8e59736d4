import * as appointments from './appointments.js';
import type { Effect, Reaction, Timer } from './kernel/reaction.js';

/** Every handler of the command bus. */
export const handlers = [...appointments.handlers];

/** The command classes by name, for commands that are kept as data until they are due. */
export const commandClasses = [...appointments.commandClasses];

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const reactions: readonly Reaction<any>[] = [...appointments.reactions];

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const effects: readonly Effect<any>[] = [];

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const timers: readonly Timer<any>[] = [...appointments.timers];
