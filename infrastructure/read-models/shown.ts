import { setTimeout as sleep } from 'node:timers/promises';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import type { Changed, Notice, Notices } from './announcing.js';
import { Waiting } from './waiting.js';

export interface ShownOptions {
  /** How far everything that is shown has come, as a projector wrote it down. */
  readonly read: () => Promise<Position | undefined>;
  /** With them it looks at once when there is something new; without them now and then. */
  readonly notices?: Notices | undefined;
  readonly logger: { warn(fields: object, message: string): void };
}

/** While somebody waits for a position; while somebody listens; with notices only in case one was lost. */
const WAITED_FOR_EVERY_MS = 50;
const LISTENED_EVERY_MS = 500;
const LOST_EVERY_MS = 2_000;

/**
 * How far the read models are that a projector elsewhere writes. What it says is what stands in the store; a notice is
 * only a reason to look. So lost or forged notices cost time or a look, and never a wrong answer.
 */
export class Shown {
  private position: Position | undefined;
  /** Up to where listeners were told. */
  private told: Position | undefined;
  private waiters = 0;
  private readonly waiting = new Waiting();
  private readonly listeners = new Set<(changed: Changed) => void>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly options: ShownOptions) {}

  start(): void {
    this.unsubscribe = this.options.notices?.subscribe((notice) => void this.hear(notice)) ?? this.unsubscribe;
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.unsubscribe();
    this.wake();
    this.waiting.end();
    await this.running;
  }

  /** As far as is known here. */
  applied(): Position | undefined {
    return this.position;
  }

  async waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    if (this.covers(position)) return true;
    this.waiters++;
    this.wake();
    try {
      return await this.waiting.until(() => this.covers(position), timeoutMs);
    } finally {
      this.waiters--;
    }
  }

  onApplied(listener: (changed: Changed) => void): () => void {
    this.listeners.add(listener);
    this.wake();
    return () => this.listeners.delete(listener);
  }

  private covers(position: Position): boolean {
    return this.position !== undefined && comparePositions(this.position, position) >= 0;
  }

  private async hear({ after, position, changed }: Notice): Promise<void> {
    await this.look();
    if (!this.covers(position)) return;
    const whole = after !== null && after === this.told;
    if (this.told !== undefined && comparePositions(position, this.told) <= 0) return;
    this.told = position;
    this.tell(whole ? changed : 'unknown');
  }

  private tell(changed: Changed): void {
    for (const listener of this.listeners) listener(changed);
  }

  private async look(): Promise<void> {
    try {
      const position = await this.options.read();
      if (position === undefined || this.covers(position)) return;
      this.position = position;
      this.waiting.wake();
    } catch (error) {
      this.options.logger.warn({ error: (error as Error).name }, 'How far the read models are is not known.');
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if (this.waiters > 0 || this.listeners.size > 0) {
        const before = this.position;
        await this.look();
        // A notice is on its way, or was lost: the next round tells what it did not.
        const silent = !this.options.notices || before === this.position;
        if (silent && this.position !== undefined && this.told !== this.position) {
          this.told = this.position;
          this.tell('unknown');
        }
      }
      const listened = this.options.notices ? LOST_EVERY_MS : LISTENED_EVERY_MS;
      const everyMs = this.waiters > 0 ? WAITED_FOR_EVERY_MS : listened;
      const woken = new Promise<void>((resolve) => (this.wake = resolve));
      await Promise.race([woken, sleep(everyMs, undefined, { signal }).catch(() => undefined)]);
    }
  }
}
