import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Embedded } from '../kernel/embedded.js';

const REDOCLY = join(__dirname, '..', '..', 'node_modules', '@redocly', 'cli', 'bin', 'cli.js');

let embedded: Embedded;
beforeAll(async () => {
  embedded = await Embedded.open();
});
afterAll(() => embedded.close());

test('the description of the API is linted without an error', async () => {
  const { body } = await embedded.request('GET', '/api/openapi.json');
  const file = join(embedded.folder, 'openapi.json');
  writeFileSync(file, JSON.stringify(body));
  // It exits with 1 and says why when a rule is broken.
  const lint = promisify(execFile)(process.execPath, [REDOCLY, 'lint', file, '--format=summary'], {
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', NODE_OPTIONS: '' },
  });
  await expect(
    lint.catch(({ stdout, stderr }: { stdout: string; stderr: string }) => Promise.reject(new Error(stdout + stderr))),
  ).resolves.toBeDefined();
});

test('every operation has a sentence, a name of its own and says how it refuses', async () => {
  const { body } = await embedded.request('GET', '/api/openapi.json');
  const { openapi, paths } = body as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string; summary?: string }>>;
  };
  expect(openapi).toBe('3.1.0');
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(operations.filter(({ summary }) => !summary).map(({ operationId }) => operationId)).toEqual([]);
  const names = operations.map(({ operationId }) => operationId);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test('the documentation can be browsed', async () => {
  const page = await embedded.request('GET', '/api/docs');
  expect(page.status).toBe(200);
  expect(String(page.headers['content-type'])).toContain('text/html');
});
