import { doctorDayId, events } from '../../domain/appointments/doctor-day.js';
import { type Schedule, type Slot, slotsOf } from '../../domain/appointments/slots.js';
import { events as practitioners } from '../../domain/practitioners/practitioner.js';
import { projection } from '../kernel/projection.js';

/** What of a schedule is left at a moment, for somebody who asks for a slot. */
export const freeSlots = (
  schedule: Schedule,
  { day, timeZone, now }: { readonly day: string; readonly timeZone: string; readonly now: string },
  held: TakenSlots | undefined,
): Slot[] => {
  if (held?.away) return [];
  const taken = Object.values(held?.taken ?? {}).filter(({ until }) => until === undefined || until > now);
  return slotsOf(day, timeZone, schedule).filter(
    ({ start, end }) => start > now && !taken.some((other) => start < other.end && other.start < end),
  );
};

/** The times of a doctor's day that nobody else can have. Tells nothing about patients, so that anybody may see it. */
export interface TakenSlots {
  readonly doctorId: string;
  readonly day: string;
  /** The doctor is on leave. */
  readonly away: boolean;
  /** By appointment; `until` is when a hold ends by itself. */
  readonly taken: Readonly<Record<string, { readonly start: string; readonly end: string; readonly until?: string }>>;
}

const DAY_MS = 86_400_000;

const daysOf = ({ doctorId, from, to }: { readonly doctorId: string; readonly from: string; readonly to: string }) =>
  Array.from({ length: (Date.parse(to) - Date.parse(from)) / DAY_MS + 1 }, (_, i) =>
    doctorDayId(doctorId, new Date(Date.parse(from) + i * DAY_MS).toISOString().slice(0, 10)),
  );

const blank = (key: string): TakenSlots => ({
  doctorId: key.slice(0, -11),
  day: key.slice(-10),
  away: false,
  taken: {},
});

const withTaken = (
  doc: TakenSlots | undefined,
  key: string,
  id: string,
  slot: TakenSlots['taken'][string],
): TakenSlots => {
  const day = doc ?? blank(key);
  return { ...day, taken: { ...day.taken, [id]: slot } };
};

const without = (doc: TakenSlots | undefined, key: string, id: string): TakenSlots => {
  const day = doc ?? blank(key);
  const { [id]: _, ...taken } = day.taken;
  return { ...day, taken };
};

const { SlotHeld, HoldReleased, AppointmentRequested, AppointmentRejected, AppointmentCancelled } = events;
const { AppointmentExpired, AppointmentRescheduled, AppointmentDisplaced } = events;

const { LeaveTaken, LeaveWithdrawn } = practitioners;

export const takenSlots = projection<TakenSlots>()({
  name: 'takenSlots',
  version: 1,
  from: {
    SlotHeld,
    HoldReleased,
    AppointmentRequested,
    AppointmentRejected,
    AppointmentCancelled,
    AppointmentExpired,
    AppointmentRescheduled,
    AppointmentDisplaced,
    LeaveTaken,
    LeaveWithdrawn,
  },
  key: (event) =>
    event.type === 'LeaveTaken' || event.type === 'LeaveWithdrawn'
      ? daysOf(event.data)
      : event.stream.slice(event.stream.indexOf('-') + 1),
  indexes: { byDay: ['doctorId', 'day'] },
  parties: ({ doctorId }) => ({ doctorId }),
  phi: false,
  on: {
    SlotHeld: (doc, { data: { appointmentId, start, end, expiresAt } }, key) =>
      withTaken(doc, key, appointmentId, { start, end, until: expiresAt }),
    AppointmentRequested: (doc, { data: { appointmentId, start, end } }, key) =>
      withTaken(doc, key, appointmentId, { start, end }),
    AppointmentRescheduled: (doc, { data: { appointmentId, start, end } }, key) =>
      withTaken(doc, key, appointmentId, { start, end }),
    HoldReleased: (doc, { data }, key) => without(doc, key, data.appointmentId),
    AppointmentRejected: (doc, { data }, key) => without(doc, key, data.appointmentId),
    AppointmentCancelled: (doc, { data }, key) => without(doc, key, data.appointmentId),
    AppointmentExpired: (doc, { data }, key) => without(doc, key, data.appointmentId),
    AppointmentDisplaced: (doc, { data }, key) => without(doc, key, data.appointmentId),
    LeaveTaken: (doc, _event, key) => ({ ...(doc ?? blank(key)), away: true }),
    LeaveWithdrawn: (doc, _event, key) => ({ ...(doc ?? blank(key)), away: false }),
  },
});
