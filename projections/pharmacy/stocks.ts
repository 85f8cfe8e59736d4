import { unitsOf } from '../../domain/pharmacy/lots.js';
import { events, LOW_STOCK, stockId } from '../../domain/pharmacy/stock.js';
import { projection } from '../kernel/projection.js';

interface Lot {
  readonly expires?: string;
  /** Neither reserved nor handed out. */
  readonly onHand: number;
}

/** A medicine on a pharmacy's shelf, in units: received + found = onHand + reserved + dispensed + writtenOff. */
export interface Shelf {
  readonly hospitalId: string;
  readonly medicineId: string;
  readonly received: number;
  readonly found: number;
  readonly onHand: number;
  readonly reserved: number;
  readonly dispensed: number;
  readonly writtenOff: number;
  /** `low`: fewer on hand than the reorder level. */
  readonly state: 'out' | 'low' | 'enough';
  readonly level: number;
  readonly lots: Readonly<Record<string, Lot>>;
  /** Of the lots on hand, the first day on which one may not be handed out any more. */
  readonly nextExpiry?: string | undefined;
  /** The last time that more was asked for than there was. */
  readonly lastShort?: { readonly at: string; readonly quantity: number; readonly available: number };
  /** Of its stream: the ETag of every command on it. */
  readonly revision: number;
}

type Counts = 'received' | 'found' | 'reserved' | 'dispensed' | 'writtenOff';
type Units = readonly { readonly lot: string; readonly quantity: number }[];
interface At {
  readonly data: { readonly hospitalId: string; readonly medicineId: string };
  readonly revision: number;
}

const empty = ({ data: { hospitalId, medicineId }, revision }: At): Shelf => ({
  ...{ hospitalId, medicineId, received: 0, found: 0, onHand: 0, reserved: 0, dispensed: 0, writtenOff: 0 },
  ...{ state: 'out', level: LOW_STOCK, lots: {}, revision },
});

/** What follows from the lots and the level. */
const stated = (doc: Shelf): Shelf => {
  const onHand = Object.values(doc.lots).reduce((sum, lot) => sum + lot.onHand, 0);
  const expiries = Object.values(doc.lots).flatMap((lot) => (lot.onHand > 0 && lot.expires ? [lot.expires] : []));
  const [nextExpiry] = expiries.toSorted();
  return { ...doc, onHand, nextExpiry, state: onHand === 0 ? 'out' : onHand < doc.level ? 'low' : 'enough' };
};

/** Units of these lots go onto the shelf (1) or off it (-1); the counts change by as many. */
const moved = (
  doc: Shelf | undefined,
  event: At,
  units: Units,
  onHand: 1 | 0 | -1,
  counts: Readonly<Partial<Record<Counts, 1 | -1>>>,
): Shelf => {
  const before = doc ?? empty(event);
  const lots = units.reduce<Shelf['lots']>((all, { lot, quantity }) => {
    const held = all[lot] ?? { onHand: 0 };
    return { ...all, [lot]: { ...held, onHand: held.onHand + onHand * quantity } };
  }, before.lots);
  const changes = Object.entries(counts).map(([name, sign]) => [name, before[name as Counts] + sign * unitsOf(units)]);
  return stated({ ...before, ...(Object.fromEntries(changes) as Partial<Shelf>), lots, revision: event.revision });
};

export const stocks = projection<Shelf>()({
  name: 'stocks',
  version: 1,
  from: events,
  key: ({ data: { hospitalId, medicineId } }) => stockId(hospitalId, medicineId),
  indexes: {
    byHospital: ['hospitalId', 'medicineId'],
    byState: ['hospitalId', 'state', 'medicineId'],
    byExpiry: ['hospitalId', 'nextExpiry'],
  },
  parties: ({ hospitalId }) => ({ hospitalId }),
  phi: false,
  on: {
    StockReceived: (doc, event) => {
      const { lot, expires } = event.data;
      const next = moved(doc, event, [event.data], 1, { received: 1 });
      return stated({ ...next, lots: { ...next.lots, [lot]: { ...next.lots[lot]!, ...(expires && { expires }) } } });
    },
    StockFound: (doc, event) => moved(doc, event, [event.data], 1, { found: 1 }),
    StockWrittenOff: (doc, event) => moved(doc, event, [event.data], -1, { writtenOff: 1 }),
    ReorderLevelSet: (doc, event) =>
      stated({ ...(doc ?? empty(event)), level: event.data.level, revision: event.revision }),
    PharmacyPriceSet: (doc, event) => ({ ...(doc ?? empty(event)), revision: event.revision }),
    UnitsReserved: (doc, event) => moved(doc, event, event.data.picks, -1, { reserved: 1 }),
    MedicineShort: (doc, event) => {
      const { at, quantity, available } = event.data;
      return { ...(doc ?? empty(event)), lastShort: { at, quantity, available }, revision: event.revision };
    },
    UnitsReleased: (doc, event) => moved(doc, event, event.data.picks, 1, { reserved: -1 }),
    UnitsDispensed: (doc, event) => moved(doc, event, event.data.picks, 0, { reserved: -1, dispensed: 1 }),
    UnitsReturned: (doc, event) => moved(doc, event, event.data.picks, 1, { dispensed: -1 }),
    StockRanLow: (doc, event) => ({ ...(doc ?? empty(event)), revision: event.revision }),
  },
});
