import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { reject } from '../kernel/rejection.js';
import { changesOf, clearable, revised, without } from '../kernel/revise.js';
import { Id, Instant, Line } from '../kernel/types.js';

// Stream credentials-<doctorId>: where a doctor studied and worked before. None of it bears on registrations, hours or
// fees, so it is a stream of its own. Inside it: an experience ends after it begins.

const ROWS_MAX = 50;

const Year = z.int().min(1900).max(2100);
const education = { degree: Line(200), institute: Line(200), completedIn: Year };
const experience = { workplace: Line(200), designation: Line(200), from: Year };
/** Without it the doctor works there still. */
const ended = { to: Year };

export const commands = {
  AddEducation: z.strictObject({ educationId: Id, ...education }),
  ReviseEducation: z.strictObject({ educationId: Id, ...z.object(education).partial().shape }),
  RemoveEducation: z.strictObject({ educationId: Id }),
  AddExperience: z.strictObject({ experienceId: Id, ...experience, to: Year.optional() }),
  ReviseExperience: z.strictObject({
    experienceId: Id,
    ...z.object(experience).partial().shape,
    ...clearable(ended),
  }),
  RemoveExperience: z.strictObject({ experienceId: Id }),
};

const doctor = z.object({ doctorId: Id, at: Instant });

export const events = {
  EducationAdded: event(doctor.extend(commands.AddEducation.shape)),
  EducationRevised: event(doctor.extend(commands.ReviseEducation.shape)),
  EducationRemoved: event(doctor.extend({ educationId: Id })),
  ExperienceAdded: event(doctor.extend(commands.AddExperience.shape)),
  ExperienceRevised: event(doctor.extend(commands.ReviseExperience.shape)),
  ExperienceRemoved: event(doctor.extend({ experienceId: Id })),
};

export interface Education {
  readonly degree: string;
  readonly institute: string;
  readonly completedIn: number;
}
export interface Experience {
  readonly workplace: string;
  readonly designation: string;
  /** Years, both included. */
  readonly from: number;
  readonly to?: number | undefined;
}

/** Both by id, in the order in which they were added. */
export interface Credentials {
  readonly education: Readonly<Record<string, Education>>;
  readonly experience: Readonly<Record<string, Experience>>;
}

const unknown = (): never => reject('unknown', 'The doctor has no such entry.', 'missing');

const roomFor = (rows: object): void => {
  if (Object.keys(rows).length >= ROWS_MAX) reject('too-many', `A doctor has at most ${ROWS_MAX} of these.`);
};

const endsAfterBeginning = ({ from, to }: { from: number; to?: number | null | undefined }): void => {
  if (typeof to === 'number' && to < from)
    reject('ends-before-beginning', 'It ends in the year it began or later.', 'invalid', 'to');
};

const withRow = <Row extends object>(rows: Readonly<Record<string, Row>>, id: string, changes: object) =>
  ({ ...rows, [id]: revised(rows[id] ?? {}, changes) }) as Readonly<Record<string, Row>>;

export const credentials = decider<Credentials>()({
  category: 'credentials',
  commands,
  events,
  initial: { education: {}, experience: {} },
  parties: (_, __, { id }) => ({ doctorId: id }),

  decide: {
    AddEducation({ education }, data, { id, at }) {
      if (education[data.educationId]) return [];
      roomFor(education);
      return [{ type: 'EducationAdded', data: { doctorId: id, ...data, at } }];
    },
    ReviseEducation({ education }, { educationId, ...data }, { id, at }) {
      const changes = changesOf(education[educationId] ?? unknown(), data);
      return changes ? [{ type: 'EducationRevised', data: { doctorId: id, educationId, ...changes, at } }] : [];
    },
    RemoveEducation({ education }, { educationId }, { id, at }) {
      return education[educationId] ? [{ type: 'EducationRemoved', data: { doctorId: id, educationId, at } }] : [];
    },
    AddExperience({ experience }, data, { id, at }) {
      if (experience[data.experienceId]) return [];
      roomFor(experience);
      endsAfterBeginning(data);
      return [{ type: 'ExperienceAdded', data: { doctorId: id, ...data, at } }];
    },
    ReviseExperience({ experience }, { experienceId, ...data }, { id, at }) {
      const before = experience[experienceId] ?? unknown();
      endsAfterBeginning(revised(before, data));
      const changes = changesOf(before, data);
      return changes ? [{ type: 'ExperienceRevised', data: { doctorId: id, experienceId, ...changes, at } }] : [];
    },
    RemoveExperience({ experience }, { experienceId }, { id, at }) {
      return experience[experienceId] ? [{ type: 'ExperienceRemoved', data: { doctorId: id, experienceId, at } }] : [];
    },
  },

  evolve: {
    EducationAdded: (known, { doctorId: _, at: __, educationId, ...row }) => ({
      ...known,
      education: withRow(known.education, educationId, row),
    }),
    EducationRevised: (known, { doctorId: _, at: __, educationId, ...changes }) => ({
      ...known,
      education: withRow(known.education, educationId, changes),
    }),
    EducationRemoved: (known, { educationId }) => ({ ...known, education: without(known.education, educationId) }),
    ExperienceAdded: (known, { doctorId: _, at: __, experienceId, ...row }) => ({
      ...known,
      experience: withRow(known.experience, experienceId, row),
    }),
    ExperienceRevised: (known, { doctorId: _, at: __, experienceId, ...changes }) => ({
      ...known,
      experience: withRow(known.experience, experienceId, changes),
    }),
    ExperienceRemoved: (known, { experienceId }) => ({ ...known, experience: without(known.experience, experienceId) }),
  },
});
