import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { Fatal } from './application/kernel/ledger.js';
import { BadConfiguration, type Configuration, readConfiguration } from './infrastructure/config.js';
import { openSystem } from './system.js';

/** A reason not to start that people can do something about: printed as one line, without a stack. */
class CannotStart extends Error {}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const main = async (args: readonly string[]): Promise<void> => {
  const unknown = args.find((arg) => arg !== '--empty');
  if (unknown !== undefined)
    throw new CannotStart(`${unknown}: not an option. There is --empty, to start without demo data.`);
  const configuration = readConfiguration(process.env);
  // Both are tried before anything is made, so that a start that fails leaves nothing behind.
  await ensurePortIsFree(configuration);
  ensureWritable(configuration.DATA_DIR);

  const system = await openSystem({ configuration, software: version });
  const stop = stopOnce(() => system.close());
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  await system.app.listen(configuration.PORT, configuration.HOST);
};

const REPEATED_SIGNAL_MS = 1_000;

/** The first signal drains and closes; a second one does not wait, unless it is the same one handed on by npm. */
const stopOnce = (close: () => Promise<void>): (() => void) => {
  let since: number | undefined;
  return () => {
    if (since !== undefined) return void (Date.now() - since > REPEATED_SIGNAL_MS && process.exit(1));
    since = Date.now();
    close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
};

const ensurePortIsFree = ({ PORT, HOST }: Configuration): Promise<void> =>
  new Promise((free, refuse) => {
    const probe = createServer();
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be listened on (${code})`;
      refuse(new CannotStart(`PORT: ${HOST}:${PORT} ${why}. Choose another one with PORT=3001.`));
    });
    probe.listen(PORT, HOST, () => probe.close(() => free()));
  });

/** Makes the folder and takes it away again; step by step, because a recursive mkdir never ends on some file systems. */
const ensureWritable = (folder: string): void => {
  const made: string[] = [];
  try {
    for (const path of missingOf(resolve(folder))) {
      mkdirSync(path);
      made.push(path);
    }
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CannotStart(`DATA_DIR: ${resolve(folder)} cannot be written (${code}).`);
  } finally {
    made.toReversed().forEach((path) => rmdirSync(path));
  }
};

const missingOf = (path: string): string[] => (existsSync(path) ? [] : [...missingOf(dirname(path)), path]);

const fail = (error: unknown): never => {
  const known = error instanceof CannotStart || error instanceof BadConfiguration || error instanceof Fatal;
  console.error(known ? `HealthStack cannot start. ${error.message}` : error);
  process.exit(1);
};

main(process.argv.slice(2)).catch(fail);
