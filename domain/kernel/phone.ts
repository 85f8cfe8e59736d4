import { z } from 'zod';
import { Line } from './types.js';

const LENGTH_MAX = 40;

/** Bangla digits as people type them, and the signs that only separate. */
const plain = (text: string): string =>
  text
    .replace(/[\u09e6-\u09ef]/g, (digit) => String(digit.charCodeAt(0) - 0x09e6))
    .replace(/[\s().\-\u2010-\u2015]/g, '');

/**
 * A telephone number as E.164 writes it, or undefined where the text is none. A number without a country's code is one
 * of Bangladesh: `01712-345678` is `+8801712345678`.
 */
export const e164 = (text: string): string | undefined => {
  const digits = plain(text).replace(/^00/, '+');
  const international = /^(?:880\d{8,10}|0[1-9]\d{6,9})$/.test(digits)
    ? `+880${digits.replace(/^880|^0/, '')}`
    : digits;
  return /^\+[1-9]\d{7,14}$/.test(international) ? international : undefined;
};

/** A telephone number as somebody wrote it. */
export const PhoneText = Line(LENGTH_MAX).refine((text) => e164(text) !== undefined, {
  message: 'A telephone number is written 01712345678 or +8801712345678.',
});

/** A telephone number: as it is dialled, and as it was given. */
export const Phone = z.object({ e164: z.string(), given: z.string() });
export type Phone = z.infer<typeof Phone>;

/** Both spellings of a number that PhoneText let pass; what is no text stays what it is. */
export const phone = <Given extends string | null | undefined>(given: Given) =>
  (typeof given === 'string' ? { e164: e164(given) ?? given, given } : given) as Given extends string ? Phone : Given;
