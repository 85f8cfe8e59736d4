import { hospitals } from '../../../projections/organisations/hospitals.js';
import { hospitalUnits } from '../../../projections/organisations/hospital-units.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const stream = 'hospital-h';
const hospitalId = 'h';
const registered = {
  stream,
  type: 'HospitalRegistered' as const,
  data: {
    hospitalId,
    name: 'Green Life',
    type: 'private' as const,
    address: 'Dhaka',
    timeZone: 'Asia/Dhaka',
    currency: 'BDT',
    email: 'desk@example.org',
    capacity: { general: 10, icu: 2, regularCabin: 0, emergencyCabin: 0, vipCabin: 0 },
    at: NOW,
  },
};
const added = { stream, type: 'DepartmentAdded' as const, data: { hospitalId, departmentId: 'd', name: 'Heart' } };

test('a hospital shows its last names and numbers, and the revision of its stream', () => {
  const { at: _, ...data } = registered.data;
  expect(project(hospitals, registered)).toEqual({ h: { ...data, open: true, revision: 0 } });
  expect(
    project(
      hospitals,
      registered,
      { stream, type: 'HospitalRevised', data: { hospitalId, name: 'Green Life Hospital', email: null, at: NOW } },
      { stream, type: 'CapacityRevised', data: { hospitalId, icu: 3, at: NOW } },
      added,
      { stream, type: 'HospitalClosed', data: { hospitalId, reason: 'Flood.', at: NOW } },
    ),
  ).toEqual({
    h: {
      hospitalId,
      open: false,
      name: 'Green Life Hospital',
      type: 'private',
      address: 'Dhaka',
      timeZone: 'Asia/Dhaka',
      currency: 'BDT',
      capacity: { general: 10, icu: 3, regularCabin: 0, emergencyCabin: 0, vipCabin: 0 },
      revision: 4,
    },
  });
});

test('departments, services and specialisations are found by their ids', () => {
  expect(
    project(
      hospitalUnits,
      added,
      { stream, type: 'DepartmentRevised', data: { hospitalId, departmentId: 'd', image: 'f' } },
      { stream, type: 'DepartmentRevised', data: { hospitalId, departmentId: 'd', name: 'Cardiology' } },
      { stream, type: 'ServiceAdded', data: { hospitalId, serviceId: 's', name: 'Ambulance' } },
      { stream, type: 'ServiceRenamed', data: { hospitalId, serviceId: 's', name: 'Ambulance, 24 h' } },
      { stream, type: 'SpecialisationAdded', data: { hospitalId, specialisationId: 'p', name: 'Surgeon' } },
      { stream, type: 'SpecialisationAdded', data: { hospitalId, specialisationId: 'q', name: 'Dentist' } },
      { stream, type: 'SpecialisationRemoved', data: { hospitalId, specialisationId: 'q' } },
    ),
  ).toEqual({
    d: { hospitalId, kind: 'department', name: 'Cardiology', image: 'f' },
    s: { hospitalId, kind: 'service', name: 'Ambulance, 24 h' },
    p: { hospitalId, kind: 'specialisation', name: 'Surgeon' },
  });
});

test('events without their hospital make none', () =>
  expect(project(hospitals, added, { stream, type: 'HospitalReopened', data: { hospitalId, at: NOW } })).toEqual({}));
