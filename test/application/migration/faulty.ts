import { pbkdf2Sync } from 'node:crypto';
import { LegacyDatabase, type LegacyRow } from '../../../bench/legacy-database.js';

/** Where a fault was planted and what becomes of it. */
export interface Fault {
  readonly kind: string;
  readonly table: string;
  readonly id: string;
  readonly outcome: 'imported' | 'mended' | 'refused';
}

export const OLD_PASSWORD = 'an old password';

const djangoHash = (password: string): string =>
  `pbkdf2_sha256$1000$c2FsdA$${pbkdf2Sync(password, 'c2FsdA', 1000, 32, 'sha256').toString('base64')}`;

/** A small database of the original with every kind of fault once; the last day that it tells of is 2025-06-30. */
export const makeFaultyDatabase = (file: string): Fault[] => {
  const db = new LegacyDatabase(file);
  const faults: Fault[] = [];
  const put = (table: string, row: LegacyRow): number => db.insert(table, row);
  const plant = (kind: string, outcome: Fault['outcome'], table: string, row: LegacyRow): number => {
    const id = put(table, row);
    faults.push({ kind, table, id: String(id), outcome });
    return id;
  };
  const password = djangoHash(OLD_PASSWORD);
  const user = (username: string, more: LegacyRow = {}): LegacyRow => ({
    ...{ username, password, email: `${username.toLowerCase()}@example.com`, first_name: '', last_name: '' },
    ...{
      is_active: 1,
      is_superuser: 0,
      is_patient: 1,
      date_joined: '2025-01-05 06:00:00',
      last_login: '2025-06-30 08:00:00',
    },
    ...more,
  });

  // Hospitals and their units.
  for (const name of ['Shapla', 'Meghna']) {
    const hospital_id = put('hospital_hospital_information', {
      name,
      address: 'Dhaka',
      hospital_type: 'private',
      phone_number: 16_000,
    });
    put('hospital_admin_hospital_department', { hospital_department_name: 'Medicine', hospital_id });
    put('hospital_admin_specialization', { specialization_name: 'Heart', hospital_id });
    put('hospital_admin_service', { service_name: 'Ambulance', hospital_id });
  }
  const neurology = put('hospital_admin_hospital_department', {
    hospital_department_name: 'Neurology',
    hospital_id: 2,
  });

  // Patients.
  const patientUser = put('hospital_user', user('rahim'));
  const patient = put('hospital_patient', {
    ...{ name: 'Rahim Uddin', user_id: patientUser, phone_number: '01712345678', dob: '1990-05-17', age: 35 },
    ...{ blood_group: 'A+', nid: '9123456789', serial_number: '#PT000001' },
  });
  let others = 0;
  const faultyPatient = (kind: string, row: LegacyRow, outcome: Fault['outcome'] = 'mended'): number => {
    const user_id = put('hospital_user', user(`patient${++others}`));
    return plant(kind, outcome, 'hospital_patient', { name: `Patient ${others}`, user_id, ...row });
  };
  faultyPatient('patient_name_null', { name: null, username: 'patient1' });
  plant('patient_user_null', 'mended', 'hospital_patient', { name: 'Nobody', user_id: null });
  plant('patient_user_dangling', 'mended', 'hospital_patient', { name: 'Lost', user_id: 9_999 });
  faultyPatient('patient_age_contradicts_dob', { dob: '1990-05-17', age: 50 });
  faultyPatient('patient_dob_is_join_date', { dob: '2025-01-05' });
  faultyPatient('patient_dob_iso', { dob: '1990-05-17' }, 'imported');
  faultyPatient('patient_dob_slash', { dob: '18/09/1992' });
  faultyPatient('patient_dob_month_name', { dob: '18-Sep-1992' });
  faultyPatient('patient_dob_missing', { dob: '', age: 30 });
  faultyPatient('patient_phone_lost_zero', { phone_number: 1_712_345_678 });
  faultyPatient('patient_phone_with_country_code', { phone_number: 8_801_712_345_678 });
  faultyPatient('patient_phone_too_short', { phone_number: 12_345 });
  faultyPatient('patient_phone_null', { phone_number: null }, 'imported');
  faultyPatient('patient_nid_not_digits', { nid: 'passport E1' });
  faultyPatient('patient_serial_duplicate', { serial_number: '#PT000001' }, 'imported');
  const secondPatient = faultyPatient('text_html', { name: 'Bikash <script>alert(1)</script>' }, 'imported');

  // Users.
  plant('user_without_profile', 'mended', 'hospital_user', user('bare'));
  const known = (username: string, more: LegacyRow = {}): LegacyRow => user(username, { is_patient: 0, ...more });
  put('hospital_user', known('Karim'));
  const twin = plant(
    'username_differs_only_in_case',
    'imported',
    'hospital_user',
    user('karim', { email: 'k@example.com' }),
  );
  put('hospital_patient', { name: 'Karim', user_id: twin });
  put('hospital_user', user('kin1', { email: 'family@example.com' }));
  const kin = plant('user_email_shared', 'imported', 'hospital_user', user('kin2', { email: 'family@example.com' }));
  put('hospital_patient', { name: 'Kin', user_id: kin });
  plant('user_email_empty', 'mended', 'hospital_user', user('silent', { email: '' }));
  plant('user_password_unusable', 'mended', 'hospital_user', user('shut', { password: '!unusable' }));
  const twoRoles = plant('user_two_roles', 'imported', 'hospital_user', user('both', { is_doctor: 1 }));
  put('hospital_patient', { name: 'Both', user_id: twoRoles });

  // Doctors.
  let doctors = 0;
  const doctorRow = (more: LegacyRow = {}): LegacyRow => {
    const user_id = put('hospital_user', user(`doctor${++doctors}`, { is_patient: 0, is_doctor: 1 }));
    return {
      ...{ name: `Doctor ${doctors}`, username: `doctor${doctors}`, user_id, register_status: 'Accepted' },
      ...{ hospital_name_id: 1, department_name_id: 1, specialization_id: 1 },
      ...{ visiting_hour: '10 am - 2 pm', consultation_fee: 500, report_fee: 200, phone_number: '01712345678' },
      ...more,
    };
  };
  const first = doctorRow();
  const doctor = put('doctor_doctor_information', first);
  const doctorUser = Number(first.user_id);
  const plantDoctor = (kind: string, more: LegacyRow): number =>
    plant(kind, 'mended', 'doctor_doctor_information', doctorRow(more));
  plantDoctor('doctor_name_null', { name: null });
  plantDoctor('doctor_accepted_without_hospital', { hospital_name_id: null });
  plantDoctor('doctor_department_of_other_hospital', { department_name_id: neurology });
  plantDoctor('doctor_fee_null', { consultation_fee: null });
  plantDoctor('doctor_phone_lost_zero', { phone_number: '1712345678' });
  put('doctor_doctor_information', doctorRow({ register_status: 'Pending' }));
  put('doctor_doctor_information', doctorRow({ register_status: 'Rejected' }));
  put('doctor_education', { degree: 'MBBS', institute: 'Dhaka', year_of_completion: '2009', doctor_id: doctor });
  put('doctor_experience', {
    work_place_name: 'Shapla',
    from_year: '2012',
    to_year: 'Present',
    designation: 'Doctor',
    doctor_id: doctor,
  });
  const pharmacist = put('hospital_user', user('pharmacist', { is_patient: 0, is_pharmacist: 1 }));
  plant('pharmacist_name_null', 'mended', 'pharmacy_pharmacist', { name: null, user_id: pharmacist });
  const worker = put('hospital_user', user('worker', { is_patient: 0, is_labworker: 1 }));
  put('hospital_admin_clinical_laboratory_technician', { name: 'Lab', user_id: worker, hospital_id: 1 });
  const chief = put('hospital_user', user('chief', { is_patient: 0, is_hospital_admin: 1 }));
  put('hospital_admin_admin_information', { name: 'Chief', user_id: chief, hospital_id: 2, role: 'hospital' });

  // Medicines, baskets and orders.
  const medicine = (name: string, more: LegacyRow = {}): LegacyRow => ({
    ...{ name, weight: '500 mg', quantity: 10, medicine_type: 'tablets', medicine_category: 'fever', price: 20 },
    ...{ stock_quantity: 80, Prescription_reqiuired: 'no', ...more },
  });
  const napa = put('pharmacy_medicine', medicine('Napa'));
  const plantMedicine = (kind: string, more: LegacyRow) =>
    plant(kind, 'mended', 'pharmacy_medicine', medicine(kind, more));
  plantMedicine('medicine_category_nurological', { medicine_category: 'nurological' });
  plantMedicine('medicine_stock_negative', { stock_quantity: -3 });
  plantMedicine('medicine_stock_null', { stock_quantity: null });
  plantMedicine('medicine_price_text', { price: 'Tk 500' });
  const priceless = plantMedicine('medicine_price_null', { price: null });
  const order = (items: readonly (readonly [number, number])[], more: LegacyRow, kind?: string): number => {
    const row = { ordered: 1, created: '2025-06-01 10:00:00.5', user_id: patientUser, ...more };
    const id = kind ? plant(kind, 'mended', 'pharmacy_order', row) : put('pharmacy_order', row);
    for (const [item_id, quantity] of items) {
      const cart = { quantity, purchased: 0, created: '2025-06-01 10:00:00', item_id, user_id: patientUser };
      const cart_id =
        item_id === priceless
          ? plant('cart_price_unusable', 'mended', 'pharmacy_cart', cart)
          : put('pharmacy_cart', cart);
      put('pharmacy_order_orderitems', { order_id: id, cart_id });
    }
    return id;
  };
  order([[napa, 3]], { payment_status: null, ordered: 0 });
  order([[napa, 3]], { payment_status: 'VALID', trans_ID: 'T_ORDER_1' });
  order([[napa, 1]], { payment_status: 'VALID', trans_ID: 'T_ORDER_2', ordered: 0 }, 'order_paid_not_ordered');
  order([], { payment_status: 'VALID', trans_ID: 'T_ORDER_3' }, 'order_paid_without_items');
  order([[priceless, 2]], { payment_status: null, ordered: 0 });

  // Appointments.
  let serial = 0;
  const visit = (more: LegacyRow = {}): LegacyRow => ({
    ...{ date: '2025-05-05', time: `${10 + (++serial % 2)}:${10 + serial} am`, appointment_type: 'checkup' },
    ...{ appointment_status: 'confirmed', serial_number: `VISIT${String(serial).padStart(3, '0')}` },
    ...{ payment_status: 'pending', doctor_id: doctor, patient_id: patient, ...more },
  });
  const plantVisit = (kind: string, outcome: Fault['outcome'], more: LegacyRow) =>
    plant(kind, outcome, 'doctor_appointment', visit(more));
  const booked = put('doctor_appointment', visit({ time: '9:00 am', payment_status: 'VALID' }));
  plantVisit('double_booked_slot', 'mended', { time: '9:00 am', patient_id: secondPatient });
  plantVisit('double_submit', 'mended', { time: '9:00 am' });
  put('doctor_appointment', visit({ time: '9:30 am', appointment_status: 'cancelled' }));
  plantVisit('slot_rebooked_after_cancel', 'imported', { time: '9:30 am' });
  plantVisit('past_still_pending', 'mended', { appointment_status: 'pending' });
  plantVisit('time_unparsable', 'mended', { time: 'evening' });
  plantVisit('time_unparsable ahead', 'refused', { time: 'evening', date: '2025-07-07' });
  plantVisit('time_null', 'mended', { time: null });
  plantVisit('time_other_spelling', 'mended', { time: '৩:০৫ pm' });
  plantVisit('date_null', 'refused', { date: null });
  plantVisit('date_far_future', 'refused', { date: '2205-05-05' });
  plantVisit('appointment_doctor_null', 'refused', { doctor_id: null });
  plantVisit('appointment_patient_null', 'refused', { patient_id: null });
  put('doctor_appointment', visit({ transaction_id: 'T_SAME' }));
  plantVisit('appointment_duplicate_transaction', 'imported', { transaction_id: 'T_SAME' });
  plantVisit('appointment_valid_without_payment', 'mended', { payment_status: 'VALID' });
  const paidPending = plantVisit('appointment_pending_despite_payment', 'mended', {});
  const paidTwice = plantVisit('appointment_paid_twice', 'imported', { payment_status: 'VALID' });

  // Payments.
  let payments = 0;
  const payment = (more: LegacyRow = {}): LegacyRow => ({
    ...{
      invoice_number: `#INV-${++payments}`,
      payment_type: 'appointment',
      transaction_id: `T_${payments}`,
      status: 'VALID',
    },
    ...{ val_transaction_id: `V${payments}`, currency_amount: '700.00', consulation_fee: '500', report_fee: '200' },
    ...{ bank_transaction_id: `B${payments}`, transaction_date: '2025-05-01 02:00:00', currency: 'BDT' },
    ...{ appointment_id: booked, patient_id: patient, phone: '01712345678', name: 'rahim', ...more },
  });
  const plantPayment = (kind: string, outcome: Fault['outcome'], more: LegacyRow) =>
    plant(kind, outcome, 'sslcommerz_payment', payment(more));
  const nothing = { status: null, currency_amount: null, val_transaction_id: null, transaction_date: null };
  plantPayment('payment_abandoned', 'imported', nothing);
  put('sslcommerz_payment', payment());
  plantPayment('payment_pending_after_valid', 'mended', { status: 'PENDING', val_transaction_id: null });
  plantPayment('payment_failed', 'imported', { status: 'FAILED', val_transaction_id: null });
  const fresh = () => put('doctor_appointment', visit({ payment_status: 'VALID', date: `2025-04-${10 + payments}` }));
  plantPayment('payment_amount_differs_from_fee', 'mended', { appointment_id: fresh(), currency_amount: '650.00' });
  plantPayment('payment_amount_text', 'mended', { appointment_id: fresh(), currency_amount: 'Tk 700' });
  plantPayment('payment_fee_not_current_fee', 'imported', {
    appointment_id: fresh(),
    consulation_fee: '400',
    currency_amount: '600',
  });
  put('sslcommerz_payment', payment({ appointment_id: paidPending }));
  put('sslcommerz_payment', payment({ appointment_id: paidTwice }));
  plantPayment('payment_second_valid', 'mended', { appointment_id: paidTwice });
  plantPayment('payment_validated', 'mended', { appointment_id: fresh(), status: 'VALIDATED' });
  put('sslcommerz_payment', payment({ appointment_id: fresh(), transaction_id: 'T_TWICE' }));
  plantPayment('payment_duplicate_transaction', 'imported', { appointment_id: fresh(), transaction_id: 'T_TWICE' });
  plantPayment('payment_valid_without_appointment', 'refused', { appointment_id: null });
  plantPayment('payment_patient_is_not_appointments', 'mended', { appointment_id: fresh(), patient_id: secondPatient });
  put('sslcommerz_payment', payment({ appointment_id: fresh(), invoice_number: '#INV-same' }));
  plantPayment('payment_invoice_collision', 'mended', { appointment_id: fresh(), invoice_number: '#INV-same' });
  plantPayment('payment_phone_lost_zero', 'mended', { appointment_id: fresh(), phone: '1712345678' });
  const pharmacy = { payment_type: 'pharmacy', appointment_id: null, consulation_fee: null, report_fee: null };
  put('sslcommerz_payment', payment({ ...pharmacy, transaction_id: 'T_ORDER_1', currency_amount: '100.00' }));
  plantPayment('payment_amount_differs_from_order', 'mended', {
    ...pharmacy,
    transaction_id: 'T_ORDER_2',
    currency_amount: '90.00',
  });
  put('sslcommerz_payment', payment({ ...pharmacy, transaction_id: 'T_ORDER_3', currency_amount: '340.00' }));
  put('sslcommerz_payment', payment({ ...pharmacy, payment_type: 'test', transaction_id: 'T_TEST' }));
  put('sslcommerz_payment', payment({ ...nothing, payment_type: null, status: 'Pending' }));

  // Prescriptions.
  const prescription = (more: LegacyRow = {}): LegacyRow => ({
    ...{ doctor_id: doctor, patient_id: patient, create_date: '2025-05-05', extra_information: 'drink water', ...more },
  });
  const written = put('doctor_prescription', prescription());
  const plantMeds = (kind: string, more: LegacyRow) =>
    plant(kind, 'mended', 'doctor_prescription_medicine', {
      ...{ medicine_name: 'Napa', quantity: '500mg', frequency: '1+0+1', duration: '30days', prescription_id: written },
      ...more,
    });
  plantMeds('frequency_other_notation', { frequency: '১+০+১' });
  plantMeds('duration_other_notation', { duration: '2 weeks' });
  plantMeds('dose_without_unit', { quantity: '50' });
  const testRow = { test_name: 'CBC', prescription_id: written, test_info_price: '500' };
  plant('prescription_test_price_text', 'mended', 'doctor_prescription_test', { ...testRow, test_info_price: '৫০০' });
  plant('prescription_test_price_missing', 'mended', 'doctor_prescription_test', { ...testRow, test_info_price: null });
  plant('test_marked_paid_without_order', 'mended', 'doctor_prescription_test', {
    ...testRow,
    test_info_pay_status: 'Paid',
  });
  const unmarked = plant('test_paid_not_marked', 'mended', 'doctor_prescription_test', testRow);
  plant('prescription_without_any_appointment', 'imported', 'doctor_prescription', prescription({ doctor_id: 2 }));
  plant('prescription_patient_null', 'refused', 'doctor_prescription', prescription({ patient_id: null }));
  plant('prescription_date_other_format', 'mended', 'doctor_prescription', prescription({ create_date: '18/05/2025' }));

  // Chat.
  let seconds = 10;
  const message = (text: string, more: LegacyRow = {}): LegacyRow => ({
    ...{
      message: text,
      date_created: `2025-06-30 10:00:${(seconds += 1)}.5`,
      user_from_id: patientUser,
      user_to_id: doctorUser,
    },
    ...more,
  });
  const plantMessage = (kind: string, outcome: Fault['outcome'], text: string, more: LegacyRow = {}) =>
    plant(kind, outcome, 'ChatApp_chatmessages', message(text, more));
  put('ChatApp_chatmessages', message('আমার জ্বর।'));
  plantMessage('chat_sent_twice', 'refused', 'আমার জ্বর।');
  put('ChatApp_chatmessages', message('Rest.', { user_from_id: doctorUser, user_to_id: patientUser }));
  plantMessage('chat_without_appointment', 'refused', 'hello', { user_from_id: pharmacist });
  plantMessage('chat_to_oneself', 'refused', 'note', { user_to_id: patientUser });
  plantMessage('chat_blank', 'refused', ' \n ');
  plantMessage('chat_very_long', 'mended', 'word '.repeat(1_000));
  plantMessage('chat_nul_character', 'mended', 'fe\u0000ver');
  plantMessage('chat_bidi_or_zero_width', 'mended', 'no\u202ete');
  plantMessage('text_not_nfc', 'mended', 'cafe\u0301');

  // What comes later is kept as it was received, whatever is wrong with it.
  const keep = (kind: string, table: string, row: LegacyRow) => plant(kind, 'imported', table, row);
  keep('test_price_text', 'hospital_admin_test_information', { test_name: 'CBC', test_price: 'Tk 500' });
  keep('test_price_null', 'hospital_admin_test_information', { test_name: 'TSH', test_price: null });
  const report_id = keep('report_delivered_before_collection', 'doctor_report', {
    doctor_id: doctor,
    patient_id: patient,
    delivery_date: '2025-05-01',
  });
  put('doctor_specimen', { specimen_type: 'blood', collection_date: '2025-05-04', report_id });
  keep('lab_result_empty', 'doctor_test', { test_name: 'TSH', result: '', report_id });
  keep('lab_result_not_a_number', 'doctor_test', { test_name: 'TSH', result: 'positive', report_id });
  const testcart_id = put('doctor_testcart', {
    created: '2025-06-01 10:00:00',
    item_id: unmarked,
    user_id: patientUser,
  });
  const testorder_id = keep('test_order_paid_not_ordered', 'doctor_testorder', {
    ordered: 0,
    payment_status: 'VALID',
    user_id: patientUser,
  });
  put('doctor_testorder_orderitems', { testorder_id, testcart_id });
  keep('review_message_null', 'doctor_doctor_review', { title: 'ok', doctor_id: doctor, patient_id: patient });
  keep('review_doubled', 'doctor_doctor_review', { title: 'ok', doctor_id: doctor, patient_id: patient });
  put('report_pdf_report_pdf', { test_name: 'CBC', doctor_id: doctor, patient_id: patient });
  db.close();
  return faults;
};
