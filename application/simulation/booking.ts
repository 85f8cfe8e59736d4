import { type Booking, bookingWith } from '../../domain/appointments/bookings.js';
import { dayOfAppointment, doctorDay, doctorDayId, newAppointmentId } from '../../domain/appointments/doctor-day.js';
import { slotsOf } from '../../domain/appointments/slots.js';
import { practitioner } from '../../domain/practitioners/practitioner.js';
import { DoctorDayCommand } from '../appointments.js';
import { dayAfter, dayOf, MINUTE_MS, momentOf, weekdayOf } from './calendar.js';
import { pay } from './paying.js';
import type { Complaint } from './specialties.js';
import type { Act, Moment } from './stage.js';
import type { Doctor, Patient, Place, World } from './world.js';

// From the wish to see a doctor to an appointment, and what may become of it before its day.

const LEAD_DAYS_MAX = 10;
const OPEN = new Set(['requested', 'confirmed']);
const FREE_AGAIN = new Set(['released', 'rejected', 'cancelled', 'expired', 'moved', 'displaced']);

interface Found {
  readonly place: Place;
  readonly day: string;
  readonly start: string;
}

/** Somebody needs a doctor: their own, or any. */
export const needDoctor = async (world: World, now: Moment, patient: Patient): Promise<void> => {
  const { random } = now;
  const today = dayOf(now.at);
  const own = patient.lasting;
  if (own && random.chance(0.4))
    return askFor(world, now, patient, own.doctor, own.complaint, { inDays: random.int(0, 3) });
  const seeing = world.doctors.filter(({ from }) => from !== undefined && from < today);
  if (seeing.length === 0) return;
  const doctor = random.pick(seeing);
  const complaint = random.pick(doctor.specialty.complaints);
  if (complaint.lasting !== undefined) patient.lasting ??= { doctor, complaint };
  await askFor(world, now, patient, doctor, complaint, { inDays: random.int(0, 3) });
};

/** Asks a doctor for the first free slot so many days from now or later, and plans what comes of it. */
export const askFor = async (
  world: World,
  now: Moment,
  patient: Patient,
  doctor: Doctor,
  complaint: Complaint,
  {
    inDays,
    type = 'checkUp',
    pays = now.random.chance(0.6),
  }: { readonly inDays: number; readonly type?: 'checkUp' | 'report'; readonly pays?: boolean },
): Promise<void> => {
  const found = await freeSlot(world, now, doctor, patient, dayAfter(dayOf(now.at), inDays));
  if (!found) return;
  const { random } = now;
  const { place, day, start } = found;
  const dayId = doctorDayId(doctor.id, day);
  const wanted = { hospitalId: place.id, start, type };
  let holdId: string | undefined;
  if (random.chance(0.2)) {
    const { commandId } = await now.send(patient.actor, DoctorDayCommand, dayId, { type: 'HoldSlot', data: wanted });
    // Some think better of it; the hold expires.
    if (random.chance(0.15)) return;
    holdId = newAppointmentId(dayId, commandId);
  }
  const { commandId } = await now.send(patient.actor, DoctorDayCommand, dayId, {
    type: 'RequestAppointment',
    data: {
      ...wanted,
      ...(holdId !== undefined && { holdId }),
      ...(type === 'checkUp' && { message: complaint.says }),
    },
  });
  const appointmentId = holdId ?? newAppointmentId(dayId, commandId);
  world.complaints.set(appointmentId, complaint);

  if (pays) now.after(random.int(5, 60), pay('appointment', appointmentId, patient, place));
  now.after(random.int(60, 8 * 60), decide(doctor, place, appointmentId));
  const untilStart = (Date.parse(start) - Date.parse(now.at)) / MINUTE_MS;
  if (untilStart < 3 * 60) return;
  const sometime = random.int(60, Math.floor(untilStart) - 90);
  if (random.chance(0.07)) now.after(sometime, callOff(patient, appointmentId));
  else if (random.chance(0.07)) now.after(sometime, moveTo(world, doctor, patient, appointmentId));
};

