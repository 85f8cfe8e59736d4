import { z } from 'zod';
import { reject } from '../kernel/rejection.js';
import { Line } from '../kernel/types.js';
import { LineNumber, type PrescribedMedicine } from './written.js';

/** What a prescription may be written against only for a recorded reason. */
const GRAVE = ['allergy', 'duplicateTherapy'] as const;

export const Acknowledgement = z.strictObject({
  medicine: z.int().min(1).max(50).describe('Its place on the prescription: 1 is the first.'),
  kind: z.enum(GRAVE),
  reason: Line(500),
});
export type Acknowledgement = z.infer<typeof Acknowledgement>;

/**
 * `quantityDiffers`: the stated quantity is not what frequency and duration come to. `quantityUnknown`: nothing tells
 * how many units may be handed out.
 */
export const Warning = z.object({
  line: LineNumber,
  kind: z.enum([...GRAVE, 'quantityDiffers', 'quantityUnknown']),
  /** The substances, or the prescriptions that hold the same already. */
  with: z.array(z.string()).optional(),
  /** Why it was prescribed all the same; the grave ones have one. */
  reason: z.string().optional(),
});
export type Warning = z.infer<typeof Warning>;

/** What another prescription of the patient makes them take, as far as it is needed for comparing. */
export interface Therapy {
  readonly prescriptionId: string;
  readonly medicines: readonly { readonly marks: readonly string[]; readonly until?: string | undefined }[];
}

/** What the patient must not be given. */
export interface Allergy {
  readonly substance: string;
  readonly drugClass?: string | undefined;
}

const STRENGTH = /\d+(?:[.,]\d+)? *(?:mg|mcg|g|gm|ml|iu|units?|%)?(?![\p{L}\p{M}])/gu;
// Of the same substance, however it is released, and words that people add to the name of an allergy.
const WITHOUT_MEANING = new Set(
  (
    'xr sr er cr mr la tab tabs tablet tablets cap caps capsule capsules syrup injection drops allergy allergic drug ' +
    'drugs medicine medicines to'
  ).split(' '),
);

/** One spelling of a substance's name: `Penicillins, 500 mg tab` is `penicillin`. */
export const plainName = (name: string): string =>
  (
    name
      .normalize('NFKC')
      .toLowerCase()
      .replace(STRENGTH, ' ')
      .match(/[\p{L}\p{M}\d]+/gu) ?? []
  )
    .filter((word) => !WITHOUT_MEANING.has(word))
    .map((word) => (word.length > 4 && word.endsWith('s') ? word.slice(0, -1) : word))
    .join(' ');

/** What tells that two medicines are the same, or of one class: they share a mark. */
export const marksOf = (
  medicine: Pick<PrescribedMedicine, 'name' | 'substance' | 'drugClass' | 'medicineId'>,
): readonly string[] => {
  const { name, substance, drugClass, medicineId } = medicine;
  const marks = [
    ...[name, substance].flatMap((text) => (text && plainName(text) ? `substance:${plainName(text)}` : [])),
    ...(drugClass && plainName(drugClass) ? [`class:${plainName(drugClass)}`] : []),
    ...(medicineId ? [`medicine:${medicineId}`] : []),
  ];
  return [...new Set(marks)];
};

type Named = Pick<PrescribedMedicine, 'name' | 'substance' | 'medicineId' | 'strength'>;

/** Whether a medicine is what was prescribed, or the same substance under another name; not in another strength. */
export const isSameMedicine = (prescribed: Named, sold: Named): boolean => {
  const marks = marksOf({ ...sold, drugClass: undefined });
  const strengths = [prescribed, sold].flatMap(({ strength }) => strength?.toLowerCase().replace(/\s/g, '') ?? []);
  return meet(marksOf(prescribed), marks) && new Set(strengths).size < 2;
};

/** What a prescription is held against. */
export interface Known {
  readonly allergies: readonly Allergy[];
  /** Of the patient's other prescriptions. */
  readonly therapies: readonly Therapy[];
}

/**
 * What speaks against these medicines, each grave warning with the reason given for it. Rejects when one has none,
 * naming it by place and kind only: what it is about is told to nobody's log.
 */
export const warningsFor = (
  medicines: readonly PrescribedMedicine[],
  known: Known,
  at: string,
  acknowledged: readonly Acknowledgement[],
): Warning[] => {
  const found = medicines.flatMap((medicine, i): (Warning & { place: number })[] => [
    ...grave(medicine, medicines, known, at).map((warning) => {
      const reason = acknowledged.find((a) => a.medicine === i + 1 && a.kind === warning.kind)?.reason;
      return { ...warning, place: i + 1, ...(reason !== undefined && { reason }) };
    }),
    ...aboutQuantity(medicine).map((warning) => ({ ...warning, place: i + 1 })),
  ]);
  const open = found.filter(({ kind, reason }) => GRAVE.includes(kind as never) && reason === undefined);
  if (open.length > 0) {
    const named = open.map(({ place, kind }) => `medicine ${place}: ${kind}`).join('; ');
    const field = `medicines.${open[0]!.place - 1}`;
    reject('warnings-unacknowledged', `Each warning needs a reason (${named}).`, 'conflict', field);
  }
  return found.map(({ place: _, ...warning }) => warning);
};

const grave = (
  medicine: PrescribedMedicine,
  all: readonly PrescribedMedicine[],
  { allergies, therapies }: Known,
  at: string,
): Warning[] => {
  const { line } = medicine;
  const marks = marksOf(medicine);
  const allergens = allergies.filter((allergy) => concerns(allergy, marks)).map(({ substance }) => substance);
  const others = therapies
    .filter(({ medicines }) => medicines.some((m) => lasts(m.until, at) && meet(m.marks, marks)))
    .map(({ prescriptionId }) => prescriptionId);
  const twice = all.some((other) => other !== medicine && meet(marksOf(other), marks));
  return [
    ...(allergens.length > 0 ? [{ line, kind: 'allergy' as const, with: allergens }] : []),
    ...(others.length > 0 || twice ? [{ line, kind: 'duplicateTherapy' as const, with: others }] : []),
  ];
};

const aboutQuantity = ({ line, quantity, computed }: PrescribedMedicine): Warning[] => {
  if (quantity === undefined) return [{ line, kind: 'quantityUnknown' }];
  return computed !== undefined && computed !== quantity ? [{ line, kind: 'quantityDiffers' }] : [];
};

const lasts = (until: string | undefined, at: string): boolean => until === undefined || until > at;

const meet = (a: readonly string[], b: readonly string[]): boolean => a.some((mark) => b.includes(mark));

/** Whether an allergy's substance or class begins a word of a medicine's, or the other way round. */
const concerns = ({ substance, drugClass }: Allergy, marks: readonly string[]): boolean =>
  [substance, drugClass ?? ''].some((text) => {
    const allergen = plainName(text);
    return (
      allergen !== '' &&
      marks.some((mark) => {
        const [kind, name] = [mark.slice(0, mark.indexOf(':')), mark.slice(mark.indexOf(':') + 1)];
        return kind !== 'medicine' && (within(allergen, name) || within(name, allergen));
      })
    );
  });

const within = (part: string, whole: string): boolean => ` ${whole}`.includes(` ${part}`);
