import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** The tables of the original with their columns, the key first. */
const COLUMNS: Readonly<Record<string, string>> = {
  hospital_user:
    'id password last_login is_superuser username first_name last_name email is_staff is_active date_joined is_patient is_doctor is_hospital_admin is_labworker is_pharmacist login_status',
  hospital_hospital_information:
    'hospital_id name address featured_image description email phone_number hospital_type general_bed_no available_icu_no regular_cabin_no emergency_cabin_no vip_cabin_no',
  hospital_patient:
    'patient_id name username age email phone_number address featured_image blood_group history dob nid serial_number user_id login_status',
  hospital_admin_hospital_department: 'hospital_department_id hospital_department_name featured_image hospital_id',
  hospital_admin_specialization: 'specialization_id specialization_name hospital_id',
  hospital_admin_service: 'service_id service_name hospital_id',
  hospital_admin_test_information: 'test_id test_name test_price',
  hospital_admin_admin_information: 'admin_id username name featured_image phone_number email role user_id hospital_id',
  hospital_admin_clinical_laboratory_technician:
    'technician_id name username age email phone_number featured_image user_id hospital_id',
  doctor_doctor_information:
    'doctor_id name username gender description department featured_image certificate_image email phone_number visiting_hour consultation_fee report_fee dob institute degree completion_year work_place designation start_year end_year register_status department_name_id hospital_name_id specialization_id user_id nid',
  doctor_education: 'education_id degree institute year_of_completion doctor_id',
  doctor_experience: 'experience_id work_place_name from_year to_year designation doctor_id',
  doctor_appointment:
    'id date time appointment_type appointment_status serial_number payment_status transaction_id doctor_id patient_id message',
  doctor_prescription:
    'prescription_id medicine_name quantity days time medicine_description test_name test_description doctor_id patient_id extra_information relation_with_meal create_date',
  doctor_prescription_medicine:
    'medicine_id medicine_name quantity duration frequency relation_with_meal instruction prescription_id',
  doctor_prescription_test:
    'test_id test_name test_description prescription_id test_info_price test_info_pay_status test_info_id',
  doctor_report:
    'report_id specimen_id specimen_type collection_date receiving_date test_name result unit referred_value delivery_date doctor_id patient_id other_information',
  doctor_specimen: 'specimen_id specimen_type collection_date receiving_date report_id',
  doctor_test: 'test_id test_name result unit referred_value report_id',
  doctor_testcart: 'id purchased created updated item_id user_id name',
  doctor_testorder: 'id ordered created payment_status trans_ID user_id',
  doctor_testorder_orderitems: 'id testorder_id testcart_id',
  doctor_doctor_review: 'review_id title message doctor_id patient_id',
  pharmacy_pharmacist: 'pharmacist_id name username degree featured_image email phone_number age user_id',
  pharmacy_medicine:
    'serial_number medicine_id name weight quantity featured_image description medicine_type medicine_category price stock_quantity Prescription_reqiuired',
  pharmacy_cart: 'id quantity purchased created updated item_id user_id',
  pharmacy_order: 'id ordered created trans_ID user_id payment_status',
  pharmacy_order_orderitems: 'id order_id cart_id',
  sslcommerz_payment:
    'payment_id invoice_number payment_type name email phone address city country transaction_id val_transaction_id currency_amount consulation_fee report_fee card_type card_no bank_transaction_id status transaction_date currency card_issuer card_brand appointment_id patient_id order_id test_order_id prescription_id',
  ChatApp_chatmessages: 'id message date_created user_from_id user_to_id',
  report_pdf_report_pdf:
    'report_pdf_id specimen_id specimen_type collection_date receiving_date test_name result unit referred_value delivery_date doctor_id patient_id',
};

export type LegacyRow = Readonly<Record<string, string | number | null>>;

/** A database of the original, to be filled by a test or a bench. Columns that are not given are NULL. */
export class LegacyDatabase {
  private readonly db: DatabaseSync;
  private readonly inserts = new Map<string, StatementSync>();

  constructor(file: string) {
    this.db = new DatabaseSync(file);
    this.db.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;');
    for (const [table, columns] of Object.entries(COLUMNS)) {
      const [key, ...others] = columns.split(' ');
      // Without a type a column takes what it is given, as SQLite's own loose typing did for the original.
      this.db.exec(`CREATE TABLE "${table}" ("${key}" INTEGER PRIMARY KEY, ${others.map((o) => `"${o}"`).join(', ')})`);
    }
    this.db.exec('BEGIN');
  }

