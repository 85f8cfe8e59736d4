import { z } from 'zod';

/** A moment, always written alike (UTC, milliseconds), so that moments compare as text. */
export const Instant = z.iso
  .datetime({ offset: true })
  .transform((text) => (isWritten(text) ? text : new Date(text).toISOString()));

/** Most moments come as they are kept; asking is far cheaper than writing them anew. */
const isWritten = (text: string): boolean => text.length === 24 && text[23] === 'Z' && text[19] === '.';

/** A calendar day in the time zone of the place it belongs to, `2030-01-31`. */
export const Day = z.iso.date();

/** A time of day on a clock at the wall, `09:30`. */
export const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'A time of day is written 09:30.');

/** An IANA time zone name, `Asia/Dhaka`. */
export const TimeZone = z.string().refine((name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}, 'Not the name of a time zone.');

/** An ISO 4217 code, `BDT`. */
export const Currency = z.string().regex(/^[A-Z]{3}$/, 'A currency is three capital letters, BDT.');

/** An amount of money in the currency's smallest unit (paisa, cent), never a fraction of it. */
export const Money = z.strictObject({
  amount: z.int().min(0).max(1_000_000_000_000).describe('in the smallest unit of the currency'),
  currency: Currency,
});
export type Money = z.infer<typeof Money>;

const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** The name of anything that has a stream. Opaque to those outside; never holds what it names. */
export const Id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.~-]{0,119}$/, 'Not an id.')
  // States are maps by id, in which `constructor` and the like are always found.
  .refine((id) => !INHERITED.has(id), 'Not an id.');

/* eslint-disable no-control-regex -- what they keep out */
const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$/;
const LINES = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]*$/;
/* eslint-enable no-control-regex */

/** One line that a person wrote: trimmed, normalised, without control or direction-changing characters. */
export const Line = (max: number) =>
  z
    .string()
    // Half of a surrogate pair is no character; no encoding could keep it.
    .refine((text) => text.isWellFormed(), 'Holds half a character.')
    .transform((text) => text.normalize('NFC').trim())
    .pipe(z.string().min(1).max(max).regex(ONE_LINE, 'Holds a control character.'));

/** Several lines that a person wrote; line breaks and tabs are kept. */
export const Prose = (max: number) =>
  z
    .string()
    // Half of a surrogate pair is no character; no encoding could keep it.
    .refine((text) => text.isWellFormed(), 'Holds half a character.')
    .transform((text) => text.normalize('NFC').trim())
    .pipe(z.string().min(1).max(max).regex(LINES, 'Holds a control character.'));
