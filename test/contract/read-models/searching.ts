import fc from 'fast-check';
import { BadQuery, PAGE_MAX, type SearchQuery } from '../../../projections/kernel/read-models.js';
import { allPages, begun, type Subject } from './subject.js';

interface Person {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly city?: string;
  readonly doctors?: readonly string[];
}

const SEARCHED = { search: ['name', 'aliases'], searchFilters: ['city', 'doctors'] };

/** Edits between two words, exchanges of neighbours counted as one: the whole table, as in the textbook. */
const distance = (a: string, b: string): number => {
  const [s, t] = [Array.from(a), Array.from(b)];
  const table = Array.from({ length: s.length + 1 }, (_, i) => Array.from({ length: t.length + 1 }, (_, j) => i || j));
  for (let i = 1; i <= s.length; i++)
    for (let j = 1; j <= t.length; j++) {
      const steps = [
        table[i - 1]![j]! + 1,
        table[i]![j - 1]! + 1,
        table[i - 1]![j - 1]! + (s[i - 1] === t[j - 1] ? 0 : 1),
      ];
      if (i > 1 && j > 1 && s[i - 1] === t[j - 2] && s[i - 2] === t[j - 1]) steps.push(table[i - 2]![j - 2]! + 1);
      table[i]![j] = Math.min(...steps);
    }
  return table[s.length]![t.length]!;
};
const isNear = (wanted: string, word: string): boolean =>
  Array.from(wanted).length >= 4 && distance(wanted, word) === 1;
const compareTexts = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Looks at every word of every document. The words are spelt as they are searched for, so nothing is normalised here. */
const expected = (
  people: Readonly<Record<string, Person>>,
  { text, equal = {} }: Pick<SearchQuery, 'text' | 'equal'>,
): string[] => {
  const typed = text.split(' ').filter((word) => word !== '');
  const last = typed.at(-1);
  if (last === undefined) return [];
  const others = [...new Set(typed.filter((word) => word !== last))];
  const found = Object.entries(people).flatMap(([key, { name, aliases = [], city, doctors = [] }]) => {
    if ('city' in equal && equal.city !== (city ?? null)) return [];
    if ('doctors' in equal && !doctors.includes(equal.doctors as string)) return [];
    const words = [name, ...aliases].flatMap((each) => each.split(' ')).filter((word) => word !== '');
    const near = others.filter((other) => !words.includes(other));
    if (!near.every((other) => words.some((word) => isNear(other, word)))) return [];
    const ways = [
      words.filter((word) => word === last),
      words.filter((word) => word.startsWith(last)),
      words.filter((word) => isNear(last, word)),
    ];
    const how = ways.findIndex((way) => way.length > 0);
    return how < 0 ? [] : [{ key, typos: near.length, how, word: ways[how]!.sort(compareTexts)[0]! }];
  });
  found.sort(
    (a, b) => a.typos - b.typos || a.how - b.how || compareTexts(a.word, b.word) || compareTexts(a.key, b.key),
  );
  return found.map(({ key }) => key);
};

const word = fc.oneof(
  ...[
    ['a', 'b', 'r'],
    ['ক', 'া', 'ম'],
    ['ع', 'م', 'ر'],
    ['a', '𐐨', 'b'],
  ].map((letters) => fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 6 })),
);
const text = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));
const city = fc.constantFrom('Dhaka', 'Sylhet');
const person: fc.Arbitrary<Person> = fc.record(
  {
    name: text,
    aliases: fc.array(text, { maxLength: 2 }),
    city,
    doctors: fc.uniqueArray(fc.constantFrom('d1', 'd2', 'd3')),
  },
  { requiredKeys: ['name'] },
);
const people = fc.dictionary(fc.constantFrom(...Array.from({ length: 60 }, (_, i) => `p${i}`)), person, {
  minKeys: 1,
  maxKeys: 60,
});
const narrowed = fc.record({ city, doctors: fc.constantFrom('d1', 'd2') }, { requiredKeys: [] });

