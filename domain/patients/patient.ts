import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { Phone, phone, PhoneText } from '../kernel/phone.js';
import { health, identity } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { changesOf, clearable, revised, without } from '../kernel/revise.js';
import { Day, Id, Instant, Line, Prose } from '../kernel/types.js';

// Stream patient-<patientId>: who the patient is, and what whoever treats the patient must know. Inside it: a date of
// birth that can be one, no two open entries for one substance or one condition. The id is the serial number too.

const BORN_FROM = '1880-01-01';
const ENTRIES_MAX = 200;

export const BLOOD_GROUPS = ['A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-'] as const;
const BloodGroup = z.enum(BLOOD_GROUPS, { error: `A blood group is one of ${BLOOD_GROUPS.join(', ')}.` });
const Severity = z.enum(['mild', 'moderate', 'severe']);

const name = identity(Line(200));
const personal = {
  gender: identity(z.enum(['male', 'female', 'other'])),
  dateOfBirth: identity(Day),
  nationalId: identity(Line(40)),
  address: identity(Prose(500)),
  bloodGroup: health(BloodGroup),
  history: health(Prose(5_000)),
  portrait: Id.describe('a stored file of the purpose portrait'),
};
const contact = { name: Line(200), relationship: Line(100).optional() };
const given = {
  ...personal,
  phone: identity(PhoneText),
  emergencyContact: identity(z.strictObject({ ...contact, phone: PhoneText })),
};
const recorded = {
  ...personal,
  phone: identity(Phone),
  emergencyContact: identity(z.object({ ...contact, phone: Phone })),
};
/** The number by which the original system knew the patient. Not unique there, so only an alias here. */
const alias = { legacySerial: identity(Line(40)) };

const substance = { substance: health(Line(200)) };
const allergy = { drugClass: health(Line(200)), severity: health(Severity), onset: health(Day) };
const diagnosis = { condition: health(Line(200)) };
const condition = { severity: health(Severity), onset: health(Day) };
const reason = health(Line(500));
const some = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).partial().shape;

export const commands = {
  /** Sent by a reaction when an account becomes a patient's; without a name it begins under the account's. */
  BeginProfile: z.strictObject({ name: name.optional(), ...some({ ...given, ...alias }) }),
  ReviseProfile: z.strictObject({ name: name.optional(), ...clearable(given) }),
  AddAllergy: z.strictObject({ allergyId: Id, ...substance, ...some(allergy) }),
  CorrectAllergy: z.strictObject({ allergyId: Id, ...some(substance), ...clearable(allergy) }),
  RemoveAllergy: z.strictObject({ allergyId: Id, reason }),
  AddCondition: z.strictObject({ conditionId: Id, ...diagnosis, ...some(condition) }),
  CorrectCondition: z.strictObject({ conditionId: Id, ...some(diagnosis), ...clearable(condition) }),
  RemoveCondition: z.strictObject({ conditionId: Id, reason }),
};

const patientAt = { patientId: Id, at: Instant };

export const events = {
  PatientProfileBegun: event(z.object({ ...patientAt, name, ...some({ ...recorded, ...alias }) })),
  /** Holds what changed; null where it was taken away. */
  PatientProfileRevised: event(z.object({ ...patientAt, name: name.optional(), ...clearable(recorded) })),
  AllergyAdded: event(z.object({ ...patientAt, allergyId: Id, ...substance, ...some(allergy) })),
  AllergyCorrected: event(z.object({ ...patientAt, allergyId: Id, ...some(substance), ...clearable(allergy) })),
  AllergyRemoved: event(z.object({ ...patientAt, allergyId: Id, reason })),
  ConditionAdded: event(z.object({ ...patientAt, conditionId: Id, ...diagnosis, ...some(condition) })),
  ConditionCorrected: event(z.object({ ...patientAt, conditionId: Id, ...some(diagnosis), ...clearable(condition) })),
  ConditionRemoved: event(z.object({ ...patientAt, conditionId: Id, reason })),
};

type Severity = z.infer<typeof Severity>;

/** What the patient must not be given. */
export interface Allergy {
  readonly substance: string;
  /** The group of medicines it stands for: penicillins. */
  readonly drugClass?: string;
  readonly severity?: Severity;
  readonly onset?: string;
}

export interface Condition {
  readonly condition: string;
  readonly severity?: Severity;
  readonly onset?: string;
}

