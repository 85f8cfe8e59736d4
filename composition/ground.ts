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
}

/** Opens each engine where its URL says, or in the data folder. What a process does not open it does not load. */
export const openGround = async ({
  configuration,
  software,
  clock = systemClock,
  durable = true,
}: GroundOptions): Promise<Ground> => {
  const { DATA_DIR, FILES_URL } = configuration;
  for (const name of ['READ_MODELS_URL', 'VAULT_URL', 'KAFKA_BROKERS'] as const)
    if (configuration[name] !== undefined) throw new BadConfiguration(`${name}: is not in this release yet.`);
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
    const ledger = keep(await openLedger(configuration, { clock, durable }));
    const vault = keep(openSqliteVault({ file: join(DATA_DIR, 'vault.sqlite') }));
    const readModels = keep(await openSqliteReadModels({ file: join(DATA_DIR, 'read-models.sqlite') }));
    const redis = await openShared(configuration, log);
    if (redis) keep(redis);
    const files = await FolderFiles.open(FILES_URL === undefined ? join(DATA_DIR, 'files') : fileURLToPath(FILES_URL));
    return {
      ...{ configuration, software, clock, log, ledger, readModels, vault, files, redis, close },
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

const openShared = async ({ REDIS_URL }: Configuration, log: pino.Logger): Promise<Shared | undefined> => {
  if (REDIS_URL === undefined) return undefined;
  const { openRedis } = await import('../infrastructure/redis/redis.js');
  return openRedis(REDIS_URL, log);
};
