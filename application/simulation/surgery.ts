import type { Booking } from '../../domain/appointments/bookings.js';
import { dayOfAppointment, doctorDay, doctorDayId, newAppointmentId } from '../../domain/appointments/doctor-day.js';
import { DoctorDayCommand } from '../appointments.js';
import { bookingOf } from './booking.js';
import { MINUTE_MS, momentOf, weekdayOf } from './calendar.js';
import type { Act, Moment } from './stage.js';
import { treat } from './treatment.js';
import type { Doctor, Place, World } from './world.js';

// The morning queue, or the evening's.

const EARLY_MS = 30 * MINUTE_MS;

/** Who is on a doctor's list of the day comes, or does not; now and then somebody comes without an appointment. */
export const seePatients =
  (world: World, doctor: Doctor, day: string): Act =>
  async (now) => {
    const dayId = doctorDayId(doctor.id, day);
    const { bookings } = await now.load(doctorDay, dayId);
    const list = bookings.filter(
      ({ status, appointmentId }) => status === 'confirmed' && !world.expected.has(appointmentId),
    );
    for (const { appointmentId, start } of list) {
      world.expected.add(appointmentId);
      const begins = Date.parse(start);
      if (now.random.chance(0.1)) now.on(begins + 30 * MINUTE_MS, miss(world, doctor, appointmentId));
      else now.on(begins - now.random.int(0, EARLY_MS), arrive(world, doctor, appointmentId));
    }
    const work = doctor.work.find(({ hours }) => hours[weekdayOf(day)]);
    if (list.length > 0 && work && now.random.chance(0.04)) {
      const from = work.hours[weekdayOf(day)]![0]!.from;
      now.on(momentOf(day, from) + now.random.int(20, 150) * MINUTE_MS, walkIn(world, doctor, work.place, day));
    }
  };

/** The appointment, if its patient is still to come now; one that got a later time is looked for on the list again. */
const due = async ({ expected }: World, now: Moment, appointmentId: string): Promise<Booking | undefined> => {
  const booking = await bookingOf(now, appointmentId);
  if (booking?.status !== 'confirmed') return undefined;
  if (Date.parse(booking.start) - Date.parse(now.at) <= EARLY_MS) return booking;
  expected.delete(appointmentId);
  return undefined;
};

const miss =
  (world: World, doctor: Doctor, appointmentId: string): Act =>
  async (now) => {
    const booking = await due(world, now, appointmentId);
    if (!booking || booking.start > now.at) return;
    await now.send(doctor.actor, DoctorDayCommand, dayOfAppointment(appointmentId), {
      type: 'MarkMissed',
      data: { appointmentId },
    });
  };

const arrive =
  (world: World, doctor: Doctor, appointmentId: string): Act =>
  async (now) => {
    const booking = await due(world, now, appointmentId);
    if (!booking) return;
    const place = world.places.find(({ id }) => id === booking.hospitalId)!;
    await now.send(place.administrator, DoctorDayCommand, dayOfAppointment(appointmentId), {
      type: 'MarkArrived',
      data: { appointmentId },
    });
    const patient = world.patients.find(({ id }) => id === booking.patientId)!;
    const complaint = world.complaints.get(appointmentId) ?? now.random.pick(doctor.specialty.complaints);
    now.on(Date.parse(booking.end), treat(world, doctor, patient, booking, complaint));
  };

/** Somebody whom the hospital puts between two others. */
const walkIn =
  (world: World, doctor: Doctor, place: Place, day: string): Act =>
  async (now) => {
    const known = world.patients.slice(1).filter(({ from }) => from < day);
    if (known.length === 0) return;
    const patient = now.random.pick(known);
    const dayId = doctorDayId(doctor.id, day);
    const start = new Date(Date.parse(now.at) + 20 * MINUTE_MS).toISOString();
    const { commandId } = await now.send(place.administrator, DoctorDayCommand, dayId, {
      type: 'RequestAppointment',
      data: {
        hospitalId: place.id,
        patientId: patient.id,
        start,
        type: 'checkUp',
        message: 'Came without an appointment, in pain.',
        override: { reason: 'Cannot wait until tomorrow.', minutes: 10 },
      },
    });
    const appointmentId = newAppointmentId(dayId, commandId);
    const data = { appointmentId };
    await now.send(place.administrator, DoctorDayCommand, dayId, { type: 'ConfirmAppointment', data });
    now.after(15, arrive(world, doctor, appointmentId));
  };
