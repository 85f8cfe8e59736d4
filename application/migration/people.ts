import { account } from '../../domain/identity/account.js';
import { Email } from '../../domain/identity/mail.js';
import type { RoleHeld } from '../../domain/identity/roles.js';
import { ageOn, BLOOD_GROUPS, patient } from '../../domain/patients/patient.js';
import { AccountCommand } from '../identity.js';
import { PatientCommand } from '../patients.js';
import { practitioner } from '../../domain/practitioners/practitioner.js';
import { PractitionerCommand } from '../practitioners.js';
import { Entry, type Plan, type Row, step, type Table, type Value } from './entry.js';
import { hospitalIdOf } from './hospitals.js';
import type { Known } from './known.js';
import { countOf, dayOf, instantOf, lineOf, phoneOf, textOf } from './reading.js';

/** Accounts, then patients, then staff. */
export const peoplePlans = (known: Known): Plan[][] => [
  known.rows('hospital_user').map((row) => accountPlan(row, known, loginsOf(known), emailsOf(known))),
  known.rows('hospital_patient').map((row) => patientPlan(row, known)),
  STAFF.flatMap((table) => known.rows(table).map((row) => staffPlan(table, row, known))),
];

const counted = (known: Known, of: (row: Row) => string): ((row: Row) => number) => {
  const counts = new Map<string, number>();
  for (const row of known.rows('hospital_user')) counts.set(of(row), (counts.get(of(row)) ?? 0) + 1);
  return (row) => counts.get(of(row)) ?? 0;
};
const cached = <R>(of: (known: Known) => R) => {
  const kept = new WeakMap<Known, R>();
  return (known: Known): R => {
    const held = kept.get(known) ?? of(known);
    kept.set(known, held);
    return held;
  };
};
const loginsOf = cached((known) => counted(known, ({ username }) => String(username).toLowerCase()));
const emailsOf = cached((known) => counted(known, ({ email }) => String(email ?? '').toLowerCase()));

const PROFILES = [
  'hospital_patient',
  'doctor_doctor_information',
  'hospital_admin_admin_information',
  'hospital_admin_clinical_laboratory_technician',
  'pharmacy_pharmacist',
] as const;

const accountPlan = (
  row: Row,
  known: Known,
  sameLogin: (row: Row) => number,
  sameEmail: (row: Row) => number,
): Plan => {
  const entry = new Entry('hospital_user', row);
  const id = known.account(row.id)!;
  entry.about = { ...(row.is_patient === 1 && { patientId: id }) };
  const profiles = PROFILES.flatMap((table) => known.by(table, 'user_id', row.id));
  const login = lineOf(row.username) ?? '';
  const fullName = lineOf(`${row.first_name ?? ''} ${row.last_name ?? ''}`);
  const name = profiles.map((profile) => lineOf(profile.name)).find(Boolean) ?? fullName ?? login;

  const twin = sameLogin(row) > 1;
  if (twin) entry.note('username', 'another one differs in capitals only; both log in as they did');
  const email = Email.safeParse(row.email).data;
  if (!email) entry.mend('email', lineOf(row.email) ? 'no address' : 'empty', 'left out: no mail can be sent');
  else if (sameEmail(row) > 1) entry.note('email', 'several people share it; they log in by user name');

  const shut = String(row.password).startsWith('!') || row.is_active === 0;
  if (shut) entry.mend('password', row.is_active === 0 ? 'the user is not active' : 'cannot be used', 'no password');
  const flags = ['is_patient', 'is_doctor', 'is_hospital_admin', 'is_labworker', 'is_pharmacist'];
  if (flags.filter((flag) => row[flag] === 1).length > 1)
    entry.note('roles', 'plays more than one part; keeps them all');

  const roles: RoleHeld[] = [
    ...(row.is_superuser === 1 ? [{ role: 'hospitalAdministrator' as const }] : []),
    ...(row.is_patient === 1 ? [{ role: 'patient' as const }] : []),
    ...(row.is_doctor === 1 ? [{ role: 'doctor' as const }] : []),
  ];
  const bare = profiles.length === 0 && row.is_superuser !== 1;
  if (bare) entry.mend('profile', 'there is none', 'an empty one begins for a patient or a doctor', true);
  const begin = { type: 'BeginProfile' as const, data: { name } };
  return {
    entry,
    lane: id,
    at: known.joined(row.id),
    admission: { accountId: id, login, email, name, roles, passwordHash: shut ? null : String(row.password), twin },
    steps: [
      ...(bare && row.is_patient === 1 ? [step(PatientCommand, patient, id, begin)] : []),
      ...(bare && row.is_doctor === 1 ? [step(PractitionerCommand, practitioner, id, begin)] : []),
    ],
  };
};

const AGE_DIFFERS_YEARS = 5;

/** The date of birth, where it can be one. */
const birthOf = (entry: Entry, row: Row, known: Known): string | undefined => {
  const born = dayOf(row.dob);
  const age = countOf(row.age);
  if (!born) {
    if (lineOf(row.dob)) entry.mend('dob', 'not a day', 'left out');
    else if (age !== undefined) entry.mend('age', 'there is no date of birth to derive it from', 'left out');
    return undefined;
  }
  if (born === instantOf(known.row('hospital_user', row.user_id)?.date_joined)?.slice(0, 10)) {
    entry.mend('dob', 'the day on which the patient registered: nobody chose it', 'left out');
    return undefined;
  }
  if (row.dob !== born) entry.mend('dob', 'spelt otherwise', 'read as a calendar day');
  if (age !== undefined && Math.abs(age - ageOn(born, known.asOf)) >= AGE_DIFFERS_YEARS)
    entry.mend('age', 'contradicts the date of birth', 'age follows from the date of birth');
  return born;
};

