import { type DayFacts, dayOfAppointment, doctorDay, doctorDayId, events } from '../domain/appointments/doctor-day.js';
import { type Booking, bookingWith } from '../domain/appointments/bookings.js';
import { type Schedule, type Slot, slotsOf } from '../domain/appointments/slots.js';
import type { CommandOf } from '../domain/kernel/decider.js';
import { hospital } from '../domain/organisations/hospital.js';
import { events as payments } from '../domain/payments/payment.js';
import { events as practitioners, practitioner } from '../domain/practitioners/practitioner.js';
import { DomainCommand, handle } from './kernel/handle.js';
import type { Load } from './kernel/ports.js';
import { type Due, reaction, send, timer } from './kernel/reaction.js';

export class DoctorDayCommand extends DomainCommand<typeof doctorDay> {}

/** What the doctor's week offers at a hospital on a day, and for which fee. */
const factsOf = async (
  { type, data }: CommandOf<typeof doctorDay.commands>,
  { id, load }: { readonly id: string; readonly load: Load },
): Promise<DayFacts | undefined> => {
  switch (type) {
    case 'HoldSlot':
    case 'RequestAppointment':
      return offerOf(id, data.hospitalId, load);
    case 'RescheduleAppointment': {
      const { bookings } = await load(doctorDay, id);
      return offerOf(id, bookingWith(bookings, data.appointmentId)?.hospitalId, load);
    }
    case 'TakeOver': {
      const { bookings } = await load(doctorDay, dayOfAppointment(data.from));
      const taken: Booking | undefined = bookingWith(bookings, data.from);
      return { ...(await offerOf(id, taken?.hospitalId, load)), taken };
    }
    default:
      return undefined;
  }
};

const offerOf = async (dayId: string, hospitalId: string | undefined, load: Load): Promise<DayFacts> => {
  const nothing: DayFacts = { accepted: false, onLeave: false, slots: [], fees: undefined };
  if (hospitalId === undefined) return nothing;
  const [doctorId, day] = [dayId.slice(0, -11), dayId.slice(-10)];
  const [doctor, place] = await Promise.all([load(practitioner, doctorId), load(hospital, hospitalId)]);
  const schedule = doctor.schedules[hospitalId];
  return {
    accepted: doctor.registrations[hospitalId]?.status === 'accepted',
    onLeave: doctor.leave.some(({ from, to }) => from <= day && day <= to),
    slots: schedule ? offered(day, place.timeZone, schedule) : [],
    fees: doctor.fees[hospitalId] ?? place.fees,
  };
};

const DAYS_KEPT_MAX = 64;
const kept = new WeakMap<Schedule, Map<string, readonly Slot[]>>();

/** A schedule's slots of a day, worked out once: every booking of that day asks for them. */
const offered = (day: string, timeZone: string, schedule: Schedule): readonly Slot[] => {
  const days = kept.get(schedule) ?? new Map<string, readonly Slot[]>();
  const key = `${day} ${timeZone}`;
  const slots = days.get(key) ?? slotsOf(day, timeZone, schedule);
  if (days.size >= DAYS_KEPT_MAX) days.clear();
  kept.set(schedule, days.set(key, slots));
  return slots;
};

export const handlers = [handle(DoctorDayCommand, doctorDay, factsOf)];

const DAY_MS = 86_400_000;

