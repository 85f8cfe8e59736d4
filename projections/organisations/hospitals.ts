import { type Capacity, events } from '../../domain/organisations/hospital.js';
import { revised } from '../../domain/kernel/revise.js';
import type { Money } from '../../domain/kernel/types.js';
import type { WeeklyHours } from '../../domain/kernel/week.js';
import { projection } from '../kernel/projection.js';

/** A hospital as everybody may see it. Its departments, services and specialisations are `hospitalUnits`. */
export interface HospitalPage {
  readonly hospitalId: string;
  readonly open: boolean;
  readonly name: string;
  readonly type: 'public' | 'private';
  readonly address: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly description?: string;
  readonly email?: string;
  readonly phone?: { readonly e164: string; readonly given: string };
  /** A picture's id. */
  readonly image?: string;
  readonly position?: { readonly latitude: number; readonly longitude: number };
  readonly openingHours?: WeeklyHours;
  readonly fees?: { readonly checkUp: Money; readonly report: Money };
  readonly capacity: Capacity;
  /** Of the hospital's stream: the ETag of every command on it. */
  readonly revision: number;
}

/** The stream's own ETag also counts what is shown elsewhere. */
const at = (doc: HospitalPage | undefined, revision: number, change: object = {}): HospitalPage | null =>
  doc ? revised(doc, { ...change, revision }) : null;

const counted = (doc: HospitalPage | undefined, { revision }: { readonly revision: number }) => at(doc, revision);

export const hospitals = projection<HospitalPage>()({
  name: 'hospitals',
  version: 1,
  from: events,
  key: ({ data: { hospitalId } }) => hospitalId,
  indexes: { byName: ['open', 'name'], byType: ['open', 'type', 'name'] },
  search: ['name'],
  searchFilters: ['open', 'type'],
  parties: ({ hospitalId }) => ({ hospitalId }),
  phi: false,
  on: {
    HospitalRegistered: (_, { data: { at: __, ...data }, revision }) => ({ ...data, open: true, revision }),
    HospitalRevised: (doc, { data: { at: _, ...changes }, revision }) => at(doc, revision, changes),
    CapacityRevised: (doc, { data: { at: _, hospitalId: __, ...changes }, revision }) =>
      doc ? at(doc, revision, { capacity: revised(doc.capacity, changes) }) : null,
    HospitalClosed: (doc, { revision }) => at(doc, revision, { open: false }),
    HospitalReopened: (doc, { revision }) => at(doc, revision, { open: true }),
    DepartmentAdded: counted,
    DepartmentRevised: counted,
    DepartmentRemoved: counted,
    ServiceAdded: counted,
    ServiceRenamed: counted,
    ServiceRemoved: counted,
    SpecialisationAdded: counted,
    SpecialisationRenamed: counted,
    SpecialisationRemoved: counted,
  },
});
