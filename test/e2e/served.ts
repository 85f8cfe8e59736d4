import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subject } from './subject.js';

const ROOT = join(import.meta.dirname, '../..');

/** The built application in a process of its own, spoken to over real HTTP; it can be killed and started again. */
export class Served extends Subject {
  /** What it printed, from the first start on. */
  printed = '';
  private child: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    private readonly port: number,
  ) {
    super();
  }

  static async open(): Promise<Served> {
    execFileSync(process.execPath, ['ops/build.mjs'], { cwd: ROOT });
    return new Served(mkdtempSync(join(tmpdir(), 'healthstack-')), await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts; `up` resolves when it listens, or is false when it was killed before. */
  start(env: Record<string, string> = {}): { readonly up: Promise<boolean> } {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'served.child.ts')], {
      cwd: ROOT,
      env: {
        ...{ PATH: process.env.PATH, PORT: String(this.port), DATA_DIR: this.folder, PUBLIC_URL: this.url },
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (text: Buffer) => (this.printed += text.toString()));
    this.child = child;
    const ended = once(child, 'exit').then(([code, signal]) => {
      if (signal !== 'SIGKILL' && code !== 0) throw new Error(`It ended with ${code ?? signal}.\n${this.printed}`);
      return false;
    });
    const up = Promise.race([once(child, 'message').then(() => true), ended]);
    ended.catch(() => undefined);
    return { up };
  }

  /** As a power cut does: at once, wherever it is. */
  async kill(): Promise<void> {
    const child = this.child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** The secret of the first administrator's invitation. */
  async invitation(): Promise<string> {
    return (await this.ask('invite')) as string;
  }

  /** Waits until everything that happened so far is shown, and what followed from it, and so on. */
  async settled(): Promise<void> {
    await this.ask('settle');
  }

  async stop(): Promise<void> {
    const ended = once(this.child!, 'exit');
    await this.ask('close');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ask(what: 'invite' | 'settle' | 'close'): Promise<unknown> {
    const child = this.child!;
    const listening = new AbortController();
    child.send(what);
    try {
      for await (const [message] of on(child, 'message', { signal: listening.signal, close: ['exit'] }))
        if (what in (message as object)) return (message as Record<string, unknown>)[what];
      throw new Error(`It ended before it answered to ${what}.\n${this.printed}`);
    } finally {
      listening.abort();
    }
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
};
