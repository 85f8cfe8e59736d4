import fc from 'fast-check';
import { afterPrefix } from '../../../infrastructure/read-models/query.js';
import {
  compareTexts,
  isOneTypo,
  searchedWords,
  typoStubsOf,
  vocabularyStubsOf,
  wordsOf,
  wordsOfAll,
} from '../../../infrastructure/read-models/text.js';

/** All words that one edit makes of a word, written out. */
const edits = (word: string, letters: readonly string[]): Set<string> => {
  const chars = Array.from(word);
  const made = new Set<string>();
  const add = (...parts: (readonly string[])[]) => made.add(parts.flat().join(''));
  for (let i = 0; i <= chars.length; i++) {
    const [head, tail] = [chars.slice(0, i), chars.slice(i)];
    for (const letter of letters) {
      add(head, [letter], tail);
      if (tail.length > 0) add(head, [letter], tail.slice(1));
    }
    if (tail.length > 0) add(head, tail.slice(1));
    if (tail.length > 1) add(head, [tail[1]!, tail[0]!], tail.slice(2));
  }
  made.delete(word);
  return made;
};

const LETTERS = ['a', 'b', 'ক', '😀'];
const word = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 0, maxLength: 7 });

it('takes two words for one typo apart exactly when one edit makes one the other', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const near = edits(a, LETTERS);
      expect(isOneTypo(a, b)).toBe(near.has(b));
      for (const other of near) expect([isOneTypo(a, other), isOneTypo(other, a)]).toEqual([true, true]);
    }),
    { numRuns: 300 },
  );
});

it('meets in the vocabulary every word within one typo, and nothing for short words', () => {
  fc.assert(
    fc.property(word, (typed) => {
      const stubs = new Set(typoStubsOf(typed));
      if (Array.from(typed).length < 4) expect(stubs.size).toBe(0);
      else
        for (const other of edits(typed, LETTERS))
          expect(vocabularyStubsOf(other).some((stub) => stubs.has(stub))).toBe(true);
    }),
  );
});

it('spells a text the same whatever its form, and again the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const words = wordsOf(text);
      expect(wordsOf(words.join(' '))).toEqual(words);
      for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) expect(wordsOf(text.normalize(form))).toEqual(words);
      for (const each of words) expect(each).toMatch(/^[\p{L}\p{N}\p{M}]{1,32}$/u);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['Straße ÆØÅ Đặng Łódź ĦŊ Þórr', ['strasse', 'aeoa', 'dang', 'lodz', 'hn', 'thorr']],
  ['ΟΔΥΣΣΕΥΣ Οδυσσεύς', ['οδυσσευσ', 'οδυσσευσ']],
  ['İstanbul ISTANBUL ıstanbul', ['istanbul', 'istanbul', 'istanbul']],
  ['কৃষ্ণ ড়াহত চাঁদ ০৯', ['কৃষ্ণ', 'ড়াহত', 'চাঁদ', '09']],
  ['مُؤمِن آدم إسلام فاطمة مـحـمـد', ['مومن', 'ادم', 'اسلام', 'فاطمه', 'محمد']],
  ['کریمی پاکستان ہ', ['كريمي', 'پاكستان', 'ه']],
  ['٣٤ ۳۴ 𝟛𝟜 १२', ['34', '34', '34', '12']],
  ['Al-Amin, Md.Rahim (Jr.)', ['al', 'amin', 'md', 'rahim', 'jr']],
  ["D'Souza D’Souza Dʼsouza", ['dsouza', 'dsouza', 'dsouza']],
  ['ما\u200cئده সা\u200dফা', ['مايده', 'সাফা']],
])('spells %s', (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

it('puts bounds on what is looked at', () => {
  const many = Array.from({ length: 1_000 }, (_, i) => `w${i}`).join(' ');
  expect(wordsOfAll([many, 'more'])).toHaveLength(200);
  expect(searchedWords(`${many} last`)).toEqual(['w0', 'w1', 'w2', 'w3', 'w4', 'w5', 'w6', 'last']);
  expect(wordsOf('ক'.repeat(100))).toEqual(['ক'.repeat(32)]);
});

it('finds the end of what begins with a text', () => {
  const text = fc.string({ unit: 'binary', maxLength: 4 });
  fc.assert(
    fc.property(text, text, (prefix, other) => {
      const end = afterPrefix(prefix);
      if (end !== undefined) expect(compareTexts(prefix + other, end)).toBeLessThan(0);
      // What lies between the two begins with the prefix.
      const between = compareTexts(other, prefix) >= 0 && (end === undefined || compareTexts(other, end) < 0);
      expect(between).toBe(other.startsWith(prefix));
    }),
    { numRuns: 2_000 },
  );
  expect(afterPrefix('a\u{10ffff}\u{10ffff}')).toBe('b');
  expect(afterPrefix('\u{10ffff}')).toBeUndefined();
  expect(afterPrefix('\ud7ff')).toBe('\ue000');
});

it('orders texts as stores order their UTF-8', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', 'é', 'ক', '\uffff', '\ue000', '😀', '\u{10ffff}'),
    maxLength: 4,
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareTexts(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2_000 },
  );
});
