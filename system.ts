import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import canonicalize from 'canonicalize';
import { createHmac } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Doors } from './application/doors.js';
import { effects, handlers, reactions, timers } from './application/index.js';
import type { Ledger } from './application/kernel/ledger.js';
import { type Clock, type Load, type Ports, PORTS, type World } from './application/kernel/ports.js';
import { Streams } from './application/kernel/streams.js';
import type { Vault } from './application/kernel/vault.js';
import type { Configuration } from './infrastructure/config.js';
import { AccessLog } from './infrastructure/http/access-log.js';
import { closeApplication, createApplication } from './infrastructure/http/application.js';
import { type Condition, HEALTH, type Health, HealthController } from './infrastructure/http/health.controller.js';
import type { Relations } from './infrastructure/http/policy.js';
import { createPasswords } from './infrastructure/identity/passwords.js';
import { createThrottle } from './infrastructure/identity/throttle.js';
import { createTokenIssuer, createTokenVerifier } from './infrastructure/identity/tokens.js';
import { openSqliteLedger } from './infrastructure/ledger/sqlite.js';
import { Projector } from './infrastructure/read-models/projector.js';
import { openSqliteReadModels } from './infrastructure/read-models/sqlite.js';
import { openSqliteVault } from './infrastructure/vault/sqlite.js';
import { Worker } from './infrastructure/worker/worker.js';
import { hospitalPeople } from './projections/access/hospital-people.js';
import { myPatients } from './projections/appointments/my-patients.js';
import { projections } from './projections/index.js';
import type { ReadModels } from './projections/kernel/read-models.js';
import { controllers as questions, providers as questionProviders } from './read-api/index.js';
import { FRESHNESS, READ_MODELS } from './read-api/kernel/ask.js';
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
}

/** Everything in one process, open and working; it listens when told. */
export interface System {
  readonly app: NestFastifyApplication;
  readonly bus: CommandBus;
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly vault: Vault;
  readonly streams: Streams;
  readonly projector: Projector;
  readonly worker: Worker;
  readonly ports: Ports;
  readonly close: () => Promise<void>;
}

const ISSUER = 'https://healthstack.example';
const AUDIENCE = 'healthstack';

const systemClock: Clock = { now: () => new Date().toISOString() };

/** Opens the ledger, the read models and the vault of a data folder and connects everything. The composition root. */
export const openSystem = async ({
  configuration,
  software,
  clock = systemClock,
  withWorker = true,
}: SystemOptions): Promise<System> => {
  const { DATA_DIR } = configuration;
  mkdirSync(DATA_DIR, { recursive: true });
  const log = pino({ level: configuration.LOG_LEVEL, base: null });
  const ledger = await openSqliteLedger({ file: join(DATA_DIR, 'ledger.sqlite'), clock });
  const readModels = await openSqliteReadModels({ file: join(DATA_DIR, 'read-models.sqlite') });
  const vault = openSqliteVault({ file: join(DATA_DIR, 'vault.sqlite') });
  const streams = new Streams(ledger);
  const load: Load = async (d, id) => (await streams.load(d, id)).state;

  const key = await vault.secret('fingerprint');
  const ports: Ports = {
    ledger,
    clock,
    software,
    fingerprint: (data) => createHmac('sha256', key).update(canonicalize(data)!).digest('base64url').slice(0, 22),
    fingerprintOf: () => Promise.resolve(undefined),
  };
  const accessLog = new AccessLog(ports);
  const projector = new Projector({ ledger, readModels, projections, clock, logger: log });
  const app = await createApplication({
    controllers: [HealthController, ...questions, ...commands],
    providers: [
      ...handlers,
      ...questionProviders,
      { provide: PORTS, useValue: ports },
      { provide: Streams, useValue: streams },
      { provide: READ_MODELS, useValue: readModels },
      { provide: FRESHNESS, useValue: projector },
      { provide: HEALTH, useValue: healthOf({ ledger, projector }) },
    ],
    door: {
      verify: createTokenVerifier({ vault, issuer: ISSUER, audience: AUDIENCE }),
      policy: { ...writePolicy, ...readPolicy },
      relations: relationsIn(readModels),
    },
    accessLog,
    faultLog: { fault: (what) => log.error(what, 'fault') },
    software,
  });
  const bus = app.get(CommandBus);
  const world: World = {
    clock,
    load,
    mailer: { send: () => Promise.resolve() },
    gateway: undefined as never,
    vault,
    publicUrl: '',
  };
  const worker = new Worker({ ledger, readModels, bus, reactions, effects, timers, world, clock, logger: log });
  await projector.start();
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
    close: async () => {
      await closeApplication(app);
      await worker.stop();
      await projector.stop();
      await readModels.close();
      await vault.close();
      await ledger.close();
    },
  };
};

/** The relations that the policy asks for, as the read models know them. */
const relationsIn = (readModels: ReadModels): Relations => ({
  related: async (doctorId, patientId) =>
    (await (await readModels.open(myPatients)).get(`${doctorId}_${patientId}`)) !== undefined,
  knownTo: async (hospitalId, personId) =>
    (await (await readModels.open(hospitalPeople)).get(`${hospitalId}_${personId}`)) !== undefined,
});

const LAG_EVENTS_MAX = 1_000;

const healthOf = ({ ledger, projector }: { readonly ledger: Ledger; readonly projector: Projector }): Health => ({
  check: async () => {
    const head = await ledger.head().then(
      (): Condition => ({ status: 'up' }),
      (): Condition => ({ status: 'down' }),
    );
    const lags = await projector.lag();
    const behind = Object.values(lags).some(({ events }) => events >= LAG_EVENTS_MAX);
    const standsStill = projector.failure !== undefined;
    return {
      ledger: head,
      readModels: { status: standsStill ? 'down' : behind ? 'degraded' : 'up', lags },
    };
  },
});
