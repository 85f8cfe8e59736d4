import asyncApiSchemas from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { Embedded } from '../kernel/embedded.js';

let embedded: Embedded;
beforeAll(async () => {
  embedded = await Embedded.open();
  await embedded.hospital('green');
});
afterAll(() => embedded.close());

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });

interface Document {
  readonly asyncapi: string;
  readonly channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  readonly components: Record<'messages' | 'schemas', Record<string, object>>;
}
const described = async (): Promise<Document> => (await embedded.request('GET', '/api/asyncapi.json')).body as Document;

test('the description of the events is AsyncAPI 3.0', async () => {
  const document = await described();
  expect(document.asyncapi).toBe('3.0.0');
  // It brings draft 07 with it.
  const isAsyncApi = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false }).compile(
    asyncApiSchemas.schemas['3.0.0'] as object,
  );
  isAsyncApi(document);
  expect(isAsyncApi.errors ?? []).toEqual([]);
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  const found = (path: string) =>
    path.split('/').reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], document);
  expect(refs.filter((path) => found(path) === undefined)).toEqual([]);
});

test('every event is told of in one topic, and the feed beside them', async () => {
  const { channels, components } = await described();
  const { feed, ...topics } = channels;
  expect(feed!.address).toBe('/api/v1/feed');
  const told = Object.values(topics).flatMap(({ messages }) => Object.keys(messages));
  expect(told.sort()).toEqual(
    Object.keys(components.messages)
      .filter((name) => name !== 'FeedPage')
      .sort(),
  );
  expect(Object.values(topics).map(({ address }) => address)).toContain('healthstack.appointments.v1');
});

test('what the feed gives is as described, and as the schema says that each event names', async () => {
  const { components } = await described();
  const consumer = await embedded.person('consumer', { role: 'consumer' });
  const { body } = await consumer.get('feed?limit=1000');
  expect(body.events.length).toBeGreaterThan(5);
  const cloudEvent = ajv.compile(components.schemas.CloudEvent!);
  for (const event of body.events) {
    expect([cloudEvent(event), cloudEvent.errors]).toEqual([true, null]);
    const { pathname } = new URL(event.dataschema);
    const schema = await embedded.request('GET', pathname);
    expect(schema.status).toBe(200);
    expect([ajv.validate(schema.body, event.data), ajv.errors]).toEqual([true, null]);
  }
});

test('a schema that there is not is not found', async () => {
  for (const path of ['AppointmentRequested/99', 'Invented/1']) {
    const { status, body } = await embedded.request('GET', `/api/schemas/${path}`);
    expect([status, body.code]).toEqual([404, 'schema-unknown']);
  }
  expect((await embedded.request('GET', '/api/schemas/AppointmentRequested/x')).status).toBe(400);
});
