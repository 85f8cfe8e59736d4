import { events } from '../../domain/organisations/hospital.js';
import { revised } from '../../domain/kernel/revise.js';
import { projection } from '../kernel/projection.js';

/** A department, a service or a specialisation of a hospital; whatever names one by its id is joined to it when read. */
export interface HospitalUnit {
  readonly hospitalId: string;
  readonly kind: 'department' | 'service' | 'specialisation';
  readonly name: string;
  /** A picture's id. */
  readonly image?: string;
}

const { DepartmentAdded, DepartmentRevised, DepartmentRemoved } = events;
const { ServiceAdded, ServiceRenamed, ServiceRemoved } = events;
const { SpecialisationAdded, SpecialisationRenamed, SpecialisationRemoved } = events;

const changed = (doc: HospitalUnit | undefined, changes: object): HospitalUnit | null =>
  doc ? revised(doc, changes) : null;
const removed = (): null => null;

export const hospitalUnits = projection<HospitalUnit>()({
  name: 'hospitalUnits',
  version: 1,
  from: {
    DepartmentAdded,
    DepartmentRevised,
    DepartmentRemoved,
    ServiceAdded,
    ServiceRenamed,
    ServiceRemoved,
    SpecialisationAdded,
    SpecialisationRenamed,
    SpecialisationRemoved,
  },
  key: ({ data }) => {
    if ('departmentId' in data) return data.departmentId;
    return 'serviceId' in data ? data.serviceId : data.specialisationId;
  },
  indexes: { byKind: ['hospitalId', 'kind', 'name'] },
  parties: ({ hospitalId }) => ({ hospitalId }),
  phi: false,
  on: {
    DepartmentAdded: (_, { data: { hospitalId, name, image } }) => ({
      hospitalId,
      kind: 'department',
      name,
      ...(image !== undefined && { image }),
    }),
    DepartmentRevised: (doc, { data: { name, image } }) => changed(doc, { name, image }),
    DepartmentRemoved: removed,
    ServiceAdded: (_, { data: { hospitalId, name } }) => ({ hospitalId, kind: 'service', name }),
    ServiceRenamed: (doc, { data: { name } }) => changed(doc, { name }),
    ServiceRemoved: removed,
    SpecialisationAdded: (_, { data: { hospitalId, name } }) => ({ hospitalId, kind: 'specialisation', name }),
    SpecialisationRenamed: (doc, { data: { name } }) => changed(doc, { name }),
    SpecialisationRemoved: removed,
  },
});
