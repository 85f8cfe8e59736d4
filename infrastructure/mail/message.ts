import type { SendMailOptions } from 'nodemailer';
import { z } from 'zod';
import { type Mail, MailRefused } from '../../application/kernel/mailer.js';

const MAIL_ID = /^[A-Za-z0-9-]{1,64}$/;
const HOST = 'healthstack';

/**
 * A mail as Nodemailer composes it: one recipient, plain text, a Message-ID that is the same each time. Throws
 * MailRefused for an address that is none, also where it is several.
 */
export const messageOf = (
  { id, to, subject, text }: Mail,
  from: string,
): SendMailOptions & { readonly envelope: object } => {
  if (!z.email().max(254).safeParse(to).success) throw new MailRefused('no address');
  if (!MAIL_ID.test(id)) throw new MailRefused('no id');
  return {
    from,
    to: { name: '', address: to },
    envelope: { from: addressOf(from), to: [to] },
    subject,
    text,
    messageId: `<${id}@${HOST}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    // A text is a text: nothing in it may name a file or a URL to be fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
};

const addressOf = (from: string): string => /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from;