/** The first slot that is free and lies at least an hour ahead, on a day when the patient has no other with the doctor. */
const freeSlot = async (
  { places }: World,
  now: Moment,
  doctor: Doctor,
  patient: Patient,
  from: string,
  moved?: string,
): Promise<Found | undefined> => {
  const { schedules, leave } = await now.load(practitioner, doctor.id);
  const soonest = new Date(Date.parse(now.at) + 60 * MINUTE_MS).toISOString();
  for (let ahead = 0; ahead < LEAD_DAYS_MAX; ahead++) {
    const day = dayAfter(from, ahead);
    if (leave.some((away) => away.from <= day && day <= away.to)) continue;
    const offered = Object.entries(schedules).find(([, { hours }]) => hours[weekdayOf(day)]);
    if (!offered) continue;
    const [hospitalId, schedule] = offered;
    const { bookings } = await now.load(doctorDay, doctorDayId(doctor.id, day));
    const others = bookings.filter(({ status }) => !FREE_AGAIN.has(status));
    if (others.some(({ patientId, appointmentId }) => patientId === patient.id && appointmentId !== moved)) continue;
    const slot = slotsOf(day, 'Asia/Dhaka', schedule).find(
      ({ start, end }) => start > soonest && !others.some((other) => other.start < end && start < other.end),
    );
    if (slot) return { place: places.find(({ id }) => id === hospitalId)!, day, start: slot.start };
  }
  return undefined;
};

/** An appointment as it is now. */
export const bookingOf = async (now: Moment, appointmentId: string): Promise<Booking | undefined> =>
  bookingWith((await now.load(doctorDay, dayOfAppointment(appointmentId))).bookings, appointmentId);

/** Whoever looks through the requests: the doctor, or the hospital. What was paid is confirmed already. */
const decide =
  (doctor: Doctor, place: Place, appointmentId: string): Act =>
  async (now) => {
    const booking = await bookingOf(now, appointmentId);
    if (booking?.status !== 'requested') return;
    const opens = momentOf(dayOf(now.at), '08:30');
    const at = Date.parse(now.at);
    // Nobody looks at night.
    if (at < opens) return now.on(opens, decide(doctor, place, appointmentId));
    if (at > opens + 12 * 60 * MINUTE_MS)
      return now.on(momentOf(dayAfter(dayOf(now.at), 1), '08:30'), decide(doctor, place, appointmentId));
    const late = booking.start <= now.at;
    const actor = now.random.chance(0.5) ? doctor.actor : place.administrator;
    const reason = late ? 'That time has passed.' : 'Please see a doctor of another department.';
    await now.send(
      actor,
      DoctorDayCommand,
      dayOfAppointment(appointmentId),
      late || now.random.chance(0.06)
        ? { type: 'RejectAppointment', data: { appointmentId, reason } }
        : { type: 'ConfirmAppointment', data: { appointmentId } },
    );
  };

const callOff =
  (patient: Patient, appointmentId: string): Act =>
  async (now) => {
    if (!OPEN.has((await bookingOf(now, appointmentId))?.status ?? '')) return;
    const reason = now.random.pick(['I feel better.', 'I have to travel.', 'জরুরি কাজ পড়ে গেছে।']);
    await now.send(patient.actor, DoctorDayCommand, dayOfAppointment(appointmentId), {
      type: 'CancelAppointment',
      data: { appointmentId, reason },
    });
  };

/** To another slot of the same day, or to another day. */
const moveTo =
  (world: World, doctor: Doctor, patient: Patient, appointmentId: string): Act =>
  async (now) => {
    const booking = await bookingOf(now, appointmentId);
    if (!booking || !OPEN.has(booking.status)) return;
    const from = now.random.chance(0.5) ? booking.day : dayAfter(booking.day, 1);
    const found = await freeSlot(world, now, doctor, patient, from, appointmentId);
    // Days at another hospital cost another fee.
    if (!found || found.place.id !== booking.hospitalId) return;
    const { day, start } = found;
    if (day === booking.day) {
      const data = { appointmentId, start };
      await now.send(patient.actor, DoctorDayCommand, dayOfAppointment(appointmentId), {
        type: 'RescheduleAppointment',
        data,
      });
      return;
    }
    const dayId = doctorDayId(doctor.id, day);
    const { commandId } = await now.send(patient.actor, DoctorDayCommand, dayId, {
      type: 'TakeOver',
      data: { from: appointmentId, start },
    });
    const complaint = world.complaints.get(appointmentId);
    if (complaint) world.complaints.set(newAppointmentId(dayId, commandId), complaint);
  };
