import { prescription } from '../../domain/prescriptions/prescription.js';
import { readDuration } from '../../domain/prescriptions/directions.js';
import { readPosology } from '../../domain/prescriptions/posology.js';
import { therapy } from '../../domain/prescriptions/therapy.js';
import type { Load } from '../kernel/ports.js';
import { PrescriptionCommand, recordTherapy, TherapyCommand } from '../prescriptions.js';
import { Entry, idOf, MISSING, type Plan, type Row, type Step, step } from './entry.js';
import { hospitalIdOf } from './hospitals.js';
import type { Known } from './known.js';
import { dayOf, inDhaka, lineOf, paisaOf, textOf } from './reading.js';

const TABLE = 'doctor_prescription';
const NO_WARNING = 'Prescribed in the system it came from, which did not warn.';

/** A prescription comes over with its medicines and tests, in the order of their rows. */
export const prescriptionPlans = (known: Known): Plan[][] => [
  known.rows(TABLE).map((row) => prescriptionPlan(row, known)),
  (['doctor_prescription_medicine', 'doctor_prescription_test'] as const).flatMap((table) =>
    known
      .rows(table)
      .filter(({ prescription_id: of }) => !known.row(TABLE, of))
      .map((row) => orphan(new Entry(table, row), known)),
  ),
];

/** A row that belongs to nothing. */
export const orphan = (entry: Entry, known: Known): Plan => {
  entry.refuse('belongs to', MISSING);
  return { entry, lane: `${entry.table} ${entry.id}`, at: `${known.asOf}T00:00:00.000Z`, steps: [] };
};

const prescriptionPlan = (row: Row, known: Known): Plan => {
  const entry = new Entry(TABLE, row);
  const id = idOf(TABLE, row.prescription_id);
  const [doctorId, patientId] = [known.doctor(row.doctor_id), known.patient(row.patient_id)];
  const hospital = known.hospitalOfDoctor(row.doctor_id);
  const hospitalId = hospitalIdOf(hospital);
  entry.about = { doctorId, patientId, ...(hospital !== undefined && { hospitalId }) };
  if (!doctorId) entry.refuse('doctor_id', 'No doctor is named.');
  if (!patientId) entry.refuse('patient_id', 'No patient is named.');
  const met = known
    .by('doctor_appointment', 'patient_id', row.patient_id)
    .some(({ doctor_id: doctor }) => doctor === row.doctor_id);
  if (doctorId && patientId && !met) entry.note('doctor_id', 'the two never had an appointment; it names no visit');
  const day = dayOf(row.create_date);
  if (day !== row.create_date)
    entry.mend('create_date', 'spelt otherwise', day ? `read as ${day}` : 'the last day that is told of');
  const at = inDhaka(day ?? known.asOf, '12:00');

  const medicines = known.by('doctor_prescription_medicine', 'prescription_id', row.prescription_id).map(medicineOf);
  const tests = known
    .by('doctor_prescription_test', 'prescription_id', row.prescription_id)
    .map((one) => testOf(one, known));
  for (const { part } of [...medicines, ...tests]) part.about = entry.about;
  const advice = textOf(row.extra_information);
  const data = {
    patientId: patientId ?? '',
    hospitalId,
    medicines: medicines.map(({ words }) => words),
    tests: tests.map(({ words }) => words),
    ...(advice && { advice }),
    acknowledged: medicines.map((_, i) => ({
      medicine: i + 1,
      kind: 'duplicateTherapy' as const,
      reason: NO_WARNING,
    })),
  };
  return {
    entry,
    parts: [...medicines, ...tests].map(({ part }) => part),
    // Prescriptions of one patient are held against each other in their order.
    lane: patientId ?? entry.id,
    at,
    steps: [step(PrescriptionCommand, prescription, id, { type: 'IssuePrescription', data }, { onBehalfOf: doctorId })],
    followUp: (load) => therapySteps(id, at, known, load),
  };
};

/** What is still taken on the last day counts for whoever prescribes next. */
const therapySteps = async (id: string, at: string, known: Known, load: Load): Promise<readonly Step[]> => {
  const issued = await load(prescription, id);
  const lasts = issued?.medicines.some(
    ({ days, open }) => open || (days !== undefined && Date.parse(at) + days * 86_400_000 > Date.parse(known.asOf)),
  );
  if (!issued || !lasts) return [];
  const { patientId, medicines } = issued;
  const { message } = recordTherapy({ prescriptionId: id, patientId, medicines, at });
  return [step(TherapyCommand, therapy, patientId, message as never)];
};

const medicineOf = (row: Row) => {
  const part = new Entry('doctor_prescription_medicine', row);
  const name = lineOf(row.medicine_name);
  if (!name) part.mend('medicine_name', 'none was given', 'recorded as not told');
  const [frequency, duration] = [lineOf(row.frequency), lineOf(row.duration)];
  if (!/^\d\+\d\+\d$/.test(String(row.frequency)))
    part.mend('frequency', 'another notation', readAs(frequency, frequency && readPosology(frequency)), true);
  if (!/^\d+days$/.test(String(row.duration)))
    part.mend('duration', 'another notation', readAs(duration, duration && readDuration(duration)), true);
  // The original's "quantity" is how strong the medicine is, or how much is taken at a time.
  const given = lineOf(row.quantity);
  if (/^\d+$/.test(given ?? '')) part.mend('quantity', 'a bare number', 'kept as the dose, without a unit', true);
  const isStrength = /\d\s*(?:mc?g|g|iu|%)\b/i.test(given ?? '');
  const [meal, instruction] = [lineOf(row.relation_with_meal), textOf(row.instruction)];
  return {
    part,
    words: {
      name: name ?? 'Not told',
      ...(given && (isStrength ? { strength: given } : { dose: given })),
      ...(frequency && { frequency }),
      ...(duration && { duration }),
      ...(meal && { meal }),
      ...(instruction && { instruction }),
    },
  };
};

const readAs = (words: string | undefined, understood: unknown): string =>
  words === undefined
    ? 'nothing stands there'
    : understood
      ? 'read; the words stand beside'
      : 'not understood; the words stand alone';

/** Prices and payments of tests belong to the laboratory, which is not here yet: they are kept as received. */
const testOf = (row: Row, known: Known) => {
  const part = new Entry('doctor_prescription_test', row);
  part.kept = 'noPlace';
  const price = paisaOf(row.test_info_price);
  if (price === undefined) part.mend('test_info_price', 'none can be read', 'kept as received');
  else if (!/^\d+$/.test(String(row.test_info_price))) part.mend('test_info_price', 'a text', 'kept as received');
  const paid = known
    .by('doctor_testcart', 'item_id', row.test_id)
    .flatMap(({ id }) => known.by('doctor_testorder_orderitems', 'testcart_id', id))
    .some(({ testorder_id: order }) => known.row('doctor_testorder', order)?.payment_status === 'VALID');
  if (paid && row.test_info_pay_status !== 'Paid')
    part.mend('test_info_pay_status', 'paid, but not marked', 'kept as received');
  if (!paid && row.test_info_pay_status === 'Paid')
    part.mend('test_info_pay_status', 'marked Paid without a paid order', 'kept as received');
  const description = textOf(row.test_description);
  return { part, words: { name: lineOf(row.test_name) ?? 'Not told', ...(description && { description }) } };
};
