import { z } from 'zod';
import { event } from './event.js';

/** Accesses to records are facts of the ledger too: who read what about whom, and what was refused. */
export const events = {
  /** Documents that tell about patients were answered. */
  RecordsRead: event(
    z.object({
      operation: z.string(),
      model: z.string(),
      keys: z.array(z.string()),
      /** The patients they tell about. */
      subjects: z.array(z.string()),
    }),
  ),
  /** Somebody asked for what the policy does not allow. */
  AccessRefused: event(
    z.object({
      operation: z.string(),
      /** Of what was asked for, where the path names it. */
      key: z.string().optional(),
      subjects: z.array(z.string()),
    }),
  ),
};
