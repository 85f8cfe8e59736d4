import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Ledger, StreamNotFound } from '../../../application/kernel/ledger.js';

/** What a writer sent: one append. */
export interface Sent {
  readonly stream: string;
  readonly expected: number | 'noStream';
  readonly ids: readonly string[];
}

export interface WriterOptions {
  readonly file: string;
  /** Names the streams, so that each process has its own. */
  readonly run: number;
  readonly writers: number;
  /** Of each event's text, in bytes. */
  readonly size: number;
  /** Put before the command, `['strace', ...]`. */
  readonly under?: readonly string[];
}

/** A process that writes to a ledger, and the client's own log of what it sent and what was acknowledged. */
export class WriterProcess {
  readonly sent = new Map<string, Sent[]>();
  /** The last revision acknowledged, by stream. */
  readonly acked = new Map<string, number>();
  readonly failures: string[] = [];
  readonly counts: number[] = [];
  acknowledgements = 0;
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly watchers = new Set<() => void>();
  private errors = '';
  private over = false;

  constructor({ file, run, writers, size, under = [] }: WriterOptions) {
    const hooks = join(import.meta.dirname, '../../kernel/typescript.mjs');
    const program = join(import.meta.dirname, 'writing.child.ts');
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--import', hooks, program];
    const [command, ...rest] = [...under, ...node, file, String(run), String(writers), String(size)];
    this.child = spawn(command, rest, { stdio: 'pipe', detached: true });
    this.child.stderr!.on('data', (text: Buffer) => (this.errors += text.toString()));
    const lines = createInterface({ input: this.child.stdout! });
    lines.on('line', (line) => this.log(line));
    this.ended = new Promise((resolve) =>
      lines.once('close', () => {
        this.over = true;
        this.tell();
        resolve();
      }),
    );
  }

  /** Resolves when the condition holds after a line of the process; rejects when it ends before. */
  async until(condition: () => boolean): Promise<void> {
    let watcher = (): void => undefined;
    const holds = new Promise<void>((resolve) => this.watchers.add((watcher = () => condition() && resolve())));
    watcher();
    await Promise.race([holds, this.ended]);
    this.watchers.delete(watcher);
    if (!condition()) throw new Error(`The writer ended too early. ${this.errors}`);
  }

  async kill(): Promise<void> {
    // The whole group: what runs under strace does not end with it.
    if (!this.over) process.kill(-this.child.pid!, 'SIGKILL');
    await this.ended;
  }

  /** Sends again what failed. */
  again(): void {
    this.child.stdin!.write('\n');
  }

  /** Changes the largest file the process may write, in bytes. */
  limitFileSize(bytes: number | 'unlimited'): void {
    execFileSync('prlimit', [`--pid=${this.child.pid}`, `--fsize=${bytes}:`]);
  }

  private log(line: string): void {
    const [word, stream, value, ids] = line.split(' ') as [string, string, string, string];
    if (word === 'sent') {
      const append = { stream, expected: value === 'noStream' ? value : Number(value), ids: ids.split(',') } as const;
      this.sent.set(stream, [...(this.sent.get(stream) ?? []), append]);
    }
    if (word === 'acked') {
      this.acknowledgements++;
      this.acked.set(stream, Number(value));
    }
    if (word === 'failed') this.failures.push(value);
    if (word === 'read') this.counts.push(Number(stream));
    this.tell();
  }

  private tell(): void {
    for (const watcher of this.watchers) watcher();
  }
}

/**
 * The ledger against the client's log: what was acknowledged is there; what is there was sent, in the order sent and
 * each append whole; and an append whose outcome the client does not know is learnt by sending it again.
 */
export const checkRecovered = async (ledger: Ledger, { sent, acked }: WriterProcess): Promise<void> => {
  for (const [stream, appends] of sent) {
    const wanted = appends.flatMap((append) => append.ids);
    const found = await recovered(ledger, stream);
    expect(found).toEqual(wanted.slice(0, found.length));
    expect(found.length).toBeGreaterThan(acked.get(stream) ?? -1);
    const lengths = appends.map((_, i) => appends.slice(0, i + 1).flatMap((append) => append.ids).length);
    expect([0, ...lengths.slice(-2)]).toContain(found.length);

    const last = appends.at(-1)!;
    const events = last.ids.map((id) => ({ id, type: 'Happened', data: {} }));
    expect((await ledger.append(stream, events, last.expected)).revision).toBe(wanted.length - 1);
    expect(await recovered(ledger, stream)).toEqual(wanted);
  }
};

const recovered = async (ledger: Ledger, stream: string): Promise<string[]> => {
  try {
    const events = await ledger.readStream(stream);
    expect(events.map((e) => e.revision)).toEqual(events.map((_, i) => i));
    return events.map((e) => e.id);
  } catch (error) {
    if (error instanceof StreamNotFound) return [];
    throw error;
  }
};
