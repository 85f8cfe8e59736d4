import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { Phone, phone, PhoneText } from '../kernel/phone.js';
import { health, identity } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { changesOf, clearable, revised } from '../kernel/revise.js';
import { Day, Id, Instant, Line, Money, Prose } from '../kernel/types.js';
import { WeeklyHours } from '../kernel/week.js';

// Stream practitioner-<doctorId>: who the doctor is, and where, when and for what fee the doctor works. Inside it: one
// registration for each hospital (pending, accepted or rejected), hours and fees only where it is accepted, leave that
// does not overlap.

const REGISTRATIONS_MAX = 50;
const LEAVES_MAX = 500;
const LEAVE_DAYS_MAX = 366;
const DAY_MS = 24 * 3_600_000;

const name = identity(Line(200));
const about = {
  gender: z.enum(['male', 'female', 'other']),
  description: Prose(1_000),
  dateOfBirth: identity(Day),
  nationalId: identity(Line(40)),
  portrait: Id.describe('a stored file of the purpose portrait'),
};
const asked = {
  departmentId: Id,
  specialisationId: Id,
  certificate: Id.optional().describe('a stored file of the purpose certificate'),
};
const schedule = {
  slotMinutes: z.int().min(5).max(240).describe('how long one visit is'),
  hours: WeeklyHours,
};
const fees = { checkUp: Money, report: Money };
const leave = {
  leaveId: Id,
  from: Day.describe('the first day away'),
  to: Day.describe('the last day away'),
  reason: health(Line(300)).optional(),
  moveTo: Day.optional().describe('the day that open appointments move to; without it they are cancelled'),
};

export const commands = {
  /** Sent by a reaction when an account becomes a doctor's; without a name it begins under the account's. */
  BeginProfile: z.strictObject({
    name: name.optional(),
    ...z.object({ ...about, phone: identity(PhoneText) }).partial().shape,
  }),
  ReviseProfile: z.strictObject({ name: name.optional(), ...clearable({ ...about, phone: identity(PhoneText) }) }),
  /** Asks a hospital to be one of its doctors; may be asked again after a rejection, or otherwise while pending. */
  RequestRegistration: z.strictObject({ hospitalId: Id, ...asked }),
  AcceptRegistration: z.strictObject({ hospitalId: Id }),
  /** Also ends an accepted registration. */
  RejectRegistration: z.strictObject({ hospitalId: Id, reason: Line(500) }),
  SetSchedule: z.strictObject({ hospitalId: Id, ...schedule }),
  SetFees: z.strictObject({ hospitalId: Id, ...fees }),
  TakeLeave: z.strictObject(leave),
  WithdrawLeave: z.strictObject({ leaveId: Id }),
};

const doctor = { doctorId: Id, at: Instant };
const atHospital = z.object({ ...doctor, hospitalId: Id });

export const events = {
  PractitionerProfileBegun: event(
    z.object({ ...doctor, name, ...z.object({ ...about, phone: identity(Phone) }).partial().shape }),
  ),
  /** Holds what changed; null where it was taken away. */
  PractitionerProfileRevised: event(
    z.object({ ...doctor, name: name.optional(), ...clearable({ ...about, phone: identity(Phone) }) }),
  ),
  RegistrationRequested: event(atHospital.extend(asked)),
  RegistrationAccepted: event(atHospital.extend({ departmentId: Id, specialisationId: Id })),
  RegistrationRejected: event(atHospital.extend({ reason: z.string() })),
  ScheduleSet: event(atHospital.extend(schedule)),
  FeesSet: event(atHospital.extend(fees)),
  LeaveTaken: event(z.object({ ...doctor, ...leave })),
  LeaveWithdrawn: event(z.object({ ...doctor, leaveId: Id, from: Day, to: Day })),
};

export interface Registration {
  readonly status: 'pending' | 'accepted' | 'rejected';
  readonly departmentId: string;
  readonly specialisationId: string;
  readonly certificate?: string;
}

export interface Practitioner {
  readonly begun: boolean;
  readonly name?: string;
  readonly phone?: Phone;
  readonly gender?: 'male' | 'female' | 'other';
  readonly description?: string;
  readonly dateOfBirth?: string;
  readonly nationalId?: string;
  readonly portrait?: string;
  /** By hospital, as are schedules and fees. */
  readonly registrations: Readonly<Record<string, Registration>>;
  readonly schedules: Readonly<Record<string, { readonly slotMinutes: number; readonly hours: WeeklyHours }>>;
  readonly fees: Readonly<Record<string, { readonly checkUp: Money; readonly report: Money }>>;
  /** Both days included. */
  readonly leave: readonly { readonly leaveId: string; readonly from: string; readonly to: string }[];
}

