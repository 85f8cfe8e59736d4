import { INVITATION, PASSWORD_RESET, STAFF_NAMES } from '../../../domain/identity/letters.js';
import { Language, languagesFor, type Template } from '../../../domain/kernel/wording.js';
import { render, type TemplateName, TEMPLATES } from '../../../domain/notifications/templates.js';

const names = Object.keys(TEMPLATES) as TemplateName[];
const all: readonly (readonly [string, Template])[] = [
  ...Object.entries(TEMPLATES),
  ['PASSWORD_RESET', PASSWORD_RESET],
  ['INVITATION', INVITATION],
];
const SCRIPTS = { en: /[a-z]{4}/, bn: /[\u0980-\u09ff]/, ar: /[\u0600-\u06ff]/ };
const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test('every occasion but the reset of a password has its mail', () =>
  expect(names).toEqual([
    'appointmentRequested',
    'appointmentAccepted',
    'appointmentRejected',
    'appointmentExpired',
    'appointmentReceipt',
    'pharmacyReceipt',
    'testReceipt',
    'billReceipt',
    'reportDelivered',
    'doctorAccepted',
    'doctorRejected',
  ]));

describe.each(all)('%s', (_, template) => {
  test('says the same in every language', () => {
    for (const language of Language.options)
      expect(placeholders(template[language].text)).toEqual(placeholders(template.en.text));
  });
  test('has a subject that tells nothing about anybody', () => {
    for (const language of Language.options) {
      const { subject } = template[language];
      expect(placeholders(subject)).toEqual([]);
      expect(subject).not.toMatch(
        /appointment|doctor|test|medicine|pharmacy|report|অ্যাপয়েন্টমেন্ট|ডাক্তার|রিপোর্ট|موعد|طبيب|تقرير|صيدلية/i,
      );
    }
  });
  test('is written in its language', () => {
    for (const language of Language.options) {
      expect(template[language].text).toMatch(SCRIPTS[language]);
      const others = (['bn', 'ar'] as const).filter((other) => other !== language);
      for (const other of others) expect(template[language].text).not.toMatch(SCRIPTS[other]);
    }
  });
});

test('one language, or one below the other', () => {
  const values = (language: string) => ({
    patient: language === 'bn' ? 'রহিমা' : 'Rahima',
    hospital: '{patient} $& House',
  });
  const english = render('reportDelivered', ['en'], values);
  expect(english.subject).toBe('Something new for you');
  expect(english.text).toBe('Dear Rahima,\n\na report of {patient} $& House is ready. Log in to read it.');
  const both = render('reportDelivered', ['en', 'bn'], values);
  expect(both.subject).toContain(' · ');
  expect(both.text).toContain('Dear Rahima');
  expect(both.text).toContain('প্রিয় রহিমা');
});
test('what is not known is a dash', () =>
  expect(render('doctorRejected', ['en'], () => ({})).text).toContain('Dear –'));

test('whoever chose a language is written to in that one, and others in the two that most people here read', () => {
  expect(languagesFor('ar')).toEqual(['ar']);
  expect(languagesFor(undefined)).toEqual(['en', 'bn']);
});

test('a part that somebody is invited to has a name in every language', () => {
  for (const names of Object.values(STAFF_NAMES)) expect(Object.keys(names)).toEqual(Language.options);
});
