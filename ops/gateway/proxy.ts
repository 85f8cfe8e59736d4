import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Which servers answer questions, which take commands, and whatever else lies under a prefix. */
export interface Routes {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly prefixes?: Readonly<Record<string, string>>;
}

/** One server behind the gateway. */
interface Upstream {
  readonly url: URL;
  ready: boolean;
}

const CHECK_EVERY_MS = 200;
const CHECK_MAX_MS = 1_000;
const CONNECT_MAX_MS = 1_000;

/**
 * One address for all: GET goes to the read API, everything else to the write API, to replicas that say that they are
 * ready, in turn. It repeats nothing that may have been done: a question, or what no server has seen yet because the
 * connection was refused. For everything else the client is told to come back, with the same Idempotency-Key.
 */
export class Gateway {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 512 });
  private readonly server: Server;
  private readonly stopping = new AbortController();
  private readonly checking: Promise<void>[];
  private readonly reads: readonly Upstream[];
  private readonly writes: readonly Upstream[];
  private readonly prefixes: readonly (readonly [prefix: string, upstream: Upstream])[];
  private turn = 0;

  constructor({ reads, writes, prefixes = {} }: Routes) {
    const upstream = (url: string): Upstream => ({ url: new URL(url), ready: true });
    this.reads = reads.map(upstream);
    this.writes = writes.map(upstream);
    this.prefixes = Object.entries(prefixes).map(([prefix, url]) => [prefix, upstream(url)]);
    this.server = createServer((asked, answer) => void this.pass(asked, answer));
    this.checking = [...this.reads, ...this.writes].map((each) => this.check(each));
  }

  /** Resolves to the port. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, resolve);
    });
    return (this.server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.server.close();
    this.server.closeAllConnections();
    this.agent.destroy();
    await Promise.all(this.checking);
  }

  private async pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = asked;
    const safe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
    const prefixed = this.prefixes.find(([prefix]) => url.startsWith(prefix));
    const all = prefixed ? [prefixed[1]] : safe ? this.reads : this.writes;
    const turn = this.turn++;
    const inTurn = all.map((_, i) => all[(turn + i) % all.length]!);
    // One that was not ready a moment ago may be by now, when there is no other.
    const candidates = [...inTurn.filter(({ ready }) => ready), ...inTurn.filter(({ ready }) => !ready)];
    for (const upstream of candidates) {
      const outcome = await this.forward(upstream, asked, answer);
      if (outcome === 'answered' || asked.socket.destroyed) return;
      upstream.ready = false;
      const nothingSent = outcome === 'refused' || (safe && outcome === 'broken');
      if (!nothingSent || answer.headersSent) break;
    }
    if (answer.headersSent) return void answer.destroy();
    notNow(answer);
  }

  /** `refused`: nothing was sent. `broken`: whether it was done is not known. */
  private forward(
    { url: { hostname, port } }: Upstream,
    asked: IncomingMessage,
    answer: ServerResponse,
  ): Promise<'answered' | 'refused' | 'broken'> {
    return new Promise((resolve) => {
      const { method, url, headers, socket } = asked;
      const forwarded = [headers['x-forwarded-for'], socket.remoteAddress].filter(Boolean).join(', ');
      const passed = { ...headers, 'x-forwarded-for': forwarded };
      let connected = false;
      const sent = request({ agent: this.agent, hostname, port, method, path: url, headers: passed });
      const late = setTimeout(
        () => connected || sent.destroy(new Error('It does not take connections.')),
        CONNECT_MAX_MS,
      );
      const begin = () => {
        connected = true;
        clearTimeout(late);
        asked.pipe(sent);
      };
      sent.once('socket', (connection) => {
        if (connection.connecting) connection.once('connect', begin);
        else begin();
      });
      sent.once('response', (came) => {
        answer.writeHead(came.statusCode!, came.headers);
        came.pipe(answer);
        came.once('end', () => resolve('answered'));
        came.once('error', () => resolve('broken'));
        came.once('aborted', () => resolve('broken'));
      });
      sent.once('error', () => {
        clearTimeout(late);
        asked.unpipe(sent);
        resolve(connected ? 'broken' : 'refused');
      });
      answer.once('close', () => {
        if (!answer.writableFinished) sent.destroy();
      });
    });
  }

  private async check(upstream: Upstream): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      upstream.ready = await isReady(upstream.url);
      await sleep(CHECK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

const isReady = (url: URL): Promise<boolean> =>
  fetch(new URL('/api/health/ready', url), { signal: AbortSignal.timeout(CHECK_MAX_MS) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false,
  );

const NOT_NOW = JSON.stringify({
  type: 'about:blank',
  title: 'Not now',
  status: 503,
  code: 'try-again',
  detail: 'No server could answer. Repeat it with the same Idempotency-Key.',
});

const notNow = (answer: ServerResponse): void => {
  answer.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' }).end(NOT_NOW);
};
