import type { Clock } from '../../application/kernel/ports.js';
import type { Ledger, LedgerEvent } from '../../application/kernel/ledger.js';
import type { Meta } from '../../domain/kernel/envelope.js';
import { decode, type Events, type Seen } from '../../domain/kernel/event.js';
import type { ReadModels } from '../../projections/kernel/read-models.js';
import { reasonOf, type Retry, untilDone } from './attempt.js';
import { Follower, type Logger } from './follower.js';
import { Lanes } from './lanes.js';
import { type Parking, WAITING } from './parking.js';

/** One event's work for one reaction, effect or timer. */
export interface Task {
  /** What it will change: tasks that share a target keep the order of their events. */
  readonly targets: readonly string[];
  readonly run: () => Promise<void>;
}

/** A reaction, an effect or a timer, as a crew sees it. */
export interface Member {
  readonly name: string;
  readonly from: Events;
  readonly plan: (event: LedgerEvent) => Task;
}

export interface CrewOptions {
  /** Also the name of its checkpoint. Never changed. */
  readonly name: string;
  readonly members: readonly Member[];
  readonly inFlightMax: number;
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly parking: Parking;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retry: Retry;
  readonly signal: AbortSignal;
}

/** Members that follow the ledger together, under one checkpoint: what one of them cannot do does not stop the others. */
export class Crew {
  readonly follower: Follower;
  private readonly lanes = new Lanes();
  private readonly byType = new Map<string, Member[]>();
  private readonly byName: ReadonlyMap<string, Member>;

  constructor(private readonly options: CrewOptions) {
    this.byName = new Map(options.members.map((member) => [member.name, member]));
    for (const member of options.members)
      for (const type of Object.keys(member.from)) this.byType.set(type, [...(this.byType.get(type) ?? []), member]);
    this.follower = new Follower({ ...options, handle: (event) => this.handle(event) });
  }

  run(): Promise<void> {
    return this.follower.run(this.options.signal);
  }

  /** Tries again what was parked in a stream, in order, up to the first that still fails. */
  async retryParked(by: string, stream: string): Promise<void> {
    const member = this.byName.get(by);
    if (!member) return;
    const { ledger, parking } = this.options;
    await this.lanes.run([stream], async () => {
      for (;;) {
        const parked = await parking.first(by, stream);
        if (!parked) return;
        const [event] = await ledger.readStream(stream, { from: parked.revision, maxCount: 1 });
        if (!event) return;
        if (!(await this.attempt(by, event, planned(member, event).run))) return;
        await parking.remove(by, event);
      }
    });
  }

  private handle(event: LedgerEvent): Promise<void> | undefined {
    const members = this.byType.get(event.type);
    // What was taken over from another system is history: what had to follow from it followed there.
    if (!members || (event.metadata as Meta).source) return undefined;
    const tasks = members.map((member) => ({ by: member.name, ...planned(member, event) }));
    return this.lanes.run([event.stream, ...tasks.flatMap(({ targets }) => targets)], async () => {
      for (const { by, run } of tasks) {
        if (this.options.parking.blocks(by, event.stream)) await this.park(by, event, WAITING);
        else await this.attempt(by, event, run);
      }
    });
  }

  private async attempt(by: string, event: LedgerEvent, run: () => Promise<void>): Promise<boolean> {
    const { signal, logger, retry } = this.options;
    signal.throwIfAborted();
    try {
      // Trouble of a store is waited out; whatever else is to be tried again does so itself.
      await untilDone(run, { ...retry, attemptsMax: 1 }, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const reason = reasonOf(error);
      logger.error({ by, stream: event.stream, eventId: event.id, type: event.type, reason }, 'Work was parked.');
      await this.park(by, event, reason);
      return false;
    }
  }

  /** Nothing may be passed over unrecorded, so this waits until the read models take it. */
  private park(by: string, event: LedgerEvent, reason: string): Promise<void> {
    const { parking, clock, retry, signal } = this.options;
    const forEver = { ...retry, attemptsMax: Infinity };
    return untilDone(() => parking.park(by, event, reason, clock.now()), forEver, signal);
  }
}

/** Planning may fail as well: an event that does not fit its schema, a mistake in a pure function. */
const planned = (member: Member, event: LedgerEvent): Task => {
  try {
    return member.plan(event);
  } catch (error) {
    const fail = () => {
      throw error;
    };
    return { targets: [], run: async () => fail() };
  }
};

/** An event of the ledger as reactions, effects and timers see it. Throws when its data do not fit. */
export const seen = (from: Events, event: LedgerEvent): Seen<Events, string> => {
  const { id, stream, revision, position, type, data } = event;
  const meta = event.metadata as Meta;
  return { ...decode(from, { type, version: meta.schemaVersion, data })!, id, stream, revision, position, meta };
};
