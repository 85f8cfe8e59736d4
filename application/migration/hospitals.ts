import { hospital } from '../../domain/organisations/hospital.js';
import { HospitalCommand } from '../organisations.js';
import { Entry, idOf, MISSING, type Plan, type Row, step, type Table } from './entry.js';
import type { Known } from './known.js';
import { countOf, lineOf, phoneOf, textOf } from './reading.js';

const TABLE = 'hospital_hospital_information';

export const hospitalIdOf = (hospital: Row[string] | undefined): string => idOf(TABLE, hospital);

/** Hospitals, then what they have: departments, specialisations, services. */
export const hospitalPlans = (known: Known): Plan[][] => [
  known.rows(TABLE).map((row) => hospitalPlan(row, known)),
  UNITS.flatMap(({ table, ...unit }) => known.rows(table).map((row) => unitPlan(table, row, unit, known))),
];

const hospitalPlan = (row: Row, known: Known): Plan => {
  const entry = new Entry(TABLE, row);
  const id = hospitalIdOf(row.hospital_id);
  entry.about = { hospitalId: id };
  const name = lineOf(row.name);
  if (!name) entry.refuse('name', 'A hospital has a name.');
  const address = textOf(row.address);
  if (!address) entry.mend('address', 'none was given', 'recorded as not told');
  const phone = phoneOf(row.phone_number);
  if (row.phone_number !== null && !phone)
    entry.mend('phone_number', 'not the number of a mobile, and without a code of an area', 'left out');
  const beds = {
    general: countOf(row.general_bed_no),
    icu: countOf(row.available_icu_no),
    regularCabin: countOf(row.regular_cabin_no),
    emergencyCabin: countOf(row.emergency_cabin_no),
    vipCabin: countOf(row.vip_cabin_no),
  };
  const unknown = Object.entries(beds).filter(([, count]) => count === undefined);
  if (unknown.length > 0)
    entry.mend('beds', `not told: ${unknown.map(([kind]) => kind).join(', ')}`, 'recorded as none');
  const capacity = Object.fromEntries(Object.entries(beds).map(([kind, count]) => [kind, count ?? 0])) as {
    [Kind in keyof typeof beds]: number;
  };
  const email = lineOf(row.email);
  const description = textOf(row.description);
  return {
    entry,
    lane: id,
    at: `${known.asOf.slice(0, 4)}-01-01T00:00:00.000Z`,
    steps: [
      step(HospitalCommand, hospital, id, {
        type: 'RegisterHospital',
        data: {
          name: name ?? '',
          type: row.hospital_type === 'public' ? 'public' : 'private',
          address: address ?? 'Not told',
          ...(description && { description }),
          ...(email && { email }),
          ...(phone && { phone }),
          capacity,
        },
      }),
    ],
  };
};

/** The commands that add a named thing to a hospital are alike. */
const UNITS = [
  { table: 'hospital_admin_hospital_department', column: 'hospital_department_name', type: 'AddDepartment' },
  { table: 'hospital_admin_specialization', column: 'specialization_name', type: 'AddSpecialisation' },
  { table: 'hospital_admin_service', column: 'service_name', type: 'AddService' },
] as const;

const unitPlan = (
  table: Table,
  row: Row,
  { column, type }: Pick<(typeof UNITS)[number], 'column' | 'type'>,
  known: Known,
): Plan => {
  const entry = new Entry(table, row);
  const hospitalId = hospitalIdOf(row.hospital_id);
  const name = lineOf(row[column]) ?? '';
  if (!known.row(TABLE, row.hospital_id)) entry.refuse('hospital_id', MISSING);
  else if (!name) entry.refuse(column, 'It has no name.');
  const id = idOf(table, entry.id);
  const message = {
    AddDepartment: { type: 'AddDepartment' as const, data: { departmentId: id, name } },
    AddSpecialisation: { type: 'AddSpecialisation' as const, data: { specialisationId: id, name } },
    AddService: { type: 'AddService' as const, data: { serviceId: id, name } },
  }[type];
  entry.about = { hospitalId };
  return {
    entry,
    lane: hospitalId,
    at: `${known.asOf.slice(0, 4)}-01-01T00:00:00.000Z`,
    steps: [step(HospitalCommand, hospital, hospitalId, message)],
  };
};
