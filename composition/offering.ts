import { contextOf, events } from '../domain/index.js';
import type { Condition } from '../infrastructure/http/health.controller.js';
import { asyncApi } from '../infrastructure/feed/asyncapi.js';
import type { Offer } from '../infrastructure/feed/cloud-event.js';
import { PublishedSchemas } from '../infrastructure/feed/published.js';
import type { Descriptions } from '../infrastructure/feed/schemas.controller.js';
import { KafkaLog } from '../infrastructure/kafka/kafka-log.js';
import { Relay } from '../infrastructure/kafka/relay.js';
import { topicOf } from '../infrastructure/kafka/topics.js';
import { observedBatch, observeRelay } from '../infrastructure/telemetry/instruments.js';
import type { Ground } from './ground.js';

// What other systems are offered, by the feed and by Kafka alike: every event.

const topicsOf = ({ configuration }: Ground): ReadonlyMap<string, string> =>
  new Map([...contextOf].map(([type, context]) => [type, topicOf(context, configuration.KAFKA_PREFIX)]));

export const offerOf = ({ publicUrl }: Pick<Ground, 'publicUrl'>): Offer => ({
  offered: events,
  schemas: `${publicUrl}/api/schemas`,
});

export const descriptionsOf = (ground: Ground): Descriptions => ({
  schemas: new PublishedSchemas(new URL('../domain/published.jsonl', import.meta.url)),
  asyncApi: () => asyncApi({ ...ground, offered: events, topics: topicsOf(ground) }),
});

/** Undefined where there is no Kafka. Needs no lease: of several, Kafka lets one write. */
export const relayOf = (ground: Ground): Relay | undefined => {
  const { configuration, ledger, clock, log: logger, publicUrl, telemetry } = ground;
  const { KAFKA_BROKERS, KAFKA_PREFIX: prefix } = configuration;
  if (KAFKA_BROKERS === undefined) return undefined;
  const topics = topicsOf(ground);
  const log = new KafkaLog({ brokers: KAFKA_BROKERS.split(','), prefix, topics: [...new Set(topics.values())] });
  const feed = `${publicUrl}/api/v1/feed`;
  const onBatch = telemetry && observedBatch('relay', telemetry);
  const relay = new Relay({ ...offerOf(ground), feed, ledger, log, topics, clock, logger, onBatch });
  if (telemetry) observeRelay(relay, telemetry);
  return relay;
};

/** Standing by is as good as relaying. What was parked is told, and harms nobody: it can be had from the feed. */
export const relayCondition = async (relay: Relay): Promise<Condition> => {
  const { state, failure, parked } = relay.status();
  const status = state === 'relaying' || state === 'standby' ? 'up' : 'degraded';
  return { status, state, ...(failure !== undefined && { failure }), lag: await relay.lag(), parked: parked.count };
};
