import { PASSWORD } from '../../kernel/embedded.js';
import type { Actor } from './expected.js';

/** What is asked about: of one patient, the patient's doctor and their hospital. Where a command changes, its own one. */
export interface Objects {
  readonly hospitalId: string;
  readonly departmentId: string;
  readonly serviceId: string;
  readonly specialisationId: string;
  /** Of departments, services and specialisations that nothing else needs. */
  readonly spare: { readonly departmentId: string; readonly serviceId: string; readonly specialisationId: string };
  readonly patientId: string;
  readonly patientName: string;
  readonly allergyId: string;
  readonly conditionId: string;
  readonly doctorId: string;
  readonly leaveId: string;
  readonly educationId: string;
  readonly experienceId: string;
  /** Doctors who asked the hospital, and a hospital that the doctor has not asked. */
  readonly applicantId: string;
  readonly unwelcomeId: string;
  readonly unasked: { readonly hospitalId: string; readonly departmentId: string; readonly specialisationId: string };
  readonly appointmentId: string;
  readonly toConfirm: string;
  readonly toReject: string;
  readonly toCancel: string;
  readonly toMove: string;
  readonly toFulfil: string;
  readonly toMiss: string;
  readonly toPay: string;
  readonly holdId: string;
  readonly chatId: string;
  readonly prescriptionId: string;
  readonly toAmend: string;
  readonly toRenew: string;
  readonly toStop: string;
  readonly medicineId: string;
  readonly toDiscontinue: string;
  readonly orderId: string;
  readonly toDispense: string;
  readonly toDeliver: string;
  readonly toDrop: string;
  readonly billId: string;
  readonly paymentId: string;
  readonly held: { readonly paymentId: string; readonly validationId: string };
  /** What the gateway posted when the payment was paid. */
  readonly callback: Readonly<Record<string, string>>;
  readonly portraitId: string;
  readonly pictureId: string;
  readonly invitationId: string;
  readonly invitationToken: string;
  /** An account that is given a role, and one whose role is taken. */
  readonly joinerId: string;
  readonly leaverId: string;
  /** Somebody who logs in and comes back. */
  readonly visitor: { readonly login: string; readonly refreshToken: string; readonly resetToken: string };
}

/** Who sends it, where that shows in what is sent. */
export interface Sender {
  readonly actor: Actor;
  readonly name: string;
  /** Another session of the patient's. */
  readonly sessionId: string;
}

/** What is sent, beside the operation's method. */
export interface Sent {
  readonly at: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** A form as a browser sends it, or a file. */
  readonly form?: Readonly<Record<string, string>>;
  readonly file?: Buffer;
}

/** The days of visits, all of them ahead. */
export const DAY = '2090-02-01';
const at = (time: string, day = DAY): string => `${day}T${time}:00+06:00`;
const bdt = (amount: number) => ({ amount, currency: 'BDT' });
const reason = { reason: 'Because of the matrix.' };
export const PNG = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890001000049444154',
  'hex',
);
const hours = Object.fromEntries(
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [{ from: '09:00', to: '17:00' }]]),
);

/**
 * A request for every operation, in the order in which those who are let in send them. They fit, so that nothing but the
 * policy keeps anybody out; what came before a command and speaks against it is the answer of a rule, and no matter.
 */
