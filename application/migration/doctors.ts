import { hospital } from '../../domain/organisations/hospital.js';
import { credentials } from '../../domain/practitioners/credentials.js';
import { practitioner } from '../../domain/practitioners/practitioner.js';
import { WEEKDAYS } from '../../domain/kernel/week.js';
import { HospitalCommand } from '../organisations.js';
import { CredentialsCommand, PractitionerCommand } from '../practitioners.js';
import { Entry, idOf, MISSING, type Plan, type Row, type Step, step } from './entry.js';
import { hospitalIdOf } from './hospitals.js';
import type { Known } from './known.js';
import { mobileOf } from './people.js';
import { countOf, dayOf, hoursOf, lineOf, textOf } from './reading.js';

const TABLE = 'doctor_doctor_information';
const DEPARTMENT = 'hospital_admin_hospital_department';
const CURRENCY = 'BDT';
/** The original's time picker went in steps of so many minutes. */
const SLOT_MINUTES = 15;

/** Doctors, then where they studied and worked. */
export const doctorPlans = (known: Known): Plan[][] => [
  known.rows(TABLE).map((row) => doctorPlan(row, known)),
  [
    ...known.rows('doctor_education').map((row) => educationPlan(row, known)),
    ...known.rows('doctor_experience').map((row) => experiencePlan(row, known)),
  ],
];

const GENDERS = ['male', 'female', 'other'] as const;

const doctorPlan = (row: Row, known: Known): Plan => {
  const entry = new Entry(TABLE, row);
  const id = known.doctor(row.doctor_id)!;
  entry.about = { doctorId: id };
  const given = lineOf(row.name);
  const name = given ?? lineOf(row.username) ?? '';
  if (!given) entry.mend('name', 'none was given', 'the user name stands in its place', true);
  const dateOfBirth = dayOf(row.dob);
  if (dateOfBirth && dateOfBirth !== row.dob) entry.mend('dob', 'spelt otherwise', 'read as a calendar day');
  const phone = mobileOf(entry, 'phone_number', row.phone_number);
  const [gender, description, nationalId] = [
    GENDERS.find((one) => one === row.gender),
    textOf(row.description),
    lineOf(row.nid),
  ];
  const profile = {
    name,
    ...(gender && { gender }),
    ...(description && { description }),
    ...(dateOfBirth && { dateOfBirth }),
    ...(nationalId && { nationalId }),
    ...(phone && { phone }),
  };
  return {
    entry,
    lane: id,
    at: known.joined(row.user_id),
    steps: [
      step(PractitionerCommand, practitioner, id, { type: 'BeginProfile', data: profile }),
      ...flatCredentials(row, id),
      ...registrationSteps(entry, row, id, known),
    ],
  };
};

/** The one study and the one place of work that a doctor's own row may hold. */
const flatCredentials = (row: Row, doctorId: string): Step[] => {
  const [degree, institute, completedIn] = [lineOf(row.degree), lineOf(row.institute), countOf(row.completion_year)];
  const [workplace, designation, from] = [lineOf(row.work_place), lineOf(row.designation), countOf(row.start_year)];
  const to = countOf(row.end_year);
  return [
    ...(degree && institute && completedIn
      ? [
          step(CredentialsCommand, credentials, doctorId, {
            type: 'AddEducation',
            data: { educationId: idOf(TABLE, row.doctor_id, 'education'), degree, institute, completedIn },
          }),
        ]
      : []),
    ...(workplace && designation && from
      ? [
          step(CredentialsCommand, credentials, doctorId, {
            type: 'AddExperience',
            data: {
              experienceId: idOf(TABLE, row.doctor_id, 'experience'),
              ...{ workplace, designation, from },
              ...(to !== undefined && { to }),
            },
          }),
        ]
      : []),
  ];
};

const registrationSteps = (entry: Entry, row: Row, doctorId: string, known: Known): Step[] => {
  const at = known.hospitalOfDoctor(row.doctor_id);
  if (row.register_status === null || at === undefined) return [];
  if (row.hospital_name_id === null)
    entry.mend('hospital_name_id', `${row.register_status} without a hospital`, 'the one of the department');
  const hospitalId = hospitalIdOf(at);
  entry.about = { doctorId, hospitalId };
  const department = departmentAt(entry, row, hospitalId, at, known);
  const registration = { hospitalId, departmentId: department.id, specialisationId: specialisationOf(row) };
  const send = (message: Parameters<typeof step<typeof practitioner>>[3]) =>
    step(PractitionerCommand, practitioner, doctorId, message);
  const asked = [...department.steps, send({ type: 'RequestRegistration', data: registration })];
  switch (row.register_status) {
    case 'Accepted':
      return [
        ...asked,
        send({ type: 'AcceptRegistration', data: { hospitalId } }),
        ...scheduleSteps(entry, row, hospitalId).map(send),
        ...feeSteps(entry, row, hospitalId).map(send),
      ];
    case 'Rejected':
      return [
        ...asked,
        send({ type: 'RejectRegistration', data: { hospitalId, reason: 'Not told by the system it came from.' } }),
      ];
    default:
      return asked;
  }
};

