import { type Booking, bookingWith } from '../../domain/appointments/bookings.js';
import { dayOfAppointment, doctorDay } from '../../domain/appointments/doctor-day.js';
import { Rejection } from '../../domain/kernel/rejection.js';
import { prescription } from '../../domain/prescriptions/prescription.js';
import { DoctorDayCommand } from '../appointments.js';
import { PatientCommand } from '../patients.js';
import { PrescriptionCommand } from '../prescriptions.js';
import { chat } from './chatting.js';
import { buyPrescribed } from './buying.js';
import type { Complaint } from './specialties.js';
import type { Act, Moment } from './stage.js';
import { askFor } from './booking.js';
import type { Doctor, Patient, World } from './world.js';

// In the doctor's room, and what follows from it.

const DAY = 24 * 60;

/** The visit itself: a prescription, then whatever was agreed. */
export const treat =
  (world: World, doctor: Doctor, patient: Patient, booking: Booking, complaint: Complaint): Act =>
  async (now) => {
    const { appointmentId, type } = booking;
    const dayId = dayOfAppointment(appointmentId);
    const { bookings } = await now.load(doctorDay, dayId);
    if (bookingWith(bookings, appointmentId)?.status !== 'arrived') return;
    const { random } = now;
    const prescribes = random.chance(type === 'checkUp' ? 0.9 : 0.3);
    const prescriptionId = prescribes ? await help(world, now, doctor, patient, booking, complaint) : undefined;
    await now.send(doctor.actor, DoctorDayCommand, dayId, { type: 'MarkFulfilled', data: { appointmentId } });

    if (random.chance(0.25)) now.after(random.int(60, 10 * 60), chat(doctor, patient));
    if (type === 'checkUp' && complaint.tests && random.chance(0.5))
      now.after(random.int(1, 3) * DAY, (later) =>
        askFor(world, later, patient, doctor, complaint, { type: 'report', inDays: 1 }),
      );
    if (prescriptionId === undefined) return;
    const { hospitalId } = booking;
    if (random.chance(0.04)) return now.after(60, amend(doctor, prescriptionId));
    if (random.chance(0.02)) return now.after(60, withdraw(doctor, prescriptionId));
    // What goes on is often bought by halves: the rest is fetched a week later, and then it is renewed.
    const share = complaint.lasting !== undefined && random.chance(0.6) ? 0.5 : 1;
    if (random.chance(0.7))
      now.after(random.int(15, 90), buyPrescribed(world, patient, hospitalId, prescriptionId, share));
    if (share < 1) now.after(7 * DAY, buyPrescribed(world, patient, hospitalId, prescriptionId, 1));
    if (complaint.lasting !== undefined && random.chance(0.7))
      now.after(random.int(10, 18) * DAY, async (later) => {
        const renewed = await renew(later, doctor, patient, prescriptionId);
        if (renewed !== undefined)
          later.after(later.random.int(30, 300), buyPrescribed(world, patient, hospitalId, renewed, 1));
      });
  };

/** What goes on is prescribed once and renewed from then on. Gives the id of the prescription. */
const help = async (
  world: World,
  now: Moment,
  doctor: Doctor,
  patient: Patient,
  booking: Booking,
  complaint: Complaint,
): Promise<string> => {
  const { lasting } = patient;
  const knownAs = lasting?.complaint === complaint && lasting.doctor === doctor ? complaint.lasting : undefined;
  if (knownAs === undefined) return prescribe(world, now, doctor, booking, complaint);
  if (lasting?.prescriptionId !== undefined) {
    const renewed = await renew(now, doctor, patient, lasting.prescriptionId);
    if (renewed !== undefined) return renewed;
  } else {
    const data = { conditionId: now.id('condition'), condition: knownAs };
    await now.send(doctor.actor, PatientCommand, patient.id, { type: 'AddCondition', data });
  }
  const prescriptionId = await prescribe(world, now, doctor, booking, complaint);
  patient.lasting = { doctor, complaint, prescriptionId };
  return prescriptionId;
};

