import { events } from '../../domain/appointments/doctor-day.js';
import { projection } from '../kernel/projection.js';

export { type Slot, slotsOf } from '../../domain/appointments/slots.js';

/** The times of a doctor's day that nobody else can have. Tells nothing about patients, so that anybody may see it. */
export interface TakenSlots {
  readonly doctorId: string;
  readonly day: string;
  readonly hospitalId: string;
  /** By appointment; `until` is when a hold ends by itself. */
  readonly taken: Readonly<Record<string, { readonly start: string; readonly end: string; readonly until?: string }>>;
}

const without = (doc: TakenSlots | undefined, id: string): TakenSlots | null => {
  if (!doc) return null;
  const { [id]: _, ...taken } = doc.taken;
  return { ...doc, taken };
};

const { SlotHeld, HoldReleased, AppointmentRequested, AppointmentRejected, AppointmentCancelled } = events;
const { AppointmentRescheduled, AppointmentDisplaced } = events;

export const takenSlots = projection<TakenSlots>()({
  name: 'takenSlots',
  version: 1,
  from: {
    SlotHeld,
    HoldReleased,
    AppointmentRequested,
    AppointmentRejected,
    AppointmentCancelled,
    AppointmentRescheduled,
    AppointmentDisplaced,
  },
  key: ({ stream }) => stream.slice(stream.indexOf('-') + 1),
  indexes: {},
  parties: ({ doctorId, hospitalId }) => ({ doctorId, hospitalId }),
  phi: false,
  on: {
    SlotHeld: (doc, { data: { doctorId, day, hospitalId, appointmentId, start, end, expiresAt } }) => ({
      doctorId,
      day,
      hospitalId,
      taken: { ...doc?.taken, [appointmentId]: { start, end, until: expiresAt } },
    }),
    AppointmentRequested: (doc, { data: { doctorId, day, hospitalId, appointmentId, start, end } }) => ({
      doctorId,
      day,
      hospitalId,
      taken: { ...doc?.taken, [appointmentId]: { start, end } },
    }),
    AppointmentRescheduled: (doc, { data: { appointmentId, start, end } }) =>
      doc ? { ...doc, taken: { ...doc.taken, [appointmentId]: { start, end } } } : null,
    HoldReleased: (doc, { data }) => without(doc, data.appointmentId),
    AppointmentRejected: (doc, { data }) => without(doc, data.appointmentId),
    AppointmentCancelled: (doc, { data }) => without(doc, data.appointmentId),
    AppointmentDisplaced: (doc, { data }) => without(doc, data.appointmentId),
  },
});
