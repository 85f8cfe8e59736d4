import { z } from 'zod';
import { DOSE_UNITS, type DoseUnit, LEXICON, PHRASES } from './posology-words.js';

// Quarters and their sums are exact in binary, so amounts are plain numbers: half a tablet is 0.5.
const Amount = z.number().min(0).max(100).multipleOf(0.25);

/** When and how much of a medicine is taken, read from the doctor's words. */
export const Posology = z.strictObject({
  /** Units at each time of a day on which it is taken: all four, or none where the words leave the times open. */
  morning: Amount.optional(),
  noon: Amount.optional(),
  evening: Amount.optional(),
  night: Amount.optional(),
  /** So many units in so many days, a fraction that is never rounded. Missing when taken at need or only once. */
  perDay: z.strictObject({ units: z.number().min(0.25).max(2_400), days: z.int().min(1).max(365) }).optional(),
  /** `q8h`: 8. */
  everyHours: z.int().min(1).max(168).optional(),
  /** A single dose, now (`stat`), of so many units. */
  once: Amount.optional(),
  asNeeded: z.boolean(),
  /** What a unit is, where the words say so. */
  unit: z.enum(DOSE_UNITS).optional(),
});
export type Posology = z.infer<typeof Posology>;

type Times = Pick<Posology, (typeof PARTS)[number]>;
type Course = Omit<Posology, 'asNeeded' | 'unit'>;
interface Rate {
  readonly doses: number;
  readonly days: number;
  readonly everyHours?: number;
  /** "Twice daily" says how often; "2 daily" does not. */
  readonly counted: boolean;
}

const WORDS_LENGTH_MAX = 200;
const PARTS = ['morning', 'noon', 'evening', 'night'] as const;

/**
 * Reads a frequency: "1+0+1", "½-0-½", "1 tab tds after meal", "q6h", "every other day", "সকালে ১টি রাতে ১টি".
 * Undefined when any word of it is not understood: half an understanding of a dose is none. Never throws.
 */
export const readPosology = (words: string): Posology | undefined => {
  const plain = words.length > WORDS_LENGTH_MAX ? undefined : plainWords(words);
  if (plain === undefined) return undefined;
  const units = new Set(plain.match(UNIT) as DoseUnit[] | null);
  if (units.size > 1) return undefined;
  const asNeeded = plain.includes(' prn ');
  const course = readCourse(
    squeezed(plain.replace(UNIT_A_DAY, '$1 daily ').replace(UNIT, ' ').replaceAll(' prn ', ' ')),
    asNeeded,
  );
  if (!course) return undefined;
  const [unit] = units;
  // What is taken at need has a limit but no rate: no quantity follows from it.
  const { perDay, ...times } = course;
  const posology = { ...times, ...(perDay && !asNeeded && { perDay }), asNeeded, ...(unit && { unit }) };
  return Posology.safeParse(posology).success ? posology : undefined;
};

const ALL_UNITS = DOSE_UNITS.join('|');
const UNIT = new RegExp(`\\b(?:${ALL_UNITS})\\b`, 'g');
const UNIT_A_DAY = new RegExp(`(${ALL_UNITS}) day `);
const NUMBER = '\\d+(?:\\.\\d+)?';
const SEPARATED = new RegExp(`${NUMBER}(?: *[-–—−,/] *${NUMBER}){2,3}(?![\\d.]*\\d)`, 'g');
const FRACTIONS: Readonly<Record<string, number>> = { '½': 0.5, '¼': 0.25, '¾': 0.75 };
const DIGIT_ZEROS = [0x09e6, 0x0660, 0x06f0];

/** Words about meals, which `directions.ts` reads. */
const MEAL = new RegExp(
  (
    '(?:\\d+ ?(?:mins?|minutes?|hours?) )?(?:before|after|with|during) (?:the )?(?:meals?|food|eating)|' +
    '(?:on )?(?:an )?(?:empty|full) stomach|(?<!\\p{L})(?:ac|pc)(?!\\p{L})|' +
    '(?:খাবারের|খাওয়ার|খাবার|আহারের) (?:\\d+ ?মিনিট )?(?:পরে|পর|আগে|সাথে|সঙ্গে)|(?:খালি|ভরা) পেটে'
  ).normalize('NFKC'),
  'gu',
);

