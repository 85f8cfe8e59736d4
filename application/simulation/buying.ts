import type { Actor } from '../../domain/kernel/envelope.js';
import { cart } from '../../domain/pharmacy/cart.js';
import { order } from '../../domain/pharmacy/order.js';
import { prescription, remainingOf } from '../../domain/prescriptions/prescription.js';
import { CartCommand, OrderCommand } from '../pharmacy.js';
import { addressBy, phoneBy } from './names.js';
import { pay } from './paying.js';
import type { Act, Moment } from './stage.js';
import type { Patient, Place, World } from './world.js';

// What patients buy: against a prescription, all at once or by halves, and what they need no prescription for.

const TRIES_MAX = 3;
const DAY = 24 * 60;

interface Line {
  readonly medicineId: string;
  readonly quantity: number;
  readonly prescription?: { readonly prescriptionId: string; readonly line: number };
}

/** Fetches such a share of what is left on a prescription. */
export const buyPrescribed =
  (world: World, patient: Patient, hospitalId: string, prescriptionId: string, share: number): Act =>
  async (now) => {
    const held = await now.load(prescription, prescriptionId);
    if (held?.status !== 'active') return;
    const lines = held.medicines.flatMap(({ line, medicineId }): Line[] => {
      const quantity = Math.ceil(remainingOf(held, line) * share);
      if (medicineId === undefined || quantity < 1) return [];
      return [{ medicineId, quantity, prescription: { prescriptionId, line } }];
    });
    await place(
      world,
      now,
      patient,
      world.places.find(({ id }) => id === hospitalId)!,
      lines,
    );
  };

/** Puts this and that into the cart, changes some of it, and orders it. */
export const buyFreely = async (
  world: World,
  now: Moment,
  patient: Patient,
  shop: Place = now.random.pick(world.places),
): Promise<void> => {
  const { random } = now;
  const hospitalId = shop.id;
  const wanted = random.sample(
    [...world.products.values()].filter(({ prescriptionRequired }) => !prescriptionRequired),
    random.int(1, 3),
  );
  const send = (message: CartCommand['envelope']['message']) =>
    now.send(patient.actor, CartCommand, patient.id, message);
  for (const { id: medicineId, type } of wanted)
    await send({
      type: 'AddToCart',
      data: { hospitalId, medicineId, quantity: type === 'tablets' || type === 'capsule' ? random.int(5, 20) : 1 },
    });
  const one = { hospitalId, medicineId: wanted[0]!.id };
  if (random.chance(0.3)) await send({ type: 'IncreaseQuantity', data: one });
  if (random.chance(0.2)) await send({ type: 'DecreaseQuantity', data: one });
  if (wanted.length > 1 && random.chance(0.15)) await send({ type: 'RemoveFromCart', data: one });
  // Some carts are only filled.
  if (random.chance(0.12)) return;
  const held = (await now.load(cart, patient.id))[hospitalId] ?? {};
  const lines = Object.entries(held).map(([medicineId, quantity]) => ({ medicineId, quantity }));
  await place(world, now, patient, shop, lines);
};

const place = async (
  world: World,
  now: Moment,
  patient: Patient,
  shop: Place,
  lines: Line[],
  tries = 1,
): Promise<void> => {
  if (lines.length === 0) return;
  const { random } = now;
  const orderId = now.id('order');
  const delivery = random.chance(0.3) ? { address: addressBy(random), phone: phoneBy(random) } : undefined;
  await now.send(patient.actor, OrderCommand, orderId, {
    type: 'PlaceOrder',
    data: { hospitalId: shop.id, lines, ...(delivery && { delivery }) },
  });
  world.orders.get(shop.id)!.add(orderId);
  now.after(3, async (later) => {
    const { status } = (await later.load(order, orderId)) ?? {};
    if (status === 'short') {
      // Another pharmacy has it perhaps; or this one, in two days.
      if (tries >= TRIES_MAX) return;
      const [other, minutes] = later.random.chance(0.5) ? [later.random.pick(world.places), 30] : [shop, 2 * DAY];
      return later.after(minutes, async (then) =>
        place(world, then, patient, other, await stillPrescribed(then, lines), tries + 1),
      );
    }
    if (later.random.chance(0.03)) return cancel(later, patient.actor, orderId);
    // Some leave it there, and it expires.
    if (!later.random.chance(0.05)) later.after(4, pay('pharmacyOrder', orderId, patient, shop));
  });
};

/** Lines that need no prescription, and those whose prescription still is in force. */
const stillPrescribed = async (now: Moment, lines: readonly Line[]): Promise<Line[]> => {
  const held = await Promise.all(
    lines.map(async ({ prescription: of }) => (of ? now.load(prescription, of.prescriptionId) : undefined)),
  );
  return lines.filter(({ prescription: of, quantity }, i) => {
    const one = held[i];
    return !of || (one?.status === 'active' && remainingOf(one, of.line) >= quantity);
  });
};

const cancel = async (now: Moment, actor: Actor, orderId: string): Promise<void> => {
  await now.send(actor, OrderCommand, orderId, { type: 'CancelOrder', data: { reason: 'Not needed any more.' } });
};
