import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { Instant } from '../kernel/types.js';

// One stream per day for attempts on accounts that do not exist. What was typed is not kept: it is often the password.

const RECORDED_PER_DAY_MAX = 5_000;

const Attempt = z.enum(['logIn', 'passwordReset']);

export const commands = { RecordUnknownLogIn: z.strictObject({ attempt: Attempt }) };

export const events = { UnknownLoginFailed: event(z.object({ attempt: Attempt, at: Instant })) };

export const unknownLogIns = decider<number>()({
  category: 'unknownLogIns',
  commands,
  events,
  initial: 0,
  parties: () => ({}),
  decide: {
    // Enough to see an attack, few enough that the attack does not fill the ledger.
    RecordUnknownLogIn: (recorded, { attempt }, { at }) =>
      recorded < RECORDED_PER_DAY_MAX ? [{ type: 'UnknownLoginFailed', data: { attempt, at } }] : [],
  },
  evolve: { UnknownLoginFailed: (recorded) => recorded + 1 },
});
