import { z } from 'zod';

/** Refuses the start with one line for people. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
}

const Port = z.coerce.number().int().min(0).max(65_535);

const Environment = z.object({
  PORT: Port.default(3000).describe('Where the system listens; 0 takes any free port.'),
  HOST: z.string().min(1).default('127.0.0.1').describe('The address it listens on.'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('data')
    .describe('The folder of the ledger, the read models, the vault and the files.'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('How browsers reach it; needed behind a proxy.'),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe('Where mail is handed over; without it mails become files.'),
  MAIL_FROM: z.string().min(3).default('HealthStack <no-reply@healthstack.example>').describe('The sender of mails.'),
  SSLCOMMERZ_URL: z.url().optional().describe('The payment gateway; without it a simulator answers.'),
  SSLCOMMERZ_STORE_ID: z.string().min(1).optional(),
  SSLCOMMERZ_STORE_PASSWORD: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn').describe('What is logged.'),
});

/** The settings of one process, parsed once. */
export type Configuration = Readonly<z.infer<typeof Environment>>;

/** Parses the environment. Throws BadConfiguration that names the variable at fault. */
export const readConfiguration = (env: Readonly<Record<string, string | undefined>>): Configuration => {
  // An empty variable is one that nobody set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new BadConfiguration(`${path.join('.')}: ${message}`);
  }
  const { SSLCOMMERZ_URL, SSLCOMMERZ_STORE_ID, SSLCOMMERZ_STORE_PASSWORD } = parsed.data;
  if (SSLCOMMERZ_URL && !(SSLCOMMERZ_STORE_ID && SSLCOMMERZ_STORE_PASSWORD))
    throw new BadConfiguration('SSLCOMMERZ_URL: needs SSLCOMMERZ_STORE_ID and SSLCOMMERZ_STORE_PASSWORD beside it.');
  return parsed.data;
};
