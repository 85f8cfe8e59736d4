/** Time, for what is derived when it is read: an age, the days from today. */
export interface Clock {
  /** Now, as an Instant. */
  now(): string;
}
export const CLOCK = Symbol('Clock');
