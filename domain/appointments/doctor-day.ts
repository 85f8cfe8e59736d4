import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { health } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { Day, Id, Instant, Line, Money, Prose } from '../kernel/types.js';
import {
  AppointmentId,
  Booked,
  type Booking,
  type Bookings,
  bookingWith,
  isFree,
  isOpen,
  occupies,
  VisitType,
  withChange,
  withNew,
} from './bookings.js';
import { later, type Slot } from './slots.js';

// One stream per doctor and day: a slot can only be double-booked inside it, and the queue's tokens are counted in it,
// so neither rule needs a lock or a saga.

export const doctorDayId = (doctorId: string, day: string): string => `${doctorId}_${day}`;

/** The day's stream that an appointment lies in; its id begins with it. */
export const dayOfAppointment = (appointmentId: string): string =>
  appointmentId.slice(0, appointmentId.lastIndexOf('_'));

/** A new appointment's id, named by the command that makes it. */
export const newAppointmentId = (dayId: string, commandId: string): string =>
  `${dayId}_${commandId.replaceAll('-', '').slice(0, 12).toLowerCase()}`;

const partsOf = (dayId: string) => ({ doctorId: dayId.slice(0, -11), day: dayId.slice(-10) });

const HOLD_MINUTES = 10;
/** How long a visit is where nobody says. */
const VISIT_MINUTES = 15;
const OPEN_PER_PATIENT_MAX = 3;

// Commands

const Wanted = z.strictObject({
  hospitalId: Id,
  start: Instant.describe('The beginning of a free slot.'),
  type: VisitType,
  patientId: Id.optional().describe('Whom it is for; left out by patients, for whom it is themselves.'),
  override: z
    .strictObject({ reason: health(Line(300)), minutes: z.int().min(5).max(240).optional() })
    .optional()
    .describe('Staff only: books outside the hours or over another appointment.'),
});

const One = z.strictObject({ appointmentId: AppointmentId });
const WithReason = One.extend({ reason: health(Line(300)) });

export const commands = {
  HoldSlot: Wanted.omit({ override: true }),
  ReleaseHold: One,
  RequestAppointment: Wanted.extend({
    message: health(Prose(255)).optional(),
    holdId: AppointmentId.optional().describe('The hold that becomes this appointment.'),
  }),
  ConfirmAppointment: One,
  RejectAppointment: WithReason,
  CancelAppointment: WithReason,
  /** Sent by a timer: its time has passed. */
  ExpireRequest: One,
  RescheduleAppointment: One.extend({ start: Instant }),
  /** Sent by reactions: an appointment of another day comes to this one. */
  TakeOver: z.strictObject({ from: AppointmentId, start: Instant }),
  /** Sent by reactions: the appointment was taken over. */
  CloseMoved: One.extend({ to: AppointmentId }),
  /** Sent by an import: a visit that was booked in another system, as it stood there. */
  TakeOverVisit: One.extend({
    ...Wanted.pick({ hospitalId: true, start: true, type: true }).shape,
    patientId: Id,
    fee: Money,
    message: health(Prose(255)).optional(),
    status: z.enum(['requested', 'confirmed', 'rejected', 'cancelled']),
    reason: health(Line(300)).default('Not told by the system it came from.').describe('Why it does not take place.'),
    overrideReason: health(Line(300)).optional().describe('Why it begins together with another.'),
  }),
  MarkArrived: One,
  MarkFulfilled: One,
  MarkMissed: One,
  /** Sent by reactions: the doctor is away. */
  ClearDay: z.strictObject({ leaveId: Id, moveTo: Day.optional() }),
};

// Events

const Change = z.object({ appointmentId: AppointmentId, doctorId: Id, hospitalId: Id, patientId: Id, at: Instant });

