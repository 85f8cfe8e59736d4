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
  // the process
  health: { anyone: 'any' },
  healthLive: { anyone: 'any' },
  healthReady: { anyone: 'any' },
  // appointments
  readAppointment: { patient: 'self', doctor: 'self', hospitalAdministrator: 'hospital' },
  readFreeSlots: { anyone: 'any' },
  readDoctorDay: { doctor: 'self' },
  readDoctorWeek: { doctor: 'self' },
  readPendingRequests: { doctor: 'self' },
  readHospitalAppointments: { hospitalAdministrator: 'hospital' },
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
  readDoctorFile: { doctor: 'self', hospitalAdministrator: 'hospital' },
  listRegistrationsOfDoctor: { doctor: 'self' },
  listRegistrations: { hospitalAdministrator: 'hospital' },
  // patients
  readPatient: { patient: 'self', doctor: 'related', hospitalAdministrator: 'hospital' },
  listPatientsOfHospital: { hospitalAdministrator: 'hospital' },
  searchPatientsOfHospital: { hospitalAdministrator: 'hospital' },
  searchPatientsOfDoctor: { doctor: 'self' },
  // chat
  listChatsOfPatient: { patient: 'self' },
  listChatsOfDoctor: { doctor: 'self' },
  readChat: { patient: 'self', doctor: 'self' },
  readMessages: { patient: 'self', doctor: 'self' },
  searchChat: { patient: 'self', doctor: 'self' },
  searchMessagesOfPatient: { patient: 'self' },
  // audit
  readAuditTrail: { complianceOfficer: 'any', hospitalAdministrator: 'hospital' },
  readAuditOfPatient: { patient: 'self', complianceOfficer: 'any', hospitalAdministrator: 'hospital' },
  readHistory: { complianceOfficer: 'any', hospitalAdministrator: 'hospital' },
  readLedgerStatistics: { complianceOfficer: 'any' },
  readLedgerTotals: { complianceOfficer: 'any' },
  // other systems
  readFeed: { consumer: 'any' },
  // prescriptions
  readPrescription: { patient: 'self', doctor: ['self', 'related'], pharmacist: 'hospital' },
  readPatientPrescriptions: { patient: 'self', doctor: 'related' },
  readDoctorPrescriptions: { doctor: 'self' },
  // pharmacy
  listMedicines: { anyone: 'any' },
  readMedicine: { anyone: 'any' },
  listStock: { pharmacist: 'hospital', hospitalAdministrator: 'hospital' },
  listExpiringStock: { pharmacist: 'hospital', hospitalAdministrator: 'hospital' },
  readStock: { pharmacist: 'hospital', hospitalAdministrator: 'hospital' },
  readCarts: { patient: 'self' },
  readOrder: { patient: 'self', pharmacist: 'hospital' },
  readPatientOrders: { patient: 'self' },
  readHospitalOrders: { pharmacist: 'hospital', hospitalAdministrator: 'hospital' },
  // payments
  readReturn: { anyone: 'any' },
  readPayment: { patient: 'self', hospitalAdministrator: 'hospital' },
  readPatientPayments: { patient: 'self' },
  readHospitalPayments: { hospitalAdministrator: 'hospital' },
  readPatientInvoices: { patient: 'self' },
  readHospitalInvoices: { hospitalAdministrator: 'hospital' },
  readBalances: { hospitalAdministrator: 'hospital' },
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
    hospitalAdministrator: ['self', 'hospital'],
    complianceOfficer: 'self',
  },
} satisfies PolicyTable;
