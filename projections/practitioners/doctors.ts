import { revised, without } from '../../domain/kernel/revise.js';
import type { Money } from '../../domain/kernel/types.js';
import type { WeeklyHours } from '../../domain/kernel/week.js';
import { type Education, events as credentials, type Experience } from '../../domain/practitioners/credentials.js';
import { events as practitioners } from '../../domain/practitioners/practitioner.js';
import { projection } from '../kernel/projection.js';

/** Where a doctor can be seen. */
interface Practice {
  readonly departmentId: string;
  readonly specialisationId: string;
}

/** A doctor as everybody may see one who is `listed`: accepted by a hospital. */
export interface DoctorPage {
  readonly doctorId: string;
  readonly listed: boolean;
  readonly name: string;
  readonly gender?: string;
  readonly description?: string;
  /** A picture's id. */
  readonly portrait?: string;
  /** By id. */
  readonly education: Readonly<Record<string, Education>>;
  readonly experience: Readonly<Record<string, Experience>>;
  /** By hospital, where accepted. */
  readonly practices: Readonly<Record<string, Practice>>;
  /** By hospital. */
  readonly schedules: Readonly<Record<string, { readonly slotMinutes: number; readonly hours: WeeklyHours }>>;
  readonly fees: Readonly<Record<string, { readonly checkUp: Money; readonly report: Money }>>;
  /** What a search can be narrowed by. */
  readonly hospitalIds: readonly string[];
  readonly departmentIds: readonly string[];
  readonly specialisationIds: readonly string[];
  /** Of the stream with the education and the experience: the ETag of commands on them. */
  readonly credentialsRevision: number;
}

const begin = (doctorId: string): DoctorPage => ({
  doctorId,
  listed: false,
  name: '',
  education: {},
  experience: {},
  practices: {},
  schedules: {},
  fees: {},
  hospitalIds: [],
  departmentIds: [],
  specialisationIds: [],
  credentialsRevision: -1,
});

/** What everybody may know of a profile. */
const openly = ({ name, gender, description, portrait }: Readonly<Record<string, unknown>>) => ({
  name,
  gender,
  description,
  portrait,
});

const practising = (doc: DoctorPage, practices: DoctorPage['practices']): DoctorPage => ({
  ...doc,
  practices,
  listed: Object.keys(practices).length > 0,
  hospitalIds: Object.keys(practices),
  departmentIds: Object.values(practices).map(({ departmentId }) => departmentId),
  specialisationIds: Object.values(practices).map(({ specialisationId }) => specialisationId),
});

type Rows = 'education' | 'experience';

const withRow = (doc: DoctorPage, kind: Rows, id: string, changes: object, revision: number): DoctorPage => ({
  ...doc,
  [kind]: { ...doc[kind], [id]: revised<object>(doc[kind][id] ?? {}, changes) },
  credentialsRevision: revision,
});

const withoutRow = (doc: DoctorPage, kind: Rows, id: string, revision: number): DoctorPage => ({
  ...doc,
  [kind]: without<unknown>(doc[kind], id),
  credentialsRevision: revision,
});

const { PractitionerProfileBegun, PractitionerProfileRevised } = practitioners;
const { RegistrationAccepted, RegistrationRejected, ScheduleSet, FeesSet } = practitioners;

export const doctors = projection<DoctorPage>()({
  name: 'doctors',
  version: 1,
  from: {
    PractitionerProfileBegun,
    PractitionerProfileRevised,
    RegistrationAccepted,
    RegistrationRejected,
    ScheduleSet,
    FeesSet,
    ...credentials,
  },
  key: ({ data: { doctorId } }) => doctorId,
  indexes: { byName: ['listed', 'name'], byId: ['listed', 'doctorId'] },
  search: ['name'],
  searchFilters: ['listed', 'hospitalIds', 'departmentIds', 'specialisationIds'],
  parties: ({ doctorId }) => ({ doctorId }),
  phi: false,
  on: {
    PractitionerProfileBegun: (doc, { data }) => revised(doc ?? begin(data.doctorId), openly(data)),
    PractitionerProfileRevised: (doc, { data }) => revised(doc ?? begin(data.doctorId), openly(data)),
    RegistrationAccepted: (doc, { data: { doctorId, hospitalId, departmentId, specialisationId } }) => {
      const known = doc ?? begin(doctorId);
      return practising(known, { ...known.practices, [hospitalId]: { departmentId, specialisationId } });
    },
    RegistrationRejected: (doc, { data: { doctorId, hospitalId } }) => {
      const known = doc ?? begin(doctorId);
      return practising(known, without(known.practices, hospitalId));
    },
    ScheduleSet: (doc, { data: { doctorId, hospitalId, slotMinutes, hours } }) => {
      const known = doc ?? begin(doctorId);
      return { ...known, schedules: { ...known.schedules, [hospitalId]: { slotMinutes, hours } } };
    },
    FeesSet: (doc, { data: { doctorId, hospitalId, checkUp, report } }) => {
      const known = doc ?? begin(doctorId);
      return { ...known, fees: { ...known.fees, [hospitalId]: { checkUp, report } } };
    },
    EducationAdded: (doc, { data: { doctorId, educationId, at: _, ...row }, revision }) =>
      withRow(doc ?? begin(doctorId), 'education', educationId, row, revision),
    EducationRevised: (doc, { data: { doctorId, educationId, at: _, ...changes }, revision }) =>
      withRow(doc ?? begin(doctorId), 'education', educationId, changes, revision),
    EducationRemoved: (doc, { data: { doctorId, educationId }, revision }) =>
      withoutRow(doc ?? begin(doctorId), 'education', educationId, revision),
    ExperienceAdded: (doc, { data: { doctorId, experienceId, at: _, ...row }, revision }) =>
      withRow(doc ?? begin(doctorId), 'experience', experienceId, row, revision),
    ExperienceRevised: (doc, { data: { doctorId, experienceId, at: _, ...changes }, revision }) =>
      withRow(doc ?? begin(doctorId), 'experience', experienceId, changes, revision),
    ExperienceRemoved: (doc, { data: { doctorId, experienceId }, revision }) =>
      withoutRow(doc ?? begin(doctorId), 'experience', experienceId, revision),
  },
});