export const events = {
  SlotHeld: event(Booked.extend({ expiresAt: Instant })),
  HoldReleased: event(Change),
  AppointmentRequested: event(
    Booked.extend({
      message: health(z.string()).optional(),
      overrideReason: health(z.string()).optional(),
      /** The appointment of another day that this one takes the place of. */
      replaces: AppointmentId.optional(),
      at: Instant,
    }),
  ),
  /** `token` is the patient's number in the doctor's queue of that day: 1, 2, 3, ... without a gap. */
  AppointmentConfirmed: event(Change.extend({ token: z.int().positive(), start: Instant, end: Instant })),
  AppointmentRejected: event(Change.extend({ reason: health(z.string()) })),
  AppointmentCancelled: event(Change.extend({ reason: health(z.string()) })),
  /** Nobody answered the request before its time had passed. */
  AppointmentExpired: event(Change),
  AppointmentRescheduled: event(Change.extend({ start: Instant, end: Instant })),
  /** The doctor is away; the appointment waits to be taken over by another day. */
  AppointmentDisplaced: event(Change.extend({ toDay: Day, start: Instant })),
  AppointmentMoved: event(Change.extend({ to: AppointmentId })),
  /** A displaced appointment found no free slot on this day. */
  AppointmentNotPlaced: event(z.object({ from: AppointmentId, patientId: Id, hospitalId: Id, at: Instant })),
  PatientArrived: event(Change),
  AppointmentFulfilled: event(Change),
  PatientMissed: event(Change),
};

// State

export interface DoctorDay {
  readonly bookings: Bookings;
  readonly lastToken: number;
}

/** What a day must know of the doctor and the hospital. */
export interface DayFacts {
  readonly accepted: boolean;
  readonly onLeave: boolean;
  /** The slots that the doctor's week offers at the hospital on this day. */
  readonly slots: readonly Slot[];
  readonly fees: Readonly<Record<z.infer<typeof VisitType>, Money>> | undefined;
  /** The appointment to take over, from its own day. */
  readonly taken?: Booking | undefined;
}

const bookingOf = (day: DoctorDay, id: string): Booking =>
  bookingWith(day.bookings, id) ??
  reject('appointment-unknown', 'There is no such appointment on this day.', 'missing');

const changed = (day: DoctorDay, id: string, change: Partial<Booking>): DoctorDay => ({
  ...day,
  bookings: withChange(day.bookings, id, change),
});

// Rules

const changeOf = ({ appointmentId, doctorId, hospitalId, patientId }: Booking, at: string) => ({
  appointmentId,
  doctorId,
  hospitalId,
  patientId,
  at,
});

const confirmed = (day: DoctorDay, b: Booking, at: string) => ({
  type: 'AppointmentConfirmed' as const,
  data: { ...changeOf(b, at), token: day.lastToken + 1, start: b.start, end: b.end },
});

const ensureAccepted = ({ accepted }: Pick<DayFacts, 'accepted'>): void => {
  if (!accepted)
    reject('doctor-not-at-hospital', 'The doctor does not work at this hospital.', 'conflict', 'hospitalId');
};

/** The offered slot that begins then; rejects when the doctor does not see patients then. */
const offered = (start: string, { accepted, onLeave, slots }: DayFacts): Slot => {
  ensureAccepted({ accepted });
  if (onLeave) reject('doctor-away', 'The doctor is away on this day.', 'conflict', 'start');
  return (
    slots.find((slot) => slot.start === start) ??
    reject('slot-not-offered', 'No slot begins at that time.', 'conflict', 'start')
  );
};

const ensureFree = (day: DoctorDay, slot: Slot, at: string, except?: string): void => {
  if (!isFree(day.bookings, slot, at, except))
    reject('slot-taken', 'The doctor already has an appointment at that time.', 'conflict', 'start');
};

const ensureAhead = (start: string, at: string): void => {
  if (start <= at) reject('slot-past', 'An appointment is booked ahead of its start.', 'invalid', 'start');
};

const ensureFew = (day: DoctorDay, patientId: string, except?: string): void => {
  const open = day.bookings.filter((b) => b.patientId === patientId && b.appointmentId !== except && isOpen(b));
  if (open.length >= OPEN_PER_PATIENT_MAX)
    reject('too-many-appointments', `At most ${OPEN_PER_PATIENT_MAX} open appointments with one doctor on one day.`);
};

