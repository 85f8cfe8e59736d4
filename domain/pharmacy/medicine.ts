import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { asItWas, event } from '../kernel/event.js';
import { reject } from '../kernel/rejection.js';
import { changesOf, clearable, revised } from '../kernel/revise.js';
import { Id, Instant, Line, Money, Prose } from '../kernel/types.js';

// Stream medicine-<medicineId>: one medicine of the catalogue that all pharmacies share. Whoever added it keeps it: a
// hospital, or the platform. It is sold until it is discontinued, and may be reinstated. How many there are is not known here: see stock.

export const CATEGORIES = [
  'fever',
  'pain',
  'cough',
  'cold',
  'flu',
  'diabetes',
  'eye',
  'ear',
  'allergy',
  'asthma',
  'bloodpressure',
  'heartdisease',
  'vitamins',
  'digestivehealth',
  'skin',
  'infection',
  'neurological',
] as const;
export const TYPES = ['tablets', 'syrup', 'capsule', 'general'] as const;

export const Category = z.enum(CATEGORIES);
export type Category = z.infer<typeof Category>;
export const MedicineType = z.enum(TYPES);
export type MedicineType = z.infer<typeof MedicineType>;

/** A category as other systems write it; the original one misspelt `neurological`. Undefined for an unknown one. */
export const categoryOf = (text: string): Category | undefined => {
  const plain = text.toLowerCase().replace(/[\s_-]/g, '');
  return CATEGORIES.find((category) => category === (plain === 'nurological' ? 'neurological' : plain));
};

const PRICE_MAX = 100_000_000;

/** What one unit of a medicine costs. */
export const Price = Money.refine(({ amount }) => amount <= PRICE_MAX, 'Too high a price.').describe('Of one unit.');

const owner = Id.optional().describe('The hospital that keeps this entry; left out by the platform.');

const basics = {
  name: Line(200),
  type: MedicineType,
  category: Category,
  price: Price,
  prescriptionRequired: z.boolean().describe('Sold only against a prescription.'),
};
const taxBasisPoints = z.int().min(0).max(10_000).describe('Tax on the price, in hundredths of a percent.');
const extras = {
  strength: Line(100).describe('20 mg'),
  packSize: z.int().min(1).max(100_000).describe('Units in a pack.'),
  substance: Line(200).describe('The generic name.'),
  drugClass: Line(200).describe('The group it belongs to: penicillins.'),
  description: Prose(5_000),
  image: Id.describe('A stored file of the purpose picture.'),
};

export const commands = {
  AddMedicine: z.strictObject({
    hospitalId: owner,
    ...basics,
    taxBasisPoints: taxBasisPoints.default(0),
    ...z.object(extras).partial().shape,
  }),
  ReviseMedicine: z.strictObject({
    ...z.object({ ...basics, taxBasisPoints }).partial().shape,
    ...clearable(extras),
  }),
  DiscontinueMedicine: z.strictObject({ reason: Line(500) }),
  ReinstateMedicine: z.strictObject({}),
};

const about = { medicineId: Id, at: Instant };

export const events = {
  MedicineAdded: event(
    z.object({ ...about, hospitalId: owner, ...basics, taxBasisPoints, ...z.object(extras).partial().shape }),
    asItWas,
  ),
  /** Holds what changed, and nothing else; null where it was taken away. */
  MedicineRevised: event(
    z.object({ ...about, ...z.object({ ...basics, taxBasisPoints }).partial().shape, ...clearable(extras) }),
  ),
  MedicineDiscontinued: event(z.object({ ...about, reason: z.string() })),
  MedicineReinstated: event(z.object(about)),
};

export interface Medicine extends Omit<z.infer<typeof events.MedicineAdded.schema>, 'at'> {
  readonly discontinued: boolean;
}

/** What is known of the file that a command names. */
export interface Facts {
  readonly picture?: { readonly purpose?: string } | undefined;
}

const known = (medicine: Medicine | undefined): Medicine =>
  medicine ?? reject('medicine-unknown', 'The catalogue has no such medicine.', 'missing');

const ensurePicture = (image: string | null | undefined, { picture }: Facts): void => {
  if (image && picture?.purpose !== 'picture')
    reject('file-unknown', 'No such picture was stored.', 'invalid', 'image');
};

export const medicine = decider<Medicine | undefined, Facts>()({
  category: 'medicine',
  commands,
  events,
  initial: undefined as Medicine | undefined,
  parties: (medicine, data) => ({ hospitalId: medicine ? medicine.hospitalId : data.hospitalId }),

  decide: {
    AddMedicine(medicine, data, { id, at, facts }) {
      if (medicine) reject('medicine-exists', 'This medicine is in the catalogue already.');
      ensurePicture(data.image, facts);
      return [{ type: 'MedicineAdded', data: { medicineId: id, ...data, at } }];
    },
    ReviseMedicine(medicine, data, { id, at, facts }) {
      const changes = changesOf(known(medicine), data);
      ensurePicture(changes?.image, facts);
      return changes ? [{ type: 'MedicineRevised', data: { medicineId: id, ...changes, at } }] : [];
    },
    DiscontinueMedicine: (medicine, { reason }, { id, at }) =>
      known(medicine).discontinued ? [] : [{ type: 'MedicineDiscontinued', data: { medicineId: id, reason, at } }],
    ReinstateMedicine: (medicine, _, { id, at }) =>
      known(medicine).discontinued ? [{ type: 'MedicineReinstated', data: { medicineId: id, at } }] : [],
  },

  evolve: {
    MedicineAdded: (_, { at: __, ...medicine }) => ({ ...medicine, discontinued: false }),
    MedicineRevised: (medicine, { medicineId: _, at: __, ...changes }) => medicine && revised(medicine, changes),
    MedicineDiscontinued: (medicine) => medicine && { ...medicine, discontinued: true },
    MedicineReinstated: (medicine) => medicine && { ...medicine, discontinued: false },
  },
});
