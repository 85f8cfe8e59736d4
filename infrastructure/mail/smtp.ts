import { createTransport } from 'nodemailer';
import { type Mailer, MailRefused } from '../../application/kernel/mailer.js';
import { messageOf } from './message.js';

export interface SmtpOptions {
  /** `smtp://user:password@host:587` or `smtps://...`. */
  readonly url: string;
  /** `HealthStack <no-reply@example.org>` */
  readonly from: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 20_000;

/** Hands mail over to a server. What it answers with 5xx about the recipient or the message is refused for good. */
export const smtpMailer = ({ url, from, timeoutMs = TIMEOUT_MS }: SmtpOptions): Mailer & { close(): void } => {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 2,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  return {
    async send(mail) {
      try {
        await transport.sendMail(messageOf(mail, from));
      } catch (error) {
        throw isRefusal(error) ? new MailRefused(`status ${error.responseCode}`) : error;
      }
    },
    close: () => transport.close(),
  };
};

/** A refused password is our own fault and not the mail's: that is tried again. */
const isRefusal = (error: unknown): error is { responseCode: number } => {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && typeof responseCode === 'number' && responseCode >= 500;
};
