import type { Clock } from '../application/kernel/ports.js';

let millisecond = 0;
let instant = '';

/** The machine's clock. Asked several times for every command, it writes down each millisecond once. */
export const systemClock: Clock = {
  now: () => {
    const now = Date.now();
    if (now !== millisecond) [millisecond, instant] = [now, new Date(now).toISOString()];
    return instant;
  },
};
