import { doctorDay, doctorDayId } from '../../domain/appointments/doctor-day.js';
import { thread, threadId } from '../../domain/chat/thread.js';
import { DoctorDayCommand } from '../appointments.js';
import { ThreadCommand } from '../chat.js';
import { Entry, type Plan, type Row, step, type Value } from './entry.js';
import { hospitalIdOf } from './hospitals.js';
import type { Known } from './known.js';
import { cleanText, countOf, dayOf, dhakaInstantOf, hoursOf, inDhaka, paisaOf, textOf, timeOf } from './reading.js';

const TABLE = 'doctor_appointment';
const VISIT_MINUTES = 15;
const DAYS_AHEAD_MAX = 730;
const DAY_MS = 86_400_000;

/** The gateway has two words for money that it holds. */
export const isPaid = ({ status }: Row): boolean => status === 'VALID' || status === 'VALIDATED';

/** The day's stream of an appointment and its id in it, which tells the old serial number; undefined where it has none. */
export const visitIdsOf = (row: Row, known: Known): { readonly dayId: string; readonly id: string } | undefined => {
  const [doctorId, day] = [known.doctor(row.doctor_id), dayOf(row.date)];
  if (!doctorId || !day) return undefined;
  const serial = /^[A-Za-z0-9]{1,20}$/.test(String(row.serial_number ?? '')) ? String(row.serial_number) : 'visit';
  const dayId = doctorDayId(doctorId, day);
  return { dayId, id: `${dayId}_${serial.toLowerCase()}${String(row.id).padStart(6, '0')}` };
};

export const visitPlans = (known: Known): Plan[][] => {
  const taken = new Map<string, Entry>();
  return [known.rows(TABLE).map((row) => visitPlan(row, known, taken))];
};

/** As it was paid, else as the doctor's fees are now: the original asked for both fees whatever the visit was. */
const feeOf = (row: Row, payments: readonly Row[], known: Known): number => {
  const paid = payments.find(isPaid) ?? payments[0];
  const [checkUp, report] = [paisaOf(paid?.consulation_fee), paisaOf(paid?.report_fee)];
  if (checkUp !== undefined && report !== undefined) return checkUp + report;
  const doctor = known.row('doctor_doctor_information', row.doctor_id);
  return ((countOf(doctor?.consultation_fee) ?? 0) + (countOf(doctor?.report_fee) ?? 0)) * 100;
};

const visitPlan = (row: Row, known: Known, taken: Map<string, Entry>): Plan => {
  const entry = new Entry(TABLE, row);
  const ids = visitIdsOf(row, known);
  const [doctorId, patientId] = [known.doctor(row.doctor_id), known.patient(row.patient_id)];
  const at = known.hospitalOfDoctor(row.doctor_id);
  const day = dayOf(row.date);
  const past = day !== undefined && day < known.asOf;
  const read = timeOf(row.time);
  const time = read ?? (past ? openingOf(row, known) : undefined);
  const hospitalId = hospitalIdOf(at);
  entry.about = { doctorId, patientId, ...(at !== undefined && { hospitalId }) };
  if (!doctorId) entry.refuse('doctor_id', 'No doctor is named.');
  if (!patientId) entry.refuse('patient_id', 'No patient is named.');
  if (!day) entry.refuse('date', 'No day is named.');
  if (!time) entry.refuse('time', 'No time of day can be read, and it lies ahead: the patient has to be asked.');
  if (at === undefined) entry.refuse('doctor_id', 'The doctor belongs to no hospital.');
  if (day && Date.parse(day) - Date.parse(known.asOf) > DAYS_AHEAD_MAX * DAY_MS)
    entry.refuse('date', 'The year is mistyped: the day lies years ahead.');
  const start = inDhaka(day ?? known.asOf, time ?? '00:00');
  if (time && !read) entry.mend('time', 'no time of day can be read', `at ${time}, when the doctor's hours began`);
  else if (read && !/^\d{1,2}:\d\d [ap]m$/.test(String(row.time)))
    entry.mend('time', 'spelt otherwise', `read as ${read}`);

  const payments = known.by('sslcommerz_payment', 'appointment_id', row.id).filter((one) => one.payment_type !== null);
  const paid = payments.some(isPaid);
  if (row.payment_status === 'VALID' && !paid) entry.mend('payment_status', 'VALID without a payment', 'not paid');
  if (row.payment_status !== 'VALID' && paid) entry.mend('payment_status', 'pending though it was paid', 'paid');
  if (payments.filter(isPaid).length > 1) entry.note('payments', 'paid twice: see the second payment');
  if (row.transaction_id && known.by(TABLE, 'transaction_id', row.transaction_id).length > 1)
    entry.note('transaction_id', 'also of another appointment; payments are found by the appointment');
  const status = statusOf(entry, row, paid, known);
  const stands = !entry.refusal && status !== 'cancelled' && status !== 'rejected';
  const overrideReason = stands ? (clash(entry, taken, start) ?? (read ? undefined : NO_TIME)) : undefined;

  const message = textOf(row.message);
  if (message && cleanText(String(row.message)) !== row.message)
    entry.mend('message', 'holds characters that are not shown', 'without them');
  const asked = momentOf(payments, inDhaka(day ?? known.asOf, '00:00'));
  const visit = {
    appointmentId: ids?.id ?? '',
    patientId: patientId ?? '',
    hospitalId,
    start,
    type: row.appointment_type === 'report' ? ('report' as const) : ('checkUp' as const),
    fee: { amount: feeOf(row, payments, known), currency: 'BDT' },
    status,
    ...(message && { message }),
    ...(overrideReason && { overrideReason }),
    ...(status === 'rejected' && { reason: NEVER_ANSWERED }),
  };
  const end = new Date(Date.parse(start) + VISIT_MINUTES * 60_000).toISOString();
  const opens = { appointmentId: visit.appointmentId, hospitalId, end };
  return {
    entry,
    lane: ids?.dayId ?? entry.id,
    at: asked,
    steps: [
      step(DoctorDayCommand, doctorDay, ids?.dayId ?? '', { type: 'TakeOverVisit', data: visit }),
      ...(doctorId && patientId && (status === 'confirmed' || wrote(row, known))
        ? [step(ThreadCommand, thread, threadId(doctorId, patientId), { type: 'OpenThread', data: opens })]
        : []),
    ],
  };
};

