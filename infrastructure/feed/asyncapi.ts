import type { Events } from '../../domain/kernel/event.js';
import { EVENT_TOPIC, PARTITIONS } from '../kafka/topics.js';
import { publishedSchema } from './schemas.js';

export interface AsyncApiOptions {
  readonly offered: Events;
  /** Of each type. */
  readonly topics: ReadonlyMap<string, string>;
  /** Where people reach the system. */
  readonly publicUrl: string;
  readonly software: string;
}

const FEED = 'feed';
const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more });
const NUMBER = { pattern: '^\\d+$' };

/** The attributes of an event beside its data; in the feed as they are, in Kafka as headers with `ce_` before them. */
const ATTRIBUTES = {
  specversion: { type: 'string', const: '1.0' },
  id: text('The same whenever the event comes again.', { format: 'uuid' }),
  source: text('Where it comes from.', { format: 'uri-reference' }),
  type: text('`healthstack.<name>.v<version>`.'),
  subject: text('The stream: the object that it happened to.'),
  time: text('When it was recorded.', { format: 'date-time' }),
  dataschema: text('The JSON Schema of the data.', { format: 'uri' }),
  sequence: text('1, 2, 3, ... over everything that is offered.', NUMBER),
  sequencetype: { type: 'string', const: 'Integer' },
  previoussequence: text('Nothing lies between this number and `sequence` in what is read.', NUMBER),
  partitionkey: text('The stream, again.'),
  revision: text('Of the object: 0, 1, 2, ...', NUMBER),
  correlationid: text('What belongs together has the same.'),
  causationid: text('The command or event that it follows from.'),
  hospital: text('Where the fact was made; an opaque id.'),
  patient: text('Whom it is about; an opaque id.'),
  sealed: text('Paths of fields that are left out of the data, with commas between.'),
} as const;
const OPTIONAL = ['hospital', 'patient', 'sealed'];
const REQUIRED = Object.keys(ATTRIBUTES).filter((name) => !OPTIONAL.includes(name));

const headers = {
  type: 'object',
  required: [...REQUIRED.map((name) => `ce_${name}`), 'ce_position'],
  properties: {
    ...Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, schema]) => [`ce_${name}`, schema])),
    ce_position: text('In the ledger: increasing, not contiguous.', NUMBER),
    ce_parked: text('Why the data are missing.', { enum: ['unreadable', 'too-large'] }),
    ce_dataref: text('Where to ask for data that are missing.', { format: 'uri' }),
    'content-type': { type: 'string', const: 'application/json' },
  },
};

const cloudEvent = {
  type: 'object',
  required: REQUIRED,
  properties: {
    ...ATTRIBUTES,
    revision: { type: 'integer', minimum: 0, description: ATTRIBUTES.revision.description },
    datacontenttype: { type: 'string', const: 'application/json' },
    data: { description: 'As `dataschema` says; missing when it cannot be read any more.' },
  },
};

const feedPage = {
  type: 'object',
  required: ['events', 'next', 'atEnd'],
  properties: {
    events: { type: 'array', items: { $ref: '#/components/schemas/CloudEvent' } },
    next: { type: 'integer', description: 'The number to ask after next.' },
    atEnd: { type: 'boolean', description: 'Whether there was nothing more.' },
  },
};

/** What other systems can read and how: AsyncAPI 3.0 (https://www.asyncapi.com/docs/reference/specification/v3.0.0). */
export const asyncApi = ({ offered, topics, publicUrl, software }: AsyncApiOptions): object => {
  const types = Object.keys(offered).sort();
  const keyOf = (type: string): string => `${type}.v${offered[type]!.upcasts.length + 1}`;
  const { protocol, host } = new URL(publicUrl);
  const byTopic = [...Map.groupBy(types, (type) => topics.get(type)!)].sort(([a], [b]) => (a < b ? -1 : 1));
  const idOf = (topic: string): string => topic.replaceAll('.', '-');
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'HealthStack events',
      version: software,
      description:
        'What happened, for other systems: CloudEvents 1.0 in Kafka (binary mode) and over HTTP (structured mode), the ' +
        'same events with the same numbers. Fields that tell about health or who somebody is are left out.',
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: {
        host: '{brokers}',
        protocol: 'kafka',
        description: 'Where the operator runs one. Read with `isolation.level=read_committed`.',
        variables: { brokers: { description: 'host:port, with commas between.' } },
      },
      http: { host, protocol: protocol.replace(':', ''), description: 'For accounts with the role `consumer`.' },
    },
    channels: {
      ...Object.fromEntries(
        byTopic.map(([topic, all]) => [
          idOf(topic),
          {
            address: topic,
            servers: [{ $ref: '#/servers/kafka' }],
            messages: refs(all.map(keyOf), 'messages'),
            bindings: { kafka: TOPIC_BINDING },
          },
        ]),
      ),
      [FEED]: {
        address: '/api/v1/feed',
        description: 'With `after`, `limit` and `types`; as a page, or as it happens with `Accept: text/event-stream`.',
        servers: [{ $ref: '#/servers/http' }],
        messages: refs(['FeedPage'], 'messages'),
      },
    },
    operations: Object.fromEntries(
      [...byTopic.map(([topic]) => idOf(topic)), FEED].map((channel) => [
        `tell-${channel}`,
        { action: 'send', channel: { $ref: `#/channels/${channel}` } },
      ]),
    ),
    components: {
      messages: {
        ...Object.fromEntries(
          types.map((type) => [
            keyOf(type),
            {
              name: `healthstack.${keyOf(type)}`,
              title: type,
              contentType: 'application/json',
              headers: { $ref: '#/components/schemas/Headers' },
              payload: { $ref: `#/components/schemas/${keyOf(type)}` },
              bindings: {
                kafka: { key: text('The stream: what has the same key comes in order.'), bindingVersion: BINDING },
              },
            },
          ]),
        ),
        FeedPage: { name: 'FeedPage', title: 'A page of the feed', payload: { $ref: '#/components/schemas/FeedPage' } },
      },
      schemas: {
        Headers: headers,
        CloudEvent: cloudEvent,
        FeedPage: feedPage,
        ...Object.fromEntries(types.map((type) => [keyOf(type), publishedSchema(offered[type]!)])),
      },
    },
  };
};

const refs = (names: readonly string[], kind: string) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/${kind}/${name}` }]));

const BINDING = '0.5.0';
const setting = (name: string): string => EVENT_TOPIC.find((entry) => entry.name === name)!.value;
const TOPIC_BINDING = {
  partitions: PARTITIONS,
  topicConfiguration: {
    'cleanup.policy': [setting('cleanup.policy')],
    'retention.ms': Number(setting('retention.ms')),
    'max.message.bytes': Number(setting('max.message.bytes')),
  },
  bindingVersion: BINDING,
};
