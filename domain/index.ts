import { doctorDay } from './appointments/doctor-day.js';
import { chatTerms } from './chat/chat-terms.js';
import { thread } from './chat/thread.js';
import { file } from './files/file.js';
import { account } from './identity/account.js';
import { invitation } from './identity/invitation.js';
import { unknownLogIns } from './identity/unknown-log-ins.js';
import { events as access } from './kernel/access.js';
import type { AnyDecider } from './kernel/decider.js';
import type { Events } from './kernel/event.js';
import { legacyRow } from './migration/legacy-row.js';
import { mail } from './notifications/mail.js';
import { hospital } from './organisations/hospital.js';
import { patient } from './patients/patient.js';
import { bill } from './payments/bill.js';
import { invoiceBook } from './payments/invoice-book.js';
import { payment } from './payments/payment.js';
import { reconciliation } from './payments/reconciliation.js';
import { transaction } from './payments/transaction.js';
import { cart } from './pharmacy/cart.js';
import { medicine } from './pharmacy/medicine.js';
import { order } from './pharmacy/order.js';
import { stock } from './pharmacy/stock.js';
import { credentials } from './practitioners/credentials.js';
import { practitioner } from './practitioners/practitioner.js';
import { prescription } from './prescriptions/prescription.js';
import { therapy } from './prescriptions/therapy.js';

/** Every aggregate. */
export const deciders: readonly AnyDecider[] = [
  account,
  bill,
  cart,
  chatTerms,
  credentials,
  doctorDay,
  file,
  hospital,
  invitation,
  invoiceBook,
  legacyRow,
  mail,
  medicine,
  order,
  patient,
  payment,
  practitioner,
  prescription,
  reconciliation,
  stock,
  therapy,
  thread,
  transaction,
  unknownLogIns,
];

/** Every event of the system by name. A name belongs to one aggregate for ever. */
export const events: Events = Object.assign({}, access, ...deciders.map((d) => d.events as Events)) as Events;
