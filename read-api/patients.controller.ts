import { Controller, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { hospitalPeople } from '../projections/access/hospital-people.js';
import { patientDirectory } from '../projections/patients/patient-directory.js';
import { patients, withAge } from '../projections/patients/patients.js';
import { type AnsweredPage, type Join, readOne, readPage, readSearch } from './kernel/ask.js';
import { CLOCK, type Clock } from './kernel/clock.js';
import { Key, Paging } from './kernel/paging.js';
import { FromSearchText, SearchesForPeople } from './kernel/search-text.js';

const person = (by: string): Join => ({ by, from: patients, as: 'patient', show: ['name', 'gender', 'portrait'] });

/** A found patient, without whom else the patient goes to. */
const found = ({ items, next }: AnsweredPage<typeof patientDirectory>) => ({
  items: items.map(({ id, name, ...rest }) => ({ id, name, ...('patient' in rest && { patient: rest.patient }) })),
  next,
});

@Controller()
export class PatientsController {
  constructor(
    @Inject(QueryBus) private readonly bus: QueryBus,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @QuestionRoute('readPatient', 'patients/:id', 'One patient, with the age of today.')
  async one(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return withAge(await this.bus.execute(readOne(patients, id, asker)), this.clock.now().slice(0, 10));
  }

  @QuestionRoute('listPatientsOfHospital', 'hospitals/:id/patients', "A hospital's patients, newest first.")
  ofHospital(
    @Param('id', { schema: Key }) hospitalId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospital', equal: { hospitalId }, order: 'descending' as const, ...page };
    const how = { parties: { hospitalId }, join: [person('personId')] };
    return this.bus.execute(readPage(hospitalPeople, query, asker, how));
  }

  @SearchesForPeople()
  @QuestionRoute('searchPatientsOfHospital', 'hospitals/:id/patients/search', "A hospital's patients, found by name.")
  async inHospital(
    @Param('id', { schema: Key }) hospitalId: string,
    @FromSearchText() text: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { text, equal: { hospitalIds: hospitalId }, ...page };
    const how = { parties: { hospitalId }, each: true, join: [person('patientId')] };
    return found(await this.bus.execute(readSearch(patientDirectory, query, asker, how)));
  }

  @SearchesForPeople()
  @QuestionRoute('searchPatientsOfDoctor', 'doctors/:id/patients/search', "A doctor's patients, found by name.")
  async ofDoctor(
    @Param('id', { schema: Key }) doctorId: string,
    @FromSearchText() text: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { text, equal: { doctorIds: doctorId }, ...page };
    const how = { parties: { doctorId }, each: true, join: [person('patientId')] };
    return found(await this.bus.execute(readSearch(patientDirectory, query, asker, how)));
  }
}
