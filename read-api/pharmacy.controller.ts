import { Controller, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { carts } from '../projections/pharmacy/carts.js';
import { CATEGORIES, medicines, TYPES } from '../projections/pharmacy/medicines.js';
import { orders, STATUSES } from '../projections/pharmacy/orders.js';
import { prices } from '../projections/pharmacy/prices.js';
import { stocks } from '../projections/pharmacy/stocks.js';
import { patients } from '../projections/patients/patients.js';
import type { IndexQuery } from '../projections/kernel/read-models.js';
import { type Join, readOne, readPage, readSearch } from './kernel/ask.js';
import { Key, Paging } from './kernel/paging.js';

const Amount = z.coerce.number().int().min(0).describe('In the smallest unit of the currency.');
const Filters = Paging.extend({
  q: z.string().max(200).optional().describe('Words of the name or the substance; then a page may hold fewer.'),
  category: z.enum(CATEGORIES).optional(),
  type: z.enum(TYPES).optional(),
  priceFrom: Amount.optional(),
  priceTo: Amount.optional().describe('Not included.'),
});
type Filters = z.output<typeof Filters>;
const OfState = Paging.extend({
  state: z.enum(['out', 'low', 'enough']).optional().describe('Shortages: `out` and `low`.'),
});
const OfStatus = Paging.extend({ status: z.enum(STATUSES).default('paid').describe('`paid`: to be handed out.') });
const Expiring = Paging.extend({ before: z.iso.date() });

const NAMED = ['name', 'strength', 'type', 'image', 'prescriptionRequired'] as const;
const medicine: Join = { by: 'medicineId', from: medicines, as: 'medicine', show: NAMED };
const inLines: Join = { by: 'medicineIds', from: medicines, as: 'medicines', show: NAMED };
const priced: Join = { ...inLines, show: [...NAMED, 'price', 'sold'] };
const ownPrices: Join = { by: 'shelves', from: prices, as: 'prices', show: ['medicineId', 'price'] };
const patient: Join = { by: 'patientId', from: patients, as: 'patient', show: ['name'] };

@Controller()
export class PharmacyController {
  constructor(@Inject(QueryBus) private readonly bus: QueryBus) {}

  @QuestionRoute('listMedicines', 'medicines', 'What is sold: by words, by name, or by price where filtered.', {
    open: true,
  })
  async list(@Query({ schema: Filters }) filters: Filters, @FromAsker() asker: Asker) {
    if (filters.q === undefined) return this.bus.execute(readPage(medicines, along(filters), asker, {}));
    const { q, category, type, priceFrom = 0, priceTo = Infinity, ...page } = filters;
    const equal = { sold: true, ...(category && { category }), ...(type && { type }) };
    const { items, ...rest } = await this.bus.execute(readSearch(medicines, { text: q, equal, ...page }, asker, {}));
    return { items: items.filter(({ price: { amount } }) => priceFrom <= amount && amount < priceTo), ...rest };
  }

  @QuestionRoute('readMedicine', 'medicines/:id', 'One medicine, also one that is not sold any more.', { open: true })
  medicine(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return this.bus.execute(readOne(medicines, id, asker));
  }

  @QuestionRoute('listStock', 'hospitals/:hospitalId/stock', "A pharmacy's shelves; with a state its shortages.")
  stock(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: OfState }) { state, ...page }: z.output<typeof OfState>,
    @FromAsker() asker: Asker,
  ) {
    const index = state === undefined ? 'byHospital' : 'byState';
    const query = { index, equal: { hospitalId, ...(state && { state }) }, ...page };
    return this.bus.execute(readPage(stocks, query, asker, { parties: { hospitalId }, join: [medicine] }));
  }

  @QuestionRoute('listExpiringStock', 'hospitals/:hospitalId/stock/expiring', 'Lots on hand by their day of expiry.')
  expiring(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: Expiring }) { before, ...page }: z.output<typeof Expiring>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byExpiry', equal: { hospitalId }, range: { to: before }, ...page };
    return this.bus.execute(readPage(stocks, query, asker, { parties: { hospitalId }, join: [medicine] }));
  }

  @QuestionRoute('readStock', 'hospitals/:hospitalId/stock/:medicineId', 'One medicine on the shelf, with its lots.')
  shelf(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Param('medicineId', { schema: Key }) medicineId: string,
    @FromAsker() asker: Asker,
  ) {
    return this.bus.execute(readOne(stocks, `${hospitalId}_${medicineId}`, asker, { join: [medicine] }));
  }

  @QuestionRoute('listPrices', 'hospitals/:hospitalId/prices', "Where a pharmacy's prices are not the catalogue's.", {
    open: true,
  })
  prices(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    return this.bus.execute(readPage(prices, { index: 'byHospital', equal: { hospitalId }, ...page }, asker, {}));
  }

  @QuestionRoute('readCarts', 'patients/:patientId/carts', "A patient's carts, one for each pharmacy.")
  carts(
    @Param('patientId', { schema: Key }) patientId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byPatient', equal: { patientId }, ...page };
    return this.bus.execute(readPage(carts, query, asker, { parties: { patientId }, join: [priced, ownPrices] }));
  }

  @QuestionRoute('readOrder', 'orders/:id', 'One order: its lines, what it costs, how it stands.')
  order(@Param('id', { schema: Key }) id: string, @FromAsker() asker: Asker) {
    return this.bus.execute(readOne(orders, id, asker, { join: [inLines, patient] }));
  }

  @QuestionRoute('readPatientOrders', 'patients/:patientId/orders', "A patient's orders, newest first.")
  ofPatient(
    @Param('patientId', { schema: Key }) patientId: string,
    @Query({ schema: Paging }) page: z.output<typeof Paging>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byPatient', equal: { patientId }, order: 'descending' as const, ...page };
    return this.bus.execute(readPage(orders, query, asker, { parties: { patientId }, join: [inLines] }));
  }

  @QuestionRoute(
    'readHospitalOrders',
    'hospitals/:hospitalId/orders',
    "A pharmacy's queue: orders by status, oldest first.",
  )
  queue(
    @Param('hospitalId', { schema: Key }) hospitalId: string,
    @Query({ schema: OfStatus }) { status, ...page }: z.output<typeof OfStatus>,
    @FromAsker() asker: Asker,
  ) {
    const query = { index: 'byHospitalStatus', equal: { hospitalId, status }, ...page };
    return this.bus.execute(readPage(orders, query, asker, { parties: { hospitalId }, join: [inLines, patient] }));
  }
}

/** The index that answers these filters without words. */
const along = ({ q: _, category, type, priceFrom, priceTo, ...page }: Filters): IndexQuery => {
  const priced = priceFrom !== undefined || priceTo !== undefined;
  const range = { ...(priceFrom !== undefined && { from: priceFrom }), ...(priceTo !== undefined && { to: priceTo }) };
  const index = category
    ? type
      ? 'byCategoryAndType'
      : 'byCategory'
    : type
      ? 'byType'
      : priced
        ? 'byPrice'
        : 'byName';
  const equal = { sold: true, ...(category && { category }), ...(type && { type }) };
  return { index, equal, ...(priced && { range }), ...page };
};
