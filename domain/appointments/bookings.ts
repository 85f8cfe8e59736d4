import { z } from 'zod';
import { Day, Id, Instant, Money } from '../kernel/types.js';
import type { Slot } from './slots.js';

// The appointments of one doctor's day, as that day keeps them.

export const AppointmentId = Id.regex(/_\d{4}-\d{2}-\d{2}_[a-z0-9]{6,32}$/, 'Not the id of an appointment.');
export const VisitType = z.enum(['checkUp', 'report']);

/** What is known of an appointment from the moment its slot is taken. */
export const Booked = z.object({
  appointmentId: AppointmentId,
  doctorId: Id,
  day: Day,
  hospitalId: Id,
  patientId: Id,
  start: Instant,
  end: Instant,
  type: VisitType,
  /** Frozen when booked, by type. */
  fee: Money,
});

export type AppointmentStatus =
  | 'held'
  | 'requested'
  | 'confirmed'
  | 'arrived'
  | 'fulfilled'
  | 'missed'
  | 'displaced'
  | 'released'
  | 'rejected'
  | 'cancelled'
  | 'expired'
  | 'moved';

export type Booking = z.infer<typeof Booked> & {
  readonly status: AppointmentStatus;
  readonly expiresAt?: string;
  readonly token?: number;
};

/** In the order in which they were made. A list, because a day's few dozen are copied with every new one. */
export type Bookings = readonly Booking[];

const OCCUPYING: ReadonlySet<AppointmentStatus> = new Set(['requested', 'confirmed', 'arrived', 'fulfilled', 'missed']);
const OPEN: ReadonlySet<AppointmentStatus> = new Set(['held', 'requested', 'confirmed']);

/** The booking of that id; undefined when the day has none. */
export const bookingWith = (bookings: Bookings, appointmentId: string): Booking | undefined =>
  bookings.find((b) => b.appointmentId === appointmentId);

/** With another booking; one of the same id, a hold, becomes it. */
export const withNew = (bookings: Bookings, booking: Booking): Bookings =>
  bookingWith(bookings, booking.appointmentId)
    ? bookings.map((b) => (b.appointmentId === booking.appointmentId ? booking : b))
    : [...bookings, booking];

/** With something changed of one booking; the same when the day has none of that id. */
export const withChange = (bookings: Bookings, appointmentId: string, change: Partial<Booking>): Bookings =>
  bookings.map((b) => (b.appointmentId === appointmentId ? { ...b, ...change } : b));

const overlaps = (a: Slot, b: Slot): boolean => a.start < b.end && b.start < a.end;

/** Whether it takes up the doctor's time; a hold does until it expires. */
export const occupies = (b: Booking, at: string): boolean =>
  OCCUPYING.has(b.status) || (b.status === 'held' && b.expiresAt! > at);

/** Whether nobody but `except` takes up the doctor's time then. */
export const isFree = (bookings: Bookings, slot: Slot, at: string, except?: string): boolean =>
  !bookings.some((b) => b.appointmentId !== except && overlaps(b, slot) && occupies(b, at));

/** Whether it lies ahead and nobody called it off. */
export const isOpen = ({ status }: Booking): boolean => OPEN.has(status);
