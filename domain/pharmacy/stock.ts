import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { reject } from '../kernel/rejection.js';
import { without } from '../kernel/revise.js';
import { Day, Id, Instant, Line, Money } from '../kernel/types.js';
import { Price } from './medicine.js';
import { first, Lot, minus, Pick, Picks, plus, unitsOf } from './lots.js';

// Stream stock-<hospitalId>_<medicineId>. Inside it: no unit is promised twice, for the last one can only be reserved
// here; and units are conserved: received + found = on hand + reserved + dispensed + written off, of every lot. Lots
// leave by the nearest expiry first; what has expired stays on hand until it is written off, and is promised to nobody.

export const stockId = (hospitalId: string, medicineId: string): string => `${hospitalId}_${medicineId}`;

const partsOf = (id: string) => {
  const cut = id.indexOf('_');
  return { hospitalId: id.slice(0, cut), medicineId: id.slice(cut + 1) };
};

/** The reorder level where none was set. */
export const LOW_STOCK = 10;
const UNMARKED = 'unmarked';
const LOTS_MAX = 1_000;
const UNITS_MAX = 1_000_000;

const Units = z.int().min(1).max(UNITS_MAX);

export const commands = {
  ReceiveUnits: z.strictObject({
    lot: Lot.default(UNMARKED),
    expires: Day.optional().describe('The first day on which it may not be handed out any more.'),
    quantity: Units,
  }),
  /** Somebody counted: units of a lot were found, or are lost, broken or expired. */
  AdjustStock: z.strictObject({
    kind: z.enum(['found', 'writtenOff']),
    lot: Lot.default(UNMARKED),
    quantity: Units,
    reason: Line(300),
  }),
  SetReorderLevel: z.strictObject({ level: z.int().min(0).max(UNITS_MAX) }),
  SetPrice: z.strictObject({ price: Price.nullable().describe("Of this pharmacy; null for the catalogue's.") }),
  /** Sent by reactions, as are the following: an order asks for units. */
  ReserveUnits: z.strictObject({ reservationId: Id, quantity: Units, until: Instant }),
  ReleaseUnits: z.strictObject({ reservationId: Id }),
  DispenseUnits: z.strictObject({ reservationId: Id, picks: Picks }),
  ReturnUnits: z.strictObject({ picks: Picks }),
};

const at = { hospitalId: Id, medicineId: Id, at: Instant };
const InLot = z.object({ ...at, lot: Lot, quantity: z.int().positive() });
const Reservation = z.object({ ...at, reservationId: Id, picks: z.array(Pick) });

export const events = {
  StockReceived: event(InLot.extend({ expires: Day.optional() })),
  StockFound: event(InLot.extend({ reason: z.string() })),
  StockWrittenOff: event(InLot.extend({ reason: z.string() })),
  ReorderLevelSet: event(z.object({ ...at, level: z.int().min(0) })),
  /** Null: the catalogue's counts again. */
  PharmacyPriceSet: event(z.object({ ...at, price: Money.nullable() })),
  UnitsReserved: event(Reservation.extend({ until: Instant })),
  /** Nothing was reserved: so many were asked for and so many are available. Others act upon it. */
  MedicineShort: event(z.object({ ...at, reservationId: Id, quantity: z.int().positive(), available: z.int().min(0) })),
  UnitsReleased: event(Reservation),
  UnitsDispensed: event(Reservation),
  UnitsReturned: event(z.object({ ...at, picks: z.array(Pick) })),
  /** Fewer are available than the reorder level, for the first time since there were enough. */
  StockRanLow: event(z.object({ ...at, available: z.int().min(0), level: z.int().min(0) })),
};

interface Held {
  readonly expires?: string | undefined;
  readonly onHand: number;
  /** Handed out and not returned. */
  readonly dispensed: number;
}

export interface Stock {
  readonly lots: Readonly<Record<string, Held>>;
  readonly reservations: Readonly<Record<string, readonly Pick[]>>;
  readonly level: number;
  /** Of this pharmacy; undefined where the catalogue's counts. */
  readonly price?: Money | undefined;
}

/** What the catalogue says of the medicine; undefined where it does not know it. */
export interface Facts {
  readonly currency?: string | undefined;
}

const expired = ({ expires }: Held, day: string): boolean => expires !== undefined && expires <= day;

/** Lots that may not be handed out on a day. */
export const expiredLots = ({ lots }: Stock, day: string): string[] =>
  Object.keys(lots).filter((lot) => expired(lots[lot]!, day));

/** What can be promised at a moment, nearest expiry first. */
const availableAt = ({ lots }: Stock, at: string): Pick[] =>
  Object.entries(lots)
    .filter(([, held]) => held.onHand > 0 && !expired(held, at.slice(0, 10)))
    .toSorted(([, a], [, b]) => compare(a.expires ?? '9999', b.expires ?? '9999'))
    .map(([lot, { onHand }]) => ({ lot, quantity: onHand }));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** That it ran low, when so many fewer are available now. */
const ranLow = (stock: Stock, taken: number, id: string, at: string) => {
  const before = unitsOf(availableAt(stock, at));
  const available = before - taken;
  if (before < stock.level || available >= stock.level) return [];
  return [{ type: 'StockRanLow' as const, data: { ...partsOf(id), at, available, level: stock.level } }];
};

/** The stock after units of these lots went to or from a place. */
const moved = (stock: Stock, picks: readonly Pick[], change: { onHand?: 1 | -1; dispensed?: 1 | -1 }): Stock => ({
  ...stock,
  lots: picks.reduce((lots, { lot, quantity }) => {
    const held: Held = lots[lot] ?? { onHand: 0, dispensed: 0 };
    const onHand = held.onHand + (change.onHand ?? 0) * quantity;
    const dispensed = held.dispensed + (change.dispensed ?? 0) * quantity;
    return { ...lots, [lot]: { ...held, onHand, dispensed } };
  }, stock.lots),
});

