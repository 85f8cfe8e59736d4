import { revised } from '../../domain/kernel/revise.js';
import type { Money } from '../../domain/kernel/types.js';
import { type Category, events, type MedicineType } from '../../domain/pharmacy/medicine.js';
import { projection } from '../kernel/projection.js';

export { CATEGORIES, TYPES } from '../../domain/pharmacy/medicine.js';

/** A medicine of the catalogue as everybody may see it. */
export interface MedicinePage {
  readonly medicineId: string;
  /** The hospital that keeps the entry; missing where the platform does. */
  readonly hospitalId?: string | undefined;
  readonly name: string;
  readonly type: MedicineType;
  readonly category: Category;
  readonly price: Money;
  readonly taxBasisPoints: number;
  readonly prescriptionRequired: boolean;
  readonly strength?: string | undefined;
  readonly packSize?: number | undefined;
  readonly substance?: string | undefined;
  readonly drugClass?: string | undefined;
  readonly description?: string | undefined;
  /** A picture's id. */
  readonly image?: string | undefined;
  readonly sold: boolean;
  /** Of its stream: the ETag of every command on it. */
  readonly revision: number;
}

const changed = (doc: MedicinePage | undefined, revision: number, change: object): MedicinePage | null =>
  doc ? revised(doc, { ...change, revision }) : null;

export const medicines = projection<MedicinePage>()({
  name: 'medicines',
  version: 1,
  from: events,
  key: ({ data }) => data.medicineId,
  indexes: {
    byName: ['sold', 'name'],
    byPrice: ['sold', 'price.amount'],
    byCategory: ['sold', 'category', 'price.amount'],
    byType: ['sold', 'type', 'price.amount'],
    byCategoryAndType: ['sold', 'category', 'type', 'price.amount'],
  },
  search: ['name', 'substance'],
  searchFilters: ['sold', 'category', 'type'],
  parties: () => ({}),
  phi: false,
  on: {
    MedicineAdded: (_, { data: { at: __, ...medicine }, revision }) => ({ ...medicine, sold: true, revision }),
    MedicineRevised: (doc, { data: { at: _, ...changes }, revision }) => changed(doc, revision, changes),
    MedicineDiscontinued: (doc, { revision }) => changed(doc, revision, { sold: false }),
    MedicineReinstated: (doc, { revision }) => changed(doc, revision, { sold: true }),
  },
});
