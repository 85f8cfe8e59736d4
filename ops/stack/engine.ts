import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const START_MAX_MS = 300_000;
const CANNOT_BE_HAD = 3;

/** A server of ops/peers, in a folder of its own. */
export class Engine {
  private constructor(
    readonly name: string,
    private readonly script: string,
    private readonly folder: string,
    /** Where it is; the same after it was started again. */
    readonly address: string,
  ) {}

  /** Undefined where this machine cannot have it. */
  static async start(name: 'mongo' | 'kafka' | 'redis', root: string, folder: string): Promise<Engine | undefined> {
    const script = join(root, 'ops/peers', `${name}.sh`);
    try {
      return new Engine(name, script, folder, await call(script, 'start', folder));
    } catch (error) {
      if ((error as { code?: unknown }).code === CANNOT_BE_HAD) return undefined;
      throw error;
    }
  }

  /** After `kill` or `stop`, on the same port. */
  async again(): Promise<void> {
    await call(this.script, 'start', this.folder);
  }

  async stop(): Promise<void> {
    await call(this.script, 'stop', this.folder);
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    await call(this.script, 'kill', this.folder);
  }
}

const call = async (script: string, command: string, folder: string): Promise<string> => {
  const { stdout } = await run(script, [command, folder], { timeout: START_MAX_MS });
  return stdout.trim();
};
