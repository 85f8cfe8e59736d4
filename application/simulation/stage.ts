import type { Type } from '@nestjs/common';
import type { Command } from '@nestjs/cqrs';
import { v5 as uuidv5 } from 'uuid';
import type { AnyDecider, CommandOf } from '../../domain/kernel/decider.js';
import type { Actor } from '../../domain/kernel/envelope.js';
import { Rejection } from '../../domain/kernel/rejection.js';
import type { Doors } from '../doors.js';
import type { PaymentGateway } from '../kernel/gateway.js';
import type { DomainCommand } from '../kernel/handle.js';
import type { Clock, Load } from '../kernel/ports.js';
import type { Accepted, Caller } from '../kernel/transact.js';
import { Random } from './random.js';

/** A clock that stands still until it is moved. */
export class SimulatedClock implements Clock {
  constructor(private at: string) {}

  now(): string {
    return this.at;
  }

  moveTo(at: string): void {
    if (at < this.at) throw new RangeError('Time does not go back.');
    this.at = at;
  }
}

/** What payers do on the gateway's page; gives the form that their browser brings back. */
export interface PayPage {
  decide(
    sessionKey: string,
    outcome: 'pay' | 'payRisky' | 'fail' | 'cancel',
  ): Promise<{ readonly form: Readonly<Record<string, unknown>> } | undefined>;
}

/** What a simulation needs of an open system, whose clock is its own. */
export interface SimulatedSystem {
  readonly bus: { execute(command: Command<Accepted>): Promise<Accepted> };
  readonly doors: Doors;
  readonly load: Load;
  readonly clock: SimulatedClock;
  readonly gateway: PaymentGateway & PayPage;
  /** Resolves when everything that happened has been dealt with, and what is due has been done. */
  readonly settle: () => Promise<void>;
}

/** Something that somebody does at a moment. */
export type Act = (now: Moment) => Promise<void>;

interface Planned {
  readonly at: number;
  readonly key: string;
  readonly act: Act;
}

const MINUTE_MS = 60_000;
/** What is planned within one step happens one after another; then everything is waited for, and time goes on. */
const STEP_MS = 30 * MINUTE_MS;
const ID_NAMESPACE = '5a3d2c1e-8b7f-4e6a-9c0d-1f2e3d4c5b6a';

/**
 * Time and the people in it. Plans are carried out in the order of their moments; each has a key of its own, from which
 * its ids and its chance derive, so that one more patient does not change what happens to the others. The clock stands
 * while something happens: what reactions record has the same moment in each run.
 */
export class Stage {
  /** How often the rules said no, by the code of the rejection. */
  readonly refused = new Map<string, number>();
  private readonly steps = new Map<number, Planned[]>();
  private readonly ids: string;
  private readonly random: Random;

  constructor(
    readonly system: SimulatedSystem,
    seed: string,
  ) {
    this.ids = uuidv5(`seed ${seed}`, ID_NAMESPACE);
    this.random = Random.of(seed);
  }

  get load(): Load {
    return this.system.load;
  }

  /** The same name is the same id, for one seed. */
  id(name: string): string {
    return uuidv5(name, this.ids);
  }

  chance(name: string): Random {
    return this.random.fork(name);
  }

  /** Plans an act. `key` is like no other's. */
  plan(at: number, key: string, act: Act): void {
    const step = Math.ceil(at / STEP_MS) * STEP_MS;
    const planned = this.steps.get(step) ?? [];
    planned.push({ at, key, act });
    this.steps.set(step, planned);
  }

  /** Carries out what is planned up to a moment, and leaves the clock there. */
  async run(until: number): Promise<void> {
    const { system } = this;
    for (let step = this.next(); step !== undefined && step <= until; step = this.next()) {
      await this.moveTo(step);
      const due = this.steps.get(step)!.toSorted((a, b) => a.at - b.at);
      this.steps.delete(step);
      for (const planned of due) await this.carryOut(planned);
      await system.settle();
    }
    await this.moveTo(until);
  }

  /** Lets time pass without anybody doing anything; what was planned is given up. */
  async end(at: number): Promise<void> {
    this.steps.clear();
    await this.moveTo(at);
  }

  private async moveTo(at: number): Promise<void> {
    const now = new Date(at).toISOString();
    if (now <= this.system.clock.now()) return;
    this.system.clock.moveTo(now);
    await this.system.settle();
  }

  private next(): number | undefined {
    return this.steps.size === 0 ? undefined : Math.min(...this.steps.keys());
  }

  private async carryOut({ at, key, act }: Planned): Promise<void> {
    try {
      await act(new Moment(this, at, key));
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.refused.set(error.code, (this.refused.get(error.code) ?? 0) + 1);
    }
  }
}

/** The moment of an act, and what can be done in it. */
export class Moment {
  /** An Instant. */
  readonly at: string;
  readonly random: Random;
  private sent = 0;
  private planned = 0;

  constructor(
    readonly stage: Stage,
    private readonly ms: number,
    private readonly key: string,
  ) {
    this.at = new Date(ms).toISOString();
    this.random = stage.chance(key);
  }

  get load(): Load {
    return this.stage.load;
  }

  /** A new thing's id. */
  id(kind: string): string {
    return this.stage.id(`${this.key} ${kind}`);
  }

  /** What follows in so many minutes. */
  after(minutes: number, act: Act): void {
    this.on(this.ms + minutes * MINUTE_MS, act);
  }

  /** What follows at a moment, or at once where it has passed. */
  on(at: number, act: Act): void {
    this.stage.plan(Math.max(at, this.ms + 1), `${this.key}.${++this.planned}`, act);
  }

  /** Sends a command as somebody; gives the id of the command with what it answers. Throws a Rejection. */
  async send<D extends AnyDecider>(
    actor: Actor,
    Sent: Type<DomainCommand<D>>,
    id: string,
    message: CommandOf<D['commands']>,
  ): Promise<Accepted & { readonly commandId: string }> {
    const caller = this.caller(actor);
    const accepted = await this.stage.system.bus.execute(new Sent({ id, message, caller }));
    return { ...accepted, commandId: caller.commandId };
  }

  /** As whom and when a command is sent. All that comes of one plan has the same correlation id. */
  caller(actor: Actor): Caller {
    const commandId = this.id(`command ${++this.sent}`);
    const correlationId = this.stage.id(this.key.split('.', 1)[0]!);
    return { actor, commandId, correlationId, causationId: commandId, purpose: purposeOf(actor), at: this.at };
  }
}

/** HL7 v3 ActReason: treatment, or the running of a hospital. */
const purposeOf = ({ role }: Actor): string =>
  role === 'patient' || role === 'doctor' || role === 'pharmacist' ? 'TREAT' : 'HOPERAT';
