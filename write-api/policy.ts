import type { PolicyTable } from '../infrastructure/http/policy.js';

/** What everybody may do with the own account. */
const OWN = {
  patient: 'self',
  doctor: 'self',
  pharmacist: 'self',
  labWorker: 'self',
  hospitalAdministrator: 'self',
  complianceOfficer: 'self',
} as const;

/** Who may send which command. By operation: role -> how the actor must stand to what it is about. */
export const policy = {
  // appointments
  holdSlot: { patient: 'self', hospitalAdministrator: 'hospital' },
  requestAppointment: { patient: 'self', doctor: 'self', hospitalAdministrator: 'hospital' },
  releaseHold: { patient: 'self', hospitalAdministrator: 'hospital' },
  confirmAppointment: { doctor: 'self', hospitalAdministrator: 'hospital' },
  rejectAppointment: { doctor: 'self', hospitalAdministrator: 'hospital' },
  cancelAppointment: { patient: 'self', doctor: 'self', hospitalAdministrator: 'hospital' },
  rescheduleAppointment: { patient: 'self', doctor: 'self', hospitalAdministrator: 'hospital' },
  markArrived: { doctor: 'self', hospitalAdministrator: 'hospital' },
  markFulfilled: { doctor: 'self' },
  markMissed: { doctor: 'self', hospitalAdministrator: 'hospital' },
  // identity
  registerAccount: { anyone: 'any' },
  logIn: { anyone: 'any' },
  refreshSession: { anyone: 'any' },
  requestPasswordReset: { anyone: 'any' },
  completePasswordReset: { anyone: 'any' },
  acceptInvitation: { anyone: 'any' },
  correctAccount: OWN,
  changePassword: OWN,
  logOut: OWN,
  endSession: OWN,
  inviteStaff: { hospitalAdministrator: 'hospital' },
  withdrawInvitation: { hospitalAdministrator: 'hospital' },
  grantRole: { ...OWN, hospitalAdministrator: ['self', 'hospital'] },
  revokeRole: { ...OWN, hospitalAdministrator: ['self', 'hospital'] },
  openServiceAccount: { hospitalAdministrator: 'hospital' },
} satisfies PolicyTable;