const squeezed = (text: string): string => ` ${text.replace(/\s+/g, ' ').trim()} `;

/** ASCII digits, decimals for fractions, lower case, one spelling of every letter. */
const withNumbers = (words: string): string =>
  words
    .replace(/[০-৯٠-٩۰-۹]/g, (digit) => {
      const code = digit.charCodeAt(0);
      return String(code - DIGIT_ZEROS.find((zero) => code >= zero && code < zero + 10)!);
    })
    .replace(/(\d*) ?([½¼¾])/g, (_, whole: string, part: string) => String(Number(whole) + FRACTIONS[part]!))
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u200b-\u200d]/g, '')
    .replace(
      /(?<![\d/.])(?:(\d+) )?([13])\/([24])(?![\d/])/g,
      (_, whole: string | undefined, above: string, below: string) =>
        String(Number(whole ?? 0) + Number(above) / Number(below)),
    );

/** The text in the words of the grammar, a space around each; undefined when one of them is unknown. */
const plainWords = (words: string): string | undefined => {
  let text = withNumbers(words)
    .replace(SEPARATED, (times) => times.replace(/ *[-–—−,/] */g, '+'))
    .replace(/(?<=\p{L})\.|(?<!\d ?)-|-(?! ?\d)/gu, (mark) => (mark === '.' ? '' : ' '))
    .replace(/(?:after|before|with) (?=breakfast|lunch|dinner|supper)/g, '')
    .replace(MEAL, ' ');
  for (const [phrase, plain] of PHRASES) text = text.replace(phrase, plain);
  const tokens = text.match(new RegExp(`${NUMBER}|\\+|[\\p{L}\\p{M}]+|[^\\s,;:()&.।]`, 'gu')) ?? [];
  const plain = tokens.map((token) => (/^[\d+]/.test(token) ? token : LEXICON.get(token)));
  // "At night, before going to bed" names one time twice.
  return plain.includes(undefined) ? undefined : squeezed(plain.join(' ')).replace(/ night(?: +night)+ /, ' night ');
};

const LENGTH = '(day|week|month|daily|weekly|monthly)';
const lengthOf = (word: string): number => (word.startsWith('month') ? 30 : word.startsWith('week') ? 7 : 1);

const every = (days: number, doses = 1, counted = true): Rate => ({ doses, days, counted });

const everyHours = (hours: number): Rate => {
  const common = gcd(24, hours);
  return { doses: 24 / common, days: hours / common, everyHours: hours, counted: true };
};
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** How often, with the words that say it; the first that fits is taken out of the text. */
const RATES: readonly (readonly [RegExp, (...found: string[]) => Rate])[] = [
  [/ every (\d+) hour(?:ly)?(?: apart)? | (\d+) hour(?:ly| apart) /, (n, m) => everyHours(Number(n ?? m))],
  [/ (?:every hour|hourly) /, () => everyHours(1)],
  [
    new RegExp(` every (\\d+) ${LENGTH}(?: (\\d+) times)?(?: apart)? `),
    (n, length, times) => every(Number(n) * lengthOf(length), Number(times ?? 1)),
  ],
  [/ (\d+) (day|week|month) apart /, (n, length) => every(Number(n) * lengthOf(length))],
  [/ (?:every )?other (day|week|(?=morning|noon|evening|night))/, (length) => every(2 * lengthOf(length))],
  [new RegExp(` (\\d+) times (?:every )?${LENGTH} `), (n, length) => every(lengthOf(length), Number(n))],
  [new RegExp(` (?:every )?${LENGTH} (\\d+) times `), (length, n) => every(lengthOf(length), Number(n))],
  [/ (\d+) day week(?:ly)? | weekly (\d+) day /, (n, m) => every(7, Number(n ?? m))],
  [/ every (day|week|month) | (daily|weekly|monthly) /, (a, b) => every(lengthOf(a ?? b), 1, false)],
];

