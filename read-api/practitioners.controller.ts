import { Controller, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { Rejection } from '../domain/kernel/rejection.js';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { hospitalUnits } from '../projections/organisations/hospital-units.js';
import { hospitals } from '../projections/organisations/hospitals.js';
import { doctors } from '../projections/practitioners/doctors.js';
import { hospitalDoctors } from '../projections/practitioners/hospital-doctors.js';
import { practitioners } from '../projections/practitioners/practitioners.js';
import { registrations } from '../projections/practitioners/registrations.js';
import { type Join, readOne, readPage, readSearch } from './kernel/ask.js';
import { Key, Paging } from './kernel/paging.js';

const Search = Paging.extend({
  q: z.string().min(1).max(200).describe('Words of the name.'),
  hospitalId: Key.optional().describe('Narrows the search, as do the next two.'),
  departmentId: Key.optional(),
  specialisationId: Key.optional(),
});
const OfStatus = Paging.extend({ status: z.enum(['pending', 'accepted', 'rejected']).default('pending') });

// What belongs to others is joined when read.
const doctor: Join = { by: 'doctorId', from: doctors, as: 'doctor', show: ['name', 'gender', 'portrait'] };
const hospital: Join = { by: 'hospitalId', from: hospitals, as: 'hospital', show: ['name', 'address'] };
const units: readonly Join[] = [
  { by: 'departmentId', from: hospitalUnits, as: 'department', show: ['name'] },
  { by: 'specialisationId', from: hospitalUnits, as: 'specialisation', show: ['name'] },
];
const PROFILE = ['name', 'gender', 'description', 'portrait', 'education', 'experience', 'schedules', 'fees', 'listed'];
const profile: Join = { by: 'doctorId', from: doctors, as: 'profile', show: [...PROFILE, 'credentialsRevision'] };

@Controller()
export class PractitionersController {
  constructor(@Inject(QueryBus) private readonly bus: QueryBus) {}

  @QuestionRoute('listDoctors', 'doctors', 'The doctors whom a hospital has accepted, by name.', { open: true })
  list(@Query({ schema: Paging }) page: z.output<typeof Paging>, @FromAsker() asker: Asker) {
    return this.bus.execute(readPage(doctors, { index: 'byName', equal: { listed: true }, ...page }, asker, {}));
  }

  @QuestionRoute('searchDoctors', 'doctors/search', 'Accepted doctors, found by their names.', { open: true })
  search(@Query({ schema: Search }) { q, ...search }: z.output<typeof Search>, @FromAsker() asker: Asker) {
    const { hospitalId, departmentId, specialisationId, ...page } = search;
    const equal = {
      listed: true,
      ...(hospitalId && { hospitalIds: hospitalId }),
      ...(departmentId && { departmentIds: departmentId }),
      ...(specialisationId && { specialisationIds: specialisationId }),
    };
    return this.bus.execute(readSearch(doctors, { text: q, equal, ...page }, asker, {}));
  }

  @QuestionRoute('readDoctor', 'doctors/:id', 'An accepted doctor, as everybody may see one.', { open: true })
  async one(@Param('id', { schema: Key }) doctorId: string, @FromAsker() asker: Asker) {
    const query = { index: 'byId', equal: { listed: true, doctorId }, limit: 1 };
    const [found] = (await this.bus.execute(readPage(doctors, query, asker, {}))).items;
    if (!found) throw new Rejection('missing', 'There is no such doctor.', 'missing');
    return found;
  }

  @QuestionRoute('listHospitalsOfDoctor', 'doctors/:id/hospitals', 'Where a doctor works.', { open: true })
  hospitals(
    @Param('id', { schema: Key }) doctorId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byDoctor', equal: { doctorId }, ...page };
    return this.bus.execute(readPage(hospitalDoctors, query, asker, { join: [hospital, ...units] }));
  }

  @QuestionRoute('listDoctorsOfHospital', 'hospitals/:id/doctors', 'Who works at a hospital, longest first.', {
    open: true,
  })
  ofHospital(
    @Param('id', { schema: Key }) hospitalId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospital', equal: { hospitalId }, ...page };
    return this.bus.execute(readPage(hospitalDoctors, query, asker, { join: [doctor, ...units] }));
  }

  @QuestionRoute('listDoctorsOfDepartment', 'departments/:id/doctors', 'Who works in a department, longest first.', {
    open: true,
  })
  ofDepartment(
    @Param('id', { schema: Key }) departmentId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byDepartment', equal: { departmentId }, ...page };
    return this.bus.execute(readPage(hospitalDoctors, query, asker, { join: [doctor, ...units] }));
  }

  @QuestionRoute(
    'listDoctorsOfSpecialisation',
    'specialisations/:id/doctors',
    'Who practises a specialisation, longest first.',
    { open: true },
  )
  ofSpecialisation(
    @Param('id', { schema: Key }) specialisationId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'bySpecialisation', equal: { specialisationId }, ...page };
    return this.bus.execute(readPage(hospitalDoctors, query, asker, { join: [doctor, ...units] }));
  }

  @QuestionRoute(
    'readDoctorFile',
    'doctors/:id/file',
    "A doctor's whole profile and leave, for the doctor's hospitals.",
  )
  file(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return this.bus.execute(readOne(practitioners, id, asker, { join: [profile] }));
  }

  @QuestionRoute('listRegistrationsOfDoctor', 'doctors/:id/registrations', 'What the doctor asked of hospitals.')
  asked(
    @Param('id', { schema: Key }) doctorId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byDoctor', equal: { doctorId }, order: 'descending' as const, ...page };
    return this.bus.execute(
      readPage(registrations, query, asker, { parties: { doctorId }, join: [hospital, ...units] }),
    );
  }

  @QuestionRoute('listRegistrations', 'hospitals/:id/registrations', 'Who asks the hospital, by status; oldest first.')
  pending(
    @Param('id', { schema: Key }) hospitalId: string,
    @Query({ schema: OfStatus }) { status, ...page }: z.output<typeof OfStatus>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospital', equal: { hospitalId, status }, ...page };
    return this.bus.execute(
      readPage(registrations, query, asker, { parties: { hospitalId }, join: [doctor, ...units] }),
    );
  }
}
