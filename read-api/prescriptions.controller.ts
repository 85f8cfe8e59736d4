import { Controller, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { patients } from '../projections/patients/patients.js';
import { doctors } from '../projections/practitioners/doctors.js';
import { prescriptions } from '../projections/prescriptions/prescriptions.js';
import { type Join, readOne, readPage } from './kernel/ask.js';
import { Key, Paging } from './kernel/paging.js';

const PEOPLE: readonly Join[] = [
  { by: 'patientId', from: patients, as: 'patient', show: ['name', 'gender', 'dateOfBirth'] },
  { by: 'doctorId', from: doctors, as: 'doctor', show: ['name'] },
];

@Controller()
export class PrescriptionsController {
  constructor(@Inject(QueryBus) private readonly bus: QueryBus) {}

  @QuestionRoute(
    'readPrescription',
    'prescriptions/:id',
    'One prescription, with its earlier versions and what is left.',
  )
  one(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return this.bus.execute(readOne(prescriptions, id, asker, { join: PEOPLE }));
  }

  @QuestionRoute(
    'readPatientPrescriptions',
    'patients/:patientId/prescriptions',
    "A patient's prescriptions, newest first.",
  )
  ofPatient(
    @Param('patientId', { schema: Key }) patientId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byPatient', equal: { patientId }, order: 'descending' as const, ...page };
    return this.bus.execute(readPage(prescriptions, query, asker, { parties: { patientId }, join: PEOPLE }));
  }

  @QuestionRoute(
    'readDoctorPrescriptions',
    'doctors/:doctorId/prescriptions',
    'What a doctor prescribed, newest first.',
  )
  ofDoctor(
    @Param('doctorId', { schema: Key }) doctorId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byDoctor', equal: { doctorId }, order: 'descending' as const, ...page };
    return this.bus.execute(readPage(prescriptions, query, asker, { parties: { doctorId }, join: PEOPLE }));
  }
}
