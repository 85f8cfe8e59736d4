import { Embedded, idOf, type Person } from '../kernel/embedded.js';
import { ROLES } from '../../domain/kernel/envelope.js';

// Requests that no client ought to send, made from the OpenAPI description of every operation. MALFORMED_REQUESTS says
// how many; the seed makes them the same each time.
const REQUESTS = Number(process.env.MALFORMED_REQUESTS ?? 3_000);
const SEED = Number(process.env.MALFORMED_SEED ?? 1);

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** mulberry32: small, seeded, good enough to choose with. */
const generator = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const random = generator(SEED);
const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;

const UUIDS = ['patient', 'doctor', 'green', 'nobody'].map(idOf);
const HOSTILE: readonly unknown[] = [
  null,
  '',
  ' ',
  0,
  -1,
  1.5,
  1e308,
  -0,
  '1',
  'NaN',
  true,
  [],
  {},
  [[]],
  { $gt: '' },
  { $ne: null },
  { length: 3 },
  'constructor',
  '__proto__',
  'toString',
  'a'.repeat(5_000),
  'é'.repeat(600),
  '👩‍⚕️🩺',
  'আবদুর রহমান',
  'عبد الرحمن',
  '\u202eabc\u202c',
  'a\u0000b',
  '\ud800',
  '%00',
  '../../etc/passwd',
  "'; DROP TABLE events; --",
  '<script>alert(1)</script>',
  '2030-02-30',
  '9999-12-31',
  '0000-00-00',
  '2030-13-01T25:61:00Z',
  '+999999-01-01T00:00:00Z',
  '2090-01-02T09:00:00+06:00',
  '2090-01-02',
  9_007_199_254_740_993,
  '18446744073709551616',
  ...UUIDS,
];

let embedded: Embedded;
let somebody: Person;
let description: Description;

beforeAll(async () => {
  embedded = await Embedded.open();
  await embedded.hospital('green');
  await embedded.doctor('doctor', 'green');
  somebody = await newcomer('patient');
  description = (await embedded.request('GET', '/api/openapi.json')).body as Description;
  await embedded.settled();
});
afterAll(() => embedded.close());

/** Somebody who plays every part, so that requests get past the door. */
const newcomer = (name: string): Promise<Person> => {
  const everywhere = ROLES.filter((role) => role !== 'system').map((role) => ({ role }));
  return embedded.person(name, ...everywhere, { role: 'pharmacist', hospitalId: idOf('green') });
};

const resolved = (schema: Schema | undefined): Schema =>
  schema?.$ref ? resolved(description.components.schemas[schema.$ref.split('/').at(-1)!]) : (schema ?? {});

/** Mostly what the schema asks for, so that the strange part is met deep inside and not only at the door. */
const value = (given: Schema | undefined, depth = 0): unknown => {
  if (random() < 0.12) return oneOf(HOSTILE);
  const schema = resolved(given);
  const branch = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (branch) return value(oneOf(branch), depth);
  if (schema.enum) return oneOf(schema.enum);
  if (schema.const !== undefined) return schema.const;
  const type = Array.isArray(schema.type) ? oneOf(schema.type as string[]) : schema.type;
  if (depth > 6) return null;
  switch (type) {
    case 'object': {
      const fields = Object.entries(schema.properties ?? {})
        .filter(([name]) => random() < (schema.required?.includes(name) ? 0.95 : 0.4))
        .map(([name, of]): [string, unknown] => [name, value(of, depth + 1)]);
      if (random() < 0.05)
        fields.push([oneOf(['surprise', 'constructor', 'isAdmin', 'role', 'hospitalId']), oneOf(HOSTILE)]);
      return Object.fromEntries(fields);
    }
    case 'array':
      return Array.from({ length: Math.floor(random() * 4) }, () => value(schema.items, depth + 1));
    case 'integer':
    case 'number':
      return oneOf([schema.minimum ?? 1, schema.maximum ?? 100, 0, 7, -3, 2 ** 53]);
    case 'boolean':
      return random() < 0.5;
    default:
      if (schema.format === 'date') return '2090-01-02';
      if (schema.format === 'date-time') return '2090-01-02T09:00:00+06:00';
      if (schema.format === 'email') return 'a@healthstack.example';
      return oneOf([
        ...UUIDS,
        'Some text',
        '2090-01-02',
        `${UUIDS[1]}_2090-01-02_aaaaaaaaaaaa`,
        `${UUIDS[1]}_${UUIDS[0]}`,
      ]);
  }
};

