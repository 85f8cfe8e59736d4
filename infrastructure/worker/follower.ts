import { setTimeout as sleep } from 'node:timers/promises';
import { CheckpointAhead, type Ledger, type LedgerEvent } from '../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import type { ReadModels } from '../../projections/kernel/read-models.js';

/** Where the worker tells what happened. Fields hold ids and codes only. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface FollowerOptions {
  /** The name of its checkpoint; never changed. */
  readonly name: string;
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly logger: Logger;
  /** How many events may be dealt with at once. */
  readonly inFlightMax: number;
  /** Deals with one event; undefined when there is nothing to do. Rejects only when it was interrupted. */
  readonly handle: (event: LedgerEvent) => Promise<void> | undefined;
}

/** Steps that may wait behind an unfinished one before no more is read. */
const STEPS_MAX = 10_000;
const SAVE_EVERY_MS = 50;
const RESUBSCRIBE_MS = 1_000;

/**
 * Reads the ledger from a saved checkpoint and hands on each event, several at a time. The checkpoint never passes an
 * event that is not finished; so after a crash some come again, and none is left out.
 */
export class Follower {
  /** Everything at or before this position is finished. */
  seen: Position | undefined;
  caughtUp = false;
  /** Why it stands still, where it does: a checkpoint beyond the ledger's head. */
  failure: Error | undefined;

  private readonly steps: { readonly position: Position; done: boolean }[] = [];
  private inFlight = 0;
  private saved: Position | undefined;
  private saving: Promise<void> | undefined;
  private signal = AbortSignal.abort();
  private waiting: (() => void)[] = [];

  constructor(private readonly options: FollowerOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** Runs until the signal. Subscribes again after a failure of the subscription, from what is finished. */
  async run(signal: AbortSignal): Promise<void> {
    const { name, readModels, logger } = this.options;
    this.signal = signal;
    signal.addEventListener('abort', () => this.wake(), { once: true });
    this.seen = this.saved = await readModels.checkpoint(name);
    while (!signal.aborted) {
      try {
        await this.follow(signal);
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof CheckpointAhead) {
          this.failure = error;
          this.wake();
          logger.error({ follower: name }, 'The checkpoint lies beyond the ledger: was an older backup restored?');
          return;
        }
        logger.warn({ follower: name, error: (error as Error).name }, 'Lost the ledger; subscribing again.');
        await sleep(RESUBSCRIBE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    await this.idle(() => this.inFlight === 0);
    await this.flush();
  }

  /** Resolves when everything at or before the position is finished, with whether that had to be waited for. */
  async whenSeen(position: Position, signal: AbortSignal): Promise<boolean> {
    // Before it has caught up, the checkpoint may turn out to lie beyond the ledger's head.
    const seen = () => this.caughtUp && this.failure === undefined && comparePositions(this.seen ?? '0', position) >= 0;
    if (seen()) return false;
    await this.idle(() => signal.aborted || seen());
    return true;
  }

  /** Saves the checkpoint now. */
  async flush(): Promise<void> {
    await this.saving;
    const position = this.seen;
    if (position === undefined || position === this.saved) return;
    await this.options.readModels.saveCheckpoint(this.options.name, position);
    this.saved = position;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    // What was in flight when the last subscription broke is finished first, or it would run beside its repetition.
    await this.idle(() => this.inFlight === 0);
    this.steps.length = 0;
    const after = this.seen;
    const subscription = this.options.ledger.subscribe(after === undefined ? {} : { after });
    const cancel = () => subscription.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of subscription) {
        if (message.kind === 'events') for (const event of message.events) await this.take(event, signal);
        else if (message.kind === 'checkpoint') this.finish(message.position);
        else {
          this.caughtUp = true;
          this.wake();
        }
        if (signal.aborted) return;
      }
    } finally {
      signal.removeEventListener('abort', cancel);
      subscription.cancel();
    }
  }

  private async take(event: LedgerEvent, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const work = this.options.handle(event);
    if (!work) return this.finish(event.position);
    const step = { position: event.position, done: false };
    this.steps.push(step);
    this.inFlight++;
    const ended = (done: boolean) => {
      this.inFlight--;
      step.done = done;
      this.advance();
    };
    work.then(
      () => ended(true),
      () => ended(false),
    );
    await this.idle(
      () => signal.aborted || (this.inFlight < this.options.inFlightMax && this.steps.length < STEPS_MAX),
    );
  }

  private finish(position: Position): void {
    this.steps.push({ position, done: true });
    this.advance();
  }

  private advance(): void {
    const unfinished = this.steps.findIndex(({ done }) => !done);
    const finished = this.steps.splice(0, unfinished < 0 ? this.steps.length : unfinished).at(-1);
    if (finished) {
      this.seen = finished.position;
      this.saving ??= this.saveSoon();
    }
    this.wake();
  }

  /** Saving lags on purpose: what comes again after a crash changes nothing, and one write serves many events. */
  private async saveSoon(): Promise<void> {
    const { name, readModels, logger } = this.options;
    let pauseMs = SAVE_EVERY_MS;
    do {
      await sleep(pauseMs, undefined, { ref: false, signal: this.signal }).catch(() => undefined);
      const position = this.seen!;
      try {
        await readModels.saveCheckpoint(name, position);
        this.saved = position;
        pauseMs = SAVE_EVERY_MS;
      } catch (error) {
        logger.warn({ follower: name, error: (error as Error).name }, 'Could not save the checkpoint.');
        pauseMs = RESUBSCRIBE_MS;
      }
      // What was finished meanwhile is saved as well, though nothing may happen any more.
    } while (this.seen !== this.saved && !this.signal.aborted);
    this.saving = undefined;
  }

  private async idle(ready: () => boolean): Promise<void> {
    while (!ready()) {
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }
}
