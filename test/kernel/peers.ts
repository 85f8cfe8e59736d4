import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A server of `ops/peers` of its own, for tests that kill it. */
export class Peer {
  url = '';
  private readonly folder = mkdtempSync(join(tmpdir(), 'peer-'));

  constructor(private readonly name: string) {}

  /** Also brings it back, with its data and at the same address. */
  async start(): Promise<void> {
    this.url = await this.call('start');
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.call('kill');
  }

  /** It keeps its connections and answers nothing until it is thawed. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async remove(): Promise<void> {
    await this.call('kill');
    rmSync(this.folder, { recursive: true });
  }

  private get pid(): number {
    return Number(readFileSync(join(this.folder, 'pid'), 'utf8'));
  }

  private async call(what: string): Promise<string> {
    const { stdout } = await run('bash', [`ops/peers/${this.name}.sh`, what, this.folder]);
    return stdout.trim();
  }
}
