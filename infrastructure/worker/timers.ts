import { v5 as uuidv5 } from 'uuid';
import type { Ledger, LedgerEvent } from '../../application/kernel/ledger.js';
import type { Clock } from '../../application/kernel/ports.js';
import type { Due, Timer } from '../../application/kernel/reaction.js';
import { comparePositions } from '../../domain/kernel/envelope.js';
import type { Collection, CollectionSpec, Found } from '../../projections/kernel/read-models.js';
import { reasonOf } from './attempt.js';
import { type Member, seen, type Task } from './crew.js';
import type { Logger } from './follower.js';
import type { Sender } from './sender.js';

/**
 * Something to be done at a moment. Only the event that asked for it is named: what to send is asked of the timer when
 * it fires, so that no command's data lie here, and an upcast or a mended timer counts for what is outstanding too.
 */
export interface DueTimer {
  readonly timer: string;
  readonly key: string;
  /** An Instant. */
  readonly at: string;
  /** `parked`: firing failed again and again. */
  readonly status: 'due' | 'parked';
  readonly stream: string;
  readonly revision: number;
  readonly reason?: string;
}

export const DUE: CollectionSpec = { name: 'dueTimers', version: 1, indexes: { due: ['status', 'at'] } };

const FIRE_PAGE = 100;
const WRITES_MAX = 10;
/** Firings of one timer for one moment are the same commands, whoever fires and how often. */
const NAMESPACE = '6f1d3a52-6f0c-5c0e-9a5b-0d9a7a0c1e11';

export interface TimersOptions {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly timers: readonly Timer<any>[];
  readonly due: Collection<DueTimer>;
  readonly ledger: Ledger;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Keeps what is due and sends it when the time has come. A fired timer is removed; its place is kept. */
export class Timers {
  private readonly byName: ReadonlyMap<string, Timer>;
  private firing: Promise<unknown> = Promise.resolve();
  private wake: () => void = () => undefined;

  constructor(private readonly options: TimersOptions) {
    this.byName = new Map(options.timers.map((timer) => [timer.name, timer]));
  }

  /** The part that follows the ledger. */
  members(): Member[] {
    return this.options.timers.map((timer) => ({
      name: timer.name,
      from: timer.from,
      plan: (event) => this.intake(timer, event),
    }));
  }

  /**
   * Fires what is due, in order of time, until nothing is; gives how many. `settled` resolves when everything that
   * happened has been reacted to: what came due while nobody ran is judged knowing all that happened meanwhile.
   */
  fireDue(settled: () => Promise<void>): Promise<number> {
    const turn = this.firing.then(async () => {
      let fired = 0;
      for (let prepared = false; !this.options.signal.aborted; prepared = true) {
        const { items } = await this.due(FIRE_PAGE);
        if (items.length === 0) break;
        if (!prepared) await settled();
        else {
          for (const found of items) await this.fire(found);
          fired += items.length;
        }
      }
      return fired;
    });
    this.firing = turn.catch(() => undefined);
    return turn;
  }

  /** Milliseconds until the next timer, at most `longestMs`; ends early when a timer arrives. */
  async untilNext(longestMs: number): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    const { items } = await this.options.due.query({ index: 'due', equal: { status: 'due' }, limit: 1 });
    const inMs = items[0] ? Date.parse(items[0].doc.at) - Date.parse(this.options.clock.now()) : longestMs;
    let timeout: NodeJS.Timeout | undefined;
    const passed = new Promise<void>((resolve) => {
      timeout = setTimeout(resolve, Math.max(1, Math.min(longestMs, inMs)));
    });
    await Promise.race([woken, passed]);
    clearTimeout(timeout);
  }

  /** Ends `untilNext`. */
  interrupt(): void {
    this.wake();
  }

  /** Puts back what could not be fired, to be tried again. */
  async retryParked(): Promise<void> {
    const { due } = this.options;
    const { items } = await due.query({ index: 'due', equal: { status: 'parked' }, limit: FIRE_PAGE });
    await due.write(
      items.map(({ key, at, doc }) => ({ key, expected: at, at, doc: { ...doc, status: 'due' as const } })),
    );
    if (items.length > 0) this.wake();
  }

  private intake(timer: Timer, event: LedgerEvent): Task {
    const byKey = new Map(duesOf(timer, event).map((due) => [`${timer.name}/${due.key}`, due]));
    return {
      targets: [...byKey.keys()],
      run: async () => {
        for (const [docKey, { key, at }] of byKey) {
          const { stream, revision } = event;
          await this.set(docKey, event, at && { timer: timer.name, key, at, status: 'due', stream, revision });
        }
        this.wake();
      },
    };
  }

  /** A document at or after the event's position has seen it already. */
  private async set(key: string, event: LedgerEvent, doc: DueTimer | null | ''): Promise<void> {
    const { due } = this.options;
    for (let write = 1; write <= WRITES_MAX; write++) {
      const held = (await due.load([key])).get(key);
      if (held && comparePositions(held.at, event.position) >= 0) return;
      const lost = await due.write([{ key, expected: held?.at, at: event.position, doc: doc || null }]);
      if (lost.length === 0) return;
    }
    throw new Error('A timer is being set by too many at once.');
  }

  private due(limit: number) {
    const { due, clock } = this.options;
    const to = new Date(Date.parse(clock.now()) + 1).toISOString();
    return due.query({ index: 'due', equal: { status: 'due' }, range: { to }, order: 'ascending', limit });
  }

  private async fire({ key, doc, at }: Found<DueTimer>): Promise<void> {
    const { due, ledger, sender, signal, logger } = this.options;
    let next: DueTimer | null = null;
    try {
      const timer = this.byName.get(doc.timer);
      if (!timer) throw new UnknownTimer();
      const [cause] = await ledger.readStream(doc.stream, { from: doc.revision, maxCount: 1 });
      const wanted = duesOf(timer, cause!).findLast((asked) => asked.key === doc.key && asked.at === doc.at);
      const commandId = (index: number) => uuidv5(`${key}/${doc.at}/${index}`, NAMESPACE);
      await sender.send(doc.timer, cause!, wanted?.outgoing ?? [], commandId, signal);
    } catch (error) {
      signal.throwIfAborted();
      const reason = reasonOf(error);
      logger.error({ by: doc.timer, stream: doc.stream, reason }, 'A timer was parked.');
      next = { ...doc, status: 'parked', reason };
    }
    // Moved or taken back meanwhile: then it is no longer at this position and stays as it is.
    await due.write([{ key, expected: at, at, doc: next }]);
  }
}

const duesOf = (timer: Timer, event: LedgerEvent): readonly Due[] =>
  timer.on[event.type]!(seen(timer.from, event)).map((due) => ({
    ...due,
    at: due.at === null ? null : new Date(due.at).toISOString(),
  }));

class UnknownTimer extends Error {
  override readonly name = 'UnknownTimer';
}
