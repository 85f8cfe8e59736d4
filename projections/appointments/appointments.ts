import type { AppointmentStatus, VisitType } from '../../domain/appointments/bookings.js';
import { events } from '../../domain/appointments/doctor-day.js';
import type { Money } from '../../domain/kernel/types.js';
import { projection } from '../kernel/projection.js';

/** One appointment as its people see it. Names are joined when read. */
export interface Appointment {
  readonly appointmentId: string;
  readonly doctorId: string;
  readonly patientId: string;
  readonly hospitalId: string;
  readonly day: string;
  readonly start: string;
  readonly end: string;
  readonly type: (typeof VisitType.options)[number];
  readonly status: AppointmentStatus;
  readonly fee: Money;
  /** The patient's number in the doctor's queue of the day. */
  readonly token?: number;
  readonly message?: string;
  readonly reason?: string;
  readonly expiresAt?: string;
  readonly replaces?: string;
  readonly movedTo?: string;
  /** Of the doctor's day: the ETag of every command on it. */
  readonly revision: number;
}

const changed = (doc: Appointment | undefined, change: Partial<Appointment>): Appointment | null =>
  doc ? { ...doc, ...change } : null;

const { AppointmentNotPlaced: _, ...from } = events;

export const appointments = projection<Appointment>()({
  name: 'appointments',
  version: 1,
  from,
  key: ({ data }) => data.appointmentId,
  indexes: {
    byDoctorDay: ['doctorId', 'day', 'start'],
    byDoctorStatus: ['doctorId', 'status', 'start'],
    byPatient: ['patientId', 'start'],
    byHospitalStatus: ['hospitalId', 'status', 'start'],
  },
  parties: ({ doctorId, patientId, hospitalId }) => ({ doctorId, patientId, hospitalId }),
  phi: true,
  on: {
    SlotHeld: (_doc, { data, revision }) => ({ ...data, status: 'held', revision }),
    HoldReleased: (doc, { revision }) => changed(doc, { status: 'released', revision }),
    AppointmentRequested: (_doc, { data: { at: _at, overrideReason, ...booked }, revision }) => ({
      ...booked,
      ...(overrideReason !== undefined && { reason: overrideReason }),
      status: 'requested',
      revision,
    }),
    AppointmentConfirmed: (doc, { data: { token }, revision }) =>
      changed(doc, { status: 'confirmed', token, revision }),
    AppointmentRejected: (doc, { data: { reason }, revision }) =>
      changed(doc, { status: 'rejected', reason, revision }),
    AppointmentCancelled: (doc, { data: { reason }, revision }) =>
      changed(doc, { status: 'cancelled', reason, revision }),
    AppointmentExpired: (doc, { revision }) => changed(doc, { status: 'expired', revision }),
    AppointmentRescheduled: (doc, { data: { start, end }, revision }) => changed(doc, { start, end, revision }),
    AppointmentDisplaced: (doc, { revision }) => changed(doc, { status: 'displaced', revision }),
    AppointmentMoved: (doc, { data: { to }, revision }) => changed(doc, { status: 'moved', movedTo: to, revision }),
    PatientArrived: (doc, { revision }) => changed(doc, { status: 'arrived', revision }),
    AppointmentFulfilled: (doc, { revision }) => changed(doc, { status: 'fulfilled', revision }),
    PatientMissed: (doc, { revision }) => changed(doc, { status: 'missed', revision }),
  },
});
