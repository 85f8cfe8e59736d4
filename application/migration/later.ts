import { Entry, type Plan, type Row, type Table, type Value } from './entry.js';
import type { Known } from './known.js';
import { instantOf } from './reading.js';

/** Tables of the laboratory and of reviews, which are not here yet, with what tells whom a row is about. */
const LATER: Readonly<
  Partial<Record<Table, (row: Row, known: Known) => { patient?: Value; doctor?: Value; user?: Value }>>
> = {
  hospital_admin_test_information: () => ({}),
  doctor_report: (row) => whose(row),
  doctor_specimen: (row, known) => whose(known.row('doctor_report', row.report_id)),
  doctor_test: (row, known) => whose(known.row('doctor_report', row.report_id)),
  doctor_testcart: ({ user_id }) => ({ user: user_id! }),
  doctor_testorder: ({ user_id }) => ({ user: user_id! }),
  doctor_testorder_orderitems: ({ testorder_id }, known) => ({
    user: known.row('doctor_testorder', testorder_id)?.user_id ?? null,
  }),
  doctor_doctor_review: (row) => whose(row),
  report_pdf_report_pdf: (row) => whose(row),
};

const whose = (row: Row | undefined) => ({ patient: row?.patient_id ?? null, doctor: row?.doctor_id ?? null });

/** Rows that are kept as received until their feature is here, so that nothing has to be imported twice. */
export const laterPlans = (known: Known): Plan[][] => [
  Object.entries(LATER).flatMap(([table, about]) =>
    known.rows(table as Table).map((row) => {
      const entry = new Entry(table as Table, row);
      entry.kept = 'laterFeature';
      const { patient, doctor, user } = about(row, known);
      entry.about = {
        patientId: known.patient(patient) ?? known.patientOfUser(user),
        doctorId: known.doctor(doctor),
      };
      return {
        entry,
        lane: `${table} ${entry.id}`,
        at: instantOf(row.created) ?? `${known.asOf}T00:00:00.000Z`,
        steps: [],
      };
    }),
  ),
];