  /** Inserts a row and gives its key. */
  insert(table: string, row: LegacyRow): number {
    const columns = COLUMNS[table]!.split(' ');
    const unknown = Object.keys(row).find((column) => !columns.includes(column));
    if (unknown !== undefined) throw new Error(`${table} has no column ${unknown}.`);
    const statement =
      this.inserts.get(table) ??
      this.db.prepare(`INSERT INTO "${table}" VALUES (${columns.map((column) => `$${column}`).join(', ')})`);
    this.inserts.set(table, statement);
    const values = Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
    return Number(statement.run(values).lastInsertRowid);
  }

  close(): void {
    this.db.exec('COMMIT');
    this.db.close();
  }
}

const DAY_MS = 86_400_000;
const day = (n: number): string => new Date(Date.parse('2025-01-01') + n * DAY_MS).toISOString().slice(0, 10);

/** A database without faults: each patient has one account and so many visits, each paid, prescribed at, written about. */
export const fillWithVisits = (
  db: LegacyDatabase,
  size: { readonly patients: number; readonly visits: number },
): void => {
  const doctors = 20;
  for (let h = 1; h <= 3; h++) {
    db.insert('hospital_hospital_information', { name: `Hospital ${h}`, address: 'Dhaka', hospital_type: 'public' });
    db.insert('hospital_admin_hospital_department', { hospital_department_name: 'Medicine', hospital_id: h });
    db.insert('hospital_admin_specialization', { specialization_name: 'Heart', hospital_id: h });
  }
  const user = (n: number, flag: string) =>
    db.insert('hospital_user', {
      ...{ username: `user${n}`, password: 'pbkdf2_sha256$1000$c2FsdA$aGFzaA==', email: `user${n}@example.com` },
      ...{ first_name: '', last_name: '', is_active: 1, is_superuser: 0, date_joined: '2024-12-01 06:00:00' },
      [flag]: 1,
    });
  for (let d = 1; d <= doctors; d++) {
    const hospital = (d % 3) + 1;
    db.insert('doctor_doctor_information', {
      ...{ name: `Doctor ${d}`, username: `user${d}`, visiting_hour: '10 am - 4 pm', user_id: user(d, 'is_doctor') },
      ...{ consultation_fee: 500, report_fee: 200, register_status: 'Accepted', hospital_name_id: hospital },
      ...{ department_name_id: hospital, specialization_id: hospital },
    });
  }
  for (let p = 1; p <= size.patients; p++)
    db.insert('hospital_patient', {
      ...{ name: `Patient ${p}`, username: `user${doctors + p}`, user_id: user(doctors + p, 'is_patient') },
      ...{ dob: '1990-05-17', phone_number: 1_712_345_678, blood_group: 'A+', serial_number: `#PT${100_000 + p}` },
    });
  for (let v = 0; v < size.visits; v++) visit(db, v, doctors, size.patients);
};

const visit = (db: LegacyDatabase, v: number, doctors: number, patients: number): void => {
  const [doctor, patient] = [(v % doctors) + 1, ((v * 7) % patients) + 1];
  const turn = Math.floor(v / doctors);
  const date = day(Math.floor(turn / 20));
  const minutes = 10 * 60 + (turn % 20) * 15;
  const time = `${((Math.floor(minutes / 60) + 11) % 12) + 1}:${String(minutes % 60).padStart(2, '0')} ${minutes < 720 ? 'am' : 'pm'}`;
  const appointment = db.insert('doctor_appointment', {
    ...{ date, time, appointment_type: 'checkup', appointment_status: 'confirmed', payment_status: 'VALID' },
    ...{ serial_number: `S${String(v).padStart(7, '0')}`, doctor_id: doctor, patient_id: patient },
  });
  db.insert('sslcommerz_payment', {
    ...{ invoice_number: `#INV-${v}`, payment_type: 'appointment', transaction_id: `SSLCZ_TEST_${v}`, status: 'VALID' },
    ...{ val_transaction_id: `V${v}`, currency_amount: '700.00', consulation_fee: '500', report_fee: '200' },
    ...{ bank_transaction_id: `B${v}`, transaction_date: `${date} 09:00:00`, currency: 'BDT' },
    ...{ appointment_id: appointment, patient_id: patient, phone: '01712345678' },
  });
  const prescription = db.insert('doctor_prescription', { doctor_id: doctor, patient_id: patient, create_date: date });
  for (const name of ['Napa', 'Seclo'])
    db.insert('doctor_prescription_medicine', {
      ...{ medicine_name: name, quantity: '500mg', frequency: '1+0+1', duration: '5days' },
      ...{ relation_with_meal: 'after eating', prescription_id: prescription },
    });
  for (const back of [0, 1])
    db.insert('ChatApp_chatmessages', {
      ...{ message: `Message ${v} ${back}`, date_created: `${date} 12:0${back}:00.000001` },
      ...{ user_from_id: back ? doctor : doctors + patient, user_to_id: back ? doctors + patient : doctor },
    });
};