const bloodGroupOf = (value: Value | undefined) => {
  const text = String(value ?? '')
    .toUpperCase()
    .replace(/\s*POSITIVE$|\s*\+VE$/, '+')
    .replace(/\s*NEGATIVE$|\s*-VE$/, '-')
    .replaceAll(' ', '');
  return BLOOD_GROUPS.find((group) => group === text);
};

/** A mobile number; tells when the original's integer had lost part of it. */
export const mobileOf = (entry: Entry, column: string, value: Value | undefined): string | undefined => {
  const phone = phoneOf(value);
  const given = String(value ?? '').trim();
  if (given && !phone) entry.mend(column, 'not the number of a mobile', 'left out');
  else if (phone && phone !== given)
    entry.mend(column, phone.startsWith('0') ? 'had lost its leading zero' : 'had lost its plus sign', 'mended');
  return phone;
};

const nationalIdOf = (entry: Entry, value: Value | undefined): string | undefined => {
  const given = lineOf(value);
  if (given && !/^\d+$/.test(given)) entry.mend('nid', 'holds something other than digits', 'left out');
  return given && /^\d+$/.test(given) ? given : undefined;
};

const patientPlan = (row: Row, known: Known): Plan => {
  const entry = new Entry('hospital_patient', row);
  const id = known.patient(row.patient_id)!;
  entry.about = { patientId: id };
  const user = known.row('hospital_user', row.user_id);
  if (row.user_id === null) entry.mend('user_id', 'no user', 'a profile without an account', true);
  else if (!user) entry.mend('user_id', 'names a user that is not there', 'a profile without an account');

  const given = lineOf(row.name);
  const name = given ?? lineOf(row.username) ?? lineOf(user?.username) ?? '';
  if (!given) entry.mend('name', 'none was given', 'the user name stands in its place', true);
  else if (given !== String(row.name).trim()) entry.mend('name', 'holds characters that are not shown', 'without them');
  const serial = lineOf(row.serial_number);
  if (serial && known.by('hospital_patient', 'serial_number', row.serial_number).length > 1)
    entry.note('serial_number', 'given to several patients; each has an id of its own here');
  const bloodGroup = bloodGroupOf(row.blood_group);
  if (lineOf(row.blood_group) && bloodGroup !== row.blood_group)
    entry.mend('blood_group', 'spelt otherwise', bloodGroup ? 'read' : 'left out');
  const dateOfBirth = birthOf(entry, row, known);
  const phone = mobileOf(entry, 'phone_number', row.phone_number);
  const nationalId = nationalIdOf(entry, row.nid);
  const [address, history] = [textOf(row.address), textOf(row.history)];
  return {
    entry,
    lane: id,
    at: known.joined(row.user_id),
    steps: [
      step(PatientCommand, patient, id, {
        type: 'BeginProfile',
        data: {
          name,
          ...(phone && { phone }),
          ...(dateOfBirth && { dateOfBirth }),
          ...(nationalId && { nationalId }),
          ...(bloodGroup && { bloodGroup }),
          ...(address && { address }),
          ...(history && { history }),
          ...(serial && { legacySerial: serial }),
        },
      }),
    ],
  };
};

const STAFF = [
  'hospital_admin_admin_information',
  'hospital_admin_clinical_laboratory_technician',
  'pharmacy_pharmacist',
] as const;
const ROLES = { hospital: 'hospitalAdministrator', laboratory: 'labWorker', pharmacy: 'pharmacist' } as const;

/** An administrator's row says of which part; the other tables are their part. */
const roleOf = (entry: Entry, table: Table, row: Row): (typeof ROLES)[keyof typeof ROLES] => {
  if (table === 'pharmacy_pharmacist') return 'pharmacist';
  if (table === 'hospital_admin_clinical_laboratory_technician') return 'labWorker';
  const role = ROLES[row.role as keyof typeof ROLES];
  if (!role) entry.mend('role', 'none was given', 'administrator of the hospital');
  return role ?? 'hospitalAdministrator';
};

/** Accounts become staff of a hospital; their phones, degrees and pictures have no place here and are kept as received. */
const staffPlan = (table: Table, row: Row, known: Known): Plan => {
  const entry = new Entry(table, row);
  entry.kept = 'noPlace';
  const id = known.account(row.user_id);
  if (!id) entry.refuse('user_id', 'Staff without an account can do nothing here.');
  const role = roleOf(entry, table, row);
  const of = known.row('hospital_hospital_information', row.hospital_id);
  if (!of) entry.mend('hospital_id', 'belongs to no hospital', 'belongs to the first hospital');
  if (!lineOf(row.name)) entry.mend('name', 'none was given', 'the user name stands in its place');
  if (row.phone_number !== null) mobileOf(entry, 'phone_number', row.phone_number);
  const hospitalId = hospitalIdOf(of?.hospital_id ?? known.firstHospital);
  entry.about = { hospitalId };
  return {
    entry,
    lane: id ?? entry.id,
    at: known.joined(row.user_id),
    steps: [step(AccountCommand, account, id ?? '', { type: 'GrantRole', data: { role, hospitalId } })],
  };
};
