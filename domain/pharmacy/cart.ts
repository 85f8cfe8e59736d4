import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { health } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { without } from '../kernel/revise.js';
import { Id, Instant } from '../kernel/types.js';

// Stream cart-<patientId>: what one patient means to buy, at each hospital's pharmacy apart. Nobody else's order can
// touch it: an order takes out of its patient's cart, of its own pharmacy, what was ordered and nothing else.

export const QUANTITY_MAX = 1_000;
export const LINES_MAX = 50;

const Quantity = z.int().min(1).max(QUANTITY_MAX);
const medicineId = health(Id);
const Lines = health(z.array(z.strictObject({ medicineId: Id, quantity: Quantity })).max(LINES_MAX));

const place = { hospitalId: Id };
const One = z.strictObject({ ...place, medicineId });

export const commands = {
  AddToCart: One.extend({ quantity: Quantity.default(1) }),
  IncreaseQuantity: One,
  /** At one it removes the medicine. */
  DecreaseQuantity: One,
  RemoveFromCart: One,
  /** Sent by reactions: these were ordered. */
  CheckOutCart: z.strictObject({ ...place, orderId: Id, lines: Lines }),
};

const about = { patientId: Id, ...place, at: Instant };

export const events = {
  /** `quantity` is what the cart holds now. */
  MedicineAddedToCart: event(z.object({ ...about, medicineId, quantity: Quantity })),
  CartQuantityChanged: event(z.object({ ...about, medicineId, quantity: Quantity })),
  MedicineRemovedFromCart: event(z.object({ ...about, medicineId })),
  /** Holds what went out of the cart into the order. */
  CartCheckedOut: event(z.object({ ...about, orderId: Id, lines: Lines })),
};

type Lines = Readonly<Record<string, number>>;
/** Quantities by hospital and medicine. */
export type Cart = Readonly<Record<string, Lines>>;

/** What is known of the medicine and the pharmacy that a command names. */
export interface Facts {
  readonly sold: boolean;
}

const withLines = (cart: Cart, hospitalId: string, lines: Lines): Cart =>
  Object.keys(lines).length > 0 ? { ...cart, [hospitalId]: lines } : without(cart, hospitalId);

const withQuantity = (cart: Cart, hospitalId: string, medicineId: string, quantity: number): Cart => {
  const lines = cart[hospitalId] ?? {};
  return withLines(cart, hospitalId, quantity > 0 ? { ...lines, [medicineId]: quantity } : without(lines, medicineId));
};

const quantityIn = (cart: Cart, { hospitalId, medicineId }: z.infer<typeof One>): number =>
  cart[hospitalId]?.[medicineId] ?? 0;

const inCart = (cart: Cart, one: z.infer<typeof One>): number =>
  quantityIn(cart, one) || reject('not-in-cart', 'The cart does not hold this medicine.', 'missing', 'medicineId');

const within = (quantity: number): number =>
  quantity <= QUANTITY_MAX ? quantity : reject('too-many', `At most ${QUANTITY_MAX} of one medicine.`);

export const cart = decider<Cart, Facts>()({
  category: 'cart',
  commands,
  events,
  initial: {},
  parties: (_, __, { id }) => ({ patientId: id }),

  decide: {
    AddToCart(cart, { quantity: more, ...one }, { id, at, facts }) {
      if (!facts.sold) reject('medicine-not-sold', 'This is not sold here.', 'conflict', 'medicineId');
      const held = quantityIn(cart, one);
      if (held === 0 && Object.keys(cart[one.hospitalId] ?? {}).length >= LINES_MAX)
        reject('cart-full', `A cart holds at most ${LINES_MAX} medicines.`);
      return [{ type: 'MedicineAddedToCart', data: { patientId: id, ...one, at, quantity: within(held + more) } }];
    },
    IncreaseQuantity: (cart, one, { id, at }) => [
      { type: 'CartQuantityChanged', data: { patientId: id, ...one, at, quantity: within(inCart(cart, one) + 1) } },
    ],
    DecreaseQuantity(cart, one, { id, at }) {
      const quantity = inCart(cart, one) - 1;
      if (quantity === 0) return [{ type: 'MedicineRemovedFromCart', data: { patientId: id, ...one, at } }];
      return [{ type: 'CartQuantityChanged', data: { patientId: id, ...one, at, quantity } }];
    },
    RemoveFromCart: (cart, one, { id, at }) =>
      quantityIn(cart, one) > 0 ? [{ type: 'MedicineRemovedFromCart', data: { patientId: id, ...one, at } }] : [],
    CheckOutCart(cart, { hospitalId, orderId, lines }, { id, at }) {
      const taken = lines.flatMap(({ medicineId, quantity }) => {
        const held = quantityIn(cart, { hospitalId, medicineId });
        return held > 0 ? [{ medicineId, quantity: Math.min(held, quantity) }] : [];
      });
      return taken.length > 0
        ? [{ type: 'CartCheckedOut', data: { patientId: id, hospitalId, at, orderId, lines: taken } }]
        : [];
    },
  },

  evolve: {
    MedicineAddedToCart: (cart, { hospitalId, medicineId, quantity }) =>
      withQuantity(cart, hospitalId, medicineId, quantity),
    CartQuantityChanged: (cart, { hospitalId, medicineId, quantity }) =>
      withQuantity(cart, hospitalId, medicineId, quantity),
    MedicineRemovedFromCart: (cart, { hospitalId, medicineId }) => withQuantity(cart, hospitalId, medicineId, 0),
    CartCheckedOut: (cart, { hospitalId, lines }) =>
      lines.reduce(
        (rest, { medicineId, quantity }) =>
          withQuantity(rest, hospitalId, medicineId, quantityIn(rest, { hospitalId, medicineId }) - quantity),
        cart,
      ),
  },
});