export const reactions = [
  reaction({
    name: 'confirm-appointment-when-paid',
    from: { PaymentSettled: payments.PaymentSettled },
    on: {
      PaymentSettled: ({ data: { purpose, objectId } }) =>
        purpose === 'appointment'
          ? [
              send(DoctorDayCommand, dayOfAppointment(objectId), {
                type: 'ConfirmAppointment',
                data: { appointmentId: objectId },
              }),
            ]
          : [],
    },
  }),
  reaction({
    name: 'clear-days-when-doctor-takes-leave',
    from: { LeaveTaken: practitioners.LeaveTaken },
    on: {
      LeaveTaken: ({ data: { doctorId, leaveId, from, to, moveTo } }) =>
        daysBetween(from, to).map((day) =>
          send(DoctorDayCommand, doctorDayId(doctorId, day), {
            type: 'ClearDay',
            data: { leaveId, ...(moveTo && { moveTo }) },
          }),
        ),
    },
  }),
  reaction({
    name: 'take-displaced-appointment-to-its-new-day',
    from: { AppointmentDisplaced: events.AppointmentDisplaced },
    on: {
      AppointmentDisplaced: ({ data: { appointmentId, doctorId, start, toDay } }) => {
        const days = (Date.parse(toDay) - Date.parse(dayOfAppointment(appointmentId).slice(-10))) / DAY_MS;
        const sameTime = new Date(Date.parse(start) + days * DAY_MS).toISOString();
        return [
          send(DoctorDayCommand, doctorDayId(doctorId, toDay), {
            type: 'TakeOver',
            data: { from: appointmentId, start: sameTime },
          }),
        ];
      },
    },
  }),
  reaction({
    name: 'close-appointment-that-was-taken-over',
    from: { AppointmentRequested: events.AppointmentRequested },
    on: {
      AppointmentRequested: ({ data: { appointmentId, replaces } }) =>
        replaces === undefined
          ? []
          : [
              send(DoctorDayCommand, dayOfAppointment(replaces), {
                type: 'CloseMoved',
                data: { appointmentId: replaces, to: appointmentId },
              }),
            ],
    },
  }),
  reaction({
    name: 'cancel-displaced-appointment-that-found-no-slot',
    from: { AppointmentNotPlaced: events.AppointmentNotPlaced },
    on: {
      AppointmentNotPlaced: ({ data: { from } }) => [
        send(DoctorDayCommand, dayOfAppointment(from), {
          type: 'CancelAppointment',
          data: { appointmentId: from, reason: 'The doctor is away, and no other slot is free.' },
        }),
      ],
    },
  }),
];

const noLonger = ({ data: { appointmentId } }: { readonly data: { readonly appointmentId: string } }): Due[] => [
  { key: appointmentId, at: null, outgoing: [] },
];

const expireAtItsEnd = ({
  data: { appointmentId, end },
}: {
  readonly data: { readonly appointmentId: string; readonly end: string };
}): Due[] => [
  {
    key: appointmentId,
    at: end,
    outgoing: [
      send(DoctorDayCommand, dayOfAppointment(appointmentId), { type: 'ExpireRequest', data: { appointmentId } }),
    ],
  },
];

export const timers = [
  timer({
    name: 'release-hold-when-it-expires',
    from: {
      SlotHeld: events.SlotHeld,
      HoldReleased: events.HoldReleased,
      AppointmentRequested: events.AppointmentRequested,
    },
    on: {
      SlotHeld: ({ data: { appointmentId, expiresAt } }) => [
        {
          key: appointmentId,
          at: expiresAt,
          outgoing: [
            send(DoctorDayCommand, dayOfAppointment(appointmentId), { type: 'ReleaseHold', data: { appointmentId } }),
          ],
        },
      ],
      HoldReleased: noLonger,
      AppointmentRequested: noLonger,
    },
  }),
  timer({
    name: 'expire-request-when-its-time-has-passed',
    from: {
      AppointmentRequested: events.AppointmentRequested,
      AppointmentRescheduled: events.AppointmentRescheduled,
      AppointmentConfirmed: events.AppointmentConfirmed,
      AppointmentRejected: events.AppointmentRejected,
      AppointmentCancelled: events.AppointmentCancelled,
      AppointmentMoved: events.AppointmentMoved,
    },
    on: {
      AppointmentRequested: expireAtItsEnd,
      // A confirmed one that moves gets a timer as well; the command then finds nothing to end.
      AppointmentRescheduled: expireAtItsEnd,
      AppointmentConfirmed: noLonger,
      AppointmentRejected: noLonger,
      AppointmentCancelled: noLonger,
      AppointmentMoved: noLonger,
    },
  }),
];

/** Calendar days from one to another, both included; a leave has an end, so the list has. */
const daysBetween = (from: string, to: string): string[] => {
  const days: string[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
};
