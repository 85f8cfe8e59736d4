import { z } from 'zod';

/** An e-mail address, as it was written. */
export const Email = z
  .string()
  .transform((text) => text.normalize('NFC').trim())
  .pipe(z.email().max(254));

/** What became of a mail: handed over, or refused for good. */
export const MailOutcome = z.enum(['sent', 'refused']);
