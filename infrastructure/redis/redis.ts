import type { Redis, RedisOptions } from 'ioredis';
import type { Notice, Notices } from '../read-models/announcing.js';

/** Where trouble with Redis is told, once for each time it begins. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What replicas share that may be lost at any moment. */
export interface Shared {
  /** For commands; fails at once while the server is away. */
  readonly client: Redis;
  readonly notices: Notices;
  readonly status: () => 'up' | 'degraded';
  readonly close: () => Promise<void>;
}

const CHANNEL = 'healthstack:applied';
const RECONNECT_MAX_MS = 1_000;

/** Nobody waits for Redis: what it cannot do at once is done without it. */
const OPTIONS: RedisOptions = {
  connectTimeout: 1_000,
  commandTimeout: 250,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  retryStrategy: (times) => Math.min(RECONNECT_MAX_MS, 50 * times),
};

/** Connects in the background: a process starts, and goes on, without the server. */
export const openRedis = async (url: string, logger: Logger): Promise<Shared> => {
  const { Redis: Client } = await import('ioredis');
  const client = new Client(url, OPTIONS);
  const subscriber = new Client(url, { ...OPTIONS, commandTimeout: undefined });
  const listeners = new Set<(notice: Notice) => void>();
  let away = false;
  for (const connection of [client, subscriber]) connection.on('error', () => undefined);
  client.on('close', () => {
    if (!away) logger.warn({}, 'Redis is away; going on without it.');
    away = true;
  });
  client.on('ready', () => {
    if (away) logger.info({}, 'Redis is back.');
    away = false;
  });
  // Subscribed again after each reconnection by the client itself; the first time may have to wait for the server.
  subscriber.on('ready', () => void subscriber.subscribe(CHANNEL).catch(() => undefined));
  subscriber.on('message', (_channel, text) => {
    const notice = noticeIn(text);
    if (notice) for (const listener of listeners) listener(notice);
  });
  return {
    client,
    notices: {
      publish: (notice) => void client.publish(CHANNEL, JSON.stringify(notice)).catch(() => undefined),
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    status: () => (client.status === 'ready' && subscriber.status === 'ready' ? 'up' : 'degraded'),
    close: async () => {
      client.disconnect();
      subscriber.disconnect();
    },
  };
};

const noticeIn = (text: string): Notice | undefined => {
  try {
    const { after, position, changed } = JSON.parse(text) as Partial<Notice>;
    if (typeof position !== 'string' || !/^\d{1,19}$/.test(position) || changed === undefined) return undefined;
    return { after: after ?? null, position, changed };
  } catch {
    return undefined;
  }
};
