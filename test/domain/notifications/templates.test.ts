import { LANGUAGES, render, type TemplateName, TEMPLATES } from '../../../domain/notifications/templates.js';

const names = Object.keys(TEMPLATES) as TemplateName[];
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

describe.each(names)('%s', (name) => {
  test('says the same in every language', () =>
    expect(placeholders(TEMPLATES[name].bn.text)).toEqual(placeholders(TEMPLATES[name].en.text)));
  test('has a subject that tells nothing about anybody', () => {
    for (const language of LANGUAGES) {
      const { subject } = TEMPLATES[name][language];
      expect(placeholders(subject)).toEqual([]);
      expect(subject).not.toMatch(/appointment|doctor|test|medicine|pharmacy|report|অ্যাপয়েন্টমেন্ট|ডাক্তার|রিপোর্ট/i);
    }
  });
  test('is written in its language', () => {
    expect(TEMPLATES[name].bn.text).toMatch(/[\u0980-\u09ff]/);
    expect(TEMPLATES[name].en.text).not.toMatch(/[\u0980-\u09ff]/);
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
