import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { effects } from '../../application/index.js';
import type { Ledger } from '../../application/kernel/ledger.js';
import type { Position } from '../../domain/kernel/envelope.js';
import { checkpointIn } from '../../infrastructure/leases/fenced.js';
import { openEventStoreLedger } from '../../infrastructure/ledger/eventstoredb.js';
import { SHOWN } from '../../infrastructure/read-models/announcing.js';
import { openMongoReadModels } from '../../infrastructure/read-models/mongodb.js';
import { Stack, type StackOptions } from '../../ops/stack/stack.js';
import type { ReadModels } from '../../projections/kernel/read-models.js';
import { Subject } from './subject.js';

const ROOT = join(import.meta.dirname, '../..');
const FOLLOWERS = [SHOWN, 'worker:reactions', 'worker:timers', ...effects.map(({ name }) => `worker:${name}`)];

/** The distributed system, of the servers that the environment names, or of its own where it names none. */
export class Stacked extends Subject {
  private stopped = false;

  private constructor(
    readonly stack: Stack,
    readonly ledger: Ledger,
    readonly readModels: ReadModels,
  ) {
    super();
  }

  static async open(options: Partial<StackOptions> = {}): Promise<Stacked> {
    execFileSync(process.execPath, ['ops/build.mjs'], { cwd: ROOT });
    const { EVENTSTORE_URL, MONGODB_URL, KAFKA_BROKERS, REDIS_URL } = process.env;
    const running = { EVENTSTORE_URL, MONGODB_URL, KAFKA_BROKERS, REDIS_URL };
    const folder = mkdtempSync(join(tmpdir(), 'healthstack-'));
    const stack = await Stack.start({ folder, running, withKafka: KAFKA_BROKERS !== undefined, ...options });
    const ledger = await openEventStoreLedger({ url: stack.settings.LEDGER_URL! });
    return new Stacked(stack, ledger, await openMongoReadModels({ url: stack.settings.READ_MODELS_URL! }));
  }

  get url(): string {
    return this.stack.url;
  }

  get folder(): string {
    return this.stack.folder;
  }

  get printed(): string {
    const logs = join(this.folder, 'logs');
    return readdirSync(logs)
      .map((name) => readFileSync(join(logs, name), 'utf8'))
      .join('\n');
  }

  async invitation(): Promise<string> {
    const program = join(ROOT, 'dist/ops/first-administrator.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program], { env: { ...this.stack.settings } });
    return stdout.trim();
  }

  /** Until everybody who follows the ledger is at its end, and nothing came of that. */
  async settled(maxMs = 60_000): Promise<void> {
    const from = Date.now();
    for (let before: Position | undefined; ;) {
      const last = await this.last();
      if (last === undefined || (last === before && (await this.allAt(last)))) return;
      before = last;
      await this.reached(last, maxMs - (Date.now() - from));
    }
  }

  /** Until everybody who follows the ledger has come to a position. Throws, saying who has not. */
  async reached(position: Position, maxMs: number): Promise<void> {
    for (const from = Date.now(); !(await this.allAt(position)); await sleep(20))
      if (Date.now() - from > maxMs) throw new Error(`Not at ${position} in time: ${await this.behind(position)}.`);
  }

  /** The position of the last event. */
  async last(): Promise<Position | undefined> {
    const [last] = await this.ledger.readAll({ direction: 'backwards', maxCount: 1 });
    return last?.position;
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.ledger.close();
    await this.readModels.close();
    await this.stack.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    if (!process.env.KEEP) rmSync(this.folder, { recursive: true, force: true });
  }

  private async behind(position: Position): Promise<string> {
    const at = await Promise.all(FOLLOWERS.map((name) => checkpointIn(this.readModels, name)));
    const late = FOLLOWERS.flatMap((name, i) =>
      this.ledger.compare(at[i] ?? '0', position) < 0 ? [`${name} at ${at[i]}`] : [],
    );
    return late.join(', ');
  }

  private async allAt(position: Position): Promise<boolean> {
    return (await this.behind(position)) === '';
  }
}