export interface Patient {
  readonly begun: boolean;
  readonly name?: string;
  readonly gender?: 'male' | 'female' | 'other';
  readonly dateOfBirth?: string;
  readonly nationalId?: string;
  readonly phone?: Phone;
  readonly address?: string;
  readonly bloodGroup?: (typeof BLOOD_GROUPS)[number];
  readonly history?: string;
  readonly portrait?: string;
  readonly emergencyContact?: { readonly name: string; readonly relationship?: string; readonly phone: Phone };
  readonly legacySerial?: string;
  /** By id, as are conditions; removed ones are gone. */
  readonly allergies: Readonly<Record<string, Allergy>>;
  readonly conditions: Readonly<Record<string, Condition>>;
}

/** What is known of the patient's account, and of the file that a command names. */
export interface Facts {
  /** Of an account that is a patient's. */
  readonly accountName?: string | undefined;
  readonly file?: { readonly purpose?: string; readonly ownerId?: string };
}

/** Full years lived on a day, by the calendar; who was born on 29 February turns older on 1 March. */
export const ageOn = (dateOfBirth: string, day: string): number =>
  Number(day.slice(0, 4)) - Number(dateOfBirth.slice(0, 4)) - (day.slice(5) < dateOfBirth.slice(5) ? 1 : 0);

const AHEAD_OF_UTC_MS = 14 * 3_600_000;

/** The latest calendar day that it can be anywhere at a moment: a child may be born east of us. */
const latestDay = (at: string): string => new Date(Date.parse(at) + AHEAD_OF_UTC_MS).toISOString().slice(0, 10);

/**
 * The profile, and how it begins where it has not: by the account's name. A reaction begins it too, but a patient who has
 * just registered does not wait for that.
 */
const begun = (patient: Patient, id: string, at: string, facts: Facts) => {
  if (patient.begun) return { patient, begins: [] };
  const name = facts.accountName ?? reject('patient-unknown', 'There is no such patient.', 'missing');
  const begins = [{ type: 'PatientProfileBegun' as const, data: { patientId: id, name, at } }];
  return { patient: { ...patient, name }, begins };
};

const bornWhenPossible = (dateOfBirth: string | null | undefined, at: string): void => {
  if (dateOfBirth && dateOfBirth > latestDay(at))
    reject('birth-ahead', 'A date of birth does not lie ahead.', 'invalid', 'dateOfBirth');
  if (dateOfBirth && dateOfBirth < BORN_FROM)
    reject('birth-too-early', 'A date of birth lies after 1879.', 'invalid', 'dateOfBirth');
};

const begunBefore = (onset: string | null | undefined, at: string): void => {
  if (onset && onset > latestDay(at)) reject('onset-ahead', 'It did not begin in the future.', 'invalid', 'onset');
};

const ownPortrait = (portrait: string | null | undefined, facts: Facts, patientId: string): void => {
  if (portrait && (facts.file?.purpose !== 'portrait' || facts.file.ownerId !== patientId))
    reject('file-unknown', 'The patient has stored no such portrait.', 'invalid', 'portrait');
};

/** A contact whose number is as it is dialled; what is no contact stays what it is. */
const reachable = <Given extends { phone: string } | null | undefined>(contact: Given) =>
  (contact ? { ...contact, phone: phone(contact.phone) } : contact) as Given extends { phone: string }
    ? Omit<Given, 'phone'> & { phone: Phone }
    : Given;

type Entries = Readonly<Record<string, { readonly substance?: string; readonly condition?: string }>>;
const spelling = (text: string): string => text.normalize('NFKC').toLowerCase();

/** One substance or condition has one entry, which can be corrected. */
const toldOnce = (entries: Entries, id: string, said: string | undefined, field: string): void => {
  const twice = Object.entries(entries).some(
    ([other, e]) => other !== id && said !== undefined && spelling(e.substance ?? e.condition ?? '') === spelling(said),
  );
  if (twice) reject('already-recorded', 'It is recorded already. Correct that entry.', 'conflict', field);
};

const roomFor = (entries: Entries): void => {
  if (Object.keys(entries).length >= ENTRIES_MAX) reject('too-many', `A patient has at most ${ENTRIES_MAX} of these.`);
};

const unknownEntry = (): never => reject('entry-unknown', 'There is no such entry.', 'missing');

const withAllergy = (patient: Patient, id: string, changes: object): Patient => ({
  ...patient,
  allergies: { ...patient.allergies, [id]: revised(patient.allergies[id] ?? { substance: '' }, changes) },
});

const withCondition = (patient: Patient, id: string, changes: object): Patient => ({
  ...patient,
  conditions: { ...patient.conditions, [id]: revised(patient.conditions[id] ?? { condition: '' }, changes) },
});

