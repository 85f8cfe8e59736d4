import { hospitalPeople } from './access/hospital-people.js';
import { appointments } from './appointments/appointments.js';
import { myPatients } from './appointments/my-patients.js';
import { takenSlots } from './appointments/taken-slots.js';
import { audit } from './audit/audit.js';
import { ledgerStatistics } from './audit/ledger-statistics.js';
import { messages } from './chat/messages.js';
import { threads } from './chat/threads.js';
import { accounts } from './identity/accounts.js';
import { invitations } from './identity/invitations.js';
import { openSessions } from './identity/open-sessions.js';
import { staff } from './identity/staff.js';
import { files } from './files/files.js';
import { pictures } from './files/pictures.js';
import type { AnyProjection } from './kernel/projection.js';

import { mails } from './notifications/mails.js';
import { hospitalUnits } from './organisations/hospital-units.js';
import { hospitals } from './organisations/hospitals.js';
import { patientDirectory } from './patients/patient-directory.js';
import { patients } from './patients/patients.js';
import { balances } from './payments/balances.js';
import { bills } from './payments/bills.js';
import { invoices } from './payments/invoices.js';
import { payments } from './payments/payments.js';
import { reconciliations } from './payments/reconciliations.js';
import { carts } from './pharmacy/carts.js';
import { medicines } from './pharmacy/medicines.js';
import { orders } from './pharmacy/orders.js';
import { prices } from './pharmacy/prices.js';
import { stocks } from './pharmacy/stocks.js';
import { doctors } from './practitioners/doctors.js';
import { hospitalDoctors } from './practitioners/hospital-doctors.js';
import { practitioners } from './practitioners/practitioners.js';
import { registrations } from './practitioners/registrations.js';
import { prescriptions } from './prescriptions/prescriptions.js';

/** Every read model. */
export const projections: readonly AnyProjection[] = [
  hospitalPeople,
  appointments,
  myPatients,
  takenSlots,
  audit,
  ledgerStatistics,
  messages,
  threads,
  accounts,
  invitations,
  openSessions,
  staff,
  files,
  pictures,
  mails,
  hospitalUnits,
  hospitals,
  patientDirectory,
  patients,
  balances,
  bills,
  invoices,
  payments,
  reconciliations,
  carts,
  medicines,
  orders,
  prices,
  stocks,
  doctors,
  hospitalDoctors,
  practitioners,
  registrations,
  prescriptions,
];
