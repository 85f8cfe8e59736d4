import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Stack } from './stack/stack.js';
import { statusOf } from './stack/status.js';

const USAGE = 'npm run start:stack -- [--replicas 2] [--port 3000] [--folder data/stack] [--no-kafka]';
const SHOWN_EVERY_MS = 1_000;

/** The distributed system on this machine with a screen that says how it is, until it is interrupted. */
const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      replicas: { type: 'string', default: '2' },
      port: { type: 'string', default: '3000' },
      folder: { type: 'string', default: join('data', 'stack') },
      kafka: { type: 'boolean', default: true },
    },
  });
  const [replicas, port, folder] = [Number(values.replicas), Number(values.port), resolve(values.folder)];
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > 8) throw new Error(`--replicas takes 1 to 8. ${USAGE}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port takes a port. ${USAGE}`);
  mkdirSync(folder, { recursive: true });
  const { EVENTSTORE_URL, MONGODB_URL, KAFKA_BROKERS, REDIS_URL } = process.env;
  const running = { EVENTSTORE_URL, MONGODB_URL, KAFKA_BROKERS, REDIS_URL };
  const onProgress = (what: string) => console.log(`... ${what}`);
  const stack = await Stack.start({ folder, replicas, port, running, withKafka: values.kafka, onProgress });
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    console.log('\nStopping.');
    void stack.stop().then(() => process.exit(0));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  console.log(`HealthStack is at ${stack.url}; its API's documentation at ${stack.url}/api/docs. Ctrl-C stops it.`);
  console.log(`Data, logs and mails lie in ${folder}. The first administrator's invitation:`);
  console.log(`  ${inviting(stack.settings)}`);
  while (!stopping) {
    const lines = await statusOf(stack);
    if (process.stdout.isTTY) process.stdout.write(`\x1b[s\n${lines.map((line) => `\x1b[K${line}`).join('\n')}\x1b[u`);
    await new Promise((passed) => setTimeout(passed, SHOWN_EVERY_MS));
  }
};

const NEEDED = ['DATA_DIR', 'LEDGER_URL', 'READ_MODELS_URL', 'VAULT_URL', 'PUBLIC_URL'];
const GATEWAY = ['SSLCOMMERZ_URL', 'SSLCOMMERZ_STORE_ID', 'SSLCOMMERZ_STORE_PASSWORD'];
const inviting = (settings: Readonly<Record<string, string>>): string =>
  [...[...NEEDED, ...GATEWAY].map((name) => `${name}='${settings[name]}'`), 'npm run --silent invite'].join(' ');

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error((error as Error).message);
  process.exit(1);
});
