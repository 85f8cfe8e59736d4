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

/** Every aggregate, by the context it belongs to. */
const aggregates = {
  appointments: [doctorDay],
  chat: [chatTerms, thread],
  files: [file],
  identity: [account, invitation, unknownLogIns],
  migration: [legacyRow],
  notifications: [mail],
  organisations: [hospital],
  patients: [patient],
  payments: [bill, invoiceBook, payment, reconciliation, transaction],
  pharmacy: [cart, medicine, order, stock],
  practitioners: [credentials, practitioner],
  prescriptions: [prescription, therapy],
} satisfies Readonly<Record<string, readonly AnyDecider[]>>;

/** Every aggregate. */
export const deciders: readonly AnyDecider[] = Object.values(aggregates).flat();

const eventsOf = (all: readonly AnyDecider[]): Events =>
  Object.assign({}, ...all.map((d) => d.events as Events)) as Events;

/** Every event of the system by name. A name belongs to one aggregate for ever. */
export const events: Events = { ...access, ...eventsOf(deciders) };

/** The context of every event. One stream's events have one context. */
export const contextOf: ReadonlyMap<string, string> = new Map(
  Object.entries<readonly AnyDecider[]>(aggregates)
    .flatMap(([context, all]) => Object.keys(eventsOf(all)).map((name): [string, string] => [name, context]))
    .concat(Object.keys(access).map((name): [string, string] => [name, 'audit'])),
);
