import { Temporal } from 'temporal-polyfill';
import { WEEKDAYS, type WeeklyHours } from '../kernel/week.js';

/** A doctor's week at one hospital. */
export interface Schedule {
  readonly slotMinutes: number;
  readonly hours: WeeklyHours;
}

export interface Slot {
  /** Instants; `end` is exclusive. */
  readonly start: string;
  readonly end: string;
}

/**
 * The slots that a schedule offers on one calendar day of a time zone. On the days when clocks change a slot keeps its
 * length; times of day that do not exist give none twice.
 */
export const slotsOf = (day: string, timeZone: string, { slotMinutes, hours }: Schedule): Slot[] => {
  const date = Temporal.PlainDate.from(day);
  const momentOf = (plainTime: string): number => date.toZonedDateTime({ timeZone, plainTime }).epochMilliseconds;
  const lengthMs = slotMinutes * 60_000;
  return (hours[WEEKDAYS[date.dayOfWeek - 1]!] ?? []).flatMap(({ from, to }) => {
    // Zones are asked for the ends of a span only: between them time simply passes.
    const [opens, closes] = [momentOf(from), momentOf(to)];
    return Array.from({ length: Math.max(0, Math.floor((closes - opens) / lengthMs)) }, (_, i) => ({
      start: new Date(opens + i * lengthMs).toISOString(),
      end: new Date(opens + (i + 1) * lengthMs).toISOString(),
    }));
  });
};

/** The calendar day of an instant in a time zone. */
export const dayIn = (timeZone: string, at: string): string =>
  Temporal.Instant.from(at).toZonedDateTimeISO(timeZone).toPlainDate().toString();

/** An instant so many minutes later. */
export const later = (at: string, minutes: number): string => new Date(Date.parse(at) + minutes * 60_000).toISOString();
