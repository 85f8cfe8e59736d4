import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { Phone, phone, PhoneText } from '../kernel/phone.js';
import { reject } from '../kernel/rejection.js';
import { changesOf, clearable, revised, without } from '../kernel/revise.js';
import { Currency, Id, Instant, Line, Money, Prose, TimeZone } from '../kernel/types.js';
import { WeeklyHours } from '../kernel/week.js';

// Stream hospital-<hospitalId>. Inside it: no two departments, services or specialisations of one name, and fees in the
// hospital's own currency. A hospital is unregistered, open or closed.

const Beds = z.int().min(0).max(100_000);
/** The five kinds of beds that a hospital counts. */
const Capacity = z.strictObject({
  general: Beds,
  icu: Beds,
  regularCabin: Beds,
  emergencyCabin: Beds,
  vipCabin: Beds,
});
export type Capacity = z.infer<typeof Capacity>;

/** What a visit costs where the doctor has not said otherwise. */
const Fees = z.strictObject({ checkUp: Money, report: Money });
type Fees = z.infer<typeof Fees>;

const name = Line(200);
const image = Id.describe('a stored file of the purpose picture');
const basics = { name, type: z.enum(['public', 'private']), address: Prose(500) };
const place = { timeZone: TimeZone, currency: Currency };
const extras = {
  description: Prose(5_000),
  email: z.email().max(254),
  image,
  position: z.strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) }),
  openingHours: WeeklyHours,
  fees: Fees,
};
const UNITS_MAX = 200;

export const commands = {
  RegisterHospital: z.strictObject({
    ...basics,
    timeZone: place.timeZone.default('Asia/Dhaka'),
    currency: place.currency.default('BDT'),
    ...z.object({ ...extras, phone: PhoneText, capacity: Capacity }).partial().shape,
  }),
  ReviseHospital: z.strictObject({
    ...z.object({ ...basics, ...place }).partial().shape,
    ...clearable({ ...extras, phone: PhoneText }),
  }),
  ReviseCapacity: Capacity.partial(),
  CloseHospital: z.strictObject({ reason: Line(500) }),
  ReopenHospital: z.strictObject({}),
  AddDepartment: z.strictObject({ departmentId: Id, name, image: image.optional() }),
  ReviseDepartment: z.strictObject({ departmentId: Id, name: name.optional(), ...clearable({ image }) }),
  RemoveDepartment: z.strictObject({ departmentId: Id }),
  AddService: z.strictObject({ serviceId: Id, name }),
  RenameService: z.strictObject({ serviceId: Id, name }),
  RemoveService: z.strictObject({ serviceId: Id }),
  AddSpecialisation: z.strictObject({ specialisationId: Id, name }),
  RenameSpecialisation: z.strictObject({ specialisationId: Id, name }),
  RemoveSpecialisation: z.strictObject({ specialisationId: Id }),
};

const hospitalId = Id;
const at = Instant;
const department = z.object({ hospitalId, departmentId: Id });
const service = z.object({ hospitalId, serviceId: Id });
const specialisation = z.object({ hospitalId, specialisationId: Id });

export const events = {
  HospitalRegistered: event(
    z.object({
      hospitalId,
      ...basics,
      ...place,
      ...z.object({ ...extras, phone: Phone }).partial().shape,
      capacity: Capacity,
      at,
    }),
  ),
  /** Holds what changed, and nothing else; null where it was taken away. */
  HospitalRevised: event(
    z.object({
      hospitalId,
      ...z.object({ ...basics, ...place }).partial().shape,
      ...clearable({ ...extras, phone: Phone }),
      at,
    }),
  ),
  /** Holds the kinds of beds whose number changed. */
  CapacityRevised: event(z.object({ hospitalId, ...Capacity.partial().shape, at })),
  HospitalClosed: event(z.object({ hospitalId, reason: z.string(), at })),
  HospitalReopened: event(z.object({ hospitalId, at })),
  DepartmentAdded: event(department.extend({ name, image: image.optional() })),
  DepartmentRevised: event(department.extend({ name: name.optional(), ...clearable({ image }) })),
  DepartmentRemoved: event(department),
  ServiceAdded: event(service.extend({ name })),
  ServiceRenamed: event(service.extend({ name })),
  ServiceRemoved: event(service),
  SpecialisationAdded: event(specialisation.extend({ name })),
  SpecialisationRenamed: event(specialisation.extend({ name })),
  SpecialisationRemoved: event(specialisation),
};

/** A department, service or specialisation. */
interface Unit {
  readonly name: string;
  readonly image?: string;
}
type Units = Readonly<Record<string, Unit>>;
type UnitKind = 'departments' | 'services' | 'specialisations';

