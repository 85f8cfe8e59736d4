import type { PolicyTable } from '../infrastructure/http/policy.js';

/** Who may ask which question. By operation: role -> how the asker must stand to what it is about. */
export const policy = {
  // the process
  health: { anyone: 'any' },
  healthLive: { anyone: 'any' },
  healthReady: { anyone: 'any' },
  // appointments
  readAppointment: { patient: 'self', doctor: 'self', hospitalAdministrator: 'hospital' },
  readDoctorDay: { doctor: 'self' },
  readDoctorWeek: { doctor: 'self' },
  readPendingRequests: { doctor: 'self' },
  readHospitalAppointments: { hospitalAdministrator: 'hospital' },
  readPatientAppointments: { patient: 'self' },
  readMyPatients: { doctor: 'self' },
} satisfies PolicyTable;
