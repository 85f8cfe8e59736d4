import { Temporal } from 'temporal-polyfill';
import type { AppointmentStatus } from '../../domain/appointments/bookings.js';
import type { StaffRole } from '../../domain/identity/roles.js';
import { hospitalPeople } from '../access/hospital-people.js';
import { appointments } from '../appointments/appointments.js';
import { staff } from '../identity/staff.js';
import type { Count } from '../kernel/count.js';
import { hospitalDoctors } from '../practitioners/hospital-doctors.js';
import { registrations } from '../practitioners/registrations.js';

/** What an administrator sees first of the hospital. Counted when it is read, so that it cannot drift. */
export interface HospitalTotals {
  readonly doctors: number;
  readonly pendingDoctors: number;
  readonly pharmacists: number;
  readonly labWorkers: number;
  readonly administrators: number;
  readonly patients: number;
  readonly pendingAppointments: number;
  /** From today on, days at the hospital. */
  readonly week: readonly { readonly day: string; readonly requested: number; readonly confirmed: number }[];
}

const WEEK_DAYS = 7;
/** A confirmed appointment stays one in the bar when the patient has come, was seen, or did not come. */
const CONFIRMED: readonly AppointmentStatus[] = ['confirmed', 'arrived', 'fulfilled', 'missed'];

const daysFrom = (at: string, timeZone: string): Temporal.PlainDate[] => {
  const today = Temporal.Instant.from(at).toZonedDateTimeISO(timeZone).toPlainDate();
  return Array.from({ length: WEEK_DAYS }, (_, days) => today.add({ days }));
};

const midnight = (day: Temporal.PlainDate, timeZone: string): string =>
  day.toZonedDateTime({ timeZone }).toInstant().toString({ fractionalSecondDigits: 3 });

/** What to count for a hospital at a moment, by name; several counts under one name are added up. */
export const countsOf = (hospitalId: string, timeZone: string, at: string): Record<string, readonly Count[]> => {
  const ofStatus = (status: AppointmentStatus, range?: Count['range']): Count => ({
    from: appointments,
    index: 'byHospitalStatus',
    equal: { hospitalId, status },
    ...(range && { range }),
  });
  const ofRole = (role: StaffRole): Count => ({ from: staff, index: 'byHospital', equal: { hospitalId, role } });
  const week = daysFrom(at, timeZone).flatMap((day): (readonly [string, readonly Count[]])[] => {
    const range = { from: midnight(day, timeZone), to: midnight(day.add({ days: 1 }), timeZone) };
    return [
      [`requested ${day.toString()}`, [ofStatus('requested', range)]],
      [`confirmed ${day.toString()}`, CONFIRMED.map((status) => ofStatus(status, range))],
    ];
  });
  return {
    doctors: [{ from: hospitalDoctors, index: 'byHospital', equal: { hospitalId } }],
    pendingDoctors: [{ from: registrations, index: 'byHospital', equal: { hospitalId, status: 'pending' } }],
    pharmacists: [ofRole('pharmacist')],
    labWorkers: [ofRole('labWorker')],
    administrators: [ofRole('hospitalAdministrator')],
    patients: [{ from: hospitalPeople, index: 'byHospital', equal: { hospitalId } }],
    pendingAppointments: [ofStatus('requested')],
    ...Object.fromEntries(week),
  };
};

/** The counts, as they are shown. */
export const totalsOf = (counted: Readonly<Record<string, number>>, timeZone: string, at: string): HospitalTotals => {
  const of = (name: string): number => counted[name] ?? 0;
  return {
    doctors: of('doctors'),
    pendingDoctors: of('pendingDoctors'),
    pharmacists: of('pharmacists'),
    labWorkers: of('labWorkers'),
    administrators: of('administrators'),
    patients: of('patients'),
    pendingAppointments: of('pendingAppointments'),
    week: daysFrom(at, timeZone).map((date) => {
      const day = date.toString();
      return { day, requested: of(`requested ${day}`), confirmed: of(`confirmed ${day}`) };
    }),
  };
};
