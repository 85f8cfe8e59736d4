import { AppointmentsController } from './appointments.controller.js';
import { ChatController } from './chat.controller.js';
import { FilesController } from './files.controller.js';
import { IdentityController } from './identity.controller.js';
import { OrganisationsController } from './organisations.controller.js';
import { PatientsController } from './patients.controller.js';
import { PaymentsController } from './payments.controller.js';
import { CartsController, MedicinesController, OrdersController, StockController } from './pharmacy.controller.js';
import { PractitionersController } from './practitioners.controller.js';
import { PrescriptionsController } from './prescriptions.controller.js';

/** Every controller that takes commands. */
export const controllers = [
  AppointmentsController,
  ChatController,
  FilesController,
  IdentityController,
  OrganisationsController,
  PatientsController,
  PaymentsController,
  CartsController,
  MedicinesController,
  OrdersController,
  StockController,
  PractitionersController,
  PrescriptionsController,
];
