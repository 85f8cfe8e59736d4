import { AppointmentsController } from './appointments.controller.js';
import { IdentityController } from './identity.controller.js';
import { AskHandler } from './kernel/ask.js';

/** Every controller that answers questions. */
export const controllers = [AppointmentsController, IdentityController];

export const providers = [AskHandler];
