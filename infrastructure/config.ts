import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Refuses the start with one line for people. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
}

const Port = z.coerce.number().int().min(0).max(65_535);
const urlOf = (protocol: RegExp) => z.url({ protocol }).optional();

const Environment = z.object({
  PORT: Port.default(3000).describe('Where the process listens; 0 takes any free port.'),
  HOST: z.string().min(1).default('127.0.0.1').describe('The address it listens on.'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('data')
    .describe('The folder of what lies on this machine: without the URLs below all of it.'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('How browsers reach it; needed behind a proxy.'),
  TRUSTED_PROXIES: z
    .string()
    .regex(/^[\da-fA-F.:/]+(,[\da-fA-F.:/]+)*$/, 'Addresses or networks (10.0.0.0/8), with commas between.')
    .optional()
    .describe('Proxies in front, whose `X-Forwarded-For` says who asks; else it is whoever connects.'),
  LEDGER_URL: urlOf(/^(esdb|kurrentdb)(\+discover)?$/).describe(
    'EventStoreDB; without it the ledger is a SQLite file.',
  ),
  READ_MODELS_URL: urlOf(/^mongodb(\+srv)?$/).describe('MongoDB, with the name of the database; else a SQLite file.'),
  VAULT_URL: urlOf(/^mongodb(\+srv)?$/).describe(
    'MongoDB for keys and credentials, another database; else a SQLite file.',
  ),
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$/, 'host:port, with commas between.')
    .optional()
    .describe('Kafka, `host:port` with commas between; without it events leave by the HTTP feed alone.'),
  KAFKA_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,40}$/, 'lower-case letters, digits and hyphens.')
    .optional()
    .describe('What our topics begin with, where several installations share a cluster; else healthstack.'),
  REDIS_URL: urlOf(/^rediss?$/).describe('Redis, for limits and news that replicas share; without it each for itself.'),
  FILES_URL: urlOf(/^file$/).describe('The folder of uploads, which all replicas share; else `files` in DATA_DIR.'),
  LEASE_SECONDS: z.coerce
    .number()
    .min(1)
    .max(300)
    .default(5)
    .describe('How long a worker or projector may be silent before another one takes over.'),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe('Where mail is handed over; without it mails become files.'),
  MAIL_FROM: z.string().min(3).default('HealthStack <no-reply@healthstack.example>').describe('The sender of mails.'),
  SSLCOMMERZ_URL: z.url().optional().describe('The payment gateway; without it a simulator answers.'),
  SSLCOMMERZ_STORE_ID: z.string().min(1).optional().describe('Our name at the payment gateway.'),
  SSLCOMMERZ_STORE_PASSWORD: z.string().min(1).optional().describe('And its password.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(/^https?$/).describe(
    'An OpenTelemetry collector, by OTLP over HTTP; without it nothing is traced.',
  ),
  TRACES_KEPT: z.coerce.number().min(0).max(1).default(1).describe('The share of traces that are kept, 0 to 1.'),
  METRICS_PORT: Port.optional().describe('Where figures for Prometheus are served, at /metrics; else nowhere.'),
  LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn').describe('What is logged.'),
});

type Name = keyof z.infer<typeof Environment>;

/** May hold a password: `<NAME>_FILE` names a file that holds the value. */
const SECRETS: ReadonlySet<Name> = new Set<Name>([
  'LEDGER_URL',
  'READ_MODELS_URL',
  'VAULT_URL',
  'REDIS_URL',
  'SMTP_URL',
  'SSLCOMMERZ_STORE_PASSWORD',
]);

/** The settings of one process, parsed once. What has a default may be left out where it is written by hand. */
export type Configuration = Readonly<Omit<z.infer<typeof Environment>, Defaulted>> &
  Readonly<Partial<Pick<z.infer<typeof Environment>, Defaulted>>>;

type Defaulted = 'LEASE_SECONDS' | 'TRACES_KEPT';

/** What can be set: for the documentation, and for whoever hands settings on. */
export const SETTINGS: readonly {
  readonly name: string;
  readonly description: string;
  readonly otherwise: string | undefined;
  readonly secret: boolean;
}[] = Object.entries(Environment.shape).map(([name, schema]) => {
  const otherwise = schema.safeParse(undefined).data;
  return {
    name,
    description: schema.description ?? '',
    otherwise: otherwise === undefined ? undefined : String(otherwise),
    secret: SECRETS.has(name as Name),
  };
});

type Env = Readonly<Record<string, string | undefined>>;

/** Parses the environment. Throws BadConfiguration that names the variable at fault. */
export const readConfiguration = (env: Env): Configuration => {
  // An empty variable is one that nobody set.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = Environment.safeParse({ ...set, ...secretsIn(set) });
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new BadConfiguration(`${path.join('.')}: ${message}`);
  }
  const { SSLCOMMERZ_URL, SSLCOMMERZ_STORE_ID, SSLCOMMERZ_STORE_PASSWORD, READ_MODELS_URL, VAULT_URL } = parsed.data;
  if (SSLCOMMERZ_URL && !(SSLCOMMERZ_STORE_ID && SSLCOMMERZ_STORE_PASSWORD))
    throw new BadConfiguration('SSLCOMMERZ_URL: needs SSLCOMMERZ_STORE_ID and SSLCOMMERZ_STORE_PASSWORD beside it.');
  if (VAULT_URL !== undefined && VAULT_URL === READ_MODELS_URL)
    throw new BadConfiguration(
      'VAULT_URL: keys and credentials lie in a database of their own, not in READ_MODELS_URL.',
    );
  return parsed.data;
};

/**
 * For a process that is one of several: they meet in engines that all of them reach. Throws BadConfiguration that names
 * what is missing.
 */
export const ensureShared = (configuration: Configuration): void => {
  for (const name of ['LEDGER_URL', 'READ_MODELS_URL', 'VAULT_URL'] as const)
    if (configuration[name] === undefined)
      throw new BadConfiguration(`${name}: is needed by a process that is one of several.`);
  if (configuration.SSLCOMMERZ_URL === undefined)
    throw new BadConfiguration('SSLCOMMERZ_URL: is needed by a process that is one of several; there is no simulator.');
};

const secretsIn = (env: Env): Record<string, string> => {
  const secrets: Record<string, string> = {};
  for (const name of SECRETS) {
    const variable = `${name}_FILE`;
    const file = env[variable];
    if (file === undefined) continue;
    if (env[name] !== undefined)
      throw new BadConfiguration(`${variable}: ${name} is set as well; one of them is enough.`);
    try {
      secrets[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw new BadConfiguration(`${variable}: cannot be read (${(error as NodeJS.ErrnoException).code}).`);
    }
    if (secrets[name] === '') throw new BadConfiguration(`${variable}: is empty.`);
  }
  return secrets;
};
