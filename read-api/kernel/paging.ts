import { z } from 'zod';
import { PAGE_MAX } from '../../projections/kernel/read-models.js';

/** A key of a document, as it stands in a path. */
export const Key = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.~-]{0,199}$/, 'Not an id.');

/** What every list takes; `minPosition` is read at the door. */
export const Paging = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50).describe('How many at most.'),
  after: z.string().min(1).max(2_000).optional().describe('The `next` of the page before.'),
  minPosition: z.string().optional(),
});