export interface Hospital {
  readonly status: 'unregistered' | 'open' | 'closed';
  readonly name?: string;
  readonly address?: string;
  readonly phone?: Phone;
  readonly email?: string;
  /** The zone of its clock at the wall. */
  readonly timeZone: string;
  readonly currency: string;
  readonly openingHours?: WeeklyHours;
  readonly fees?: Fees;
  readonly capacity: Capacity;
  /** By id. */
  readonly departments: Units;
  readonly services: Units;
  readonly specialisations: Units;
}

/** What is known of a file that a command names. */
export interface Facts {
  readonly picture?: { readonly purpose?: string; readonly hospitalId?: string };
}

const NO_BEDS: Capacity = { general: 0, icu: 0, regularCabin: 0, emergencyCabin: 0, vipCabin: 0 };

const registered = (hospital: Hospital): Hospital =>
  hospital.status === 'unregistered' ? reject('hospital-unknown', 'There is no such hospital.', 'missing') : hospital;

const feesFit = (fees: Fees | null | undefined, currency: string): void => {
  if (fees && (fees.checkUp.currency !== currency || fees.report.currency !== currency))
    reject('currency-differs', `This hospital's fees are in ${currency}.`, 'invalid', 'fees');
};

/** Only a picture that was stored for this hospital is shown as its own. */
const pictureFits = (given: string | null | undefined, facts: Facts, id: string): void => {
  if (given && (facts.picture?.purpose !== 'picture' || facts.picture.hospitalId !== id))
    reject('picture-unknown', 'No such picture was stored for this hospital.', 'invalid', 'image');
};

/** Names are told apart as people tell them apart: capitals and width aside. */
const spelling = (text: string): string => text.normalize('NFKC').toLowerCase();

const nameFree = (units: Units, unitId: string, given: string): void => {
  const taken = Object.entries(units).some(([id, unit]) => id !== unitId && spelling(unit.name) === spelling(given));
  if (taken) reject('name-taken', 'There is one of this name already.', 'conflict', 'name');
};

/** Whether an addition says something new. */
const adds = (hospital: Hospital, kind: UnitKind, unitId: string, given: string): boolean => {
  const units = registered(hospital)[kind];
  if (units[unitId]) return false;
  if (Object.keys(units).length >= UNITS_MAX) reject('too-many', `A hospital has at most ${UNITS_MAX} of these.`);
  nameFree(units, unitId, given);
  return true;
};

/** What a revision says new of a department, service or specialisation. */
const revises = <Given extends { name?: string | undefined }>(
  hospital: Hospital,
  kind: UnitKind,
  unitId: string,
  given: Given,
): Partial<Given> | undefined => {
  const units = registered(hospital)[kind];
  const unit = units[unitId] ?? reject('unknown', 'There is no such thing at this hospital.', 'missing');
  if (given.name !== undefined) nameFree(units, unitId, given.name);
  return changesOf(unit, given);
};

const withUnit = (
  hospital: Hospital,
  kind: UnitKind,
  unitId: string,
  changes: Partial<Record<keyof Unit, unknown>>,
) => ({
  ...hospital,
  [kind]: { ...hospital[kind], [unitId]: revised(hospital[kind][unitId] ?? { name: '' }, changes) },
});

const withoutUnit = (hospital: Hospital, kind: UnitKind, unitId: string): Hospital => ({
  ...hospital,
  [kind]: without(hospital[kind], unitId),
});

