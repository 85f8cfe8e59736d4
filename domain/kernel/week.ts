import { z } from 'zod';
import { LocalTime } from './types.js';

/** Days of the week as hours are given for them; the week begins on Monday (ISO 8601). */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const SPANS_MAX = 6;

const Span = z
  .strictObject({ from: LocalTime, to: LocalTime })
  .refine(({ from, to }) => from < to, { message: 'It ends after it begins.', path: ['to'] });

const Spans = z
  .array(Span)
  .max(SPANS_MAX)
  .transform((spans) => spans.toSorted((a, b) => (a.from < b.from ? -1 : 1)))
  .refine((spans) => spans.every((span, i) => i === 0 || spans[i - 1]!.to <= span.from), 'Two of them overlap.');

/** Hours of a week on the clock at the wall: `{ mon: [{ from: '09:00', to: '13:00' }] }`. A day not given has none. */
export const WeeklyHours = z
  .strictObject({ mon: Spans, tue: Spans, wed: Spans, thu: Spans, fri: Spans, sat: Spans, sun: Spans })
  .partial();
export type WeeklyHours = z.infer<typeof WeeklyHours>;
