/** One message to one person. The subject holds nothing about anybody's health. */
export interface Mail {
  /** The same id is the same message: it becomes its Message-ID. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  /** Resolves when the message was handed over. Throws MailRefused when it never will be, anything else to try again. */
  send(mail: Mail): Promise<void>;
}

/** The address or the message was refused for good. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
}
