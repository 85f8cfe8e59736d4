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

const instant = (at: Temporal.ZonedDateTime): string => at.toInstant().toString({ fractionalSecondDigits: 3 });

/**
 * The slots that a schedule offers on one calendar day of a time zone. On the days when clocks change a slot keeps its
 * length; times of day that do not exist give none twice.
 */
export const slotsOf = (day: string, timeZone: string, { slotMinutes, hours }: Schedule): Slot[] => {
  const date = Temporal.PlainDate.from(day);
  const open = hours[WEEKDAYS[date.dayOfWeek - 1]!] ?? [];
  return open.flatMap(({ from, to }) => {
    const closes = date.toZonedDateTime({ timeZone, plainTime: to });
    const slots: Slot[] = [];
    let start = date.toZonedDateTime({ timeZone, plainTime: from });
    for (;;) {
      const end = start.add({ minutes: slotMinutes });
      if (Temporal.ZonedDateTime.compare(end, closes) > 0) return slots;
      slots.push({ start: instant(start), end: instant(end) });
      start = end;
    }
  });
};

/** The calendar day of an instant in a time zone. */
export const dayIn = (timeZone: string, at: string): string =>
  Temporal.Instant.from(at).toZonedDateTimeISO(timeZone).toPlainDate().toString();

/** An instant so many minutes later. */
export const later = (at: string, minutes: number): string => new Date(Date.parse(at) + minutes * 60_000).toISOString();