/** What is known of the doctor's account, and of the hospital and the file that a command names. */
export interface Facts {
  /** Of an account that is a doctor's. */
  readonly accountName?: string | undefined;
  readonly hospital?: {
    readonly status: string;
    readonly currency: string;
    readonly departments: Readonly<Record<string, unknown>>;
    readonly specialisations: Readonly<Record<string, unknown>>;
  };
  readonly file?: { readonly purpose?: string; readonly ownerId?: string };
}

/**
 * The profile, and how it begins where it has not: by the account's name. A reaction begins it too, but a doctor who has
 * just registered does not wait for that.
 */
const begun = (doctor: Practitioner, id: string, at: string, facts: Facts) => {
  if (doctor.begun) return { doctor, begins: [] };
  const name = facts.accountName ?? reject('practitioner-unknown', 'There is no such doctor.', 'missing');
  const begins = [{ type: 'PractitionerProfileBegun' as const, data: { doctorId: id, name, at } }];
  return { doctor: { ...doctor, name }, begins };
};

const registrationOf = (doctor: Practitioner, hospitalId: string): Registration =>
  doctor.registrations[hospitalId] ??
  reject('registration-unknown', 'The doctor has not asked this hospital.', 'missing', 'hospitalId');

const working = (doctor: Practitioner, hospitalId: string): void => {
  if (registrationOf(doctor, hospitalId).status !== 'accepted')
    reject('registration-not-accepted', 'The hospital has not accepted the doctor.', 'conflict', 'hospitalId');
};

/** A file shows its owner only: naming another's would publish it. */
const ownFile = (
  given: string | null | undefined,
  purpose: 'portrait' | 'certificate',
  facts: Facts,
  doctorId: string,
): void => {
  if (given && (facts.file?.purpose !== purpose || facts.file.ownerId !== doctorId))
    reject('file-unknown', `The doctor has stored no such ${purpose}.`, 'invalid', purpose);
};

const offers = ({ hospital }: Facts, departmentId: string, specialisationId: string): void => {
  if (hospital?.status !== 'open')
    reject('hospital-unknown', 'There is no such hospital that is open.', 'missing', 'hospitalId');
  if (!hospital?.departments[departmentId])
    reject('department-unknown', 'The hospital has no such department.', 'invalid', 'departmentId');
  if (!hospital?.specialisations[specialisationId])
    reject('specialisation-unknown', 'The hospital has no such specialisation.', 'invalid', 'specialisationId');
};

const withRegistration = (doctor: Practitioner, hospitalId: string, change: Partial<Registration>): Practitioner => {
  const before = doctor.registrations[hospitalId] ?? { status: 'pending', departmentId: '', specialisationId: '' };
  return { ...doctor, registrations: { ...doctor.registrations, [hospitalId]: { ...before, ...change } } };
};