export const hospital = decider<Hospital, Facts>()({
  category: 'hospital',
  commands,
  events,
  initial: {
    status: 'unregistered',
    timeZone: 'Asia/Dhaka',
    currency: 'BDT',
    capacity: NO_BEDS,
    departments: {},
    services: {},
    specialisations: {},
  },
  parties: (_, __, { id }) => ({ hospitalId: id }),

  decide: {
    RegisterHospital({ status }, { phone: given, capacity = NO_BEDS, ...data }, { id, at, facts }) {
      if (status !== 'unregistered') reject('hospital-known', 'This hospital is registered already.');
      feesFit(data.fees, data.currency);
      pictureFits(data.image, facts, id);
      return [
        {
          type: 'HospitalRegistered',
          data: { hospitalId: id, ...data, ...(given && { phone: phone(given) }), capacity, at },
        },
      ];
    },
    ReviseHospital(hospital, { phone: given, ...data }, { id, at, facts }) {
      registered(hospital);
      feesFit(data.fees === undefined ? hospital.fees : data.fees, data.currency ?? hospital.currency);
      pictureFits(data.image, facts, id);
      const changes = changesOf(hospital, { ...data, phone: phone(given) });
      return changes ? [{ type: 'HospitalRevised', data: { hospitalId: id, ...changes, at } }] : [];
    },
    ReviseCapacity(hospital, data, { id, at }) {
      const changes = changesOf(registered(hospital).capacity, data);
      return changes ? [{ type: 'CapacityRevised', data: { hospitalId: id, ...changes, at } }] : [];
    },
    CloseHospital(hospital, { reason }, { id, at }) {
      if (registered(hospital).status === 'closed') return [];
      return [{ type: 'HospitalClosed', data: { hospitalId: id, reason, at } }];
    },
    ReopenHospital(hospital, _, { id, at }) {
      if (registered(hospital).status === 'open') return [];
      return [{ type: 'HospitalReopened', data: { hospitalId: id, at } }];
    },

    AddDepartment(hospital, data, { id, facts }) {
      if (!adds(hospital, 'departments', data.departmentId, data.name)) return [];
      pictureFits(data.image, facts, id);
      return [{ type: 'DepartmentAdded', data: { hospitalId: id, ...data } }];
    },
    ReviseDepartment(hospital, { departmentId, ...given }, { id, facts }) {
      const changes = revises(hospital, 'departments', departmentId, given);
      pictureFits(changes?.image, facts, id);
      return changes ? [{ type: 'DepartmentRevised', data: { hospitalId: id, departmentId, ...changes } }] : [];
    },
    RemoveDepartment(hospital, { departmentId }, { id }) {
      if (!registered(hospital).departments[departmentId]) return [];
      return [{ type: 'DepartmentRemoved', data: { hospitalId: id, departmentId } }];
    },
    AddService(hospital, data, { id }) {
      if (!adds(hospital, 'services', data.serviceId, data.name)) return [];
      return [{ type: 'ServiceAdded', data: { hospitalId: id, ...data } }];
    },
    RenameService(hospital, { serviceId, name }, { id }) {
      if (!revises(hospital, 'services', serviceId, { name })) return [];
      return [{ type: 'ServiceRenamed', data: { hospitalId: id, serviceId, name } }];
    },
    RemoveService(hospital, { serviceId }, { id }) {
      if (!registered(hospital).services[serviceId]) return [];
      return [{ type: 'ServiceRemoved', data: { hospitalId: id, serviceId } }];
    },
    AddSpecialisation(hospital, data, { id }) {
      if (!adds(hospital, 'specialisations', data.specialisationId, data.name)) return [];
      return [{ type: 'SpecialisationAdded', data: { hospitalId: id, ...data } }];
    },
    RenameSpecialisation(hospital, { specialisationId, name }, { id }) {
      if (!revises(hospital, 'specialisations', specialisationId, { name })) return [];
      return [{ type: 'SpecialisationRenamed', data: { hospitalId: id, specialisationId, name } }];
    },
    RemoveSpecialisation(hospital, { specialisationId }, { id }) {
      if (!registered(hospital).specialisations[specialisationId]) return [];
      return [{ type: 'SpecialisationRemoved', data: { hospitalId: id, specialisationId } }];
    },
  },

  evolve: {
    HospitalRegistered: (hospital, { hospitalId: _, at: __, ...data }) => ({ ...hospital, ...data, status: 'open' }),
    HospitalRevised: (hospital, { hospitalId: _, at: __, ...changes }) => revised(hospital, changes),
    CapacityRevised: (hospital, { hospitalId: _, at: __, ...changes }) => ({
      ...hospital,
      capacity: revised(hospital.capacity, changes),
    }),
    HospitalClosed: (hospital) => ({ ...hospital, status: 'closed' }),
    HospitalReopened: (hospital) => ({ ...hospital, status: 'open' }),
    DepartmentAdded: (hospital, { hospitalId: _, departmentId, ...unit }) =>
      withUnit(hospital, 'departments', departmentId, unit),
    DepartmentRevised: (hospital, { hospitalId: _, departmentId, ...changes }) =>
      withUnit(hospital, 'departments', departmentId, changes),
    DepartmentRemoved: (hospital, { departmentId }) => withoutUnit(hospital, 'departments', departmentId),
    ServiceAdded: (hospital, { serviceId, name }) => withUnit(hospital, 'services', serviceId, { name }),
    ServiceRenamed: (hospital, { serviceId, name }) => withUnit(hospital, 'services', serviceId, { name }),
    ServiceRemoved: (hospital, { serviceId }) => withoutUnit(hospital, 'services', serviceId),
    SpecialisationAdded: (hospital, { specialisationId, name }) =>
      withUnit(hospital, 'specialisations', specialisationId, { name }),
    SpecialisationRenamed: (hospital, { specialisationId, name }) =>
      withUnit(hospital, 'specialisations', specialisationId, { name }),
    SpecialisationRemoved: (hospital, { specialisationId }) =>
      withoutUnit(hospital, 'specialisations', specialisationId),
  },
});
