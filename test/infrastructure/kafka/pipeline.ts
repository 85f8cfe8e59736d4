import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Ledger } from '../../../application/kernel/ledger.js';
import { event } from '../../../domain/kernel/event.js';
import { health } from '../../../domain/kernel/phi.js';
import { asyncApi } from '../../../infrastructure/feed/asyncapi.js';
import { IntegrationFeed } from '../../../infrastructure/feed/feed.js';
import { KafkaLog } from '../../../infrastructure/kafka/kafka-log.js';
import { Relay } from '../../../infrastructure/kafka/relay.js';
import { topicOf } from '../../../infrastructure/kafka/topics.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { openSqliteReadModels } from '../../../infrastructure/read-models/sqlite.js';
import type { ReadModels } from '../../../projections/kernel/read-models.js';
import { META } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const PARTITIONS = 3;
const offered = {
  Noted: event(z.object({ n: z.number(), note: health(z.string()) })),
  Paid: event(z.object({ amount: z.number() })),
};
const PROGRAM = join(__dirname, '..', '..', '..', 'examples', 'consumer', 'consumer.mjs');
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a consumer keeps. */
export interface Taken {
  readonly sequence: number;
  readonly id: string;
  readonly subject: string;
  readonly data: string | null;
}

/** A ledger, its feed over HTTP, relays to a real Kafka, and consumers of the visits as processes of their own. */
export class Pipeline {
  readonly topic: string;
  readonly database: string;
  private readonly prefix = `test-${randomUUID()}`;
  private readonly consumers = new Set<ChildProcess>();
  private readonly relays = new Set<Relay>();
  private appended = 0;
  private url!: string;

  private constructor(
    private readonly brokers: readonly string[],
    readonly ledger: Ledger,
    private readonly readModels: ReadModels,
    private readonly feed: IntegrationFeed,
    private readonly server: Server,
    readonly folder: string,
  ) {
    this.topic = topicOf('visits', this.prefix);
    this.database = join(folder, 'inbox.sqlite');
  }

  static async open(brokers: readonly string[]): Promise<Pipeline> {
    const folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
    const ledger = await openSqliteLedger({ file: join(folder, 'ledger'), durable: false });
    const readModels = await openSqliteReadModels({ file: join(folder, 'read-models') });
    const feed = new IntegrationFeed({ ledger, readModels, offered, schemas: 'http://x/api/schemas', logger: quiet });
    await feed.start();
    const server = createServer();
    const pipeline = new Pipeline(brokers, ledger, readModels, feed, server, folder);
    await pipeline.listen();
    return pipeline;
  }

  async close(): Promise<void> {
    for (const child of this.consumers) await this.end(child, 'SIGKILL');
    await Promise.all([...this.relays].map((relay) => relay.stop()));
    await this.feed.stop();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.readModels.close();
    await this.ledger.close();
    rmSync(this.folder, { recursive: true });
  }

  relay(): Relay {
    const topics = new Map([
      ['Noted', this.topic],
      ['Paid', topicOf('payments', this.prefix)],
    ]);
    const log = new KafkaLog({
      brokers: this.brokers,
      prefix: this.prefix,
      topics: [...topics.values()],
      partitions: PARTITIONS,
    });
    const where = { schemas: 'http://x/api/schemas', feed: `${this.url}/api/v1/feed` };
    const relay = new Relay({
      ...{ ledger: this.ledger, log, offered, topics, ...where },
      ...{ clock: { now: () => NOW }, logger: quiet, standbyMs: 500 },
    });
    relay.start();
    this.relays.add(relay);
    return relay;
  }

  /** So many events more, of 200 streams; two in three are visits. */
  async append(count: number): Promise<void> {
    for (const end = this.appended + count; this.appended < end;) {
      const n = this.appended++;
      const type = n % 3 === 2 ? 'Paid' : 'Noted';
      const data = type === 'Paid' ? { amount: n } : { n, note: 'swollen' };
      const metadata = { ...META, schemaVersion: 1, tenant: 'hospital-1' };
      const stream = `${type === 'Paid' ? 'payment' : 'visit'}-${(n * 7919) % 200}`;
      await this.ledger.append(stream, [{ id: randomUUID(), type, data, metadata }], 'any');
    }
  }

  /** A consumer as a process of its own; several share the partitions and the file. */
  consumer(): ChildProcess {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning', PROGRAM],
      {
        env: {
          PATH: process.env.PATH,
          KAFKA_BROKERS: this.brokers.join(),
          TOPIC: this.topic,
          GROUP: this.prefix,
          DATABASE: this.database,
          FEED_URL: `${this.url}/api/v1/feed`,
          FEED_TOKEN: 'a token',
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    this.consumers.add(child);
    return child;
  }

  /** Ends a consumer; gives what it says it did, where it is given the time to. */
  async end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<Record<string, number> | undefined> {
    this.consumers.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return undefined;
    let said = '';
    child.stdout!.on('data', (chunk) => (said += chunk));
    child.kill(signal);
    await once(child, 'close');
    return said === '' ? undefined : (JSON.parse(said) as Record<string, number>);
  }

  /** What consumers must come to: the visits of the ledger, in its order. */
  async expected(): Promise<Omit<Taken, 'sequence'>[]> {
    const visits: Omit<Taken, 'sequence'>[] = [];
    for (let from: string | undefined; ;) {
      const page = await this.ledger.readAll({ ...(from !== undefined && { from }), maxCount: 10_000 });
      for (const { id, type, stream, data, position } of page)
        if (type === 'Noted' && position !== from)
          visits.push({ id, subject: stream, data: JSON.stringify({ n: (data as { n: number }).n }) });
      if (page.length <= 1) return visits;
      from = page.at(-1)!.position;
    }
  }

  /** What consumers have taken, in the order of the numbers. */
  taken(): Taken[] {
    const db = new DatabaseSync(this.database);
    try {
      db.exec('PRAGMA busy_timeout = 5000');
      return db.prepare('SELECT sequence, id, subject, data FROM events ORDER BY sequence').all() as unknown as Taken[];
    } catch {
      return [];
    } finally {
      db.close();
    }
  }

  /** Resolves when so many were taken. */
  async whenTaken(count: number): Promise<void> {
    while (this.taken().length < count) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  private async listen(): Promise<void> {
    const { server, feed } = this;
    const topics = new Map([
      ['Noted', this.topic],
      ['Paid', topicOf('payments', this.prefix)],
    ]);
    server.on('request', (request, response) => {
      const { pathname, searchParams } = new URL(request.url!, this.url);
      const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
      if (pathname === '/api/asyncapi.json')
        return answer(200, asyncApi({ offered, topics, publicUrl: this.url, software: 'test' }));
      const number = (name: string) => Number(searchParams.get(name));
      const types = searchParams.get('types')?.split(',');
      feed.read(number('after'), number('limit'), types && new Set(types)).then(
        (page) => answer(200, page),
        (error: Error) => answer(500, { error: error.message }),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}
