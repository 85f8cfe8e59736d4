import type { Random } from './random.js';

// Common given and family names of Bangladesh, in Latin and in Bangla script. Put together by chance, they name nobody.

type Written = readonly [latin: string, bangla: string];

const FEMALE: readonly Written[] = [
  ['Rahima', 'রহিমা'],
  ['Fatema', 'ফাতেমা'],
  ['Nusrat', 'নুসরাত'],
  ['Sharmin', 'শারমিন'],
  ['Taslima', 'তাসলিমা'],
  ['Ayesha', 'আয়েশা'],
  ['Farhana', 'ফারহানা'],
  ['Shirin', 'শিরিন'],
  ['Jannat', 'জান্নাত'],
  ['Moushumi', 'মৌসুমী'],
  ['Sultana', 'সুলতানা'],
  ['Nasima', 'নাসিমা'],
  ['Tania', 'তানিয়া'],
  ['Purnima', 'পূর্ণিমা'],
  ['Lipi', 'লিপি'],
  ['Sabina', 'সাবিনা'],
  ['Rokeya', 'রোকেয়া'],
  ['Mitu', 'মিতু'],
];
const MALE: readonly Written[] = [
  ['Abdul', 'আব্দুল'],
  ['Kamal', 'কামাল'],
  ['Rafiq', 'রফিক'],
  ['Tanvir', 'তানভীর'],
  ['Imran', 'ইমরান'],
  ['Shahid', 'শহীদ'],
  ['Mahmud', 'মাহমুদ'],
  ['Arif', 'আরিফ'],
  ['Sajid', 'সাজিদ'],
  ['Jamil', 'জামিল'],
  ['Habib', 'হাবিব'],
  ['Nayeem', 'নাঈম'],
  ['Subrata', 'সুব্রত'],
  ['Rashed', 'রাশেদ'],
  ['Faisal', 'ফয়সাল'],
  ['Masud', 'মাসুদ'],
  ['Anik', 'অনিক'],
  ['Zahid', 'জাহিদ'],
];
const FAMILY: readonly Written[] = [
  ['Rahman', 'রহমান'],
  ['Hossain', 'হোসেন'],
  ['Islam', 'ইসলাম'],
  ['Ahmed', 'আহমেদ'],
  ['Chowdhury', 'চৌধুরী'],
  ['Khan', 'খান'],
  ['Sarker', 'সরকার'],
  ['Mia', 'মিয়া'],
  ['Das', 'দাস'],
  ['Roy', 'রায়'],
  ['Talukder', 'তালুকদার'],
  ['Biswas', 'বিশ্বাস'],
  ['Siddique', 'সিদ্দিক'],
  ['Haque', 'হক'],
  ['Bhuiyan', 'ভূঁইয়া'],
  ['Mondal', 'মন্ডল'],
  ['Uddin', 'উদ্দিন'],
  ['Karim', 'করিম'],
];

const QUARTERS = [
  'Dhanmondi',
  'Mirpur',
  'Uttara',
  'Banani',
  'Mohammadpur',
  'Bashundhara',
  'Khilgaon',
  'Rampura',
  'Shyamoli',
  'Malibagh',
];

/** Nobody's number: no operator in Bangladesh has these prefixes. */
const UNUSED_PREFIXES = ['010', '012'];

export interface Name {
  readonly gender: 'female' | 'male';
  readonly latin: string;
  readonly bangla: string;
}

export const nameBy = (random: Random): Name => {
  const gender = random.chance(0.5) ? 'female' : 'male';
  const given = random.pick(gender === 'female' ? FEMALE : MALE);
  const family = random.pick(FAMILY);
  return { gender, latin: `${given[0]} ${family[0]}`, bangla: `${given[1]} ${family[1]}` };
};

export const phoneBy = (random: Random): string =>
  `${random.pick(UNUSED_PREFIXES)}${String(random.int(0, 99_999_999)).padStart(8, '0')}`;

export const addressBy = (random: Random): string =>
  `House ${random.int(1, 99)}, Road ${random.int(1, 30)}, ${random.pick(QUARTERS)}, Dhaka`;
