import type { Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import canonicalize from 'canonicalize';
import { createHmac, createSecretKey, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Doors } from './application/doors.js';
import { effects, handlers, reactions, timers } from './application/index.js';
import { FILES } from './application/kernel/files.js';
import { historyIn } from './application/kernel/history.js';
import { PAYMENT_GATEWAY, type PaymentGateway } from './application/kernel/gateway.js';
import type { Ledger } from './application/kernel/ledger.js';
import type { Mailer } from './application/kernel/mailer.js';
import { type Clock, type Load, type Ports, PORTS, type World } from './application/kernel/ports.js';
import { Streams } from './application/kernel/streams.js';
import type { Vault } from './application/kernel/vault.js';
import { deciders, events } from './domain/index.js';
import type { Meta } from './domain/kernel/envelope.js';
import { Rejection } from './domain/kernel/rejection.js';
import { systemClock } from './infrastructure/clock.js';
import type { Configuration } from './infrastructure/config.js';
import { IntegrationFeed } from './infrastructure/feed/feed.js';
import { FolderFiles } from './infrastructure/files/folder.js';
import { FileServer } from './infrastructure/files/serving.js';
import { AccessLog } from './infrastructure/http/access-log.js';
import { closeApplication, createApplication } from './infrastructure/http/application.js';
import { type Condition, HEALTH, type Health, HealthController } from './infrastructure/http/health.controller.js';
import type { PolicyTable, Relations } from './infrastructure/http/policy.js';
import { createPasswords } from './infrastructure/identity/passwords.js';
import { createThrottle } from './infrastructure/identity/throttle.js';
import { createTokenIssuer, createTokenVerifier, TOKEN_ISSUER } from './infrastructure/identity/tokens.js';
import { openSqliteLedger } from './infrastructure/ledger/sqlite.js';
import { folderMailer } from './infrastructure/mail/folder.js';
import { smtpMailer } from './infrastructure/mail/smtp.js';
import { GatewaySimulator } from './infrastructure/payments/simulator.js';
import { simulatorPages } from './infrastructure/payments/simulator-pages.js';
import { sslCommerz } from './infrastructure/payments/sslcommerz.js';
import { Projector } from './infrastructure/read-models/projector.js';
import { openSqliteReadModels } from './infrastructure/read-models/sqlite.js';
import { openSqliteVault } from './infrastructure/vault/sqlite.js';
import { Worker } from './infrastructure/worker/worker.js';
import { hospitalPeople } from './projections/access/hospital-people.js';
import { type MyPatient, myPatients, treats } from './projections/appointments/my-patients.js';
import { audit } from './projections/audit/audit.js';
import { projections } from './projections/index.js';
import type { ReadModels } from './projections/kernel/read-models.js';
import { type RegistrationRequest, registrations } from './projections/practitioners/registrations.js';
import { controllers as questions, providers as questionProviders } from './read-api/index.js';
import { type Freshness, FRESHNESS, READ_MODELS } from './read-api/kernel/ask.js';
import { CLOCK } from './read-api/kernel/clock.js';
import { HISTORY } from './read-api/kernel/history.js';
import { CHANGES } from './read-api/kernel/live.js';
import { policy as readPolicy } from './read-api/policy.js';
import { controllers as commands } from './write-api/index.js';
import { policy as writePolicy } from './write-api/policy.js';

/** How a system is opened beside its configuration. */
export interface SystemOptions {
  readonly configuration: Configuration;
  readonly software: string;
  /** Simulations and tests bring their own. */
  readonly clock?: Clock;
  /** Whether reactions, effects and timers run; a tool that drives them itself says no. */
  readonly withWorker?: boolean;
  /** Whether read models follow; a measurement of the write path alone says no. */
  readonly withProjector?: boolean;
  /** Whether what is acknowledged is on the disk; a tool whose unfinished work is thrown away says no. */
  readonly durable?: boolean;
  /** Instead of the configured ones, for simulations and tests. */
  readonly mailer?: Mailer;
  readonly gateway?: PaymentGateway;
  /** More controllers with their rows of the policy table, for measurements. */
  readonly more?: { readonly controllers: readonly Type[]; readonly policy: PolicyTable };
}

/** Everything in one process, open and working; it listens when told. */
export interface System {
  readonly app: NestFastifyApplication;
  readonly bus: CommandBus;
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly vault: Vault;
  readonly doors: Doors;
  readonly streams: Streams;
  readonly projector: Projector;
  readonly worker: Worker;
  readonly ports: Ports;
  readonly close: () => Promise<void>;
}

const ISSUER = 'https://healthstack.example';
const AUDIENCE = 'healthstack';

/** Opens what a data folder holds and connects everything. The composition root of the embedded process. */
export const openSystem = async ({
  configuration,
  software,
  clock = systemClock,
  withWorker = true,
  withProjector = true,
  durable = true,
  more,
  ...instead
}: SystemOptions): Promise<System> => {
  const { DATA_DIR } = configuration;
  mkdirSync(DATA_DIR, { recursive: true });
  const log = pino({ level: configuration.LOG_LEVEL, base: null });
  const ledger = await openSqliteLedger({ file: join(DATA_DIR, 'ledger.sqlite'), clock, durable });
  const readModels = await openSqliteReadModels({ file: join(DATA_DIR, 'read-models.sqlite') });
  const vault = openSqliteVault({ file: join(DATA_DIR, 'vault.sqlite') });
  const files = await FolderFiles.open(join(DATA_DIR, 'files'));
  const publicUrl = configuration.PUBLIC_URL ?? `http://${configuration.HOST}:${configuration.PORT}`;
  const { gateway, pages } = instead.gateway
    ? { gateway: instead.gateway, pages: undefined }
    : gatewayOf(configuration, publicUrl);

  const streams = new Streams(ledger);
  const load: Load = async (d, id) => (await streams.load(d, id)).state;
  const fingerprintKey = createSecretKey(await vault.secret('fingerprint'));
  const ports: Ports = {
    ledger,
    clock,
    software,
    fingerprint: (data) =>
      createHmac('sha256', fingerprintKey).update(canonicalize(data)!).digest('base64url').slice(0, 22),
    fingerprintOf: fingerprintsIn(ledger, readModels),
  };
  const now = (): number => Date.parse(clock.now());
  const tokens = createTokenIssuer({ vault, issuer: ISSUER, audience: AUDIENCE, now });
  const verify = createTokenVerifier({ vault, issuer: ISSUER, audience: AUDIENCE, now });
  const accessLog = new AccessLog(ports);
  const projector = new Projector({ ledger, readModels, projections, clock, logger: log });
  const offer = { offered: events, schemas: `${publicUrl}/api/schemas` };
  const feed = new IntegrationFeed({ ledger, readModels, ...offer, logger: log });
  const app = await createApplication({
    controllers: [HealthController, ...questions, ...commands, ...(more?.controllers ?? [])],
    providers: [
      ...handlers,
      ...questionProviders,
      FileServer,
      { provide: PORTS, useValue: ports },
      { provide: Streams, useValue: streams },
      { provide: FILES, useValue: files },
      { provide: PAYMENT_GATEWAY, useValue: gateway },
      { provide: CLOCK, useValue: clock },
      { provide: READ_MODELS, useValue: readModels },
      { provide: FRESHNESS, useValue: freshnessOf(ledger, projector) },
      { provide: CHANGES, useValue: projector },
      { provide: HISTORY, useValue: historyIn(ledger, deciders) },
      { provide: TOKEN_ISSUER, useValue: tokens },
      { provide: IntegrationFeed, useValue: feed },
      { provide: HEALTH, useValue: healthOf({ ledger, projector, feed, worker: () => worker }) },
      {
        provide: Doors,
        inject: [CommandBus],
        useFactory: (bus: CommandBus) =>
          new Doors({
            vault,
            passwords: createPasswords(),
            tokens,
            throttle: createThrottle(),
            bus,
            load,
            clock,
            newId: randomUUID,
          }),
      },
    ],
    door: {
      verify,
      policy: { ...writePolicy, ...readPolicy, ...more?.policy },
      relations: relationsIn(readModels, clock),
    },
    accessLog,
    faultLog: { fault: (what) => log.error(what, 'fault') },
    software,
    ...(pages && { extend: (fastify) => void fastify.register(pages, { prefix: '/gateway' }) }),
  });
  const bus = app.get(CommandBus);
  const mailer = instead.mailer ?? mailerOf(configuration);
  const world: World = { clock, load, mailer, gateway, vault, publicUrl };
  const worker = new Worker({ ledger, readModels, bus, reactions, effects, timers, world, clock, logger: log });
  if (withProjector) await projector.start();
  if (withProjector) await feed.start();
  if (withWorker) await worker.start();

  return {
    app,
    bus,
    ledger,
    readModels,
    vault,
    streams,
    projector,
    worker,
    ports,
    doors: app.get(Doors),
    close: async () => {
      await closeApplication(app);
      await worker.stop();
      await feed.stop();
      await projector.stop();
      await readModels.close();
      await vault.close();
      await ledger.close();
    },
  };
};

/** Waiting for what the ledger does not hold would never end, so it is a mistake of the asker. */
const freshnessOf = (ledger: Ledger, projector: Projector): Freshness => ({
  waitFor: async (position, timeoutMs) => {
    const head = await ledger.head();
    if (head === undefined || ledger.compare(position, head) > 0)
      throw new Rejection('position-unknown', 'The ledger has not come to that position.', 'invalid', 'minPosition');
    return projector.waitFor(position, timeoutMs);
  },
});

/** The configured gateway, or a simulator with its own pages. */
const gatewayOf = (
  { DATA_DIR, SSLCOMMERZ_URL, SSLCOMMERZ_STORE_ID, SSLCOMMERZ_STORE_PASSWORD }: Configuration,
  publicUrl: string,
): { readonly gateway: PaymentGateway; readonly pages?: ReturnType<typeof simulatorPages> } => {
  if (SSLCOMMERZ_URL !== undefined) {
    const store = { storeId: SSLCOMMERZ_STORE_ID!, storePassword: SSLCOMMERZ_STORE_PASSWORD! };
    return { gateway: sslCommerz({ baseUrl: SSLCOMMERZ_URL, ...store }) };
  }
  const store = { storeId: 'simulated', storePassword: randomUUID() };
  const file = join(DATA_DIR, 'gateway.jsonl');
  const gateway = new GatewaySimulator({ ...store, pagesUrl: `${publicUrl}/gateway`, file });
  return { gateway, pages: simulatorPages(gateway, store) };
};

/** SMTP where it is configured, else a folder of messages. */
const mailerOf = ({ DATA_DIR, SMTP_URL, MAIL_FROM }: Configuration): Mailer =>
  SMTP_URL === undefined
    ? folderMailer({ folder: join(DATA_DIR, 'mail'), from: MAIL_FROM })
    : smtpMailer({ url: SMTP_URL, from: MAIL_FROM });

/** Found through the audit trail, read from the ledger: the trail itself keeps no fingerprints. */
const fingerprintsIn =
  (ledger: Ledger, readModels: ReadModels): Ports['fingerprintOf'] =>
  async (commandId) => {
    const entries = await readModels.open<{ stream: string; revision: number }>(audit);
    const { items } = await entries.query({ index: 'byCommand', equal: { commandId }, limit: 1 });
    if (!items[0]) return undefined;
    const { stream, revision } = items[0].doc;
    const [event] = await ledger.readStream(stream, { from: revision, maxCount: 1 });
    return (event?.metadata as Meta | undefined)?.fingerprint;
  };

/** The relations that the policy asks for, as the read models know them. */
const relationsIn = (readModels: ReadModels, clock: Clock): Relations => ({
  related: async (doctorId, patientId) =>
    treats((await (await readModels.open<MyPatient>(myPatients)).get(`${doctorId}_${patientId}`))?.doc, clock.now()),
  // A patient with a visit there; a doctor who works there or asks to.
  knownTo: async (hospitalId, personId) => {
    const key = `${hospitalId}_${personId}`;
    if (await (await readModels.open(hospitalPeople)).get(key)) return true;
    const registration = await (await readModels.open<RegistrationRequest>(registrations)).get(key);
    return registration !== undefined && registration.doc.status !== 'rejected';
  },
});

const LAG_EVENTS_MAX = 1_000;

interface Watched {
  readonly ledger: Ledger;
  readonly projector: Projector;
  readonly feed: IntegrationFeed;
  readonly worker: () => Worker;
}

const healthOf = ({ ledger, projector, feed, worker }: Watched): Health => ({
  check: async () => {
    const head = await ledger.head().then(
      (): Condition => ({ status: 'up' }),
      (): Condition => ({ status: 'down' }),
    );
    const lags = await projector.lag();
    const behind = Object.values(lags).some(({ events }) => events >= LAG_EVENTS_MAX);
    const standsStill = projector.failure !== undefined;
    const { parts, parked } = worker().status();
    const stopped = parts.filter(({ failure }) => failure !== undefined).map(({ name }) => name);
    return {
      ledger: head,
      readModels: { status: standsStill ? 'down' : behind ? 'degraded' : 'up', lags },
      worker: { status: stopped.length + parked.length > 0 ? 'degraded' : 'up', stopped, parked: parked.length },
      feed: { status: feed.failure ? 'degraded' : 'up' },
    };
  },
});