export const practitioner = decider<Practitioner, Facts>()({
  category: 'practitioner',
  commands,
  events,
  initial: { begun: false, registrations: {}, schedules: {}, fees: {}, leave: [] },
  parties: (_, { hospitalId }, { id }) => ({ doctorId: id, hospitalId }),

  decide: {
    BeginProfile(doctor, { phone: given, ...data }, { id, at, facts }) {
      if (doctor.begun) return [];
      ownFile(data.portrait, 'portrait', facts, id);
      const name = data.name ?? facts.accountName ?? reject('name-needed', 'A doctor has a name.', 'invalid', 'name');
      const profile = { ...data, name, phone: phone(given) };
      return [{ type: 'PractitionerProfileBegun', data: { doctorId: id, ...profile, at } }];
    },
    ReviseProfile(state, { phone: given, ...data }, { id, at, facts }) {
      const { doctor, begins } = begun(state, id, at, facts);
      const changes = changesOf(doctor, { ...data, phone: phone(given) });
      ownFile(changes?.portrait, 'portrait', facts, id);
      if (!changes) return begins;
      return [...begins, { type: 'PractitionerProfileRevised', data: { doctorId: id, ...changes, at } }];
    },

    RequestRegistration(doctor, { hospitalId, ...wish }, { id, at, facts }) {
      const { begins } = begun(doctor, id, at, facts);
      const before = doctor.registrations[hospitalId];
      const changes = changesOf(before ?? {}, wish);
      if (before?.status === 'pending' && !changes) return [];
      if (before?.status === 'accepted')
        reject('registration-accepted', 'The hospital has accepted the doctor already.', 'conflict', 'hospitalId');
      if (!before && Object.keys(doctor.registrations).length >= REGISTRATIONS_MAX)
        reject('too-many-registrations', `A doctor asks at most ${REGISTRATIONS_MAX} hospitals.`);
      offers(facts, wish.departmentId, wish.specialisationId);
      ownFile(wish.certificate, 'certificate', facts, id);
      return [...begins, { type: 'RegistrationRequested', data: { doctorId: id, hospitalId, ...wish, at } }];
    },
    AcceptRegistration(doctor, { hospitalId }, { id, at }) {
      const { status, departmentId, specialisationId } = registrationOf(doctor, hospitalId);
      if (status === 'accepted') return [];
      if (status === 'rejected') reject('registration-rejected', 'It was rejected; the doctor may ask again.');
      const accepted = { doctorId: id, hospitalId, departmentId, specialisationId, at };
      return [{ type: 'RegistrationAccepted', data: accepted }];
    },
    RejectRegistration(doctor, { hospitalId, reason }, { id, at }) {
      if (registrationOf(doctor, hospitalId).status === 'rejected') return [];
      return [{ type: 'RegistrationRejected', data: { doctorId: id, hospitalId, reason, at } }];
    },

    SetSchedule(doctor, { hospitalId, ...week }, { id, at }) {
      working(doctor, hospitalId);
      if (!changesOf(doctor.schedules[hospitalId] ?? {}, week)) return [];
      return [{ type: 'ScheduleSet', data: { doctorId: id, hospitalId, ...week, at } }];
    },
    SetFees(doctor, { hospitalId, ...given }, { id, at, facts }) {
      working(doctor, hospitalId);
      const currency = facts.hospital?.currency;
      if (given.checkUp.currency !== currency || given.report.currency !== currency)
        reject('currency-differs', `This hospital's fees are in ${currency}.`, 'invalid', 'checkUp');
      if (!changesOf(doctor.fees[hospitalId] ?? {}, given)) return [];
      return [{ type: 'FeesSet', data: { doctorId: id, hospitalId, ...given, at } }];
    },

    TakeLeave(doctor, { leaveId, ...data }, { id, at, facts }) {
      const { begins } = begun(doctor, id, at, facts);
      const known = doctor.leave.find((taken) => taken.leaveId === leaveId);
      if (known) return [];
      const { from, to, moveTo } = data;
      const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
      if (days < 1) reject('leave-backwards', 'Leave ends on or after the day it begins.', 'invalid', 'to');
      if (days > LEAVE_DAYS_MAX) reject('leave-too-long', `Leave has at most ${LEAVE_DAYS_MAX} days.`, 'invalid', 'to');
      if (doctor.leave.length >= LEAVES_MAX) reject('too-many-leaves', `A doctor has at most ${LEAVES_MAX} leaves.`);
      if (doctor.leave.some((taken) => taken.from <= to && from <= taken.to))
        reject('leave-overlaps', 'The doctor is away already on some of these days.', 'conflict', 'from');
      if (moveTo !== undefined && from <= moveTo && moveTo <= to)
        reject('leave-moves-into-itself', 'Appointments move to a day when the doctor is here.', 'invalid', 'moveTo');
      return [...begins, { type: 'LeaveTaken', data: { doctorId: id, leaveId, ...data, at } }];
    },
    WithdrawLeave(doctor, { leaveId }, { id, at }) {
      const known = doctor.leave.find((taken) => taken.leaveId === leaveId);
      return known ? [{ type: 'LeaveWithdrawn', data: { doctorId: id, ...known, at } }] : [];
    },
  },

  evolve: {
    PractitionerProfileBegun: (doctor, { doctorId: _, at: __, ...profile }) => ({ ...doctor, ...profile, begun: true }),
    PractitionerProfileRevised: (doctor, { doctorId: _, at: __, ...changes }) => revised(doctor, changes),
    RegistrationRequested: (doctor, { hospitalId, departmentId, specialisationId, certificate }) =>
      withRegistration(doctor, hospitalId, {
        status: 'pending',
        departmentId,
        specialisationId,
        ...(certificate !== undefined && { certificate }),
      }),
    RegistrationAccepted: (doctor, { hospitalId, departmentId, specialisationId }) =>
      withRegistration(doctor, hospitalId, { status: 'accepted', departmentId, specialisationId }),
    RegistrationRejected: (doctor, { hospitalId }) => withRegistration(doctor, hospitalId, { status: 'rejected' }),
    ScheduleSet: (doctor, { hospitalId, slotMinutes, hours }) => ({
      ...doctor,
      schedules: { ...doctor.schedules, [hospitalId]: { slotMinutes, hours } },
    }),
    FeesSet: (doctor, { hospitalId, checkUp, report }) => ({
      ...doctor,
      fees: { ...doctor.fees, [hospitalId]: { checkUp, report } },
    }),
    LeaveTaken: (doctor, { leaveId, from, to }) => ({ ...doctor, leave: [...doctor.leave, { leaveId, from, to }] }),
    LeaveWithdrawn: (doctor, { leaveId }) => ({
      ...doctor,
      leave: doctor.leave.filter((taken) => taken.leaveId !== leaveId),
    }),
  },
});