const text = (of: unknown): string => (typeof of === 'string' ? of : JSON.stringify(of));

// Waiting on purpose is no fault, and would only take time.
const PATIENT_PARAMETERS = new Set(['wait', 'minPosition']);

const request = (path: string, method: string, operation: Operation) => {
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const schema = operation.parameters?.find((p) => p.in === 'path' && p.name === name)?.schema;
    const raw = text(value(schema));
    return random() < 0.97 ? encodeURIComponent(raw.toWellFormed()) : raw.replace(/[\s#?]/g, '');
  });
  const query = (operation.parameters ?? [])
    .filter((p) => p.in === 'query' && random() < 0.7 && !(PATIENT_PARAMETERS.has(p.name) && random() < 0.9))
    .map((p) => `${p.name}=${encodeURIComponent(text(value(p.schema)).toWellFormed())}`);
  if (random() < 0.03) query.push('limit=1', 'limit=2', 'after[$gt]=');
  const json = resolved(Object.values(operation.requestBody?.content ?? {})[0]?.schema);
  const body = method === 'post' ? value(json) : undefined;
  const payload = body === undefined ? undefined : random() < 0.02 ? '{"broken":' : JSON.stringify(body);
  return {
    method: method.toUpperCase() as 'GET' | 'POST',
    url: `${url}${query.length > 0 ? `?${query.join('&')}` : ''}`,
    headers: {
      ...(random() < 0.95 && { authorization: `Bearer ${somebody.token}` }),
      ...(payload !== undefined && { 'content-type': random() < 0.98 ? 'application/json' : 'text/strange' }),
      ...(random() < 0.1 && {
        'idempotency-key': text(oneOf(HOSTILE))
          .replace(/[^\x20-\x7e]/g, '?')
          .slice(0, 250),
      }),
      ...(random() < 0.1 && { 'if-match': oneOf(['"0"', '*', 'x', '"-1"', 'W/"3"', '"99999999999999999999"']) }),
    },
    ...(payload !== undefined && { payload }),
  };
};

test(`${REQUESTS} malformed requests: not one answer above 499, every refusal a problem`, async () => {
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  expect(operations.length).toBeGreaterThan(100);
  const wrong: string[] = [];
  const statuses = new Map<number, number>();
  for (let i = 0; i < REQUESTS; i++) {
    const { path, method, operation } = operations[i % operations.length]!;
    const sent = request(path, method, operation);
    const answer = await embedded.system.app.inject(sent);
    statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
    // Some of them end the session that sends them.
    if (answer.statusCode === 401 && 'authorization' in sent.headers) somebody = await newcomer(`newcomer-${i}`);
    const refused = answer.statusCode >= 400;
    const isProblem = String(answer.headers['content-type']).startsWith('application/problem+json');
    if (answer.statusCode > 499 || (refused && !isProblem) || /node_modules|at \w+ \(/.test(answer.payload))
      wrong.push(
        `${operation.operationId} ${answer.statusCode} ${JSON.stringify({ ...sent, headers: undefined }).slice(0, 600)} -> ${answer.payload.slice(0, 300)}`,
      );
  }
  expect(wrong.slice(0, 20)).toEqual([]);
  // A run that never gets through, or is never refused, would prove nothing.
  expect(statuses.get(202) ?? 0).toBeGreaterThan(0);
  expect(statuses.get(400) ?? 0).toBeGreaterThan(REQUESTS / 20);
}, 600_000);
