/**
 * The vocabulary of frequency words: what doctors in Bangladesh and elsewhere write on a prescription, in English,
 * in Latin abbreviations and in Bangla, each with the plain words that `posology.ts` has a grammar for.
 */

const UNITS = {
  tablet: 'tab tabs tablet tablets pill pills ট্যাবলেট বড়ি',
  capsule: 'cap caps capsule capsules ক্যাপসুল',
  ml: 'ml mls মিলি এমএল',
  spoon: 'tsf tsp tsps spoon spoons spoonful spoonfuls teaspoon teaspoons teaspoonful teaspoonfuls চামচ',
  puff: 'puff puffs পাফ চাপ',
  drop: 'drop drops gtt gtts ফোঁটা ফোটা',
  sachet: 'sachet sachets স্যাশে',
  suppository: 'suppository suppositories supp সাপোজিটরি',
} as const;

/** What one unit of a posology is, where the doctor's words say so. */
export type DoseUnit = keyof typeof UNITS;
export const DOSE_UNITS = Object.keys(UNITS) as [DoseUnit, ...DoseUnit[]];

/** Plain words, each with everything that stands for it. `am`, `pm` are missing: `8 am` is no dose of eight. */
const PLAIN: Readonly<Record<string, string>> = {
  ...UNITS,
  morning: 'morning mornings qam mane om breakfast সকাল সকালে ভোরে',
  noon: 'noon midday afternoon lunch দুপুর দুপুরে',
  evening: 'evening evenings qpm বিকাল বিকালে বিকেলে সন্ধ্যা সন্ধ্যায়',
  night: 'night nights nocte nightly hs qhs dinner supper রাত রাতে রাত্রে',
  day: 'day days d দিন',
  week: 'week weeks wk wks w সপ্তাহ',
  month: 'month months মাস',
  hour: 'hour hours hr hrs h ঘণ্টা ঘন্টা ঘণ্টায় ঘন্টায়',
  daily: 'daily everyday qday প্রতিদিন দিনে দৈনিক রোজ',
  weekly: 'weekly সপ্তাহে',
  monthly: 'monthly মাসে',
  hourly: 'hourly hrly',
  every: 'every each q প্রতি',
  apart: 'apart পরপর অন্তর',
  other: 'other alternate',
  times: 'time times x বার',
  stat: 'stat immediately এখনই এখনি',
  prn: 'prn sos',
  0.25: 'quarter সিকি',
  0.5: 'half অর্ধেক আধা আধ',
  1: 'one single এক একটা একটি',
  1.5: 'দেড়',
  2: 'two দুই দুইটা দুইটি দুটি দুটো',
  2.5: 'আড়াই',
  3: 'three তিন তিনটা তিনটি',
  4: 'four চার চারটা চারটি',
  5: 'five পাঁচ',
  6: 'six ছয়',
  7: 'seven সাত',
  8: 'eight আট',
  9: 'nine নয়',
  10: 'ten দশ',
  12: 'twelve বারো',
  '1 times': 'once একবার',
  '2 times': 'twice দুইবার দুবার',
  '3 times': 'thrice তিনবার',
  '4 times': 'চারবার',
  '1 times daily': 'od qd',
  '2 times daily': 'bd bid bds',
  '3 times daily': 'tds tid',
  '4 times daily': 'qid qds',
  'every other day': 'qod eod',
  'every week': 'qw',
  'every 2 week': 'fortnightly',
  // Words that change nothing.
  '':
    'a an the at in on and per of for to be take taken give dose doses by mouth po orally only please ' +
    'ও এবং আর টি টা করে খাবেন খাবে খেতে হবে',
};

/** From a word to the plain words for it. */
export const LEXICON: ReadonlyMap<string, string> = new Map(
  Object.entries(PLAIN).flatMap(([plain, written]) =>
    written.split(' ').map((word) => [word.normalize('NFKC'), plain] as const),
  ),
);

/** Phrases of several words, replaced in this order before the text is cut into words. */
export const PHRASES: readonly (readonly [RegExp, string])[] = (
  [
    ['(?:at |before |when )?(?:bed ?time|going to bed|going to sleep|sleeping|sleep)', ' night '],
    ['(?:শোবার|শোয়ার|ঘুমানোর|ঘুমের) (?:সময়|আগে)', ' night '],
    ['(?:as|if|when|whenever) (?:needed|required|necessary)', ' prn '],
    ['(?:if|for|when) (?:severe )?(?:pain|fever|headache|vomiting|cough|itching)', ' prn '],
    ['(?:প্রয়োজন|দরকার|ব্যথা|জ্বর) (?:হলে|মতো)|প্রয়োজনে|দরকারে', ' prn '],
    ['(?:single|one) dose(?: only)?|(?:once|one time) only', ' stat '],
    // "With one day in between", where "with three days apart" means every third day.
    ['(?:এক ?|1 ?)দিন (?:পর ?পর|অন্তর)', ' qod '],
    ['পর পর', ' পরপর '],
    ['চা চামচ', ' চামচ '],
  ] as const
).map(([phrase, plain]) => [new RegExp(phrase.normalize('NFKC'), 'g'), plain]);
