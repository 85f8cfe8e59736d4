import { AppointmentsController } from './appointments.controller.js';

/** Every controller that takes commands. */
export const controllers = [AppointmentsController];
