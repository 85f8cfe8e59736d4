import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from '../../ops/gateway/proxy.js';

/** A server that says who it is; it can be told to say that it is not ready, or to break off. */
class Upstream {
  readonly asked: string[] = [];
  ready = true;
  breaks = false;
  forwardedFor: string | undefined;
  private constructor(
    readonly name: string,
    private readonly server: Server,
  ) {}

  static async open(name: string): Promise<Upstream> {
    const server = createServer();
    const upstream = new Upstream(name, server);
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void upstream.answer(request, response),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers } = request;
    if (url === '/api/health/ready') return void response.writeHead(this.ready ? 200 : 503).end('{}');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.asked.push(`${method} ${url} ${Buffer.concat(chunks).toString()}`.trim());
    this.forwardedFor = String(headers['x-forwarded-for']);
    if (this.breaks) return void request.socket.destroy();
    if (url === '/live') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain' }).end(this.name);
  }
}

let reads: Upstream[];
let writes: Upstream[];
let other: Upstream;
let gateway: Gateway;
let url: string;

beforeEach(async () => {
  const open = (...names: string[]) => Promise.all(names.map((name) => Upstream.open(name)));
  [reads, writes] = [await open('read 1', 'read 2'), await open('write 1', 'write 2')];
  other = await Upstream.open('other');
  const urls = (all: readonly Upstream[]) => all.map((each) => each.url);
  gateway = new Gateway({ reads: urls(reads), writes: urls(writes), prefixes: { '/gateway/': other.url } });
  url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}`;
});
afterEach(async () => {
  await gateway.close();
  for (const each of [...reads, ...writes, other]) each.close();
});

const get = async (path = '/x') => (await fetch(url + path)).text();
const post = (body = 'b') => fetch(`${url}/y`, { method: 'POST', body });
const asked = (all: readonly Upstream[]) => all.flatMap((each) => each.asked);

test('questions go to the read API in turn, commands to the write API, what has a prefix of its own there', async () => {
  expect([await get(), await get()].sort()).toEqual(['read 1', 'read 2']);
  expect([await (await post()).text(), await (await post()).text()].sort()).toEqual(['write 1', 'write 2']);
  expect(await get('/gateway/pay')).toBe('other');
  expect(asked(writes)).toEqual(['POST /y b', 'POST /y b']);
});

test('a server that is told who asks knows it', async () => {
  await get();
  expect(reads.map((each) => each.forwardedFor)).toContain('127.0.0.1');
});

test('a question that broke off is asked of the next; the client sees none of it', async () => {
  reads[0]!.breaks = true;
  for (let i = 0; i < 4; i++) expect(await get()).toBe('read 2');
});

test('a command that broke off is sent to nobody else: the client repeats it with its key', async () => {
  for (const each of writes) each.breaks = true;
  const answer = await post();
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await answer.json()).toMatchObject({ code: 'try-again' });
  expect(asked(writes)).toHaveLength(1);
});

test('a command that no server has seen, because the connection was refused, goes to the next', async () => {
  writes[0]!.close();
  for (let i = 0; i < 4; i++) expect(await (await post(`b${i}`)).text()).toBe('write 2');
  expect(asked(writes)).toEqual(['POST /y b0', 'POST /y b1', 'POST /y b2', 'POST /y b3']);
});

test('who says that it is not ready is left alone', async () => {
  writes[0]!.ready = false;
  for (let quiet = 0; quiet < 4;) {
    const before = writes[0]!.asked.length;
    await post();
    quiet = writes[0]!.asked.length === before ? quiet + 1 : 0;
    await sleep(20);
  }
  const before = writes[0]!.asked.length;
  for (let i = 0; i < 6; i++) await post();
  expect(writes[0]!.asked).toHaveLength(before);
});

test('when nobody can answer the client is told to come back', async () => {
  for (const each of reads) each.close();
  expect((await fetch(`${url}/x`)).status).toBe(503);
});

test('an answer that goes on is passed on as it comes', async () => {
  const answer = await fetch(`${url}/live`);
  const reader = answer.body!.getReader();
  expect(Buffer.from((await reader.read()).value).toString()).toBe('data: 1\n\n');
  await reader.cancel();
});
