import { Controller, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { countsOf, totalsOf } from '../projections/organisations/hospital-totals.js';
import { type HospitalUnit, hospitalUnits } from '../projections/organisations/hospital-units.js';
import { hospitals } from '../projections/organisations/hospitals.js';
import { readOne, readPage, readSearch } from './kernel/ask.js';
import { CLOCK, type Clock } from './kernel/clock.js';
import { HowMany } from './kernel/count.js';
import { Key, Paging } from './kernel/paging.js';

const Listing = Paging.extend({
  q: z.string().max(200).optional().describe('Words of the name; without them all, by name.'),
  type: z.enum(['public', 'private']).optional(),
});

@Controller('hospitals')
export class OrganisationsController {
  constructor(
    @Inject(QueryBus) private readonly bus: QueryBus,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @QuestionRoute('listHospitals', '', 'The open hospitals, by name; or those whose name is searched for.', {
    open: true,
  })
  list(@Query({ schema: Listing }) { q, type, ...page }: z.output<typeof Listing>, @FromAsker() asker: Asker) {
    const equal = { open: true, ...(type && { type }) };
    return q === undefined
      ? this.bus.execute(readPage(hospitals, { index: type ? 'byType' : 'byName', equal, ...page }, asker, {}))
      : this.bus.execute(readSearch(hospitals, { text: q, equal, ...page }, asker, {}));
  }

  @QuestionRoute('readHospital', ':id', 'One hospital.', { open: true })
  one(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return this.bus.execute(readOne(hospitals, id, asker));
  }

  @QuestionRoute('listDepartments', ':id/departments', 'The departments of a hospital, by name.', { open: true })
  departments(
    @Param('id', { schema: Key }) id: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    return this.units(id, 'department', page, asker);
  }

  @QuestionRoute('listServices', ':id/services', 'The services of a hospital, by name.', { open: true })
  services(
    @Param('id', { schema: Key }) id: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    return this.units(id, 'service', page, asker);
  }

  @QuestionRoute('listSpecialisations', ':id/specialisations', 'The specialisations of a hospital, by name.', {
    open: true,
  })
  specialisations(
    @Param('id', { schema: Key }) id: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    return this.units(id, 'specialisation', page, asker);
  }

  @QuestionRoute('readHospitalTotals', ':id/totals', 'How many people, beds and appointments; seven days from today.')
  async totals(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    const { timeZone, capacity } = await this.bus.execute(readOne(hospitals, id, asker));
    const at = this.clock.now();
    const counted = await this.bus.execute(new HowMany(countsOf(id, timeZone, at), asker, { hospitalId: id }));
    return { id, ...totalsOf(counted, timeZone, at), capacity };
  }

  private units(hospitalId: string, kind: HospitalUnit['kind'], page: z.output<typeof Paging>, asker: Asker) {
    const query = { index: 'byKind', equal: { hospitalId, kind }, ...page };
    return this.bus.execute(readPage(hospitalUnits, query, asker, {}));
  }
}
