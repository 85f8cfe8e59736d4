import type { AllStreamSubscription, StreamSubscription } from '@eventstore/db-client';
import type { LedgerEvent, SubscriptionMessage } from '../../../application/kernel/ledger.js';
import type { Position } from '../../../domain/kernel/envelope.js';
import { ledgerEvent } from './events.js';

/** How many full messages the client may hold back: one to take, one that comes meanwhile. */
export const BATCHES_HELD = 2;

/** What the client's subscription says between events, and how many events were said before it. */
interface Remark {
  readonly after: number;
  readonly checkpoint?: Position;
}

/**
 * One call to the store, read at the consumer's pace. The client tells checkpoints and `caughtUp` ahead of the events
 * it still holds back, so they wait here until those were taken.
 */
export class Feed {
  private readonly remarks: Remark[] = [];
  private taken = 0;
  private error: Error | undefined;
  private over = false;
  private isLive = false;
  private resume: (() => void) | undefined;
  private readonly unconfirmed: NodeJS.Timeout;

  constructor(
    private readonly subscription: AllStreamSubscription | StreamSubscription,
    private readonly isShown: (event: LedgerEvent) => boolean,
    { deadlineMs, late }: { deadlineMs: number; late: () => Error },
  ) {
    this.unconfirmed = setTimeout(() => this.end(late()), deadlineMs);
    subscription.once('confirmation', () => clearTimeout(this.unconfirmed));
    subscription.on('caughtUp', () => {
      this.isLive = true;
      this.remark({ after: this.said() });
    });
    subscription.on('readable', () => this.wake());
    subscription.on('end', () => this.end());
    subscription.on('error', (error: Error) => this.end(error));
  }

  /** A checkpoint of the client's, which comes without the events before it. */
  checkpoint(position: Position): void {
    const last = this.remarks.at(-1);
    const after = this.said();
    // Of checkpoints with nothing between them the last one says all.
    if (last?.checkpoint !== undefined && last.after === after) this.remarks.pop();
    this.remark({ after, checkpoint: position });
  }

  /** The next message, if there is one now. */
  take(batchMax: number): SubscriptionMessage | undefined {
    const events: LedgerEvent[] = [];
    const { after = Infinity } = this.remarks[0] ?? {};
    while (events.length < batchMax && this.taken < after) {
      const resolved = this.subscription.read() as Parameters<typeof ledgerEvent>[0] | null;
      if (!resolved) break;
      this.taken++;
      const event = ledgerEvent(resolved);
      if (event && this.isShown(event)) events.push(event);
    }
    if (events.length > 0) return { kind: 'events', events };
    if (this.taken < after) return undefined;
    const { checkpoint } = this.remarks.shift()!;
    return checkpoint === undefined ? { kind: 'caughtUp' } : { kind: 'checkpoint', position: checkpoint };
  }

  /**
   * Waits until there may be a message. Events arrive one by one, and a message of many costs its consumer little more
   * than a message of one: so they are left to gather while more come, behind the end by the millisecond, at the end by
   * the turn of the event loop.
   *
   * @returns false when the call has ended.
   * @throws what ended it.
   */
  async more(): Promise<boolean> {
    if (!this.over && this.subscription.readableLength === 0 && this.remarks.length === 0)
      await new Promise<void>((resolve) => (this.resume = resolve));
    const { subscription } = this;
    for (let before = 0; before < subscription.readableLength && !this.over; await this.turn()) {
      before = subscription.readableLength;
      if (before >= subscription.readableHighWaterMark / BATCHES_HELD) break;
    }
    if (this.subscription.readableLength > 0 || this.remarks.length > 0) return true;
    if (this.error) throw this.error;
    return !this.over;
  }

  /** Ends the call. */
  close(): void {
    this.end();
    void this.subscription.unsubscribe().catch(() => undefined);
  }

  private turn(): Promise<void> {
    return new Promise((resolve) => (this.isLive ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }

  private said(): number {
    return this.taken + this.subscription.readableLength;
  }

  private remark(remark: Remark): void {
    this.remarks.push(remark);
    this.wake();
  }

  private end(error?: Error): void {
    if (this.over) return;
    this.over = true;
    this.error = error;
    clearTimeout(this.unconfirmed);
    this.wake();
  }

  private wake(): void {
    const { resume } = this;
    this.resume = undefined;
    resume?.();
  }
}