export const searching = (subject: Subject): void => {
  const found = async (docs: Record<string, Person>, asked: Omit<SearchQuery, 'limit'>): Promise<string[]> => {
    const collection = await subject.collection<Person>(SEARCHED);
    await collection.write(begun(docs));
    return (await collection.search({ limit: PAGE_MAX, ...asked })).items.map(({ key }) => key);
  };

  it('finds what looking at every word of every document finds, in the same order, page by page', async () => {
    const asked = (docs: Record<string, Person>) =>
      // Half of the searches are words that are there, or nearly.
      fc.record({
        text: fc.oneof(
          text,
          fc.constantFrom(...Object.values(docs).map(({ name }) => name)),
          fc.constantFrom(...Object.values(docs).map(({ name }) => Array.from(name).slice(1).join(''))),
        ),
        equal: narrowed,
      });
    const arbitrary = people.chain((docs) =>
      fc.tuple(fc.constant(docs), fc.array(asked(docs), { minLength: 10, maxLength: 10 })),
    );
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.integer({ min: 1, max: 5 }), async ([docs, searches], limit) => {
        const collection = await subject.collection<Person>(SEARCHED);
        await collection.write(begun(docs));
        for (const search of searches) {
          const pages = await allPages((after) => collection.search({ ...search, limit, ...(after && { after }) }));
          expect(pages.map(({ key }) => key)).toEqual(expected(docs, search));
        }
      }),
      { numRuns: 60 },
    );
  }, 180_000);

  it('finds the same where words are frequent', async () => {
    const given = ['rahim', 'karim', 'rahima', 'rahin', 'salma', 'md'];
    const family = ['uddin', 'begum', 'udin', 'rahman', 'begun'];
    const docs: Record<string, Person> = {};
    for (let i = 0; i < 3_000; i++)
      docs[`p${i}`] = {
        name: `md ${given[i % 6]} ${family[(i * 7) % 5]}`,
        city: i % 2 === 0 ? 'Dhaka' : 'Sylhet',
        doctors: [`d${i % 700}`],
      };
    docs.rare = { name: 'zubaida rahin', city: 'Dhaka', doctors: ['d1'] };
    const collection = await subject.collection<Person>(SEARCHED);
    await collection.write(begun(docs));
    const searches: Pick<SearchQuery, 'text' | 'equal'>[] = [
      ...[
        'r',
        'rahim',
        'md rahim',
        'md rahmi',
        'rahmi md',
        'md uddin rahi',
        'uddin rahim',
        'udddin rahima',
        'zubaida r',
        'zubaide rahim',
      ].map((text) => ({ text })),
      { text: 'md rahim', equal: { city: 'Dhaka' } },
      { text: 'begum r', equal: { city: 'Sylhet', doctors: 'd7' } },
      { text: 'md b', equal: { doctors: 'd7' } },
    ];
    for (const search of searches) {
      const pages = await allPages((after) =>
        collection.search({ ...search, limit: PAGE_MAX, ...(after && { after }) }),
      );
      expect(pages.map(({ key }) => key)).toEqual(expected(docs, search));
    }
  }, 180_000);

  it.each<[what: string, name: string, typed: string]>([
    ['case', 'Rahim UDDIN', 'rAHIM uddin'],
    ['accents', 'José Müller-Łukasz Øst', 'jose muller lukasz ost'],
    ['accents typed', 'Jose', 'JOSÉ'],
    ['a beginning', 'Rahim Uddin', 'rah'],
    ['a beginning after a word', 'Rahim Uddin', 'rahim ud'],
    ['words in another order', 'Abdur Rahim', 'rahim abdur'],
    ['Bangla', 'মোহাম্মদ রহিম', 'রহিম'],
    ['a beginning in Bangla', 'মোহাম্মদ রহিম', 'মোহা'],
    ['Bangla with a typo', 'মোহাম্মদ', 'মোহাম্মাদ'],
    ['Bangla letters in two spellings', '\u09dc\u09be\u09b9\u09a4', '\u09a1\u09bc\u09be\u09b9\u09a4'],
    ['Arabic with vowel points', 'مُحَمَّد', 'محمد'],
    ['Arabic with another alef', 'أحمد', 'احمد'],
    ['Urdu letters', 'کریم', 'كريم'],
    ['digits of another script', 'Ward ১২', 'ward 12'],
    ['wide letters', 'Ｒａｈｉｍ', 'rahim'],
    ['an apostrophe', 'O’Brien', "o'brien"],
    ['no apostrophe', "O'Brien", 'obrien'],
    ['a letter too many', 'Rahman', 'rahmaan'],
    ['a letter missing', 'Rahman', 'rahmn'],
    ['another letter', 'Rahman', 'rehman'],
    ['two letters exchanged', 'Rahman', 'rahamn'],
    ['a typo in the first word', 'Abdur Rahim', 'abdor rah'],
    ['a typo in each word', 'Abdur Rahim', 'abdr rahm'],
    ['a word said twice', 'Rahim', 'rahim rahim'],
    ['punctuation', 'Md. Rahim', ' md,  rahim! '],
  ])('forgives %s', async (_what, name, typed) => {
    expect(await found({ it: { name }, other: { name: 'Zzzzz' } }, { text: typed })).toEqual(['it']);
  });

  it.each<[what: string, name: string, typed: string]>([
    ['a vowel sign that makes another word', 'কলা', 'কাল'],
    ['a typo in a short word', 'Ali', 'ala'],
    ['two typos in a word', 'Rahman', 'rehmen'],
    ['a word that is missing', 'Rahim Uddin', 'rahim begum'],
    ['a beginning that is not the last word', 'Rahim Uddin', 'rah uddin'],
    ['a middle', 'Rahim', 'ahi'],
    ['no word at all', 'Rahim', ' -!? '],
    ['nothing', 'Rahim', ''],
  ])('does not take %s for it', async (_what, name, typed) => {
    expect(await found({ it: { name } }, { text: typed })).toEqual([]);
  });

  it('puts the word itself first, then beginnings, then typos', async () => {
    const docs = {
      d: { name: 'Rahima' },
      c: { name: 'Rahim' },
      b: { name: 'Rahin' },
      a: { name: 'Karim Rahim' },
      e: { name: 'Rahimuddin' },
    };
    expect(await found(docs, { text: 'rahim' })).toEqual(['a', 'c', 'd', 'e', 'b']);
  });

  it('follows a document through its names, and forgets those of before', async () => {
    const collection = await subject.collection<Person>(SEARCHED);
    const keys = async (text: string, equal = {}) =>
      (await collection.search({ text, equal, limit: 10 })).items.map(({ key }) => key);
    await collection.write(
      begun({ a: { name: 'Salma Khatun', city: 'Dhaka', doctors: ['d1'] }, b: { name: 'Salma', city: 'Dhaka' } }),
    );
    await collection.write([
      { key: 'a', expected: '1', at: '3', doc: { name: 'Salma Begum', city: 'Dhaka', doctors: ['d2'] } },
    ]);
    expect([await keys('khatun'), await keys('khatn'), await keys('begum'), await keys('begm')]).toEqual([
      [],
      [],
      ['a'],
      ['a'],
    ]);
    expect([await keys('salma', { doctors: 'd1' }), await keys('salma', { doctors: 'd2' })]).toEqual([[], ['a']]);
    await collection.write([{ key: 'a', expected: '3', at: '4', doc: { name: 'Salma Begum', city: 'Sylhet' } }]);
    expect([await keys('salma', { city: 'Dhaka' }), await keys('salma', { doctors: 'd2' })]).toEqual([['b'], []]);
    await collection.write([{ key: 'a', expected: '4', at: '5', doc: null }]);
    expect([await keys('salma'), await keys('begum'), await keys('begm')]).toEqual([['b'], [], []]);
    await collection.write([{ key: 'a', expected: '5', at: '6', doc: { name: 'Salma Begum' } }]);
    expect([await keys('begm'), await keys('salma', { city: null as never })]).toEqual([['a'], ['a']]);
  });

  it('bears long texts and long words', async () => {
    const long = 'abcdefghij'.repeat(20);
    const name = `${long} ${Array.from({ length: 500 }, (_, i) => `word${i}`).join(' ')}`;
    expect(await found({ it: { name } }, { text: long })).toEqual(['it']);
    expect(await found({ it: { name } }, { text: `${'a b c d e f g h i j k '.repeat(50)} ${long}` })).toEqual([]);
  });

  it('refuses what was not declared, and cursors of other searches', async () => {
    const collection = await subject.collection<Person>(SEARCHED);
    await collection.write(begun({ a: { name: 'Rahim', city: 'Dhaka' }, b: { name: 'Rahima', city: 'Dhaka' } }));
    const { next: after } = await collection.search({ text: 'rahim', limit: 1 });
    const wrong: object[] = [
      { equal: { name: 'Rahim' } },
      { equal: { city: undefined } },
      { equal: { city: {} } },
      { limit: 0 },
      { limit: PAGE_MAX + 1 },
      { after: 'AAAA' },
      { after, text: 'rahima' },
      { after, equal: { city: 'Dhaka' } },
    ];
    for (const asked of wrong)
      await expect(collection.search({ text: 'rahim', limit: 1, ...asked })).rejects.toThrow(BadQuery);
    const silent = await subject.collection<Person>();
    await expect(silent.search({ text: 'rahim', limit: 1 })).rejects.toThrow(BadQuery);
  });
};
