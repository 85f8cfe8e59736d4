import type { Type } from '@nestjs/common';
import type { ICommandHandler } from '@nestjs/cqrs';
import * as appointments from './appointments.js';
import * as bills from './bills.js';
import * as chat from './chat.js';
import * as files from './files.js';
import * as identity from './identity.js';
import type { Effect, Reaction, Timer } from './kernel/reaction.js';
import * as migration from './migration.js';
import * as notifications from './notifications.js';
import * as organisations from './organisations.js';
import * as patients from './patients.js';
import { effects as paymentEffects } from './payment-effects.js';
import * as payments from './payments.js';
import * as pharmacy from './pharmacy.js';
import * as practitioners from './practitioners.js';
import * as prescriptions from './prescriptions.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- each aggregate has its own types; the lists hold all of them */
interface Context {
  readonly handlers: readonly Type<ICommandHandler>[];
  readonly reactions?: readonly Reaction<any>[];
  readonly effects?: readonly Effect<any>[];
  readonly timers?: readonly Timer<any>[];
}

/** Every context: what it handles, and what it does because something happened. */
const contexts: readonly Context[] = [
  appointments,
  bills,
  chat,
  files,
  identity,
  migration,
  notifications,
  organisations,
  patients,
  payments,
  { handlers: [], effects: paymentEffects },
  pharmacy,
  practitioners,
  prescriptions,
];

export const handlers = contexts.flatMap((context) => context.handlers);
export const reactions = contexts.flatMap((context) => context.reactions ?? []);
export const effects = contexts.flatMap((context) => context.effects ?? []);
export const timers = contexts.flatMap((context) => context.timers ?? []);
