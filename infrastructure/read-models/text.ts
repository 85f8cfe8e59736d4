/** A word longer than this is cut, in documents and in what is searched for alike. Counted in characters. */
export const WORD_MAX = 32;
/** Words of a document that can be found; those after are not. */
export const DOCUMENT_WORDS_MAX = 200;
/** Words of a search that are looked at. */
export const SEARCH_WORDS_MAX = 8;
/** A word shorter than this must be spelt right: one typo would make it any other. */
export const TYPO_WORD_MIN = 4;

/**
 * The words of a text, spelt so that people find them: letters in one form and case, accents and vowel points away,
 * digits of every script as 0 to 9. The vowel signs of Bangla and its relatives are letters of the word and stay.
 */
export const wordsOf = (text: string): string[] => fold(text).match(WORD)?.map(cut) ?? [];

/** The different words of several texts, in their order. */
export const wordsOfAll = (texts: readonly string[]): string[] => {
  const words = new Set<string>();
  for (const text of texts) for (const word of wordsOf(text)) if (words.size < DOCUMENT_WORDS_MAX) words.add(word);
  return [...words];
};

/** The different words somebody searches for. The last one is what he may still be typing. */
export const searchedWords = (text: string): string[] => {
  const words = wordsOf(text);
  const last = words.at(-1);
  return last === undefined
    ? []
    : [...new Set([...words.filter((w) => w !== last).slice(0, SEARCH_WORDS_MAX - 1), last])];
};

/** What a word becomes when any one of its characters is left out (SymSpell's deletes, distance 1). */
export const deletesOf = (word: string): string[] => {
  const chars = Array.from(word);
  return [...new Set(chars.map((_, i) => chars.slice(0, i).join('') + chars.slice(i + 1).join('')))];
};

/** What to look for in the vocabulary of deletes to meet every word within one typo of this one. */
export const typoStubsOf = (word: string): string[] =>
  Array.from(word).length < TYPO_WORD_MIN ? [] : [word, ...deletesOf(word)];

/** Under what a word of a document is entered in the vocabulary of deletes. */
export const vocabularyStubsOf = (word: string): string[] => {
  const length = Array.from(word).length;
  // A word of three can be met by one of four with a letter too many; its own deletes could only be met by one of three.
  return length < TYPO_WORD_MIN - 1 ? [] : length < TYPO_WORD_MIN ? [word] : [word, ...deletesOf(word)];
};

/** Whether one insertion, deletion, substitution or exchange of neighbours makes one word the other; not when equal. */
export const isOneTypo = (a: string, b: string): boolean => {
  if (Math.abs(a.length - b.length) > 2 || a === b) return false;
  return ASTRAL.test(a) || ASTRAL.test(b) ? isOneApart(Array.from(a), Array.from(b)) : isOneApart(a, b);
};

const isOneApart = (a: ArrayLike<string>, b: ArrayLike<string>): boolean => {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  let i = 0;
  while (i < short.length && short[i] === long[i]) i++;
  const isSameFrom = (s: number, l: number): boolean => {
    while (s < short.length && short[s] === long[l]) [s, l] = [s + 1, l + 1];
    return s === short.length && l === long.length;
  };
  if (short.length < long.length) return isSameFrom(i, i + 1);
  return isSameFrom(i + 1, i + 1) || (short[i] === long[i + 1] && short[i + 1] === long[i] && isSameFrom(i + 2, i + 2));
};

/** The least text above a word: a space comes before everything that a word is made of. */
export const afterWord = (word: string): string => `${word} `;

/** How the last word was found: as it is, as a beginning, with a typo. */
export const EXACT = 0;
export const PREFIX = 1;
export const TYPO = 2;

/** Where a document stands among those found: smaller first, then by word, then by key. */
export interface Rank {
  /** Words before the last one that were found with a typo only. */
  readonly typos: number;
  readonly last: typeof EXACT | typeof PREFIX | typeof TYPO;
  /** The word of the document that the last word found. */
  readonly word: string;
}