export const stock = decider<Stock, Facts>()({
  category: 'stock',
  commands,
  events,
  initial: { lots: {}, reservations: {}, level: LOW_STOCK },
  parties: (_, __, { id }) => ({ hospitalId: partsOf(id).hospitalId }),

  decide: {
    ReceiveUnits({ lots }, { lot, expires, quantity }, { id, at }) {
      const held = lots[lot];
      if (held && held.expires !== expires)
        reject('lot-differs', 'Units of this lot expire on another day.', 'conflict', 'expires');
      if (!held && Object.keys(lots).length >= LOTS_MAX) reject('too-many-lots', `At most ${LOTS_MAX} lots.`);
      const received = { ...partsOf(id), at, lot, quantity, ...(expires && { expires }) };
      return [{ type: 'StockReceived', data: received }];
    },
    AdjustStock(stock, { kind, lot, quantity, reason }, { id, at }) {
      const held = stock.lots[lot] ?? reject('lot-unknown', 'No such lot was ever received.', 'missing', 'lot');
      const data = { ...partsOf(id), at, lot, quantity, reason };
      if (kind === 'found') return [{ type: 'StockFound', data }];
      if (quantity > held.onHand)
        reject('too-few-on-hand', `Only ${held.onHand} of this lot are on hand.`, 'conflict', 'quantity');
      const less = expired(held, at.slice(0, 10)) ? 0 : quantity;
      return [{ type: 'StockWrittenOff', data }, ...ranLow(stock, less, id, at)];
    },
    SetReorderLevel: (stock, { level }, { id, at }) =>
      level === stock.level ? [] : [{ type: 'ReorderLevelSet', data: { ...partsOf(id), at, level } }],
    SetPrice(stock, { price }, { id, at, facts: { currency } }) {
      if (currency === undefined) reject('medicine-unknown', 'The catalogue has no such medicine.', 'missing');
      if (price && price.currency !== currency)
        reject('currency-differs', `This medicine is sold in ${currency}.`, 'invalid', 'price');
      const same = price?.amount === stock.price?.amount && price?.currency === stock.price?.currency;
      return same ? [] : [{ type: 'PharmacyPriceSet', data: { ...partsOf(id), at, price } }];
    },

    ReserveUnits(stock, { reservationId, quantity, until }, { id, at }) {
      if (stock.reservations[reservationId]) return [];
      const free = availableAt(stock, at);
      const available = unitsOf(free);
      const about = { ...partsOf(id), at, reservationId };
      if (available < quantity) return [{ type: 'MedicineShort', data: { ...about, quantity, available } }];
      return [
        { type: 'UnitsReserved', data: { ...about, picks: first(free, quantity), until } },
        ...ranLow(stock, quantity, id, at),
      ];
    },
    ReleaseUnits({ reservations }, { reservationId }, { id, at }) {
      const picks = reservations[reservationId];
      return picks ? [{ type: 'UnitsReleased', data: { ...partsOf(id), at, reservationId, picks: [...picks] } }] : [];
    },
    DispenseUnits({ reservations }, { reservationId, picks }, { id, at }) {
      const reserved = reservations[reservationId] ?? [];
      if (unitsOf(minus(reserved, picks)) !== unitsOf(reserved) - unitsOf(picks))
        reject('not-reserved', 'These units are not reserved.');
      return [{ type: 'UnitsDispensed', data: { ...partsOf(id), at, reservationId, picks } }];
    },
    ReturnUnits({ lots }, { picks }, { id, at }) {
      if (plus(picks, []).some(({ lot, quantity }) => quantity > (lots[lot]?.dispensed ?? 0)))
        reject('return-exceeded', 'More came back than was handed out.');
      return [{ type: 'UnitsReturned', data: { ...partsOf(id), at, picks } }];
    },
  },

  evolve: {
    StockReceived: (stock, { lot, quantity, expires }) => {
      const known = stock.lots[lot] ?? { onHand: 0, dispensed: 0, ...(expires && { expires }) };
      return moved({ ...stock, lots: { ...stock.lots, [lot]: known } }, [{ lot, quantity }], { onHand: 1 });
    },
    StockFound: (stock, pick) => moved(stock, [pick], { onHand: 1 }),
    StockWrittenOff: (stock, pick) => moved(stock, [pick], { onHand: -1 }),
    ReorderLevelSet: (stock, { level }) => ({ ...stock, level }),
    PharmacyPriceSet: (stock, { price }) => ({ ...stock, price: price ?? undefined }),
    UnitsReserved: (stock, { reservationId, picks }) => ({
      ...moved(stock, picks, { onHand: -1 }),
      reservations: { ...stock.reservations, [reservationId]: picks },
    }),
    MedicineShort: (stock) => stock,
    UnitsReleased: (stock, { reservationId, picks }) => ({
      ...moved(stock, picks, { onHand: 1 }),
      reservations: without(stock.reservations, reservationId),
    }),
    UnitsDispensed: (stock, { reservationId, picks }) => {
      const left = minus(stock.reservations[reservationId] ?? [], picks);
      const others = without(stock.reservations, reservationId);
      return {
        ...moved(stock, picks, { dispensed: 1 }),
        reservations: left.length > 0 ? { ...others, [reservationId]: left } : others,
      };
    },
    UnitsReturned: (stock, { picks }) => moved(stock, picks, { onHand: 1, dispensed: -1 }),
    StockRanLow: (stock) => stock,
  },
});
