import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { Files } from '../application/kernel/files.js';
import type { Ledger } from '../application/kernel/ledger.js';
import type { Clock } from '../application/kernel/ports.js';
import type { Vault } from '../application/kernel/vault.js';
import { systemClock } from '../infrastructure/clock.js';
import { BadConfiguration, type Configuration } from '../infrastructure/config.js';
import { FolderFiles } from '../infrastructure/files/folder.js';
import { openSqliteLedger } from '../infrastructure/ledger/sqlite.js';
import type { Shared } from '../infrastructure/redis/redis.js';
import { openSqliteReadModels } from '../infrastructure/read-models/sqlite.js';
import { observedLedger } from '../infrastructure/telemetry/instruments.js';
import type { Telemetry } from '../infrastructure/telemetry/telemetry.js';
import { openSqliteVault } from '../infrastructure/vault/sqlite.js';
import type { ReadModels } from '../projections/kernel/read-models.js';

/** What a process stands on: the engines that its settings name, and what it knows of itself. */
export interface Ground {
  readonly configuration: Configuration;
  /** The release. */
  readonly software: string;
  readonly clock: Clock;
  readonly log: pino.Logger;
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly vault: Vault;
  readonly files: Files;
  /** What replicas share that may be lost at any moment; missing where nothing is shared. */
  readonly redis: Shared | undefined;
  /** Where operators look; missing where nobody asked for it. */
  readonly telemetry: Telemetry | undefined;
  /** Whether other processes append to the same ledger. */
  readonly shared: boolean;
  /** Where people reach the system, without a slash at the end. */
  readonly publicUrl: string;
  /** Aborted when the process is told to end: then it takes nothing new. */
  readonly stopping: AbortSignal;
  readonly drain: () => void;
  readonly close: () => Promise<void>;
}

export interface GroundOptions {
  readonly configuration: Configuration;
  readonly software: string;
  /** Simulations and tests bring their own. */
  readonly clock?: Clock;
  /** Whether what is acknowledged is on the disk; a tool whose unfinished work is thrown away says no. */
  readonly durable?: boolean;
  /** `write-api`, `worker`, ...: as operators know it. */
  readonly process?: string;
  /** Instead of the configured one, for tests. */
  readonly telemetry?: Telemetry;
}

/** Opens each engine where its URL says, or in the data folder. What a process does not open it does not load. */
export const openGround = async ({
  configuration,
  software,
  clock = systemClock,
  durable = true,
  process = 'embedded',
  ...instead
}: GroundOptions): Promise<Ground> => {
  const { DATA_DIR, FILES_URL } = configuration;
  mkdirSync(DATA_DIR, { recursive: true });
  const log = pino({ level: configuration.LOG_LEVEL, base: null });
  const stopping = new AbortController();
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const engine of opened.splice(0).reverse()) await engine.close();
  };
  const keep = <E extends { close(): Promise<void> }>(engine: E): E => {
    opened.push(engine);
    return engine;
  };
  try {
    const telemetry = instead.telemetry ?? (await openObserved(configuration, { process, software }));
    if (telemetry) keep(telemetry);
    const bare = keep(await openLedger(configuration, { clock, durable }));
    const ledger = telemetry ? observedLedger(bare, telemetry) : bare;
    const vault = keep(await openVault(configuration));
    const readModels = keep(await openReadModels(configuration));
    const redis = await openShared(configuration, log);
    if (redis) keep(redis);
    const files = await FolderFiles.open(FILES_URL === undefined ? join(DATA_DIR, 'files') : fileURLToPath(FILES_URL));
    return {
      ...{ configuration, software, clock, log, ledger, readModels, vault, files, redis, telemetry, close },
      ...{ stopping: stopping.signal, drain: () => stopping.abort() },
      shared: configuration.LEDGER_URL !== undefined,
      publicUrl: configuration.PUBLIC_URL ?? `http://${configuration.HOST}:${configuration.PORT}`,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const openLedger = async (
  { LEDGER_URL, DATA_DIR }: Configuration,
  embedded: { readonly clock: Clock; readonly durable: boolean },
): Promise<Ledger> => {
  if (LEDGER_URL === undefined) return openSqliteLedger({ file: join(DATA_DIR, 'ledger.sqlite'), ...embedded });
  const { openEventStoreLedger } = await import('../infrastructure/ledger/eventstoredb.js');
  return openEventStoreLedger({ url: LEDGER_URL });
};

const openObserved = async (
  { OTEL_EXPORTER_OTLP_ENDPOINT, METRICS_PORT, TRACES_KEPT, HOST }: Configuration,
  whose: { readonly process: string; readonly software: string },
): Promise<Telemetry | undefined> => {
  if (OTEL_EXPORTER_OTLP_ENDPOINT === undefined && METRICS_PORT === undefined) return undefined;
  const { openTelemetry } = await import('../infrastructure/telemetry/opentelemetry.js');
  const metrics = METRICS_PORT === undefined ? undefined : { host: HOST, port: METRICS_PORT };
  try {
    return await openTelemetry({
      ...whose,
      collectorUrl: OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, ''),
      metrics,
      ...(TRACES_KEPT !== undefined && { sampled: TRACES_KEPT }),
    });
  } catch (error) {
    throw new BadConfiguration(`METRICS_PORT: cannot be listened on (${(error as NodeJS.ErrnoException).code}).`);
  }
};

const openReadModels = async ({ READ_MODELS_URL, DATA_DIR }: Configuration): Promise<ReadModels> => {
  if (READ_MODELS_URL === undefined) return openSqliteReadModels({ file: join(DATA_DIR, 'read-models.sqlite') });
  const { openMongoReadModels } = await import('../infrastructure/read-models/mongodb.js');
  return openMongoReadModels({ url: READ_MODELS_URL });
};

const openVault = async ({ VAULT_URL, DATA_DIR }: Configuration): Promise<Vault> => {
  if (VAULT_URL === undefined) return openSqliteVault({ file: join(DATA_DIR, 'vault.sqlite') });
  const { openMongoVault } = await import('../infrastructure/vault/mongodb.js');
  return openMongoVault({ url: VAULT_URL });
};

const openShared = async ({ REDIS_URL }: Configuration, log: pino.Logger): Promise<Shared | undefined> => {
  if (REDIS_URL === undefined) return undefined;
  const { openRedis } = await import('../infrastructure/redis/redis.js');
  return openRedis(REDIS_URL, log);
};
