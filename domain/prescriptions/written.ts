import { z } from 'zod';
import { reject } from '../kernel/rejection.js';
import { Id, Line, Prose } from '../kernel/types.js';
import { MEAL_RELATIONS, readDuration, readMeal, totalQuantity } from './directions.js';
import { Posology, readPosology } from './posology.js';

// What a doctor writes, in the doctor's own words, and beside them what they were read as.

const MEDICINES_MAX = 50;
export const UNITS_MAX = 10_000;

/** A line's number within its prescription: given once and never to another medicine. */
export const LineNumber = z.int().min(1).max(1_000);

const words = {
  medicineId: Id.optional().describe('Of the catalogue; it gives the name where none is written.'),
  strength: Line(100).optional().describe('500 mg'),
  dose: Line(100).optional().describe('1 tab'),
  frequency: Line(200).optional().describe('1+0+1'),
  meal: Line(200).optional().describe('after eating'),
  duration: Line(200).optional().describe('30days'),
  instruction: Prose(1_000).optional(),
};

const MedicineWords = z.strictObject({
  name: Line(200).optional(),
  ...words,
  quantity: z.int().min(1).max(UNITS_MAX).optional().describe('Units to be handed out, where the doctor says so.'),
});
type MedicineWords = z.infer<typeof MedicineWords>;
const TestWords = z.strictObject({ testId: Id.optional(), name: Line(200), description: Prose(1_000).optional() });

/** What a prescription says, as it is written. */
export const Written = z.strictObject({
  medicines: z.array(MedicineWords).max(MEDICINES_MAX).default([]),
  tests: z.array(TestWords).max(MEDICINES_MAX).default([]),
  advice: Prose(5_000).optional(),
});

/** The same when it is written anew: a medicine that names its line goes on in that line. */
export const Rewritten = Written.extend({
  medicines: z
    .array(MedicineWords.extend({ line: LineNumber.optional() }))
    .max(MEDICINES_MAX)
    .default([]),
});

export const PrescribedMedicine = z.object({
  line: LineNumber,
  name: z.string(),
  ...words,
  /** Of the catalogue, when it was prescribed. */
  substance: z.string().optional(),
  drugClass: z.string().optional(),
  posology: Posology.optional(),
  mealRelation: z.enum(MEAL_RELATIONS).optional(),
  days: z.int().positive().optional(),
  /** Goes on until somebody ends it. */
  open: z.boolean().optional(),
  /** Units that the frequency and the duration come to. */
  computed: z.int().positive().optional(),
  /** Units that may be handed out: as stated, else as computed. Missing where nobody can tell. */
  quantity: z.int().positive().optional(),
});
export type PrescribedMedicine = z.infer<typeof PrescribedMedicine>;

export const PrescribedTest = z.object({ line: LineNumber, ...TestWords.shape });
export type PrescribedTest = z.infer<typeof PrescribedTest>;

/** What the catalogue knows of a medicine. */
export interface CatalogueEntry {
  readonly name: string;
  readonly strength?: string | undefined;
  readonly substance?: string | undefined;
  readonly drugClass?: string | undefined;
  /** Whether it is handed out by the unit that is taken: tablets are, a bottle of syrup is not. */
  readonly countable: boolean;
}

/** By medicine id, as far as it is known. */
export type Catalogue = Readonly<Record<string, CatalogueEntry | undefined>>;

/**
 * Reads what is written and numbers its lines; those that go on in a line of `before` keep its number. Rejects an empty
 * prescription, a medicine without a name, and what the catalogue or `before` does not have.
 */
export const readWritten = (
  { medicines, tests, advice }: z.output<typeof Rewritten>,
  before: { readonly medicines: readonly PrescribedMedicine[]; readonly lines: number } | undefined,
  catalogue: Catalogue,
) => {
  if (medicines.length + tests.length === 0 && advice === undefined)
    reject('prescription-empty', 'A prescription holds a medicine, a test or advice.', 'invalid', 'medicines');
  const goingOn = new Set(before?.medicines.map(({ line }) => line));
  let last = before?.lines ?? 0;
  const read = medicines.map(({ line: wanted, ...words }, i) => {
    const field = `medicines.${i}`;
    if (wanted !== undefined && !goingOn.delete(wanted))
      reject('line-unknown', 'The prescription has no such line to go on with.', 'invalid', `${field}.line`);
    const entry = words.medicineId === undefined ? undefined : catalogue[words.medicineId];
    if (words.medicineId !== undefined && !entry)
      reject('medicine-unknown', 'The catalogue has no such medicine.', 'invalid', `${field}.medicineId`);
    const name =
      words.name ?? entry?.name ?? reject('medicine-unnamed', 'A medicine has a name.', 'invalid', `${field}.name`);
    return readMedicine(wanted ?? ++last, { ...words, name }, entry);
  });
  return {
    medicines: read,
    tests: tests.map((test, i) => ({ line: i + 1, ...test })),
    ...(advice !== undefined && { advice }),
  };
};

const readMedicine = (
  line: number,
  { quantity: stated, ...words }: MedicineWords & { name: string },
  entry: CatalogueEntry | undefined,
): PrescribedMedicine => {
  const { strength, substance, drugClass } = entry ?? {};
  const posology = posologyOf(words);
  const mealRelation = readMeal(words.meal ?? '');
  const duration = readDuration(words.duration ?? '');
  const computed = entry?.countable === false ? undefined : totalQuantity(posology, duration);
  const quantity = stated ?? (computed !== undefined && computed <= UNITS_MAX ? computed : undefined);
  return {
    line,
    ...(strength !== undefined && { strength }),
    ...words,
    ...(substance !== undefined && { substance }),
    ...(drugClass !== undefined && { drugClass }),
    ...(posology && { posology }),
    ...(mealRelation && { mealRelation }),
    ...(duration === 'open' && { open: true }),
    ...(duration && duration !== 'open' && { days: duration.days }),
    ...(computed !== undefined && { computed }),
    ...(quantity !== undefined && { quantity }),
  };
};

/** The dose says how much at a time, or what a unit is, where the frequency does not: "2 tab", "bd"; "5 ml", "1+1+1". */
const posologyOf = ({ dose, frequency }: MedicineWords): Posology | undefined => {
  if (frequency === undefined) return undefined;
  const read = readPosology(frequency);
  if (!read || dose === undefined || read.unit) return read;
  const unit = readPosology(`${dose} daily`)?.unit;
  const together = /\d/.test(frequency) ? undefined : readPosology(`${dose} ${frequency}`);
  return together ?? (unit ? { ...read, unit } : read);
};
