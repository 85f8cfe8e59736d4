import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEMO_PASSWORD, demoLogins } from './application/simulation/demo.js';
import { platform } from './composition/platform.js';
import { CannotStart, failToStart, softwareVersion, stopOnce } from './composition/process.js';
import { type Configuration, readConfiguration } from './infrastructure/config.js';
import { discardUnfinished, ensureWritable, holdsEvents } from './ops/data-folder.js';
import { openSystem, type System } from './system.js';

const main = async (args: readonly string[]): Promise<void> => {
  const unknown = args.find((arg) => arg !== '--empty');
  if (unknown !== undefined)
    throw new CannotStart(`${unknown}: not an option. There is --empty, to start without demo data.`);
  const empty = args.length > 0;
  const given = readConfiguration(process.env);
  // Both are tried before anything is made, so that a start that fails leaves nothing behind.
  const configuration = { ...given, PORT: await ensurePortIsFree(given) };
  ensureWritable(configuration.DATA_DIR);
  discardUnfinished(configuration.DATA_DIR);
  if (!empty && !(await holdsEvents(configuration.DATA_DIR))) await makeDemoData(configuration);

  const system = await openSystem({ configuration, software: softwareVersion() });
  const stop = stopOnce(() => system.close());
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  await system.app.listen(configuration.PORT, configuration.HOST);
  console.log(await greeting(system, configuration, empty));
};

/**
 * In a process of its own: what a month of work leaves in memory goes with it. It says itself how far it is, and why it
 * failed.
 */
const makeDemoData = async ({ PORT }: Configuration): Promise<void> => {
  const program = fileURLToPath(new URL('./ops/simulate.js', import.meta.url));
  const child = spawn(process.execPath, ['--max-semi-space-size=32', program, '--brief'], {
    env: { ...process.env, PORT: String(PORT) },
    stdio: 'inherit',
  });
  const stop = () => child.kill();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (code !== 0) throw new CannotStart('The demo data were not made; the next start begins again.');
};

/** What whoever started it needs to know, in ten lines. */
const greeting = async ({ vault, doors }: System, configuration: Configuration, empty: boolean): Promise<string> => {
  const { HOST, PORT, PUBLIC_URL, DATA_DIR } = configuration;
  const address = PUBLIC_URL ?? `http://${HOST}:${PORT}`;
  const first = `HealthStack is at ${address}; Ctrl-C stops it. Its data lie in ${resolve(DATA_DIR)}.`;
  const docs = `${address}/api/docs`;
  if (await vault.credential(demoLogins[0]!.login))
    return [
      first,
      ...demoLogins.map(({ role, login }) => `  ${role.padEnd(23)} ${login.padEnd(44)} ${DEMO_PASSWORD}`),
      `Try first: open ${docs}, log in with POST /api/v1/sessions, and go on as docs/trying-it.md says.`,
    ].join('\n');
  const token = empty ? await doors.inviteFirstAdministrator(platform()) : undefined;
  if (token === undefined) return `${first}\nThe API and what it can do: ${docs}`;
  return [
    first,
    'The first administrator accepts this invitation, once, within 24 hours:',
    `  POST ${address}/api/v1/invitations/accept`,
    `  {"token": "${token}", "name": "...", "email": "...", "password": "..."}`,
    `The operation acceptInvitation of ${docs} does the same by hand. A new start with --empty gives a new one.`,
  ].join('\n');
};

/** Gives the port: with 0 any that is free, so that links to it can be made before anything listens. */
const ensurePortIsFree = ({ PORT, HOST }: Configuration): Promise<number> =>
  new Promise((free, refuse) => {
    const probe = createServer();
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be listened on (${code})`;
      refuse(new CannotStart(`PORT: ${HOST}:${PORT} ${why}. Choose another one with PORT=3001.`));
    });
    probe.listen(PORT, HOST, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => free(port));
    });
  });

main(process.argv.slice(2)).catch(failToStart);
