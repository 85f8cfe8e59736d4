import { Controller, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { appointments } from '../projections/appointments/appointments.js';
import { myPatients, treatedSince } from '../projections/appointments/my-patients.js';
import { freeSlots, takenSlots } from '../projections/appointments/taken-slots.js';
import { hospitals } from '../projections/organisations/hospitals.js';
import { doctors } from '../projections/practitioners/doctors.js';
import { readOne, readPage } from './kernel/ask.js';
import { CLOCK, type Clock } from './kernel/clock.js';
import { Key, Paging } from './kernel/paging.js';

const Day = z.iso.date();
const OfDay = Paging.extend({ day: Day });
const OfPlaceAndDay = z.strictObject({ hospitalId: Key, day: Day, minPosition: z.string().optional() });
const OfWeek = Paging.extend({ from: Day, to: Day.describe('Not included.') });
const STATUSES = [
  'held',
  'requested',
  'confirmed',
  'arrived',
  'fulfilled',
  'missed',
  'displaced',
  'released',
  'rejected',
  'cancelled',
  'expired',
  'moved',
] as const;
const OfStatus = Paging.extend({ status: z.enum(STATUSES).default('requested') });

@Controller()
export class AppointmentsController {
  constructor(
    @Inject(QueryBus) private readonly bus: QueryBus,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @QuestionRoute('readAppointment', 'appointments/:id', 'One appointment.')
  one(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return this.bus.execute(readOne(appointments, id, asker));
  }

  @QuestionRoute('readFreeSlots', 'doctors/:doctorId/slots', 'What a doctor has free at a hospital on a day.', {
    open: true,
  })
  async free(
    @Param('doctorId', { schema: Key }) doctorId: string,
    @Query({ schema: OfPlaceAndDay }) { hospitalId, day }: z.output<typeof OfPlaceAndDay>,
    @FromAsker() asker: Asker,
  ) {
    const ofDay = { index: 'byDay', equal: { doctorId, day }, limit: 1 };
    const ofDoctor = { index: 'byId', equal: { listed: true, doctorId }, limit: 1 };
    const [place, { items: known }, { items: held }] = await Promise.all([
      this.bus.execute(readOne(hospitals, hospitalId, asker)),
      this.bus.execute(readPage(doctors, ofDoctor, asker, {})),
      this.bus.execute(readPage(takenSlots, ofDay, asker, {})),
    ]);
    const schedule = known[0]?.schedules[hospitalId];
    const now = this.clock.now();
    return { items: schedule ? freeSlots(schedule, { day, timeZone: place.timeZone, now }, held[0]) : [] };
  }

  @QuestionRoute('readDoctorDay', 'doctors/:doctorId/day', "A doctor's day, in order.")
  day(
    @Param('doctorId', { schema: Key }) doctorId: string,
    @Query({ schema: OfDay }) { day, ...page }: z.output<typeof OfDay>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byDoctorDay', equal: { doctorId, day }, ...page };
    return this.bus.execute(readPage(appointments, query, asker, { parties: { doctorId } }));
  }

  @QuestionRoute('readDoctorWeek', 'doctors/:doctorId/week', "A doctor's days from one to before another, in order.")
  week(
    @Param('doctorId', { schema: Key }) doctorId: string,
    @Query({ schema: OfWeek }) { from, to, ...page }: z.output<typeof OfWeek>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byDoctorDay', equal: { doctorId }, range: { from, to }, ...page };
    return this.bus.execute(readPage(appointments, query, asker, { parties: { doctorId } }));
  }

  @QuestionRoute(
    'readPendingRequests',
    'doctors/:doctorId/requests',
    'What waits for the doctor, soonest first; by status.',
  )
  pending(
    @Param('doctorId', { schema: Key }) doctorId: string,
    @Query({ schema: OfStatus }) { status, ...page }: z.output<typeof OfStatus>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byDoctorStatus', equal: { doctorId, status }, ...page };
    return this.bus.execute(readPage(appointments, query, asker, { parties: { doctorId } }));
  }

  @QuestionRoute('readMyPatients', 'doctors/:doctorId/patients', 'Whom the doctor treats, by the latest visit.')
  patients(
    @Param('doctorId', { schema: Key }) doctorId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const range = { from: treatedSince(this.clock.now()) };
    const query = { index: 'byDoctor', equal: { doctorId }, range, order: 'descending' as const, ...page };
    return this.bus.execute(readPage(myPatients, query, asker, { parties: { doctorId } }));
  }

  @QuestionRoute(
    'readHospitalAppointments',
    'hospitals/:hospitalId/appointments',
    "A hospital's appointments by status, soonest first.",
  )
  hospital(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: OfStatus }) { status, ...page }: z.output<typeof OfStatus>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospitalStatus', equal: { hospitalId, status }, ...page };
    return this.bus.execute(readPage(appointments, query, asker, { parties: { hospitalId } }));
  }

  @QuestionRoute(
    'readPatientAppointments',
    'patients/:patientId/appointments',
    "A patient's appointments, latest first.",
  )
  patient(
    @Param('patientId', { schema: Key }) patientId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byPatient', equal: { patientId }, order: 'descending' as const, ...page };
    return this.bus.execute(readPage(appointments, query, asker, { parties: { patientId } }));
  }
}
