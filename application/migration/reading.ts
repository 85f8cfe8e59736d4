import type { Value } from './entry.js';

// How what people typed into the original is read. Undefined where it cannot be: nothing is guessed.

/** The text without what no line may hold, or undefined where nothing is left of it. */
export const textOf = (value: Value | undefined): string | undefined =>
  value === null || value === undefined ? undefined : cleanText(String(value)).trim() || undefined;

/** Characters that are not shown, or turn the text around that follows. */
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200b\u202a-\u202e\u2066-\u2069]/g;

export const cleanText = (text: string): string => text.replace(UNSEEN, '').normalize('NFC');

/** One line of it. */
export const lineOf = (value: Value | undefined): string | undefined =>
  textOf(value)
    ?.replace(/[\s\u0080-\u009f]+/g, ' ')
    .trim() || undefined;

/** Bangla, Arabic and Persian digits become those of ASCII. */
const ZEROS = [0x09e6, 0x0660, 0x06f0];
const asciiDigits = (text: string): string =>
  text.replace(/[০-৯٠-٩۰-۹]/g, (digit) => {
    const code = digit.charCodeAt(0);
    return String(code - ZEROS.find((zero) => code >= zero && code < zero + 10)!);
  });

/** A mobile number as it is dialled; the original kept numbers as integers, so that they lost their zero. */
export const phoneOf = (value: Value | undefined): string | undefined => {
  const digits = String(value ?? '').trim();
  if (/^1\d{9}$/.test(digits)) return `0${digits}`;
  if (/^8801\d{9}$/.test(digits)) return `+${digits}`;
  return /^01\d{9}$/.test(digits) ? digits : undefined;
};

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `1992-09-18`, `18/09/1992`, `18-Sep-1992`; a day that is not in the calendar is none. */
export const dayOf = (value: Value | undefined): string | undefined => {
  const text = String(value ?? '').trim();
  const iso = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  const slash = /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(text);
  const named = /^(\d\d)-([A-Za-z]{3})-(\d{4})$/.exec(text);
  const month = named && MONTHS.indexOf(named[2]!.toLowerCase()) + 1;
  const day =
    (iso && text) ??
    (slash && `${slash[3]}-${slash[2]}-${slash[1]}`) ??
    (month && named ? `${named[3]}-${String(month).padStart(2, '0')}-${named[1]}` : undefined);
  const exists = day && new Date(`${day}T00:00:00Z`);
  return exists && !Number.isNaN(exists.getTime()) && exists.toISOString().startsWith(day) ? day : undefined;
};

/** `9:59 am`, `9.30 PM`, `6 pm`, `14:05`, `17:10:00`, `৩:০৫ pm` as `09:59`. */
export const timeOf = (value: Value | undefined): string | undefined => {
  const text = asciiDigits(String(value ?? ''))
    .trim()
    .toLowerCase()
    .replace(/([ap])\.m\.$/, '$1m');
  const read = /^(\d{1,2})(?:[:.](\d{2}))?(?::00)?\s*(am|pm)?$/.exec(text);
  if (!read || (read[2] === undefined && read[3] === undefined)) return undefined;
  const [hour, minute] = [Number(read[1]), Number(read[2] ?? 0)];
  if (minute > 59 || (read[3] ? hour < 1 || hour > 12 : hour > 23)) return undefined;
  const full = read[3] ? (hour % 12) + (read[3] === 'pm' ? 12 : 0) : hour;
  return `${String(full).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
};

/** `500`, `1,200.00`, `Tk 500`, `৳1200`, `900/-`, `১৩০০`, in paisa. */
export const paisaOf = (value: Value | undefined): number | undefined => {
  const text = asciiDigits(String(value ?? '')).replace(/tk\.?|৳|\/-|,|\s/gi, '');
  return /^\d{1,9}(?:\.\d{1,2})?$/.test(text) ? Math.round(Number(text) * 100) : undefined;
};

/** An amount as the original's own columns hold it. */
export const isPlainAmount = (value: Value | undefined): boolean => /^\d+(\.\d{1,2})?$/.test(String(value ?? ''));

/** A whole number that is not negative. */
export const countOf = (value: Value | undefined): number | undefined => {
  const count = typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined;
};

/** `10 am - 2 pm`, `10-2 pm`, `12-4 pm`: when a doctor sees patients. An end without a beginning's half is in the same. */
export const hoursOf = (value: Value | undefined): { readonly from: string; readonly to: string } | undefined => {
  const read = /^(\d{1,2})(?::(\d{2}))?\s*(am|pm)?\s*(?:-|to)\s*(\d{1,2})(?::(\d{2}))?\s*(am|pm)$/.exec(
    asciiDigits(String(value ?? ''))
      .trim()
      .toLowerCase(),
  );
  if (!read) return undefined;
  const [, fromHour, fromMinute = '00', fromHalf, toHour, toMinute = '00', toHalf] = read;
  const to = timeOf(`${toHour}:${toMinute} ${toHalf}`);
  const halves = fromHalf ? [fromHalf] : [toHalf, toHalf === 'pm' ? 'am' : 'pm'];
  const from = halves
    .map((half) => timeOf(`${fromHour}:${fromMinute} ${half}`))
    .find((time) => time && to && time < to);
  return from && to ? { from, to } : undefined;
};

/** Django writes UTC without saying so: `2025-03-04 05:06:07.123456`. */
export const instantOf = (value: Value | undefined): string | undefined => momentOf(value, 'Z');

/** The gateway writes the time of Dhaka. */
export const dhakaInstantOf = (value: Value | undefined): string | undefined => momentOf(value, '+06:00');

/** A time on the clock in Dhaka, which has known no summer time since 2009. */
export const inDhaka = (day: string, time: string): string => new Date(`${day}T${time}:00+06:00`).toISOString();

const momentOf = (value: Value | undefined, zone: string): string | undefined => {
  const read = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?/.exec(String(value ?? ''));
  const moment = read
    ? new Date(`${read[1]}T${read[2]}${(read[3] ?? '.000').slice(0, 4).padEnd(4, '0')}${zone}`)
    : undefined;
  return moment && !Number.isNaN(moment.getTime()) ? moment.toISOString() : undefined;
};
