import { AppointmentsController } from './appointments.controller.js';
import { AskHandler } from './kernel/ask.js';

/** Every controller that answers questions. */
export const controllers = [AppointmentsController];

export const providers = [AskHandler];
