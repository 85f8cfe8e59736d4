import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { Id, Instant } from '../kernel/types.js';

// Stream chatTerms-<hospitalId>. What a hospital says of chats that its appointments open. It counts for appointments
// confirmed from then on.

export const GRACE_DAYS = 30;

export const commands = {
  SetGracePeriod: z.strictObject({
    days: z.int().min(0).max(365).describe('How long doctor and patient may write after an appointment.'),
  }),
};

export const events = {
  GracePeriodSet: event(z.object({ hospitalId: Id, days: z.int(), at: Instant })),
};

export interface ChatTerms {
  readonly graceDays: number;
}

export const chatTerms = decider<ChatTerms>()({
  category: 'chatTerms',
  commands,
  events,
  initial: { graceDays: GRACE_DAYS },
  parties: (_, __, { id }) => ({ hospitalId: id }),
  decide: {
    SetGracePeriod: ({ graceDays }, { days }, { id, at }) =>
      days === graceDays ? [] : [{ type: 'GracePeriodSet', data: { hospitalId: id, days, at } }],
  },
  evolve: {
    GracePeriodSet: (_, { days }) => ({ graceDays: days }),
  },
});