const specialisationOf = (row: Row): string => idOf('hospital_admin_specialization', row.specialization_id);

/** The department of that name at the hospital; where it has none, it gets one. */
const departmentAt = (
  entry: Entry,
  row: Row,
  hospitalId: string,
  at: Row[string],
  known: Known,
): { readonly id: string; readonly steps: readonly Step[] } => {
  const stated = known.row(DEPARTMENT, row.department_name_id);
  if (!stated || stated.hospital_id === at) return { id: idOf(DEPARTMENT, row.department_name_id), steps: [] };
  const name = lineOf(stated.hospital_department_name) ?? '';
  const own = known.by(DEPARTMENT, 'hospital_id', at).find((one) => lineOf(one.hospital_department_name) === name);
  entry.mend('department_name_id', 'a department of another hospital', `${name} of the doctor's own hospital`);
  if (own) return { id: idOf(DEPARTMENT, own.hospital_department_id), steps: [] };
  // Doctors of one department share the one that is added.
  const id = idOf(DEPARTMENT, `${name} ${String(at)}`);
  const add = { type: 'AddDepartment' as const, data: { departmentId: id, name } };
  return { id, steps: [step(HospitalCommand, hospital, hospitalId, add)] };
};

const scheduleSteps = (entry: Entry, row: Row, hospitalId: string) => {
  const span = hoursOf(row.visiting_hour);
  if (!span) {
    if (lineOf(row.visiting_hour)) entry.mend('visiting_hour', 'cannot be read', 'no hours: the doctor sets them');
    return [];
  }
  entry.mend('visiting_hour', 'a text, without days of the week', `${span.from} to ${span.to} on every day`);
  const hours = Object.fromEntries(WEEKDAYS.map((day) => [day, [span]]));
  return [{ type: 'SetSchedule' as const, data: { hospitalId, slotMinutes: SLOT_MINUTES, hours } }];
};

const feeSteps = (entry: Entry, row: Row, hospitalId: string) => {
  const [checkUp, report] = [countOf(row.consultation_fee), countOf(row.report_fee)];
  if (checkUp === undefined || report === undefined) {
    entry.mend('consultation_fee', 'a fee is missing', 'no fees: the doctor sets them');
    return [];
  }
  const money = (taka: number) => ({ amount: taka * 100, currency: CURRENCY });
  return [{ type: 'SetFees' as const, data: { hospitalId, checkUp: money(checkUp), report: money(report) } }];
};

const NOT_TOLD = 'Not told';

/** A column that may be missing without making the row worthless. */
const orNotTold = (entry: Entry, column: string): string => {
  const text = lineOf(entry.row[column]);
  if (!text) entry.mend(column, 'none was given', 'recorded as not told');
  return text ?? NOT_TOLD;
};

const educationPlan = (row: Row, known: Known): Plan => {
  const entry = new Entry('doctor_education', row);
  const doctorId = known.doctor(row.doctor_id);
  entry.about = { doctorId };
  const completedIn = countOf(row.year_of_completion);
  if (!doctorId) entry.refuse('doctor_id', MISSING);
  if (completedIn === undefined) entry.refuse('year_of_completion', 'The year cannot be read.');
  const data = {
    educationId: idOf('doctor_education', row.education_id),
    degree: orNotTold(entry, 'degree'),
    institute: orNotTold(entry, 'institute'),
    completedIn: completedIn ?? 0,
  };
  const steps = [step(CredentialsCommand, credentials, doctorId ?? '', { type: 'AddEducation', data })];
  return { entry, lane: doctorId ?? '', at: known.joined(known.row(TABLE, row.doctor_id)?.user_id), steps };
};

const experiencePlan = (row: Row, known: Known): Plan => {
  const entry = new Entry('doctor_experience', row);
  const doctorId = known.doctor(row.doctor_id);
  entry.about = { doctorId };
  const [from, to] = [countOf(row.from_year), countOf(row.to_year)];
  if (!doctorId) entry.refuse('doctor_id', MISSING);
  if (from === undefined) entry.refuse('from_year', 'The year cannot be read.');
  if (to === undefined && !/^(present|)$/i.test(lineOf(row.to_year) ?? ''))
    entry.mend('to_year', 'cannot be read', 'the doctor works there still');
  const data = {
    experienceId: idOf('doctor_experience', row.experience_id),
    workplace: orNotTold(entry, 'work_place_name'),
    designation: orNotTold(entry, 'designation'),
    from: from ?? 0,
    ...(to !== undefined && { to }),
  };
  const steps = [step(CredentialsCommand, credentials, doctorId ?? '', { type: 'AddExperience', data })];
  return { entry, lane: doctorId ?? '', at: known.joined(known.row(TABLE, row.doctor_id)?.user_id), steps };
};
