import { doctors } from '../../../projections/practitioners/doctors.js';
import { practitioners } from '../../../projections/practitioners/practitioners.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const stream = 'practitioner-d';
const doctorId = 'd';
const phone = { e164: '+8801712345678', given: '01712345678' };
const begun = {
  stream,
  type: 'PractitionerProfileBegun' as const,
  data: { doctorId, at: NOW, name: 'Dr. Rahman', phone, nationalId: '123', dateOfBirth: '1980-01-01', portrait: 'f' },
};
const revised = {
  stream,
  type: 'PractitionerProfileRevised' as const,
  data: { doctorId, at: NOW, description: 'Cardiologist.', portrait: null, nationalId: null },
};
const money = { amount: 50_000, currency: 'BDT' };
const nothing = {
  education: {},
  experience: {},
  practices: {},
  schedules: {},
  fees: {},
  hospitalIds: [],
  departmentIds: [],
  specialisationIds: [],
};

test('everybody sees of a doctor what is meant for everybody', () => {
  const doc = project(doctors, begun, revised);
  expect(doc).toEqual({
    d: {
      doctorId,
      listed: false,
      name: 'Dr. Rahman',
      description: 'Cardiologist.',
      ...nothing,
      credentialsRevision: -1,
    },
  });
});

test('education, experience, hours and fees are shown as they were said last', () => {
  const hours = { sun: [{ from: '09:00', to: '13:00' }] };
  const at = { hospitalId: 'h', doctorId, at: NOW };
  const school = { degree: 'MBBS', institute: 'DMC', completedIn: 2004 };
  const post = { workplace: 'Square', designation: 'Registrar', from: 2006, to: 2012 };
  const rows = 'credentials-d';
  expect(
    project(
      doctors,
      begun,
      { stream, type: 'ScheduleSet', data: { ...at, slotMinutes: 15, hours } },
      { stream, type: 'FeesSet', data: { ...at, checkUp: money, report: money } },
      { stream: rows, type: 'EducationAdded', data: { doctorId, at: NOW, educationId: 'e', ...school } },
      { stream: rows, type: 'EducationAdded', data: { doctorId, at: NOW, educationId: 'e2', ...school } },
      { stream: rows, type: 'EducationRevised', data: { doctorId, at: NOW, educationId: 'e', completedIn: 2005 } },
      { stream: rows, type: 'EducationRemoved', data: { doctorId, at: NOW, educationId: 'e2' } },
      { stream: rows, type: 'ExperienceAdded', data: { doctorId, at: NOW, experienceId: 'x', ...post } },
      { stream: rows, type: 'ExperienceRevised', data: { doctorId, at: NOW, experienceId: 'x', to: null } },
    ).d,
  ).toMatchObject({
    education: { e: { ...school, completedIn: 2005 } },
    experience: { x: { workplace: 'Square', designation: 'Registrar', from: 2006 } },
    schedules: { h: { slotMinutes: 15, hours } },
    fees: { h: { checkUp: money, report: money } },
    credentialsRevision: 8,
  });
});

test("the doctor's hospitals see the rest, the leave, and the revision of the stream", () => {
  expect(
    project(
      practitioners,
      begun,
      revised,
      { stream, type: 'LeaveTaken', data: { doctorId, at: NOW, leaveId: 'l', from: '2030-02-01', to: '2030-02-02' } },
      { stream, type: 'LeaveTaken', data: { doctorId, at: NOW, leaveId: 'm', from: '2030-03-01', to: '2030-03-02' } },
      {
        stream,
        type: 'LeaveWithdrawn',
        data: { doctorId, at: NOW, leaveId: 'l', from: '2030-02-01', to: '2030-02-02' },
      },
      { stream, type: 'FeesSet', data: { doctorId, hospitalId: 'h', at: NOW, checkUp: money, report: money } },
    ),
  ).toEqual({
    d: {
      doctorId,
      phone,
      dateOfBirth: '1980-01-01',
      leave: [{ leaveId: 'm', from: '2030-03-01', to: '2030-03-02', moveTo: undefined }],
      revision: 5,
    },
  });
});
