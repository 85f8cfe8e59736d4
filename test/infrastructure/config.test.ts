import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadConfiguration, ensureShared, readConfiguration } from '../../infrastructure/config.js';

const ENGINES = {
  LEDGER_URL: 'esdb://ledger:2113?tls=false',
  READ_MODELS_URL: 'mongodb://mongo:27017/read',
  VAULT_URL: 'mongodb://mongo:27017/vault',
};
const GATEWAY = { SSLCOMMERZ_URL: 'https://g.example', SSLCOMMERZ_STORE_ID: 'us', SSLCOMMERZ_STORE_PASSWORD: 'secret' };

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'config-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const refusal = (env: Record<string, string>): string => {
  try {
    ensureShared(readConfiguration({ ...ENGINES, ...GATEWAY, ...env }));
    return 'taken';
  } catch (error) {
    if (error instanceof BadConfiguration) return error.message;
    throw error;
  }
};

test('what is set is taken, what is empty was not set, and a number is a number', () => {
  expect(readConfiguration({ ...ENGINES, PORT: '0', HOST: '', KAFKA_BROKERS: 'a:9092,b:9092' })).toMatchObject({
    ...ENGINES,
    PORT: 0,
    HOST: '127.0.0.1',
    KAFKA_BROKERS: 'a:9092,b:9092',
    LEASE_SECONDS: 5,
  });
});

test.each([
  ['PORT', { PORT: '70000' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'ftp://x' }],
  ['LEDGER_URL', { LEDGER_URL: 'http://ledger:2113' }],
  ['READ_MODELS_URL', { READ_MODELS_URL: 'postgres://x/y' }],
  ['VAULT_URL', { VAULT_URL: ENGINES.READ_MODELS_URL }],
  ['KAFKA_BROKERS', { KAFKA_BROKERS: 'kafka' }],
  ['REDIS_URL', { REDIS_URL: 'localhost:6379' }],
  ['FILES_URL', { FILES_URL: 's3://bucket' }],
  ['LEASE_SECONDS', { LEASE_SECONDS: '0' }],
  ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ['LEDGER_URL', { LEDGER_URL: '' }],
  ['READ_MODELS_URL', { READ_MODELS_URL: '' }],
  ['VAULT_URL', { VAULT_URL: '' }],
  ['SSLCOMMERZ_URL', { SSLCOMMERZ_URL: '' }],
  ['SSLCOMMERZ_URL', { SSLCOMMERZ_STORE_PASSWORD: '' }],
])('a wrong value or combination is one line that begins with %s: %j', (name, env) => {
  const line = refusal(env);
  expect(line).toMatch(new RegExp(`^${name}: `));
  expect(line).not.toContain('\n');
});

test('a secret comes from a file as well, without the line end that an editor leaves', () => {
  const file = join(folder, 'redis');
  writeFileSync(file, 'redis://:p@redis:6379\n');
  expect(readConfiguration({ REDIS_URL_FILE: file }).REDIS_URL).toBe('redis://:p@redis:6379');
  expect(refusal({ REDIS_URL_FILE: file, REDIS_URL: 'redis://x' })).toMatch(
    /^REDIS_URL_FILE: REDIS_URL is set as well/,
  );
  expect(refusal({ REDIS_URL_FILE: join(folder, 'none') })).toBe('REDIS_URL_FILE: cannot be read (ENOENT).');
  writeFileSync(file, '\n');
  expect(refusal({ REDIS_URL_FILE: file })).toBe('REDIS_URL_FILE: is empty.');
});

test('nothing of a value is in the line that refuses it', () => {
  expect(refusal({ REDIS_URL: 'http://:hunter2@redis' })).not.toContain('hunter2');
});
