import { events } from '../../domain/pharmacy/cart.js';
import { stockId } from '../../domain/pharmacy/stock.js';
import { projection } from '../kernel/projection.js';

/** What a patient means to buy at one hospital's pharmacy. Names and prices are joined when read. */
export interface CartPage {
  readonly patientId: string;
  readonly hospitalId: string;
  readonly lines: readonly { readonly medicineId: string; readonly quantity: number }[];
  /** Of the lines, for joining. */
  readonly medicineIds: readonly string[];
  /** The pharmacy's shelves of the lines, for joining its prices. */
  readonly shelves: readonly string[];
  /** Of the stream of all of the patient's carts: the ETag of every command on them. */
  readonly revision: number;
}

interface At {
  readonly data: { readonly patientId: string; readonly hospitalId: string };
  readonly revision: number;
}

/** The cart with another quantity of these medicines; no document when nothing is left. */
const withQuantities = (
  doc: CartPage | undefined,
  { data: { patientId, hospitalId }, revision }: At,
  quantityOf: (medicineId: string, held: number) => number,
  medicineIds: readonly string[],
): CartPage | null => {
  const held = new Map(doc?.lines.map(({ medicineId, quantity }) => [medicineId, quantity]));
  for (const id of medicineIds) held.set(id, quantityOf(id, held.get(id) ?? 0));
  const lines = [...held].flatMap(([medicineId, quantity]) => (quantity > 0 ? [{ medicineId, quantity }] : []));
  if (lines.length === 0) return null;
  const ids = lines.map(({ medicineId }) => medicineId);
  const shelves = ids.map((id) => stockId(hospitalId, id));
  return { patientId, hospitalId, lines, medicineIds: ids, shelves, revision };
};

export const carts = projection<CartPage>()({
  name: 'carts',
  version: 2,
  from: events,
  key: ({ data: { patientId, hospitalId } }) => `${patientId}_${hospitalId}`,
  indexes: { byPatient: ['patientId', 'hospitalId'] },
  parties: ({ patientId, hospitalId }) => ({ patientId, hospitalId }),
  phi: true,
  on: {
    MedicineAddedToCart: (doc, event) => withQuantities(doc, event, () => event.data.quantity, [event.data.medicineId]),
    CartQuantityChanged: (doc, event) => withQuantities(doc, event, () => event.data.quantity, [event.data.medicineId]),
    MedicineRemovedFromCart: (doc, event) => withQuantities(doc, event, () => 0, [event.data.medicineId]),
    CartCheckedOut: (doc, event) => {
      const taken = new Map(event.data.lines.map(({ medicineId, quantity }) => [medicineId, quantity]));
      return withQuantities(doc, event, (id, held) => held - taken.get(id)!, [...taken.keys()]);
    },
  },
});
