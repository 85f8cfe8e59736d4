import { e164, phone, PhoneText } from '../../../domain/kernel/phone.js';

it.each([
  ['01712345678', '+8801712345678'],
  ['01712-345 678', '+8801712345678'],
  ['8801712345678', '+8801712345678'],
  ['+880 1712 345678', '+8801712345678'],
  ['008801712345678', '+8801712345678'],
  ['০১৭১২৩৪৫৬৭৮', '+8801712345678'],
  ['02-55165088', '+880255165088'],
  ['+44 20 7946 0958', '+442079460958'],
])('%s is dialled %s', (text, dialled) => expect(e164(text)).toBe(dialled));

it.each(['', '12345', '1712345678', '+0123456789', '01712345678 ext 5', '0171234567890123', 'call me'])(
  '%j is no telephone number',
  (text) => expect(PhoneText.safeParse(text).success).toBe(false),
);

it('keeps the text that was given', () => {
  expect(phone('01712-345678')).toEqual({ e164: '+8801712345678', given: '01712-345678' });
  expect(phone(null)).toBeNull();
  expect(phone(undefined)).toBeUndefined();
});