/** Whether the two wrote to each other: then it had been confirmed once, for only that opened a chat there. */
const wrote = (row: Row, known: Known): boolean => {
  const doctor = known.row('doctor_doctor_information', row.doctor_id)?.user_id;
  const patient = known.row('hospital_patient', row.patient_id)?.user_id;
  const sent = (from: Value | undefined, to: Value | undefined) =>
    known.by('ChatApp_chatmessages', 'user_from_id', from).some(({ user_to_id: whom }) => whom === to);
  return sent(patient, doctor) || sent(doctor, patient);
};

/** A visit of the past at no readable time is put where the doctor's hours began: that it took place matters. */
const openingOf = (row: Row, known: Known): string =>
  hoursOf(known.row('doctor_doctor_information', row.doctor_id)?.visiting_hour)?.from ?? '00:00';

const NO_TIME = 'The system it came from told no time of day that can be read.';
const NEVER_ANSWERED = 'Nobody answered before the day had passed.';

/** As it stood; who paid is confirmed, as here, and what nobody answered in time has ended. */
const statusOf = (entry: Entry, row: Row, paid: boolean, known: Known) => {
  if (row.appointment_status === 'cancelled') return 'cancelled' as const;
  if (row.appointment_status === 'confirmed') return 'confirmed' as const;
  const past = (dayOf(row.date) ?? '') < known.asOf;
  if (paid) {
    entry.mend('appointment_status', past ? 'still pending after its day, and paid' : 'pending, and paid', 'confirmed');
    return 'confirmed' as const;
  }
  if (past) entry.mend('appointment_status', 'still pending after its day', 'rejected: nobody answered');
  return past ? ('rejected' as const) : ('requested' as const);
};

/** Of visits that begin together the first keeps the slot; the others are booked over it, and say why. */
const clash = (entry: Entry, taken: Map<string, Entry>, start: string): string | undefined => {
  const { row } = entry;
  const slot = `${row.doctor_id} ${start}`;
  const first = taken.get(slot);
  if (!first) {
    taken.set(slot, entry);
    return undefined;
  }
  const same = first.row.patient_id === row.patient_id;
  entry.mend(
    'time',
    `begins together with appointment ${first.id}${same ? ' of the same patient' : ''}`,
    'booked over it',
  );
  first.note('time', 'others are booked over it: it keeps the slot');
  return same
    ? 'Asked for twice in the system it came from.'
    : 'Booked twice in the system it came from, which did not look whether the doctor was free.';
};

/** When it was asked for is not told: the day of its first payment, or its own, whichever was earlier. */
const momentOf = (payments: readonly Row[], midnight: string): string =>
  payments.reduce((first, { transaction_date: date }) => {
    const paid = dhakaInstantOf(date);
    return paid && paid < first ? paid : first;
  }, midnight);