export const patient = decider<Patient, Facts>()({
  category: 'patient',
  commands,
  events,
  initial: { begun: false, allergies: {}, conditions: {} },
  parties: (_, __, { id }) => ({ patientId: id }),

  decide: {
    BeginProfile({ begun }, data, { id, at, facts }) {
      if (begun) return [];
      bornWhenPossible(data.dateOfBirth, at);
      ownPortrait(data.portrait, facts, id);
      const name = data.name ?? facts.accountName ?? reject('name-needed', 'A patient has a name.', 'invalid', 'name');
      const profile = { ...data, name, phone: phone(data.phone), emergencyContact: reachable(data.emergencyContact) };
      return [{ type: 'PatientProfileBegun', data: { patientId: id, ...profile, at } }];
    },
    ReviseProfile(state, data, { id, at, facts }) {
      const { patient, begins } = begun(state, id, at, facts);
      bornWhenPossible(data.dateOfBirth, at);
      const said = { ...data, phone: phone(data.phone), emergencyContact: reachable(data.emergencyContact) };
      const changes = changesOf(patient, said);
      ownPortrait(changes?.portrait, facts, id);
      if (!changes) return begins;
      return [...begins, { type: 'PatientProfileRevised', data: { patientId: id, ...changes, at } }];
    },

    AddAllergy(patient, data, { id, at, facts }) {
      const { allergies } = patient;
      const { begins } = begun(patient, id, at, facts);
      if (allergies[data.allergyId]) return [];
      toldOnce(allergies, data.allergyId, data.substance, 'substance');
      begunBefore(data.onset, at);
      roomFor(allergies);
      return [...begins, { type: 'AllergyAdded', data: { patientId: id, ...data, at } }];
    },
    CorrectAllergy({ allergies }, { allergyId, ...data }, { id, at }) {
      const changes = changesOf(allergies[allergyId] ?? unknownEntry(), data);
      toldOnce(allergies, allergyId, data.substance, 'substance');
      begunBefore(data.onset, at);
      return changes ? [{ type: 'AllergyCorrected', data: { patientId: id, allergyId, ...changes, at } }] : [];
    },
    RemoveAllergy({ allergies }, { allergyId, reason }, { id, at }) {
      return allergies[allergyId] ? [{ type: 'AllergyRemoved', data: { patientId: id, allergyId, reason, at } }] : [];
    },

    AddCondition(patient, data, { id, at, facts }) {
      const { conditions } = patient;
      const { begins } = begun(patient, id, at, facts);
      if (conditions[data.conditionId]) return [];
      toldOnce(conditions, data.conditionId, data.condition, 'condition');
      begunBefore(data.onset, at);
      roomFor(conditions);
      return [...begins, { type: 'ConditionAdded', data: { patientId: id, ...data, at } }];
    },
    CorrectCondition({ conditions }, { conditionId, ...data }, { id, at }) {
      const changes = changesOf(conditions[conditionId] ?? unknownEntry(), data);
      toldOnce(conditions, conditionId, data.condition, 'condition');
      begunBefore(data.onset, at);
      return changes ? [{ type: 'ConditionCorrected', data: { patientId: id, conditionId, ...changes, at } }] : [];
    },
    RemoveCondition({ conditions }, { conditionId, reason }, { id, at }) {
      return conditions[conditionId]
        ? [{ type: 'ConditionRemoved', data: { patientId: id, conditionId, reason, at } }]
        : [];
    },
  },

  evolve: {
    PatientProfileBegun: (patient, { patientId: _, at: __, ...profile }) => ({ ...patient, ...profile, begun: true }),
    PatientProfileRevised: (patient, { patientId: _, at: __, ...changes }) => revised(patient, changes),
    AllergyAdded: (patient, { patientId: _, at: __, allergyId, ...entry }) => withAllergy(patient, allergyId, entry),
    AllergyCorrected: (patient, { patientId: _, at: __, allergyId, ...changes }) =>
      withAllergy(patient, allergyId, changes),
    AllergyRemoved: (patient, { allergyId }) => ({ ...patient, allergies: without(patient.allergies, allergyId) }),
    ConditionAdded: (patient, { patientId: _, at: __, conditionId, ...entry }) =>
      withCondition(patient, conditionId, entry),
    ConditionCorrected: (patient, { patientId: _, at: __, conditionId, ...changes }) =>
      withCondition(patient, conditionId, changes),
    ConditionRemoved: (patient, { conditionId }) => ({
      ...patient,
      conditions: without(patient.conditions, conditionId),
    }),
  },
});
