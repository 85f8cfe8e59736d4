// Who may do what, as a hospital wants it: written by hand from what each part has to do there, and never from the
// policy tables, which are what it is held against. Whoever is not named is kept out.
//
// The objects are green's: of `patient`, whom `doctor` treats there. Hence `colleague` works at green and does not treat
// the patient, `former` was to until the only visit was called off, the pharmacist, the lab worker and the administrator
// are green's, and whoever is `...OfBlue` has nothing to do with either. `twoHats` is a pharmacist at green and an
// administrator at blue, so may what either of them may.

export const ACTORS = [
  'patient',
  'patientOfColleague',
  'patientOfBlue',
  'doctor',
  'colleague',
  'former',
  'doctorOfBlue',
  'pharmacist',
  'pharmacistOfBlue',
  'labWorker',
  'labWorkerOfBlue',
  'administrator',
  'administratorOfBlue',
  'twoHats',
  'platform',
  'officer',
  'consumer',
  'nobody',
] as const;
export type Actor = (typeof ACTORS)[number];
type Row = readonly Exclude<Actor, 'twoHats'>[];

const everybody: Row = ACTORS.filter((actor) => actor !== 'twoHats');
/** Whoever is a person with an account: what it is about is the own one. */
const people: Row = everybody.filter((actor) => actor !== 'nobody' && actor !== 'consumer');

/** The two whom a visit joins, and the desk of the hospital where it takes place. */
const visit: Row = ['patient', 'doctor', 'administrator'];
/** The patient, and who treats the patient now. */
const care: Row = ['patient', 'doctor'];
/** The pharmacy of the hospital, and who answers for it. */
const shelf: Row = ['pharmacist', 'administrator'];
/** The patient who buys, and the pharmacy that sells. */
const sale: Row = ['patient', 'pharmacist'];
/** How a hospital is set up: its own administrator, or the platform's for all of them. */
const setUp: Row = ['administrator', 'platform'];
/** An entry of the catalogue is kept by the hospital that added it, or by the platform, which keeps all of them. */
const catalogue: Row = ['pharmacist', ...setUp];

