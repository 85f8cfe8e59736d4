import type { PolicyTable } from '../infrastructure/http/policy.js';

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
} satisfies PolicyTable;