export const requests = (o: Objects, { actor, name, sessionId }: Sender): Readonly<Record<string, Sent>> => {
  const hospital = `hospitals/${o.hospitalId}`;
  const doctor = `doctors/${o.doctorId}`;
  const patient = `patients/${o.patientId}`;
  const stock = `${hospital}/stock/${o.medicineId}`;
  const wish = { doctorId: o.doctorId, day: DAY, hospitalId: o.hospitalId, type: 'checkUp', patientId: o.patientId };
  const searched = { 'search-text': encodeURIComponent(o.patientName) };
  const inCart = { hospitalId: o.hospitalId, medicineId: o.medicineId };
  const role = { role: 'pharmacist', hospitalId: o.hospitalId };
  const named = { name: `New ${actor}` };
  const newHospital = { ...named, type: 'private', address: 'Road 2, Dhaka' };
  const written = (name: string) => ({ medicines: [{ name, frequency: '1+0+1', duration: '5 days' }] });
  const lines = [{ medicineId: o.medicineId, quantity: 1 }];

  return {
    health: { at: '/api/health' },
    healthLive: { at: '/api/health/live' },
    describeEvents: { at: '/api/asyncapi.json' },
    describeEvent: { at: '/api/schemas/AppointmentRequested/1' },
    healthReady: { at: '/api/health/ready' },
    readKeys: { at: '/.well-known/jwks.json' },

    readMe: { at: 'me' },
    readSessions: { at: 'sessions' },
    readMyMails: { at: 'me/mails' },
    readStaff: { at: `${hospital}/staff` },
    readInvitations: { at: `${hospital}/invitations` },
    listHospitals: { at: 'hospitals' },
    readHospital: { at: hospital },
    listDepartments: { at: `${hospital}/departments` },
    listServices: { at: `${hospital}/services` },
    listSpecialisations: { at: `${hospital}/specialisations` },
    readHospitalTotals: { at: `${hospital}/totals` },
    listDoctors: { at: 'doctors' },
    searchDoctors: { at: 'doctors/search?q=a' },
    readDoctor: { at: doctor },
    listHospitalsOfDoctor: { at: `${doctor}/hospitals` },
    listDoctorsOfHospital: { at: `${hospital}/doctors` },
    listDoctorsOfDepartment: { at: `departments/${o.departmentId}/doctors` },
    listDoctorsOfSpecialisation: { at: `specialisations/${o.specialisationId}/doctors` },
    readFreeSlots: { at: `${doctor}/slots?hospitalId=${o.hospitalId}&day=${DAY}` },
    listRegistrationsOfDoctor: { at: `${doctor}/registrations` },
    listRegistrations: { at: `${hospital}/registrations` },
    readDoctorFile: { at: `${doctor}/file` },
    readPatient: { at: patient },
    listPatientsOfHospital: { at: `${hospital}/patients` },
    searchPatientsOfHospital: { at: `${hospital}/patients/search`, headers: searched },
    searchPatientsOfDoctor: { at: `${doctor}/patients/search`, headers: searched },
    readMyPatients: { at: `${doctor}/patients` },
    readAppointment: { at: `appointments/${o.appointmentId}` },
    readDoctorDay: { at: `${doctor}/day?day=${DAY}` },
    readDoctorWeek: { at: `${doctor}/week?from=${DAY}&to=2090-02-08` },
    readPendingRequests: { at: `${doctor}/requests` },
    readHospitalAppointments: { at: `${hospital}/appointments?status=confirmed` },
    readPatientAppointments: { at: `${patient}/appointments` },
    readPrescription: { at: `prescriptions/${o.prescriptionId}` },
    readPatientPrescriptions: { at: `${patient}/prescriptions` },
    readDoctorPrescriptions: { at: `${doctor}/prescriptions` },
    listMedicines: { at: 'medicines' },
    readMedicine: { at: `medicines/${o.medicineId}` },
    listStock: { at: `${hospital}/stock` },
    listExpiringStock: { at: `${hospital}/stock/expiring?before=2099-01-01` },
    readStock: { at: stock },
    readCarts: { at: `${patient}/carts` },
    readOrder: { at: `orders/${o.orderId}` },
    readPatientOrders: { at: `${patient}/orders` },
    readHospitalOrders: { at: `${hospital}/orders?status=reserved` },
    readBill: { at: `bills/${o.billId}` },
    readPatientBills: { at: `${patient}/bills` },
    readHospitalBills: { at: `${hospital}/bills` },
    readPayment: { at: `payments/${o.paymentId}` },
    readPatientPayments: { at: `${patient}/payments` },
    readPatientInvoices: { at: `${patient}/invoices` },
    readHospitalPayments: { at: `${hospital}/payments` },
    readHospitalInvoices: { at: `${hospital}/invoices` },
    readBalances: { at: `${hospital}/balances` },
    readReconciliations: { at: 'reconciliations' },
    readReturn: { at: `payments/returned?transaction=${o.callback.tran_id}` },
    listChatsOfPatient: { at: `${patient}/chats` },
    listChatsOfDoctor: { at: `${doctor}/chats` },
    readChat: { at: `chats/${o.chatId}` },
    readMessages: { at: `chats/${o.chatId}/messages` },
    searchChat: { at: `chats/${o.chatId}/messages/search`, headers: { 'search-text': 'cough' } },
    searchMessagesOfPatient: { at: `${patient}/messages/search`, headers: { 'search-text': 'cough' } },
    readFile: { at: `files/${o.portraitId}` },
    readPicture: { at: `pictures/${o.pictureId}` },
    readAuditTrail: { at: 'audit?limit=200&order=ascending' },
    readAuditOfPatient: { at: `audit/patients/${o.patientId}` },
    readHistory: { at: `audit/objects/prescription-${o.prescriptionId}` },
    readLedgerStatistics: { at: 'ledger/statistics' },
    readLedgerTotals: { at: 'ledger/statistics/total' },
    readMails: { at: 'mails?status=sent' },
    readFeed: { at: 'feed?limit=1000' },

    registerAccount: {
      at: 'accounts',
      body: { ...named, email: `new-${actor}@healthstack.example`, password: PASSWORD, role: 'patient' },
    },
    logIn: { at: 'sessions', body: { login: o.visitor.login, password: PASSWORD } },
    refreshSession: { at: 'sessions/refresh', body: { refreshToken: o.visitor.refreshToken } },
    requestPasswordReset: { at: 'password-resets', body: { login: `${actor}@nowhere.example` } },
    inviteStaff: { at: 'invitations', body: { ...role, email: `${actor}@healthstack.example` } },
    withdrawInvitation: { at: `invitations/${o.invitationId}/withdraw` },
    acceptInvitation: {
      at: 'invitations/accept',
      body: { token: o.invitationToken, name: 'Invited', password: PASSWORD },
    },
    grantRole: { at: `accounts/${o.joinerId}/roles/grant`, body: role },
    revokeRole: { at: `accounts/${o.leaverId}/roles/revoke`, body: role },
    openServiceAccount: { at: 'service-accounts', body: named },

    registerHospital: { at: 'hospitals', body: newHospital },
    reviseHospital: { at: `${hospital}/revise`, body: { description: `By ${actor}.` } },
    reviseCapacity: { at: `${hospital}/revise-capacity`, body: { icu: name.length } },
    addDepartment: { at: `${hospital}/departments`, body: named },
    reviseDepartment: { at: `${hospital}/departments/${o.spare.departmentId}/revise`, body: { name: `Old ${actor}` } },
    removeDepartment: { at: `${hospital}/departments/${o.spare.departmentId}/remove` },
    addService: { at: `${hospital}/services`, body: named },
    renameService: { at: `${hospital}/services/${o.spare.serviceId}/rename`, body: { name: `Old ${actor}` } },
    removeService: { at: `${hospital}/services/${o.spare.serviceId}/remove` },
    addSpecialisation: { at: `${hospital}/specialisations`, body: named },
    renameSpecialisation: {
      at: `${hospital}/specialisations/${o.spare.specialisationId}/rename`,
      body: { name: `Old ${actor}` },
    },
    removeSpecialisation: { at: `${hospital}/specialisations/${o.spare.specialisationId}/remove` },
    setChatGracePeriod: { at: `${hospital}/set-chat-grace`, body: { days: name.length } },
    storeFile: { at: `files?purpose=picture&hospitalId=${o.hospitalId}`, file: PNG },

    requestRegistration: { at: `${doctor}/registrations`, body: o.unasked },
    acceptRegistration: { at: `doctors/${o.applicantId}/registrations/${o.hospitalId}/accept` },
    rejectRegistration: { at: `doctors/${o.unwelcomeId}/registrations/${o.hospitalId}/reject`, body: reason },
    setSchedule: { at: `${doctor}/set-schedule`, body: { hospitalId: o.hospitalId, slotMinutes: 15, hours } },
    setFees: {
      at: `${doctor}/set-fees`,
      body: { hospitalId: o.hospitalId, checkUp: bdt(80_000), report: bdt(name.length * 100) },
    },
    reviseDoctor: { at: `${doctor}/revise`, body: { description: 'Hearts.' } },
    takeLeave: { at: `${doctor}/leave`, body: { from: '2091-03-01', to: '2091-03-02' } },
    withdrawLeave: { at: `${doctor}/leave/${o.leaveId}/withdraw` },
    addEducation: { at: `${doctor}/education`, body: { degree: 'FCPS', institute: 'BCPS', completedIn: 2020 } },
    reviseEducation: { at: `${doctor}/education/${o.educationId}/revise`, body: { completedIn: 2021 } },
    removeEducation: { at: `${doctor}/education/${o.educationId}/remove` },
    addExperience: { at: `${doctor}/experience`, body: { workplace: 'DMCH', designation: 'Registrar', from: 2020 } },
    reviseExperience: { at: `${doctor}/experience/${o.experienceId}/revise`, body: { to: 2021 } },
    removeExperience: { at: `${doctor}/experience/${o.experienceId}/remove` },

    revisePatient: { at: `${patient}/revise`, body: { bloodGroup: 'B+' } },
    addAllergy: { at: `${patient}/allergies`, body: { substance: `Pollen ${actor}` } },
    correctAllergy: { at: `${patient}/allergies/${o.allergyId}/correct`, body: { severity: 'severe' } },
    removeAllergy: { at: `${patient}/allergies/${o.allergyId}/remove`, body: reason },
    addCondition: { at: `${patient}/conditions`, body: { condition: `Asthma ${actor}` } },
    correctCondition: { at: `${patient}/conditions/${o.conditionId}/correct`, body: { severity: 'severe' } },
    removeCondition: { at: `${patient}/conditions/${o.conditionId}/remove`, body: reason },

    holdSlot: { at: 'appointments/hold', body: { ...wish, start: at('15:00') } },
    releaseHold: { at: `appointments/${o.holdId}/release` },
    requestAppointment: { at: 'appointments', body: { ...wish, start: at('16:00') } },
    confirmAppointment: { at: `appointments/${o.toConfirm}/confirm` },
    rejectAppointment: { at: `appointments/${o.toReject}/reject`, body: reason },
    cancelAppointment: { at: `appointments/${o.toCancel}/cancel`, body: reason },
    rescheduleAppointment: { at: `appointments/${o.toMove}/reschedule`, body: { day: DAY, start: at('16:30') } },
    markArrived: { at: `appointments/${o.toFulfil}/arrive` },
    markFulfilled: { at: `appointments/${o.toFulfil}/fulfil` },
    markMissed: { at: `appointments/${o.toMiss}/no-show` },

    issuePrescription: {
      at: 'prescriptions',
      body: { patientId: o.patientId, hospitalId: o.hospitalId, appointmentId: o.appointmentId, ...written('Biotin') },
    },
    amendPrescription: { at: `prescriptions/${o.toAmend}/amend`, body: { ...written('Thiamine'), ...reason } },
    cancelPrescription: { at: `prescriptions/${o.toStop}/cancel`, body: reason },
    renewPrescription: { at: `prescriptions/${o.toRenew}/renew`, body: {} },

    addMedicine: {
      at: 'medicines',
      body: {
        hospitalId: o.hospitalId,
        ...named,
        type: 'syrup',
        category: 'cold',
        price: bdt(100),
        prescriptionRequired: false,
      },
    },
    reviseMedicine: { at: `medicines/${o.medicineId}/revise`, body: { description: `By ${actor}.` } },
    discontinueMedicine: { at: `medicines/${o.toDiscontinue}/discontinue`, body: reason },
    reinstateMedicine: { at: `medicines/${o.toDiscontinue}/reinstate` },
    setPrice: { at: `${stock}/set-price`, body: { price: bdt(240) } },
    listPrices: { at: `${hospital}/prices` },
    receiveUnits: { at: `${stock}/receive`, body: { lot: 'b', quantity: 1 } },
    adjustStock: { at: `${stock}/adjust`, body: { kind: 'found', lot: 'a', quantity: 1, ...reason } },
    setReorderLevel: { at: `${stock}/set-reorder-level`, body: { level: name.length } },
    addToCart: { at: `${patient}/carts/add`, body: inCart },
    increaseQuantity: { at: `${patient}/carts/increase`, body: inCart },
    decreaseQuantity: { at: `${patient}/carts/decrease`, body: inCart },
    removeFromCart: { at: `${patient}/carts/remove`, body: inCart },
    placeOrder: { at: 'orders', body: { hospitalId: o.hospitalId, patientId: o.patientId, lines } },
    cancelOrder: { at: `orders/${o.toDrop}/cancel`, body: reason },
    dispenseLine: { at: `orders/${o.toDispense}/dispense`, body: { line: 1 } },
    handOverOrder: { at: `orders/${o.toDispense}/hand-over` },
    returnUnits: { at: `orders/${o.toDispense}/return`, body: { line: 1, quantity: 1, ...reason } },
    markOrderDelivered: { at: `orders/${o.toDeliver}/deliver` },

    writeBill: { at: 'bills', body: { hospitalId: o.hospitalId, patientId: o.patientId, reportFee: 30_000 } },
    cancelBill: { at: `bills/${o.billId}/cancel`, body: reason },
    openPayment: { at: 'payments', body: { purpose: 'appointment', objectId: o.toPay } },
    requestRefund: { at: `payments/${o.paymentId}/refund`, body: { amount: 100, ...reason } },
    acceptHeldPayment: { at: `payments/${o.held.paymentId}/accept`, body: { validationId: o.held.validationId } },
    reconcileDay: { at: 'reconciliations/2090-01-01/run' },
    receiveReturn: { at: 'payments/return', form: o.callback },
    receiveNotification: { at: 'payments/notify', form: o.callback },

    sendMessage: { at: `chats/${o.chatId}/send`, body: { text: 'How are you?' } },
    correctMessage: { at: `chats/${o.chatId}/correct`, body: { sequence: 1, text: 'My cough is better.' } },
    redactMessage: { at: `chats/${o.chatId}/redact`, body: { sequence: 1, ...reason } },
    markMessagesRead: { at: `chats/${o.chatId}/read`, body: { upTo: 1 } },

    // What ends something comes last.
    closeHospital: { at: `${hospital}/close`, body: reason },
    reopenHospital: { at: `${hospital}/reopen` },
    completePasswordReset: {
      at: 'password-resets/complete',
      body: { token: o.visitor.resetToken, password: `${PASSWORD}!` },
    },
    correctAccount: { at: 'accounts/correct', body: { name } },
    endSession: { at: `sessions/${sessionId}/end` },
    changePassword: { at: 'accounts/password', body: { oldPassword: PASSWORD, newPassword: PASSWORD } },
    logOut: { at: 'sessions/end' },
  };
};