export const expected: Readonly<Record<string, Row>> = {
  // The process tells whether it is well.
  health: everybody,
  healthLive: everybody,
  healthReady: everybody,

  // Coming in and going.
  registerAccount: everybody,
  logIn: everybody,
  refreshSession: everybody,
  requestPasswordReset: everybody,
  completePasswordReset: everybody,
  acceptInvitation: everybody,
  readKeys: everybody,
  readMe: people,
  readSessions: people,
  readMyMails: people,
  correctAccount: people,
  changePassword: people,
  logOut: people,
  endSession: people,
  // Staff is the hospital's own affair, or the platform's (N3).
  inviteStaff: setUp,
  withdrawInvitation: setUp,
  readInvitations: setUp,
  readStaff: setUp,
  grantRole: setUp,
  revokeRole: setUp,
  openServiceAccount: ['platform'],

  // Hospitals: everybody finds them; their own administrator changes them (N2).
  listHospitals: everybody,
  readHospital: everybody,
  listDepartments: everybody,
  listServices: everybody,
  listSpecialisations: everybody,
  registerHospital: ['platform'],
  reviseHospital: setUp,
  reviseCapacity: setUp,
  closeHospital: setUp,
  reopenHospital: setUp,
  addDepartment: setUp,
  reviseDepartment: setUp,
  removeDepartment: setUp,
  addService: setUp,
  renameService: setUp,
  removeService: setUp,
  addSpecialisation: setUp,
  renameSpecialisation: setUp,
  removeSpecialisation: setUp,
  setChatGracePeriod: setUp,
  readHospitalTotals: setUp,

  // Doctors: everybody finds those whom a hospital accepted. Who works at a hospital is decided there and nowhere else.
  listDoctors: everybody,
  searchDoctors: everybody,
  readDoctor: everybody,
  listHospitalsOfDoctor: everybody,
  listDoctorsOfHospital: everybody,
  listDoctorsOfDepartment: everybody,
  listDoctorsOfSpecialisation: everybody,
  readFreeSlots: everybody,
  requestRegistration: ['doctor'],
  listRegistrationsOfDoctor: ['doctor'],
  listRegistrations: ['administrator'],
  acceptRegistration: ['administrator'],
  rejectRegistration: ['administrator'],
  readDoctorFile: ['doctor', 'administrator'],
  setSchedule: ['doctor', 'administrator'],
  setFees: ['doctor', 'administrator'],
  reviseDoctor: ['doctor'],
  takeLeave: ['doctor'],
  withdrawLeave: ['doctor'],
  addEducation: ['doctor'],
  reviseEducation: ['doctor'],
  removeEducation: ['doctor'],
  addExperience: ['doctor'],
  reviseExperience: ['doctor'],
  removeExperience: ['doctor'],

  // Patients: the record is the patient's; who treats the patient reads and keeps what must not be overlooked.
  readPatient: visit,
  revisePatient: ['patient'],
  addAllergy: care,
  correctAllergy: care,
  removeAllergy: care,
  addCondition: care,
  correctCondition: care,
  removeCondition: care,
  listPatientsOfHospital: ['administrator'],
  searchPatientsOfHospital: ['administrator'],
  searchPatientsOfDoctor: ['doctor'],
  readMyPatients: ['doctor'],

  // Appointments: the desk speaks for either side, but only the doctor can say that a visit took place.
  holdSlot: ['patient', 'administrator'],
  releaseHold: ['patient', 'administrator'],
  requestAppointment: visit,
  confirmAppointment: ['doctor', 'administrator'],
  rejectAppointment: ['doctor', 'administrator'],
  cancelAppointment: visit,
  rescheduleAppointment: visit,
  markArrived: ['doctor', 'administrator'],
  markMissed: ['doctor', 'administrator'],
  markFulfilled: ['doctor'],
  readAppointment: visit,
  readDoctorDay: ['doctor'],
  readDoctorWeek: ['doctor'],
  readPendingRequests: ['doctor'],
  readHospitalAppointments: ['administrator'],
  readPatientAppointments: ['patient'],

  // Prescriptions: written by who treats the patient, changed by who wrote it, read by who hands out what it says (N1).
  issuePrescription: ['doctor'],
  amendPrescription: ['doctor'],
  cancelPrescription: ['doctor'],
  renewPrescription: ['doctor'],
  readPrescription: ['patient', 'doctor', 'pharmacist'],
  readPatientPrescriptions: care,
  readDoctorPrescriptions: ['doctor'],

  // The pharmacy. What somebody buys there tells what the person has: it is no administrator's business.
  listMedicines: everybody,
  readMedicine: everybody,
  addMedicine: catalogue,
  reviseMedicine: catalogue,
  discontinueMedicine: catalogue,
  reinstateMedicine: catalogue,
  receiveUnits: shelf,
  adjustStock: shelf,
  setReorderLevel: shelf,
  setPrice: shelf,
  listPrices: everybody,
  listStock: shelf,
  listExpiringStock: shelf,
  readStock: shelf,
  addToCart: ['patient'],
  increaseQuantity: ['patient'],
  decreaseQuantity: ['patient'],
  removeFromCart: ['patient'],
  readCarts: ['patient'],
  placeOrder: sale,
  cancelOrder: sale,
  readOrder: sale,
  readPatientOrders: ['patient'],
  readHospitalOrders: ['pharmacist'],
  dispenseLine: ['pharmacist'],
  handOverOrder: ['pharmacist'],
  markOrderDelivered: ['pharmacist'],
  returnUnits: ['pharmacist'],

  // Money: the patient pays, the hospital that was paid keeps the books, and somebody else compares them.
  writeBill: ['administrator'],
  cancelBill: ['administrator'],
  readBill: ['patient', 'administrator'],
  readPatientBills: ['patient'],
  readHospitalBills: ['administrator'],
  openPayment: ['patient'],
  readPayment: ['patient', 'administrator'],
  readPatientPayments: ['patient'],
  readPatientInvoices: ['patient'],
  requestRefund: ['administrator'],
  acceptHeldPayment: ['administrator'],
  readHospitalPayments: ['administrator'],
  readHospitalInvoices: ['administrator'],
  readBalances: ['administrator'],
  reconcileDay: ['officer'],
  readReconciliations: ['officer'],
  // The gateway and the payer's browser show no token; what they say is believed when it is signed.
  receiveReturn: everybody,
  receiveNotification: everybody,
  readReturn: everybody,

  // Chat: two people, and nobody else (N4). A compliance officer takes away what must not be there, without reading it.
  sendMessage: care,
  correctMessage: ['patient'],
  redactMessage: ['patient', 'officer'],
  markMessagesRead: care,
  listChatsOfPatient: ['patient'],
  listChatsOfDoctor: ['doctor'],
  readChat: care,
  readMessages: care,
  searchChat: care,
  searchMessagesOfPatient: ['patient'],

  // Files. The operation stores a picture of the hospital and reads the portrait of the patient.
  storeFile: setUp,
  readFile: visit,
  readPicture: everybody,

  // Audit: an administrator sees who did what at the own hospital, but not what is written in the objects. The trail is a
  // list without the lines of others, so all administrators may ask for it; the platform's have no hospital of their own.
  readAuditTrail: ['administrator', 'administratorOfBlue', 'platform', 'officer'],
  readAuditOfPatient: ['patient', 'administrator', 'officer'],
  readHistory: ['officer'],
  readLedgerStatistics: ['officer'],
  readLedgerTotals: ['officer'],
  readMails: ['officer'],

  // Other systems. Anybody may know what there is to be read; to read it takes an account.
  describeEvents: everybody,
  describeEvent: everybody,
  readFeed: ['consumer'],
};

/** Let in by the policy and refused, with 403 too, by the rule of the one message: only who wrote it may. */
export const RULED_OUT: Readonly<Record<string, Partial<Record<Actor, string>>>> = {
  correctMessage: { doctor: 'not-yours' },
  redactMessage: { doctor: 'not-yours' },
};

export const mayEnter = (operation: string, actor: Actor): boolean => {
  const row = expected[operation] ?? [];
  return actor === 'twoHats' ? row.includes('pharmacist') || row.includes('administratorOfBlue') : row.includes(actor);
};
