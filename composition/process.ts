import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccessDenied, Fatal, Transient } from '../application/kernel/ledger.js';
import { BadConfiguration, ensureShared, readConfiguration } from '../infrastructure/config.js';
import { closeApplication } from '../infrastructure/http/application.js';
import { type Ground, openGround } from './ground.js';

/** The release, as every envelope names it. */
export const softwareVersion = (): string => {
  const about = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return about.version;
};

/** One process of several, open and working; it listens when told. */
export interface Running {
  readonly app: NestFastifyApplication;
  /** Ends what works beside the requests. */
  readonly stop: () => Promise<void>;
}

/** For so long whoever sends requests here is told that no more are wanted, before they are refused. */
const NOTICE_MS = 1_000;
const DRAIN_MS = 8_000;
const STOP_MAX_MS = 10_000;

/**
 * Runs one process of several until it is told to end. Then it says that it is not ready, takes requests for a moment
 * longer, finishes those under way, gives back its leases, and ends: within ten seconds, whatever hangs.
 */
export const runProcess = async (name: string, open: (ground: Ground) => Promise<Running>): Promise<void> => {
  try {
    const configuration = readConfiguration(process.env);
    ensureShared(configuration);
    const ground = await openGround({ configuration, software: softwareVersion(), process: name });
    const running = await open(ground);
    const stop = stopOnce(() => drain(ground, running));
    process.on('SIGTERM', stop).on('SIGINT', stop);
    await running.app.listen(configuration.PORT, configuration.HOST);
    ground.log.info({ process: name, port: configuration.PORT }, 'Listening.');
  } catch (error) {
    failToStart(error);
  }
};

const drain = async (ground: Ground, { app, stop }: Running): Promise<void> => {
  setTimeout(() => process.exit(1), STOP_MAX_MS).unref();
  ground.drain();
  await sleep(NOTICE_MS);
  await closeApplication(app, DRAIN_MS);
  await stop();
  await ground.close();
};

const REPEATED_SIGNAL_MS = 1_000;

/** The first signal drains and closes; a second one does not wait, unless it is the same one handed on by npm. */
export const stopOnce = (close: () => Promise<void>): (() => void) => {
  let since: number | undefined;
  return () => {
    if (since !== undefined) return void (Date.now() - since > REPEATED_SIGNAL_MS && process.exit(1));
    since = Date.now();
    close().then(
      () => process.exit(0),
      (error: unknown) => failToStart(error),
    );
  };
};

/** A reason not to start that people can do something about: printed as one line, without a stack. */
export class CannotStart extends Error {}

const KNOWN = [CannotStart, BadConfiguration, Fatal, Transient, AccessDenied];

export const failToStart = (error: unknown): never => {
  const known = KNOWN.some((kind) => error instanceof kind);
  // eslint-disable-next-line no-console -- to the person or the supervisor that started it
  console.error(known ? `HealthStack cannot start. ${(error as Error).message}` : error);
  process.exit(1);
};
