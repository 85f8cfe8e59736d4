import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteReadModels } from '../infrastructure/read-models/sqlite.js';
import type { Collection, CollectionSpec } from '../projections/kernel/read-models.js';
import { type BenchRow, median } from './row.js';

interface Person {
  readonly name: string;
  readonly hospital: string;
  readonly born: string;
}

interface Visit {
  readonly doctor: string;
  readonly start: string;
  readonly status: string;
  readonly note: string;
}

const PEOPLE: CollectionSpec = {
  name: 'people',
  version: 1,
  indexes: {},
  search: ['name'],
  searchFilters: ['hospital'],
};
const VISITS: CollectionSpec = { name: 'visits', version: 1, indexes: { byDoctor: ['doctor', 'status', 'start'] } };

const PEOPLE_COUNT = 30_000;
const VISITS_COUNT = 50_000;
const DOCTORS = 50;
const SAMPLES = 20_000;
/** What a list under a search field shows. */
const SUGGESTIONS = 8;

/** The four kinds of reading, each alone in a warm process, with the documents parsed. */
export const benchQueries = async (): Promise<BenchRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-queries-'));
  const readModels = await openSqliteReadModels({ file: join(folder, 'read-models.db') });
  try {
    const people = await readModels.open<Person>(PEOPLE);
    const visits = await readModels.open<Visit>(VISITS);
    await fill(people, PEOPLE_COUNT, personAt);
    await fill(visits, VISITS_COUNT, visitAt);
    const typed = Array.from({ length: SAMPLES }, (_, i) => personAt((i * 7_919) % PEOPLE_COUNT).name.toLowerCase());
    const first = typed.map((name) => name.split(' ')[0]!);

    const point = await p50((i) => visits.get(keyAt((i * 7_919) % VISITS_COUNT)));
    const range = await p50((i) =>
      visits.query({
        index: 'byDoctor',
        equal: { doctor: `doctor-${i % DOCTORS}`, status: 'confirmed' },
        range: { from: `2030-0${1 + (i % 6)}`, to: '2031' },
        limit: 50,
      }),
    );
    const prefix = await p50((i) => people.search({ text: first[i]!.slice(0, 4), limit: SUGGESTIONS }));
    const typo = await p50((i) => people.search({ text: withTypo(first[i]!, i), limit: SUGGESTIONS }));
    const whole = await p50((i) => people.search({ text: withTypo(typed[i]!, i), limit: SUGGESTIONS }));
    const size = `${PEOPLE_COUNT} names, ${SUGGESTIONS} found shown`;
    return [
      row('query-point', point, 10, `one of ${VISITS_COUNT} documents by its key`),
      row('query-range', range, 200, 'two fields equal, from and to on the third, 50 documents'),
      row('search-prefix', prefix, 20, `four letters, ${size}`),
      row('search-typo', typo, 50, `one word with a typo in it, ${size}`),
      row('search-typo-in-two', whole, 200, `two words, the first with a typo in it, ${size}`),
    ];
  } finally {
    await readModels.close();
    rmSync(folder, { recursive: true });
  }
};

const row = (id: string, value: number, atMost: number, what: string): BenchRow => ({
  id,
  value,
  unit: 'µs',
  atMost,
  detail: `p50; ${what}`,
});

const p50 = async (ask: (i: number) => Promise<unknown>): Promise<number> => {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const began = performance.now();
    await ask(i);
    // The first half warms up.
    if (i >= SAMPLES / 2) times.push((performance.now() - began) * 1_000);
  }
  return Math.round(median(times) * 10) / 10;
};

const fill = async <Doc extends object>(docs: Collection<Doc>, count: number, docAt: (i: number) => Doc) => {
  for (let i = 0; i < count; i += 1_000)
    await docs.write(
      Array.from({ length: 1_000 }, (_, n) => ({
        key: keyAt(i + n),
        expected: undefined,
        at: String(i + n + 1),
        doc: docAt(i + n),
      })),
    );
};

const keyAt = (i: number): string => `key-${((i * 7_919) % 1_000_003).toString(36).padStart(5, '0')}-${i}`;

const SYLLABLES = [
  'ra',
  'him',
  'ka',
  'mal',
  'na',
  'sir',
  'fa',
  'te',
  'ma',
  'ab',
  'dul',
  'sha',
  'hin',
  'jo',
  'su',
  'mon',
];

/** Of 4,096 different words the first ones are far more frequent than the others, as names are. */
const wordAt = (n: number): string => {
  const share = ((n * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;
  const rank = Math.floor(4_096 * share ** 3);
  return [rank % 16, (rank >> 4) % 16, (rank >> 8) % 16].map((i) => SYLLABLES[i]).join('');
};

const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

const personAt = (i: number): Person => ({
  name: `${capital(wordAt(i * 3 + 1))} ${capital(wordAt(i * 5 + 2))}`,
  hospital: `hospital-${i % 20}`,
  born: `${1930 + (i % 90)}-01-01`,
});

const visitAt = (i: number): Visit => ({
  doctor: `doctor-${i % DOCTORS}`,
  start: `2030-${String(1 + (i % 12)).padStart(2, '0')}-${String(1 + (i % 28)).padStart(2, '0')}T09:${String(i % 60).padStart(2, '0')}`,
  status: i % 3 === 0 ? 'requested' : 'confirmed',
  note: 'Fever for three days and a dry cough at night. '.repeat(8),
});

/** Two letters of the first word change places. */
const withTypo = (name: string, i: number): string => {
  const at = 1 + (i % 3);
  return name.slice(0, at) + name[at + 1]! + name[at]! + name.slice(at + 2);
};
