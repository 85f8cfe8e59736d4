import { AppointmentsController } from './appointments.controller.js';
import { AuditController } from './audit.controller.js';
import { ChatController } from './chat.controller.js';
import { FeedController } from './feed.controller.js';
import { FilesController } from './files.controller.js';
import { IdentityController } from './identity.controller.js';
import { AskHandler } from './kernel/ask.js';
import { HowManyHandler } from './kernel/count.js';
import { HistoryHandler } from './kernel/history.js';
import { Live } from './kernel/live.js';
import { NotificationsController } from './notifications.controller.js';
import { OrganisationsController } from './organisations.controller.js';
import { PatientsController } from './patients.controller.js';
import { PaymentsController } from './payments.controller.js';
import { PharmacyController } from './pharmacy.controller.js';
import { PractitionersController } from './practitioners.controller.js';
import { PrescriptionsController } from './prescriptions.controller.js';

/** Every controller that answers questions. */
export const controllers = [
  AppointmentsController,
  AuditController,
  ChatController,
  FeedController,
  FilesController,
  IdentityController,
  NotificationsController,
  OrganisationsController,
  PatientsController,
  PaymentsController,
  PharmacyController,
  PractitionersController,
  PrescriptionsController,
];

export const providers = [AskHandler, HistoryHandler, HowManyHandler, Live];
