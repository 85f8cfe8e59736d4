import type { PolicyTable } from '../infrastructure/http/policy.js';

/** What everybody may ask about the own account. */
const OWN = {
  patient: 'self',
  doctor: 'self',
  pharmacist: 'self',
  labWorker: 'self',
  hospitalAdministrator: 'self',
  complianceOfficer: 'self',
} as const;

/** Who may ask which question. By operation: role -> how the asker must stand to what it is about. */
export const policy = {
  // appointments
  readAppointment: { patient: 'self', doctor: 'self', hospitalAdministrator: 'ownHospital' },
  readFreeSlots: { anyone: 'any' },
  readDoctorDay: { doctor: 'self' },
  readDoctorWeek: { doctor: 'self' },
  readPendingRequests: { doctor: 'self' },
  readHospitalAppointments: { hospitalAdministrator: 'ownHospital' },
  readPatientAppointments: { patient: 'self' },
  readMyPatients: { doctor: 'self' },
  // identity
  readKeys: { anyone: 'any' },
  readMe: OWN,
  readSessions: OWN,
  readStaff: { hospitalAdministrator: 'hospital' },
  readInvitations: { hospitalAdministrator: 'hospital' },
  // organisations
  listHospitals: { anyone: 'any' },
  readHospital: { anyone: 'any' },
  listDepartments: { anyone: 'any' },
  listServices: { anyone: 'any' },
  listSpecialisations: { anyone: 'any' },
  readHospitalTotals: { hospitalAdministrator: 'hospital' },
  // practitioners
  listDoctors: { anyone: 'any' },
  searchDoctors: { anyone: 'any' },
  readDoctor: { anyone: 'any' },
  listHospitalsOfDoctor: { anyone: 'any' },
  listDoctorsOfHospital: { anyone: 'any' },
  listDoctorsOfDepartment: { anyone: 'any' },
  listDoctorsOfSpecialisation: { anyone: 'any' },
  readDoctorFile: { doctor: 'self', hospitalAdministrator: 'ownHospital' },
  listRegistrationsOfDoctor: { doctor: 'self' },
  listRegistrations: { hospitalAdministrator: 'ownHospital' },
  // patients
  readPatient: { patient: 'self', doctor: 'related', hospitalAdministrator: 'ownHospital' },
  listPatientsOfHospital: { hospitalAdministrator: 'ownHospital' },
  searchPatientsOfHospital: { hospitalAdministrator: 'ownHospital' },
  // Whose list it is, and whom it shows.
  searchPatientsOfDoctor: { doctor: ['self', 'related'] },
  // chat
  listChatsOfPatient: { patient: 'self' },
  listChatsOfDoctor: { doctor: 'self' },
  readChat: { patient: 'self', doctor: 'self' },
  readMessages: { patient: 'self', doctor: 'self' },
  searchChat: { patient: 'self', doctor: 'self' },
  searchMessagesOfPatient: { patient: 'self' },
  // audit
  readAuditTrail: { complianceOfficer: 'any', hospitalAdministrator: 'ownHospital' },
  readAuditOfPatient: { patient: 'self', complianceOfficer: 'any', hospitalAdministrator: 'ownHospital' },
  // Before and after hold what prescriptions and records say, which is no administrator's to read.
  readHistory: { complianceOfficer: 'any' },
  readLedgerStatistics: { complianceOfficer: 'any' },
  readLedgerTotals: { complianceOfficer: 'any' },
  // other systems
  readFeed: { consumer: 'any' },
  // prescriptions
  readPrescription: { patient: 'self', doctor: ['self', 'related'], pharmacist: ['hospital', 'presented'] },
  readPatientPrescriptions: { patient: 'self', doctor: 'related' },
  readDoctorPrescriptions: { doctor: 'self' },
  // pharmacy
  listMedicines: { anyone: 'any' },
  readMedicine: { anyone: 'any' },
  listPrices: { anyone: 'any' },
  listStock: { pharmacist: 'hospital', hospitalAdministrator: 'ownHospital' },
  listExpiringStock: { pharmacist: 'hospital', hospitalAdministrator: 'ownHospital' },
  readStock: { pharmacist: 'hospital', hospitalAdministrator: 'ownHospital' },
  readCarts: { patient: 'self' },
  readOrder: { patient: 'self', pharmacist: 'hospital' },
  readPatientOrders: { patient: 'self' },
  readHospitalOrders: { pharmacist: 'hospital' },
  // payments
  readReturn: { anyone: 'any' },
  readBill: { patient: 'self', hospitalAdministrator: 'ownHospital' },
  readPatientBills: { patient: 'self' },
  readHospitalBills: { hospitalAdministrator: 'ownHospital' },
  readPayment: { patient: 'self', hospitalAdministrator: 'ownHospital' },
  readPatientPayments: { patient: 'self' },
  readHospitalPayments: { hospitalAdministrator: 'ownHospital' },
  readPatientInvoices: { patient: 'self' },
  readHospitalInvoices: { hospitalAdministrator: 'ownHospital' },
  readBalances: { hospitalAdministrator: 'ownHospital' },
  readReconciliations: { complianceOfficer: 'any' },
  // notifications
  readMyMails: OWN,
  readMails: { complianceOfficer: 'any' },
  // files
  readPicture: { anyone: 'any' },
  readFile: {
    patient: 'self',
    doctor: ['self', 'related'],
    pharmacist: 'self',
    labWorker: 'self',
    hospitalAdministrator: ['self', 'ownHospital'],
    complianceOfficer: 'self',
  },
} satisfies PolicyTable;
