import type { EventStoreDBClient } from '@eventstore/db-client';
import { Fatal } from '../../../application/kernel/ledger.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * A connection carries about a hundred calls at once, and the next one waits without an end. Subscriptions never end,
 * so they have connections of their own, and no more on each than leaves room.
 */
const SUBSCRIPTIONS_PER_CONNECTION = 64;

/** A client on loan to a subscription. */
export interface Lease {
  readonly client: EventStoreDBClient;
  release(): void;
}

/** The connections to one event store. */
export class Clients {
  /** For calls that end. */
  readonly calls: EventStoreDBClient;
  private readonly forSubscriptions: { readonly client: EventStoreDBClient; used: number }[] = [];

  private constructor(
    private readonly connect: () => EventStoreDBClient,
    /**
     * Given with every call: then the client sends each append as a call of its own, with a deadline and an answer of
     * its own. Without, it puts all of a process's appends on one stream whose errors hit every one of them.
     */
    readonly credentials: Credentials,
  ) {
    this.calls = connect();
  }

  /**
   * Loads the client library. Nothing is connected yet.
   *
   * @throws Fatal for what is no connection string; its text is not repeated, for it holds a password.
   */
  static async of(address: string): Promise<Clients> {
    // The product's later name; the client knows the first one only.
    const url = address.trim().replace(/^kurrentdb/, 'esdb');
    const { EventStoreDBClient: Client } = await import('@eventstore/db-client');
    const credentials = credentialsOf(url);
    try {
      return new Clients(() => survivesDiscovery(Client.connectionString(apart(url))), credentials);
    } catch {
      throw new Fatal(
        'The address of the event store is no connection string: esdb://user:password@host:port?tls=true',
      );
    }
  }

  lease(): Lease {
    let free = this.forSubscriptions.find(({ used }) => used < SUBSCRIPTIONS_PER_CONNECTION);
    if (!free) {
      free = { client: this.connect(), used: 0 };
      this.forSubscriptions.push(free);
    }
    const { client } = free;
    let release = () => void free.used--;
    free.used++;
    return { client, release: () => (release(), (release = () => undefined)) };
  }

  /** Ends the calls that are open and lets go of the connections. */
  async close(): Promise<void> {
    const clients = [this.calls, ...this.forSubscriptions.map(({ client }) => client)];
    await Promise.all(clients.map((client) => client.dispose()));
    // The client has no call for this. Not awaited: one that is not connected would connect first.
    for (const client of clients)
      void client['getChannel']().then(
        (channel) => channel.close(),
        () => undefined,
      );
  }
}

const KEEP_ALIVE_MS = 10_000;
let made = 0;

/**
 * gRPC gives all clients of a process that reach the same place with the same settings one connection between them, and
 * the client passes on no setting against that. So one differs by milliseconds.
 */
const apart = (url: string): string =>
  `${url}${url.includes('?') ? '&' : '?'}keepAliveInterval=${KEEP_ALIVE_MS + (made++ % KEEP_ALIVE_MS)}`;

/**
 * When a call fails while the client looks for the cluster's leader, and that fails too, nobody takes the second error:
 * the process would end by it. The call's own error is told to who called.
 */
const survivesDiscovery = (client: EventStoreDBClient): EventStoreDBClient => {
  const handle = client['handleError'];
  client['handleError'] = (...failed) => handle(...failed).catch(() => undefined);
  return client;
};

/** Without TLS nobody is asked who they are, but the client must be given somebody. */
const NOBODY: Credentials = { username: 'nobody', password: 'nobody' };

const credentialsOf = (url: string): Credentials => {
  const { username, password } = /^[^:]+:\/\/(?<username>[^:@/]+):(?<password>[^@/]+)@/.exec(url)?.groups ?? {};
  if (username !== undefined && password !== undefined)
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  if (!/[?&]tls=false\b/i.test(url)) throw new Fatal('The address of the event store names no user and password.');
  return NOBODY;
};
