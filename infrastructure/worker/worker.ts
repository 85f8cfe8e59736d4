import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../application/kernel/ledger.js';
import type { Clock, World } from '../../application/kernel/ports.js';
import type { Effect, Outgoing, Reaction, Timer } from '../../application/kernel/reaction.js';
import type { Position } from '../../domain/kernel/envelope.js';
import type { ReadModels } from '../../projections/kernel/read-models.js';
import { reasonOf, RETRY, type Retry, untilDone, within } from './attempt.js';
import { Crew, type Member, seen } from './crew.js';
import type { Logger } from './follower.js';
import { PARKED, type Parked, Parking } from './parking.js';
import { type Bus, commandIdOf, REFUSED, type Refused, Sender } from './sender.js';
import { DUE, type DueTimer, Timers } from './timers.js';

export interface WorkerOptions {
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly bus: Bus;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly reactions: readonly Reaction<any>[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly effects: readonly Effect<any>[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly timers: readonly Timer<any>[];
  readonly world: World;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retry?: Retry;
  /** Whether this is still the one worker that touches the outside; without it there is no other. */
  readonly isHeld?: () => boolean;
}

/** How far one part of the worker has come. */
export interface Progress {
  readonly name: string;
  /** Everything at or before it is dealt with. */
  readonly position: Position | undefined;
  readonly caughtUp: boolean;
  /** Why it stands still, where it does. */
  readonly failure?: string;
}

const REACTIONS_AT_ONCE_MAX = 32;
const EFFECTS_AT_ONCE_MAX = 4;
const EFFECT_MAX_MS = 60_000;
const POLL_MS = 1_000;
const PARKED_RETRY_MS = 5 * 60_000;
const STOP_MAX_MS = 1_500;
/** A reaction's event may be reacted to, and so on; nothing reasonable goes on longer. */
const CHAIN_MAX = 8;

/**
 * Does what has to happen because something happened: sends the commands of reactions, runs effects, fires timers.
 * Everything it sends has an id that follows from its cause, so whatever comes again after a crash changes nothing.
 * Each effect has a checkpoint of its own: a slow one holds nobody up.
 */
export class Worker {
  private readonly stopping = new AbortController();
  private crews: Crew[] = [];
  private timers!: Timers;
  private parking: Parking | undefined;
  private running: Promise<unknown>[] = [];

  constructor(private readonly options: WorkerOptions) {
    const names = [...options.reactions, ...options.effects, ...options.timers].map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new Error(`Two reactions, effects or timers are named ${twice}.`);
  }

  async start(): Promise<void> {
    const { readModels, bus, reactions, effects, timers, retry = RETRY } = this.options;
    const { signal } = this.stopping;
    const parking = await Parking.open(await readModels.open<Parked>(PARKED));
    this.parking = parking;
    const sender = new Sender(bus, await readModels.open<Refused>(REFUSED), retry);
    this.timers = new Timers({ ...this.options, timers, sender, signal, due: await readModels.open<DueTimer>(DUE) });

    const crew = (name: string, members: readonly Member[], inFlightMax: number) =>
      new Crew({ ...this.options, name, members, inFlightMax, parking, retry, signal });
    this.crews = [
      crew(
        'worker:reactions',
        reactions.map((r) => this.reacting(r, sender)),
        REACTIONS_AT_ONCE_MAX,
      ),
      crew('worker:timers', this.timers.members(), REACTIONS_AT_ONCE_MAX),
      ...effects.map((e) => crew(`worker:${e.name}`, [this.effecting(e, sender, retry)], EFFECTS_AT_ONCE_MAX)),
    ];
    signal.addEventListener('abort', () => this.timers.interrupt());
    this.running = [...this.crews.map((each) => each.run()), this.fireInTime(), this.retryNowAndThen()];
    // A part that ends early says so in its status; `stop` waits for all of them.
    for (const part of this.running) part.catch(() => undefined);
  }

  /** Ends taking, lets what is in flight finish for a moment; what did not finish is done again by the next start. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await within(STOP_MAX_MS, Promise.allSettled(this.running)).catch(() =>
      this.options.logger.warn({}, 'Some work did not end in time and will be done again.'),
    );
  }

  /** Resolves when everything that happened has been dealt with, what is due has been fired, and so on to the end. */
  async drain(): Promise<void> {
    for (;;) {
      const last = await this.lastPosition();
      if (last !== undefined) await this.whenSeen(this.crews, last);
      const fired = await this.timers.fireDue(() => this.settled());
      if (fired === 0 && (await this.lastPosition()) === last) return;
    }
  }

  status(): { readonly parts: readonly Progress[]; readonly parked: readonly { by: string; stream: string }[] } {
    const parts = this.crews.map(({ follower: { name, seen: position, caughtUp, failure } }) => ({
      name,
      position,
      caughtUp,
      ...(failure && { failure: failure.name }),
    }));
    return { parts, parked: this.parking?.all() ?? [] };
  }

  /** Tries again what was parked. Done by itself at the start and every few minutes. */
  async retryParked(): Promise<void> {
    for (const { by, stream } of this.parking?.all() ?? [])
      for (const crew of this.crews) await crew.retryParked(by, stream);
    await this.timers.retryParked();
  }

  private reacting(reaction: Reaction, sender: Sender): Member {
    const { name, from } = reaction;
    return {
      name,
      from,
      plan: (event) => {
        const outgoing = reaction.on[event.type]!(seen(from, event));
        return {
          targets: outgoing.map(({ command, id }) => `${command.name} ${id}`),
          run: () => sender.send(name, event, outgoing, commandIdOf(name, event.id), this.stopping.signal),
        };
      },
    };
  }

  private effecting(effect: Effect, sender: Sender, retry: Retry): Member {
    const { name, from } = effect;
    const { signal } = this.stopping;
    return {
      name,
      from,
      plan: (event) => {
        const cause = seen(from, event);
        const touch = (): Promise<readonly Outgoing[]> => {
          // After a pause another worker may do the same by now.
          if (this.options.isHeld?.() === false) this.stopping.abort();
          signal.throwIfAborted();
          return within(EFFECT_MAX_MS, effect.on[event.type]!(cause, this.options.world));
        };
        return {
          targets: [],
          run: async () => {
            const outgoing = await untilDone(touch, retry, signal);
            await sender.send(name, event, outgoing, commandIdOf(name, event.id), signal);
          },
        };
      },
    };
  }

  private async fireInTime(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.timers.fireDue(() => this.settled());
        if (!signal.aborted) await this.timers.untilNext(POLL_MS);
      } catch (error) {
        await this.waitAfter(error, POLL_MS);
      }
    }
  }

