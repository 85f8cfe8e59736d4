import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease, Leases, Logger } from './leases.js';

/** Something that runs until it is told to stop. */
export interface Runner {
  stop(): Promise<void>;
}

const RESTART_MS = 1_000;

/** Runs something while its lease is ours, and stands by otherwise: of several processes one is at work. */
export class Turns<R extends Runner> {
  /** What runs now; undefined while this process stands by. */
  current: R | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly leases: Leases,
    private readonly name: string,
    private readonly begin: (lease: Lease) => Promise<R>,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Ends what runs, then gives the lease back, so that another process goes on at once. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const lease = await this.leases.acquire(this.name, signal).catch(() => undefined);
      if (!lease) return;
      try {
        this.current = await this.begin(lease);
        await eitherAborted(lease.lost, signal);
      } catch (error) {
        this.logger.warn({ lease: this.name, error: (error as Error).name }, 'It could not begin; trying again.');
        await sleep(RESTART_MS, undefined, { signal }).catch(() => undefined);
      }
      const ended = this.current?.stop();
      this.current = undefined;
      await ended?.catch(() => undefined);
      await lease.release();
    }
  }
}

const eitherAborted = (...signals: readonly AbortSignal[]): Promise<void> =>
  new Promise((resolve) => {
    const any = AbortSignal.any([...signals]);
    if (any.aborted) resolve();
    else any.addEventListener('abort', () => resolve(), { once: true });
  });
