import { AppointmentsController } from './appointments.controller.js';
import { IdentityController } from './identity.controller.js';

/** Every controller that takes commands. */
export const controllers = [AppointmentsController, IdentityController];
