import { WEEKDAYS } from '../../domain/kernel/week.js';

// Simulated hospitals stand in Dhaka, whose clocks are not changed in summer.

const OFFSET = '+06:00';
const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;

/** The moment, in milliseconds, when the clocks at the wall show this. */
export const momentOf = (day: string, time: string): number => Date.parse(`${day}T${time}:00${OFFSET}`);

/** The calendar day of an Instant. */
export const dayOf = (at: string): string => new Date(Date.parse(at) + 6 * 60 * MINUTE_MS).toISOString().slice(0, 10);

/** So many days later, or earlier. */
export const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

export const weekdayOf = (day: string): (typeof WEEKDAYS)[number] =>
  WEEKDAYS[(new Date(Date.parse(day)).getUTCDay() + 6) % 7]!;

/** As clocks show it. */
export const timeOf = (hour: number, minute: number): string =>
  `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
