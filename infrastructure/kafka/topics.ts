/** The part of a topic's name that changes when its records change their meaning; the data have versions of their own. */
const VERSION = 'v1';

/** What names begin with, unless several installations share a cluster. */
export const PREFIX = 'healthstack';

/** Where the events of a context go. */
export const topicOf = (context: string, prefix = PREFIX): string => `${prefix}.${context}.${VERSION}`;

/** Where relays leave how far they came. Nobody else's business. */
export const checkpointsOf = (prefix = PREFIX): string => `${prefix}.relay.${VERSION}`;

/** Enough for as many consumers of one context; never changed afterwards, since keys would change their places. */
export const PARTITIONS = 6;

/** Short, since what went out cannot be erased from it one by one; what is older is in the feed. */
export const RETENTION_DAYS = 7;

const DAY_MS = 24 * 60 * 60 * 1_000;
const RECORD_BYTES_MAX = 1024 * 1024;

const entries = (settings: Record<string, string | number>) =>
  Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }));

/** How a topic of events is kept. Its age counts from when it was relayed, else an imported year would expire at once. */
export const EVENT_TOPIC = entries({
  'cleanup.policy': 'delete',
  'retention.ms': RETENTION_DAYS * DAY_MS,
  'retention.bytes': -1,
  'segment.ms': DAY_MS,
  'message.timestamp.type': 'LogAppendTime',
  'max.message.bytes': RECORD_BYTES_MAX,
});

/** The last checkpoint stays for ever, the ones before go. */
export const CHECKPOINT_TOPIC = entries({
  'cleanup.policy': 'compact',
  'segment.ms': DAY_MS,
  'max.message.bytes': RECORD_BYTES_MAX,
});