/** How well a document's words answer a search; undefined when one of the searched words is missing. */
export const rankOf = (searched: readonly string[], words: readonly string[]): Rank | undefined => {
  let typos = 0;
  for (let i = 0; i < searched.length - 1; i++) {
    const wanted = searched[i]!;
    if (words.includes(wanted)) continue;
    if (!mayHaveTypo(wanted) || !words.some((word) => isOneTypo(wanted, word))) return undefined;
    typos++;
  }
  const wanted = searched.at(-1)!;
  if (words.includes(wanted)) return { typos, last: EXACT, word: wanted };
  const begun = least(words, (word) => word.startsWith(wanted));
  if (begun !== undefined) return { typos, last: PREFIX, word: begun };
  const near = mayHaveTypo(wanted) ? least(words, (word) => isOneTypo(wanted, word)) : undefined;
  return near === undefined ? undefined : { typos, last: TYPO, word: near };
};

export const compareRanks = (a: Rank, b: Rank): number =>
  a.typos - b.typos || a.last - b.last || compareTexts(a.word, b.word);

/** By code point, as stores compare the UTF-8 of texts; JavaScript's own order differs beyond U+FFFF. */
export const compareTexts = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const [high, low] = [isSurrogate(x), isSurrogate(y)];
    return high === low ? x - y : high ? 1 : -1;
  }
  return a.length - b.length;
};

const ASTRAL = /[\ud800-\udfff]/;
const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

const mayHaveTypo = (word: string): boolean => word.length >= TYPO_WORD_MIN && Array.from(word).length >= TYPO_WORD_MIN;

const least = (words: readonly string[], fits: (word: string) => boolean): string | undefined => {
  let found: string | undefined;
  for (const word of words) if (fits(word) && (found === undefined || compareTexts(word, found) < 0)) found = word;
  return found;
};

const cut = (word: string): string => (word.length <= WORD_MAX ? word : Array.from(word).slice(0, WORD_MAX).join(''));

const fold = (text: string): string => {
  // Nearly all words are plain ASCII, for which the rest changes nothing.
  if (ASCII.test(text)) return text.toLowerCase().replaceAll("'", '');
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(DROPPED, '')
    .replace(/\p{Nd}/gu, digit)
    .replace(SPELT, (letter) => SPELLINGS[letter]!)
    .normalize('NFC');
};

// eslint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/**
 * Accents (Latin, Greek, Cyrillic), Hebrew points, Arabic vowel points and tatweel, joiners and other format characters,
 * apostrophes within a name. Not the marks of Indic scripts.
 */
const DROPPED =
  /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\p{Cf}'\u2018\u2019\u02bc\u02bb\u02b9]/gu;

/** Letters that are written for one another, and those that Unicode does not take apart. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ı: 'i',
  þ: 'th',
  ħ: 'h',
  ŋ: 'n',
  ς: 'σ',
  // Arabic, with the letters that Persian and Urdu write for the same sound.
  '\u0671': '\u0627',
  '\u0649': '\u064a',
  '\u06cc': '\u064a',
  '\u06d2': '\u064a',
  '\u0629': '\u0647',
  '\u06c1': '\u0647',
  '\u06be': '\u0647',
  '\u06c3': '\u0647',
  '\u06d5': '\u0647',
  '\u06a9': '\u0643',
};
const SPELT = new RegExp(`[${Object.keys(SPELLINGS).join('')}]`, 'gu');

/** Digits of every script come in runs of ten that begin with zero. */
const digit = (char: string): string => {
  let zero = char.codePointAt(0)!;
  for (let n = 0; n < 10; n++, zero--) if (!IS_DIGIT.test(String.fromCodePoint(zero - 1))) return String(n);
  return char;
};
const IS_DIGIT = /\p{Nd}/u;
