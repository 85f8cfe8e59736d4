import type { Money } from '../../domain/kernel/types.js';
import { events, stockId } from '../../domain/pharmacy/stock.js';
import { projection } from '../kernel/projection.js';

/** What a pharmacy asks for a medicine, where that is not the catalogue's price. Everybody may see it. */
export interface PharmacyPrice {
  readonly hospitalId: string;
  readonly medicineId: string;
  readonly price: Money;
}

export const prices = projection<PharmacyPrice>()({
  name: 'pharmacyPrices',
  version: 1,
  from: { PharmacyPriceSet: events.PharmacyPriceSet },
  key: ({ data: { hospitalId, medicineId } }) => stockId(hospitalId, medicineId),
  indexes: { byHospital: ['hospitalId', 'medicineId'] },
  parties: ({ hospitalId }) => ({ hospitalId }),
  phi: false,
  on: {
    PharmacyPriceSet: (_, { data: { hospitalId, medicineId, price } }) =>
      price === null ? null : { hospitalId, medicineId, price },
  },
});
