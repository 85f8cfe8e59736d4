import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process is started: always the same way, so that it comes back as it was. */
export interface Recipe {
  readonly name: string;
  /** A file of dist/, and its arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where it answers once it is up. */
  readonly readyUrl?: string;
  readonly logFile: string;
}

const RESTART_MS = 300;
const END_MAX_MS = 15_000;

/** A process that is started again when it ends by itself, as an orchestrator does. */
export class Child {
  starts = 0;
  private child: ChildProcess | undefined;
  private wanted = false;
  private readonly log: WriteStream;

  constructor(readonly recipe: Recipe) {
    this.log = createWriteStream(recipe.logFile, { flags: 'a' });
  }

  get name(): string {
    return this.recipe.name;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    this.wanted = true;
    const { args, env } = this.recipe;
    const child = spawn(process.execPath, [...args], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.starts++;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => this.log.write(text));
    child.once('exit', (code, signal) => {
      this.log.write(`-- ended with ${code ?? signal}\n`);
      if (this.child === child) this.child = undefined;
      if (this.wanted) setTimeout(() => this.wanted && !this.child && this.start(), RESTART_MS);
    });
  }

  /** Sends a signal; whoever is killed comes back by itself. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** For good, gracefully; whoever does not end in time is killed. Gives how it ended. */
  async end(): Promise<number | string | undefined> {
    this.wanted = false;
    const { child } = this;
    if (!child) return undefined;
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
    child.kill('SIGTERM');
    // A paused process ends when it goes on.
    child.kill('SIGCONT');
    const late = setTimeout(() => child.kill('SIGKILL'), END_MAX_MS);
    const [code, signal] = await ended;
    clearTimeout(late);
    return code ?? signal ?? undefined;
  }

  async isReady(): Promise<boolean> {
    const { readyUrl } = this.recipe;
    if (!this.child) return false;
    if (readyUrl === undefined) return true;
    return fetch(readyUrl, { signal: AbortSignal.timeout(2_000) }).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.ok;
      },
      () => false,
    );
  }

  /** Throws when it is not up in time. */
  async untilReady(maxMs = 60_000): Promise<void> {
    for (const from = Date.now(); Date.now() - from < maxMs; await sleep(100)) if (await this.isReady()) return;
    throw new Error(`${this.name} is not ready after ${maxMs} ms; see ${this.recipe.logFile}.`);
  }
}

/** One that nobody listens on now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};
