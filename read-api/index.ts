import { AppointmentsController } from './appointments.controller.js';
import { FilesController } from './files.controller.js';
import { IdentityController } from './identity.controller.js';
import { AskHandler } from './kernel/ask.js';
import { HowManyHandler } from './kernel/count.js';
import { OrganisationsController } from './organisations.controller.js';
import { PatientsController } from './patients.controller.js';
import { PractitionersController } from './practitioners.controller.js';

/** Every controller that answers questions. */
export const controllers = [
  AppointmentsController,
  FilesController,
  IdentityController,
  OrganisationsController,
  PatientsController,
  PractitionersController,
];

export const providers = [AskHandler, HowManyHandler];