/** Gives the prescription's id. Where the system warns, the doctor says why all the same, or leaves the medicine out. */
const prescribe = async (
  world: World,
  now: Moment,
  doctor: Doctor,
  { appointmentId, patientId, hospitalId }: Booking,
  complaint: Complaint,
): Promise<string> => {
  const id = now.id('prescription');
  const medicines = complaint.medicines.map(([key, frequency, duration, meal, quantity]) => ({
    medicineId: world.products.get(key)!.id,
    frequency,
    duration,
    ...(meal !== undefined && { meal }),
    ...(quantity !== undefined && { quantity }),
  }));
  const tests = (complaint.tests ?? []).map((name) => ({ name }));
  const written = { patientId, hospitalId, appointmentId, tests, advice: complaint.advice };
  const issue = (data: { medicines: typeof medicines; acknowledged: Acknowledged[] }) =>
    now.send(doctor.actor, PrescriptionCommand, id, { type: 'IssuePrescription', data: { ...written, ...data } });
  try {
    await issue({ medicines, acknowledged: [] });
  } catch (error) {
    const warned = warningsIn(error);
    const withoutThem = medicines.filter((_, i) => !warned.some(({ medicine }) => medicine === i + 1));
    if (now.random.chance(0.3) && withoutThem.length > 0) await issue({ medicines: withoutThem, acknowledged: [] });
    else await issue({ medicines, acknowledged: warned });
  }
  return id;
};

interface Acknowledged {
  readonly medicine: number;
  readonly kind: 'allergy' | 'duplicateTherapy';
  readonly reason: string;
}

const REASONS = {
  allergy: 'Tolerated before under observation; no other medicine will do.',
  duplicateTherapy: 'The earlier course is nearly finished.',
};

/** The warnings that a refusal names, with the reasons to pass over them; throws on what is no such refusal. */
const warningsIn = (error: unknown): Acknowledged[] => {
  if (!(error instanceof Rejection) || error.code !== 'warnings-unacknowledged') throw error;
  return [...error.message.matchAll(/medicine (\d+): (allergy|duplicateTherapy)/g)].map(([, medicine, named]) => {
    const kind = named as keyof typeof REASONS;
    return { medicine: Number(medicine), kind, reason: REASONS[kind] };
  });
};

const amend =
  (doctor: Doctor, prescriptionId: string): Act =>
  async (now) => {
    const known = await now.load(prescription, prescriptionId);
    if (known?.status !== 'active') return;
    await now.send(doctor.actor, PrescriptionCommand, prescriptionId, {
      type: 'AmendPrescription',
      data: {
        medicines: known.medicines.map(({ line, medicineId, frequency, quantity }) => ({
          ...{ line, medicineId, frequency, quantity },
          duration: '5 days',
        })),
        tests: known.tests.map(({ name }) => ({ name })),
        advice: 'Shorter than first written.',
        acknowledged: acknowledgingAll(known.medicines.length),
        reason: 'Five days are enough.',
      },
    });
  };

const withdraw =
  (doctor: Doctor, prescriptionId: string): Act =>
  async (now) => {
    const reason = 'Written for the wrong patient.';
    await now.send(doctor.actor, PrescriptionCommand, prescriptionId, { type: 'CancelPrescription', data: { reason } });
  };

/** Gives the id of the prescription that takes its place; undefined when it is in force no more. */
const renew = async (now: Moment, doctor: Doctor, patient: Patient, renews: string): Promise<string | undefined> => {
  const known = await now.load(prescription, renews);
  if (known?.status !== 'active') return undefined;
  const id = now.id('prescription');
  const acknowledged = acknowledgingAll(known.medicines.length);
  await now.send(doctor.actor, PrescriptionCommand, id, { type: 'RenewPrescription', data: { renews, acknowledged } });
  if (patient.lasting?.prescriptionId === renews) patient.lasting = { ...patient.lasting, prescriptionId: id };
  return id;
};

/** For a doctor who has looked at it before. */
const acknowledgingAll = (medicines: number): Acknowledged[] =>
  Array.from({ length: medicines }, (_, i) =>
    (['allergy', 'duplicateTherapy'] as const).map((kind) => ({ medicine: i + 1, kind, reason: REASONS[kind] })),
  ).flat();