  private async retryNowAndThen(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.retryParked();
        await sleep(PARKED_RETRY_MS, undefined, { signal });
      } catch (error) {
        await this.waitAfter(error, PARKED_RETRY_MS);
      }
    }
  }

  private async waitAfter(error: unknown, ms: number): Promise<void> {
    const { signal } = this.stopping;
    if (signal.aborted) return;
    this.options.logger.warn({ reason: reasonOf(error) }, 'The worker will try again.');
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  /** Waits until all that happened was reacted to, and what came of that as well. Effects are not waited for. */
  private async settled(): Promise<void> {
    const [reactions, timers] = this.crews;
    for (let link = 1; link <= CHAIN_MAX; link++) {
      const last = await this.lastPosition();
      if (last === undefined || !(await this.whenSeen([reactions!, timers!], last))) return;
    }
  }

  /** False when it was seen already. */
  private async whenSeen(crews: readonly Crew[], position: Position): Promise<boolean> {
    const waited = await Promise.all(crews.map(({ follower }) => follower.whenSeen(position, this.stopping.signal)));
    return waited.includes(true);
  }

  private async lastPosition(): Promise<Position | undefined> {
    const [last] = await this.options.ledger.readAll({ direction: 'backwards', maxCount: 1 });
    return last?.position;
  }
}