/** Reads plain words without units: a rate, an amount, times of the day, in any order that is heard. */
const readCourse = (plain: string, asNeeded: boolean): Course | undefined => {
  const found = RATES.find(([words]) => words.test(plain));
  const rate = found?.[1](...plain.match(found[0])!.slice(1));
  const rest = squeezed(found ? plain.replace(found[0], '  ') : plain)
    .replace(/ every (?=morning|noon|evening|night)/g, ' ')
    .replace(/(?: times)? \d+ (?:day|week|month) $/, ' ')
    .trim();
  if (rate && (rate.doses < 1 || rate.doses > 24 || rate.days < 1)) return undefined;
  if (rest === 'stat' || /^\d[\d.]* stat$|^stat \d[\d.]*$/.test(rest))
    return rate ? undefined : { once: Number(rest.replace('stat', '').trim() || 1) };
  const times = readSlots(rest) ?? readParts(rest);
  if (times) return timed(times, rate);
  if (!/^(?:\d+(?:\.\d+)?)?$/.test(rest)) return undefined;
  const amount = rest === '' ? 1 : Number(rest);
  if (!rate) return asNeeded && amount > 0 ? {} : undefined;
  return {
    ...(rate.days === 1 && (rate.counted || amount <= 1) && timesOf(rate.doses, amount)),
    perDay: { units: amount * rate.doses, days: rate.days },
    ...(rate.everyHours && { everyHours: rate.everyHours }),
  };
};

/** "1 + 0 + 1", morning, noon and night; a fourth is between noon and night; two are morning and night. */
const readSlots = (text: string): Required<Times> | undefined => {
  if (!/^[\d.]+(?: \+ [\d.]+){1,3}$/.test(text)) return undefined;
  const [morning, ...others] = text.split(' + ').map(Number) as [number, ...number[]];
  const night = others.pop()!;
  return { morning, noon: others[0] ?? 0, evening: others[1] ?? 0, night };
};

/** "1 morning 1 night", "morning 1 night 1", "morning night 1", "1 morning night", "morning night". */
const readParts = (text: string): Required<Times> | undefined => {
  const tokens = text.split(' ');
  const parts = tokens.filter((t) => PARTS.includes(t as never)) as (typeof PARTS)[number][];
  const amounts = tokens.filter((t) => /^\d/.test(t)).map(Number);
  if (parts.length === 0 || new Set(parts).size < parts.length) return undefined;
  if (parts.length + amounts.length !== tokens.length) return undefined;
  const shape = tokens.map((t) => (/^\d/.test(t) ? 'n' : 'p')).join('');
  if (!/^(?:p+|np+|p+n|(?:np)+|(?:pn)+)$/.test(shape)) return undefined;
  const taken = Object.fromEntries(parts.map((part, i) => [part, amounts[amounts.length === 1 ? 0 : i] ?? 1]));
  return { morning: 0, noon: 0, evening: 0, night: 0, ...taken };
};

/** Times of the day, and a rate that must agree with them. */
const timed = (times: Required<Times>, rate: Rate | undefined): Course | undefined => {
  const amounts = Object.values(times);
  const units = amounts.reduce((sum, amount) => sum + amount, 0);
  const doses = amounts.filter((amount) => amount > 0).length;
  if (units === 0 || (rate && rate.doses !== doses && (rate.doses > 1 || (rate.counted && rate.days === 1))))
    return undefined;
  return {
    ...times,
    perDay: { units, days: rate?.days ?? 1 },
    ...(rate?.everyHours && { everyHours: rate.everyHours }),
  };
};

/** The customary times of one to four doses a day. */
const timesOf = (doses: number, amount: number): Required<Times> | undefined => {
  const at = [undefined, [1, 0, 0, 0], [1, 0, 0, 1], [1, 1, 0, 1], [1, 1, 1, 1]][doses];
  if (!at) return undefined;
  const [morning, noon, evening, night] = at.map((times) => times * amount) as [number, number, number, number];
  return { morning, noon, evening, night };
};
