import { type Order, order } from '../../domain/pharmacy/order.js';
import { expiredLots, type Stock, stock, stockId } from '../../domain/pharmacy/stock.js';
import { waiting } from '../../domain/pharmacy/order-line.js';
import { unitsOf } from '../../domain/pharmacy/lots.js';
import { prescription } from '../../domain/prescriptions/prescription.js';
import { OrderCommand, StockCommand } from '../pharmacy.js';
import { dayAfter, dayOf, weekdayOf } from './calendar.js';
import type { Act, Moment } from './stage.js';
import type { Place, World } from './world.js';

// Behind the counter: units come in lots, some run short, some expire; orders are handed out.

const SHORTEST_DAYS = 12;
const WHOLESALER: ReadonlySet<string> = new Set(['sat', 'tue']);

/** Fills the shelves, each medicine with one lot; a few have nothing yet, and a few lots will expire soon. */
export const stockUp =
  (world: World, shop: Place): Act =>
  async (now) => {
    for (const { id, delivery } of world.products.values()) {
      const level = Math.ceil(delivery / 5);
      await now.send(shop.pharmacist, StockCommand, stockId(shop.id, id), { type: 'SetReorderLevel', data: { level } });
      if (now.random.chance(0.1)) continue;
      await receive(world, now, shop, id, now.random.chance(0.08) ? now.random.int(SHORTEST_DAYS, 25) : undefined);
    }
  };

/** A lot arrives. */
export const receive = async (world: World, now: Moment, shop: Place, medicineId: string, expiresInDays?: number) => {
  const { random } = now;
  const { delivery } = [...world.products.values()].find(({ id }) => id === medicineId)!;
  const lot = `${random.pick(['BX', 'SQ', 'IN', 'AC'])}${random.int(1_000, 9_999)}`;
  const expires = dayAfter(dayOf(now.at), expiresInDays ?? random.int(120, 900));
  const quantity = Math.ceil((delivery * random.int(3, 10)) / 10);
  await now.send(shop.pharmacist, StockCommand, stockId(shop.id, medicineId), {
    type: 'ReceiveUnits',
    data: { lot, expires, quantity },
  });
};

/** Every morning: what has expired goes; twice a week what is low comes, where the wholesaler has it. */
export const lookThroughShelves =
  (world: World, shop: Place): Act =>
  async (now) => {
    const today = dayOf(now.at);
    const comes = WHOLESALER.has(weekdayOf(today));
    for (const { id, delivery } of world.products.values()) {
      const held = await now.load(stock, stockId(shop.id, id));
      for (const lot of expiredLots(held, today)) await writeOff(now, shop, id, lot, held, 'Expired.');
      const left = available(held, today);
      if (left < delivery / 4 && comes && now.random.chance(0.7)) await receive(world, now, shop, id);
      else if (left > 20 && now.random.chance(0.004)) await miscounted(now, shop, id, held);
    }
  };

const available = (held: Stock, day: string): number => {
  const gone = expiredLots(held, day);
  return Object.entries(held.lots).reduce((sum, [lot, { onHand }]) => sum + (gone.includes(lot) ? 0 : onHand), 0);
};

const writeOff = async (now: Moment, shop: Place, medicineId: string, lot: string, { lots }: Stock, reason: string) => {
  const quantity = lots[lot]!.onHand;
  if (quantity === 0) return;
  await now.send(shop.pharmacist, StockCommand, stockId(shop.id, medicineId), {
    type: 'AdjustStock',
    data: { kind: 'writtenOff', lot, quantity, reason },
  });
};

const miscounted = async (now: Moment, shop: Place, medicineId: string, { lots }: Stock) => {
  const lot = Object.keys(lots).find((name) => lots[name]!.onHand > 2);
  if (lot === undefined) return;
  const [kind, reason] = now.random.chance(0.5)
    ? (['found', 'Counted again.'] as const)
    : (['writtenOff', 'Broken.'] as const);
  await now.send(shop.pharmacist, StockCommand, stockId(shop.id, medicineId), {
    type: 'AdjustStock',
    data: { kind, lot, quantity: now.random.int(1, 2), reason },
  });
};

/** Works through the orders that wait: hands out what is paid, brings what is to be delivered. */
export const serve =
  (world: World, shop: Place): Act =>
  async (now) => {
    const queue = world.orders.get(shop.id)!;
    for (const orderId of [...queue]) {
      const held = await now.load(order, orderId);
      if (held?.status === 'paid') await handOut(now, shop, held);
      else if (held?.status === 'dispensed') {
        queue.delete(orderId);
        const handed = held.toDeliver ? 'MarkOrderDelivered' : 'HandOverOrder';
        await now.send(shop.pharmacist, OrderCommand, orderId, { type: handed, data: {} });
        if (now.random.chance(0.03)) now.after(24 * 60, bringBack(shop, orderId));
      } else if (held?.status !== 'placed' && held?.status !== 'reserved') queue.delete(orderId);
    }
  };

const handOut = async (now: Moment, { id: hospitalId, pharmacist }: Place, { orderId, lines, patientId }: Order) => {
  const { random } = now;
  const send = (message: OrderCommand['envelope']['message'], actor = pharmacist) =>
    now.send(actor, OrderCommand, orderId, message);
  const untouched = lines.every(({ dispensed }) => dispensed.length === 0);
  const reason = 'Found it at home.';
  if (untouched && random.chance(0.02))
    return send({ type: 'CancelOrder', data: { reason } }, { id: patientId, role: 'patient' });
  for (const { line, medicineId, reserved = [], prescription: named, ...of } of lines) {
    const left = waiting({ line, medicineId, reserved, ...of });
    if (left === 0) continue;
    if (named && (await now.load(prescription, named.prescriptionId))?.status !== 'active')
      return send({ type: 'CancelOrder', data: { reason: 'The prescription is in force no more.' } });
    const held = await now.load(stock, stockId(hospitalId, medicineId));
    const gone = expiredLots(held, now.at.slice(0, 10));
    if (reserved.some(({ lot }) => gone.includes(lot)))
      return send({ type: 'CancelOrder', data: { reason: 'Expired on the shelf.' } });
    // A box that is not opened yet: the rest the next time.
    const part = untouched && left >= 10 && random.chance(0.08);
    await send({ type: 'DispenseLine', data: { line, ...(part && { quantity: Math.floor(left / 2) }) } });
  }
};

const bringBack =
  (shop: Place, orderId: string): Act =>
  async (now) => {
    const held = await now.load(order, orderId);
    const line = held?.lines.find(({ dispensed }) => unitsOf(dispensed) > 1);
    if (!line) return;
    await now.send(shop.pharmacist, OrderCommand, orderId, {
      type: 'ReturnUnits',
      data: { line: line.line, quantity: Math.ceil(unitsOf(line.dispensed) / 2), reason: 'Not tolerated.' },
    });
  };