const feeOf = (type: z.infer<typeof VisitType>, { fees }: DayFacts): Money =>
  fees?.[type] ?? reject('fee-unset', 'The doctor has no fee for this kind of visit yet.');

const STAFF = new Set(['doctor', 'hospitalAdministrator', 'system']);

export const doctorDay = decider<DoctorDay, DayFacts>()({
  category: 'doctorDay',
  commands,
  events,
  initial: { bookings: [], lastToken: 0 },

  parties(day, data, { id, actor, facts }) {
    const { doctorId } = partsOf(id);
    const known = data.appointmentId === undefined ? undefined : bookingWith(day.bookings, data.appointmentId);
    const about = known ?? facts?.taken;
    if (about) return { doctorId, hospitalId: about.hospitalId, patientId: about.patientId };
    if (data.hospitalId === undefined) return { doctorId };
    return { doctorId, hospitalId: data.hospitalId, patientId: data.patientId ?? actor.id };
  },

  decide: {
    HoldSlot(day, { hospitalId, start, type, patientId: forWhom }, { id, at, actor, commandId, facts }) {
      const patientId = forWhom ?? actor.id;
      const slot = offered(start, facts);
      ensureAhead(start, at);
      ensureFree(day, slot, at);
      ensureFew(day, patientId);
      const appointmentId = newAppointmentId(id, commandId);
      const booked = { appointmentId, ...partsOf(id), hospitalId, patientId, ...slot, type, fee: feeOf(type, facts) };
      return [{ type: 'SlotHeld', data: { ...booked, expiresAt: later(at, HOLD_MINUTES) } }];
    },
    ReleaseHold(day, { appointmentId }, { at }) {
      const booking = bookingOf(day, appointmentId);
      return booking.status === 'held' ? [{ type: 'HoldReleased', data: changeOf(booking, at) }] : [];
    },
    RequestAppointment(day, wanted, { id, at, actor, commandId, facts }) {
      const { hospitalId, start, type, override, message, holdId } = wanted;
      const patientId = wanted.patientId ?? actor.id;
      const hold = holdId === undefined ? undefined : bookingOf(day, holdId);
      if (hold) {
        if (hold.patientId !== patientId)
          reject('hold-of-another', 'Somebody else holds this slot.', 'forbidden', 'holdId');
        if (hold.status !== 'held' || hold.expiresAt! <= at)
          reject('hold-expired', 'The slot is no longer held.', 'conflict', 'holdId');
        if (hold.start !== start || hold.type !== type)
          reject('hold-differs', 'The hold is for something else.', 'conflict', 'holdId');
      }
      if (override && !STAFF.has(actor.role))
        reject('override-by-staff', 'Only staff may override.', 'forbidden', 'override');
      ensureAccepted(facts);
      const slot = override ? { start, end: later(start, override.minutes ?? VISIT_MINUTES) } : offered(start, facts);
      ensureAhead(start, at);
      if (!override) ensureFree(day, slot, at, holdId);
      ensureFew(day, patientId, holdId);
      const appointmentId = hold?.appointmentId ?? newAppointmentId(id, commandId);
      const booked = {
        appointmentId,
        ...partsOf(id),
        hospitalId,
        patientId,
        ...slot,
        type,
        fee: hold?.fee ?? feeOf(type, facts),
      };
      return [
        {
          type: 'AppointmentRequested',
          data: {
            ...booked,
            ...(message !== undefined && { message }),
            ...(override && { overrideReason: override.reason }),
            at,
          },
        },
      ];
    },
    ConfirmAppointment(day, { appointmentId }, { at }) {
      const booking = bookingOf(day, appointmentId);
      if (['confirmed', 'arrived', 'fulfilled'].includes(booking.status)) return [];
      if (booking.status !== 'requested') reject('not-pending', 'Only a pending appointment can be confirmed.');
      return [confirmed(day, booking, at)];
    },
    RejectAppointment(day, { appointmentId, reason }, { at }) {
      const booking = bookingOf(day, appointmentId);
      if (booking.status === 'rejected') return [];
      if (booking.status !== 'requested') reject('not-pending', 'Only a pending appointment can be rejected.');
      return [{ type: 'AppointmentRejected', data: { ...changeOf(booking, at), reason } }];
    },
    CancelAppointment(day, { appointmentId, reason }, { at }) {
      const booking = bookingOf(day, appointmentId);
      if (booking.status === 'cancelled') return [];
      if (!['requested', 'confirmed', 'displaced'].includes(booking.status))
        reject('not-open', 'Only an appointment that lies ahead can be cancelled.');
      return [{ type: 'AppointmentCancelled', data: { ...changeOf(booking, at), reason } }];
    },
    ExpireRequest(day, { appointmentId }, { at }) {
      const booking = bookingOf(day, appointmentId);
      if (booking.status !== 'requested' || booking.end > at) return [];
      return [{ type: 'AppointmentExpired', data: changeOf(booking, at) }];
    },
    RescheduleAppointment(day, { appointmentId, start }, { at, facts }) {
      const booking = bookingOf(day, appointmentId);
      if (booking.start === start) return [];
      if (!['requested', 'confirmed'].includes(booking.status))
        reject('not-open', 'Only an appointment that lies ahead can be moved.');
      const slot = offered(start, facts);
      ensureAhead(start, at);
      ensureFree(day, slot, at, appointmentId);
      return [{ type: 'AppointmentRescheduled', data: { ...changeOf(booking, at), ...slot } }];
    },
    TakeOver(day, { from, start }, { id, at, commandId, facts }) {
      const taken = facts.taken ?? reject('appointment-unknown', 'There is no such appointment.', 'missing', 'from');
      const appointmentId = newAppointmentId(id, commandId);
      if (bookingWith(day.bookings, appointmentId)) return [];
      if (!['requested', 'confirmed', 'displaced'].includes(taken.status))
        reject('not-open', 'Only an appointment that lies ahead can be moved.');
      // A displaced patient takes the wanted slot or the next free one; one who chose a slot gets that slot or a no.
      const candidates =
        taken.status === 'displaced' ? facts.slots.filter((s) => s.start > at) : [offered(start, facts)];
      const free = candidates.filter((slot) => isFree(day.bookings, slot, at));
      const slot = free.find((s) => s.start >= start) ?? free[0];
      if (!slot) {
        if (taken.status !== 'displaced') reject('slot-taken', 'That slot is taken.', 'conflict', 'start');
        const { patientId, hospitalId } = taken;
        return [{ type: 'AppointmentNotPlaced', data: { from, patientId, hospitalId, at } }];
      }
      ensureAhead(slot.start, at);
      const booking: Booking = {
        ...taken,
        appointmentId,
        ...partsOf(id),
        ...slot,
        status: 'requested',
      };
      const { status: _status, token, expiresAt: _expiresAt, ...booked } = booking;
      const requested = { type: 'AppointmentRequested' as const, data: { ...booked, replaces: from, at } };
      return token === undefined ? [requested] : [requested, confirmed(day, booking, at)];
    },
    CloseMoved(day, { appointmentId, to }, { at }) {
      const booking = bookingOf(day, appointmentId);
      return booking.status === 'moved' ? [] : [{ type: 'AppointmentMoved', data: { ...changeOf(booking, at), to } }];
    },
    TakeOverVisit(day, { status, reason, overrideReason, message, ...visit }, { id, at }) {
      if (bookingWith(day.bookings, visit.appointmentId)) return [];
      // That system knew no length of a visit: two of them clash when they begin together.
      const takesTime = status === 'requested' || status === 'confirmed';
      const clashes = day.bookings.some((b) => b.start === visit.start && occupies(b, at));
      if (clashes && takesTime && overrideReason === undefined)
        reject('slot-taken', 'The doctor already has an appointment at that time.', 'conflict', 'start');
      const booked = { ...visit, ...partsOf(id), end: later(visit.start, VISIT_MINUTES) };
      const booking: Booking = { ...booked, status: 'requested' };
      const ended = { ...changeOf(booking, at), reason };
      return [
        {
          type: 'AppointmentRequested',
          data: { ...booked, ...(message !== undefined && { message }), ...(overrideReason && { overrideReason }), at },
        },
        ...(status === 'confirmed' ? [confirmed(day, booking, at)] : []),
        ...(status === 'rejected' ? [{ type: 'AppointmentRejected' as const, data: ended }] : []),
        ...(status === 'cancelled' ? [{ type: 'AppointmentCancelled' as const, data: ended }] : []),
      ];
    },
    MarkArrived(day, { appointmentId }, { at }) {
      const booking = bookingOf(day, appointmentId);
      if (['arrived', 'fulfilled'].includes(booking.status)) return [];
      if (booking.status !== 'confirmed') reject('not-confirmed', 'Only a confirmed patient can arrive.');
      return [{ type: 'PatientArrived', data: changeOf(booking, at) }];
    },
    MarkFulfilled(day, { appointmentId }, { at }) {
      const booking = bookingOf(day, appointmentId);
      if (booking.status === 'fulfilled') return [];
      if (!['confirmed', 'arrived'].includes(booking.status))
        reject('not-confirmed', 'Only a confirmed visit can be fulfilled.');
      return [{ type: 'AppointmentFulfilled', data: changeOf(booking, at) }];
    },
    MarkMissed(day, { appointmentId }, { at }) {
      const booking = bookingOf(day, appointmentId);
      if (booking.status === 'missed') return [];
      if (booking.status !== 'confirmed') reject('not-confirmed', 'Only a confirmed patient can miss a visit.');
      if (booking.start > at) reject('not-yet', 'The appointment has not begun yet.');
      return [{ type: 'PatientMissed', data: changeOf(booking, at) }];
    },
    ClearDay(day, { moveTo }, { at }) {
      return day.bookings.filter(isOpen).map((b) => {
        const about = { hospitalId: b.hospitalId, patientId: b.patientId };
        const change = changeOf(b, at);
        if (b.status === 'held') return { type: 'HoldReleased' as const, data: change, about };
        if (moveTo === undefined)
          return { type: 'AppointmentCancelled' as const, data: { ...change, reason: 'The doctor is away.' }, about };
        return { type: 'AppointmentDisplaced' as const, data: { ...change, toDay: moveTo, start: b.start }, about };
      });
    },
  },

  evolve: {
    SlotHeld: (day, held) => ({ ...day, bookings: withNew(day.bookings, { ...held, status: 'held' }) }),
    HoldReleased: (day, { appointmentId }) => changed(day, appointmentId, { status: 'released' }),
    AppointmentRequested: (
      day,
      { message: _message, overrideReason: _reason, replaces: _replaces, at: _at, ...booked },
    ) => ({ ...day, bookings: withNew(day.bookings, { ...booked, status: 'requested' }) }),
    AppointmentConfirmed: (day, { appointmentId, token }) => ({
      ...changed(day, appointmentId, { status: 'confirmed', token }),
      lastToken: Math.max(day.lastToken, token),
    }),
    AppointmentRejected: (day, { appointmentId }) => changed(day, appointmentId, { status: 'rejected' }),
    AppointmentCancelled: (day, { appointmentId }) => changed(day, appointmentId, { status: 'cancelled' }),
    AppointmentExpired: (day, { appointmentId }) => changed(day, appointmentId, { status: 'expired' }),
    AppointmentRescheduled: (day, { appointmentId, start, end }) => changed(day, appointmentId, { start, end }),
    AppointmentDisplaced: (day, { appointmentId }) => changed(day, appointmentId, { status: 'displaced' }),
    AppointmentMoved: (day, { appointmentId }) => changed(day, appointmentId, { status: 'moved' }),
    AppointmentNotPlaced: (day) => day,
    PatientArrived: (day, { appointmentId }) => changed(day, appointmentId, { status: 'arrived' }),
    AppointmentFulfilled: (day, { appointmentId }) => changed(day, appointmentId, { status: 'fulfilled' }),
    PatientMissed: (day, { appointmentId }) => changed(day, appointmentId, { status: 'missed' }),
  },
});
