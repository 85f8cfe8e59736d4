import type { Posology } from './posology.js';

/** When a medicine is taken relative to meals. */
export const MEAL_RELATIONS = ['before', 'with', 'after', 'independent'] as const;
export type MealRelation = (typeof MEAL_RELATIONS)[number];

/** How long a medicine is taken: whole days, or until somebody ends it. */
export type Duration = { readonly days: number } | 'open';

const WORDS_LENGTH_MAX = 200;
const DAYS_MAX = 3_650;
const MONTH_DAYS = 30;

/** One spelling of letters and digits, lower case. */
const plain = (words: string): string =>
  words
    .slice(0, WORDS_LENGTH_MAX + 1)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[০-৯]/g, (digit) => String(digit.charCodeAt(0) - 0x09e6))
    .replace(/[\s.,;:()।]+/g, ' ')
    .trim();

const any = (words: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{M}])(?:${words.normalize('NFKC')})(?![\\p{L}\\p{M}])`, 'u');

// The widest claim first: "with or without food" also holds "with food", "before or after" holds both.
const RELATIONS: readonly (readonly [MealRelation, RegExp])[] = [
  [
    'independent',
    any(
      'with or without|regardless|irrespective|independent(?:ly)?|any ?time|no relation|before or after|' +
        'যেকোনো সময়|যে কোনো সময়|যেকোন সময়|খাবারের আগে বা পরে',
    ),
  ],
  ['before', any('before|ac|a c|empty stomach|pre ?meal|আগে|পূর্বে|খালি পেটে|খালিপেটে')],
  ['after', any('after|pc|p c|full stomach|post ?meal|পরে|পর|ভরা পেটে|ভরাপেটে')],
  ['with', any('with|during|in the middle of|cc|সাথে|সঙ্গে|মাঝে|মাঝখানে')],
];
const NEGATED = any("not|never|no|don't|avoid|without|নয়|না");

/** Reads "after eating", "ac", "empty stomach", "খাবারের পরে". Undefined when it is not understood. */
export const readMeal = (words: string): MealRelation | undefined => {
  const text = plain(words);
  const found = RELATIONS.filter(([, pattern]) => pattern.test(text)).map(([relation]) => relation);
  if (found[0] === 'independent') return 'independent';
  return found.length === 1 && !NEGATED.test(text) ? found[0] : undefined;
};

const COUNTS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries({
    1: 'a an one এক একটি',
    2: 'two দুই',
    3: 'three তিন',
    4: 'four চার',
    5: 'five পাঁচ',
    6: 'six ছয়',
    7: 'seven সাত',
    8: 'eight আট',
    9: 'nine নয়',
    10: 'ten দশ',
    12: 'twelve বারো',
    14: 'fourteen চৌদ্দ',
    15: 'fifteen পনেরো',
    21: 'twenty-one একুশ',
    30: 'thirty ত্রিশ',
  }).flatMap(([n, words]) => words.split(' ').map((word) => [word.normalize('NFKC'), Number(n)])),
);

const LENGTHS: readonly (readonly [number, RegExp])[] = [
  [1, /^(?:d|days?|দিন|din)$/u],
  [7, /^(?:w|wks?|weeks?|সপ্তাহ|সপ্তা)$/u],
  [MONTH_DAYS, /^(?:m|mth|months?|মাস|mas)$/u],
  [365, new RegExp(`^(?:y|yrs?|years?|${'বছর'.normalize('NFKC')})$`, 'u')],
];
// Days are written over 7, weeks over 52 and months over 12.
const OVER: Readonly<Record<string, number>> = { 7: 1, 52: 7, 12: MONTH_DAYS };

const OPEN = any(
  'continue|continued|cont|contd|continuous|ongoing|long ?term|life ?long|till further (?:advice|notice|order)|চলবে|চলতে থাকবে|আজীবন',
);

/**
 * Reads "30days", "2 weeks", "7/7", "১ মাস", "continue". A month is 30 days; a bare number counts days.
 * Undefined when it is not understood, also for a range such as "5-7 days".
 */
export const readDuration = (words: string): Duration | undefined => {
  const text = plain(words)
    .replace(/^(?:for|x|×) ?/, '')
    .replace(/ ?(?:only|পর্যন্ত|যাবৎ)$/, '');
  const over = /^(\d{1,3}) ?\/ ?(7|52|12)$/.exec(text);
  if (over) return within(Number(over[1]) * OVER[over[2]!]!);
  const counted = /^(?:(\d{1,4})|([\p{L}\p{M}-]+))[ -]?([\p{L}\p{M}]*)$/u.exec(text);
  const count = counted && (counted[1] === undefined ? COUNTS[counted[2]!] : Number(counted[1]));
  const length =
    counted?.[3] === '' ? (counted[1] ? 1 : undefined) : LENGTHS.find(([, word]) => word.test(counted?.[3] ?? ''))?.[0];
  if (count && length) return within(count * length);
  return OPEN.test(text) && !/\d/.test(text) ? 'open' : undefined;
};

const within = (days: number): Duration | undefined => (days >= 1 && days <= DAYS_MAX ? { days } : undefined);

// A bottle or an inhaler is not sold by the spoon or the puff.
const COUNTABLE = [undefined, 'tablet', 'capsule', 'sachet', 'suppository'];

/**
 * How many whole units the course takes: what is taken in a day times the days, rounded up.
 * Undefined where it does not follow: at need, without an end, or measured out of a bottle.
 */
export const totalQuantity = (posology: Posology | undefined, duration: Duration | undefined): number | undefined => {
  if (!posology || !COUNTABLE.includes(posology.unit)) return undefined;
  if (posology.once !== undefined) return Math.ceil(posology.once);
  if (!posology.perDay || !duration || duration === 'open') return undefined;
  return Math.ceil((posology.perDay.units * duration.days) / posology.perDay.days);
};
