import { v5 as uuidv5 } from 'uuid';
import type { DomainCommand } from '../../application/kernel/handle.js';
import type { LedgerEvent } from '../../application/kernel/ledger.js';
import type { Outgoing } from '../../application/kernel/reaction.js';
import type { Caller } from '../../application/kernel/transact.js';
import { type Meta, placeOf } from '../../domain/kernel/envelope.js';
import type { Collection, CollectionSpec } from '../../projections/kernel/read-models.js';
import { isNo, type Retry, untilDone } from './attempt.js';

/** The command bus, as far as the worker needs it. */
export interface Bus {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  execute(command: DomainCommand<any>): Promise<unknown>;
}

/** A command that a reaction, an effect or a timer sent and the rules refused: a business no, to be looked at. */
export interface Refused {
  readonly by: string;
  readonly command: string;
  readonly target: string;
  readonly code: string;
  readonly causeId: string;
  readonly causeStream: string;
  readonly causeType: string;
  /** When the cause was recorded, an Instant. */
  readonly at: string;
}

export const REFUSED: CollectionSpec = {
  name: 'refusedReactions',
  version: 1,
  indexes: { byTime: ['at'], byName: ['by', 'at'], byCode: ['code', 'at'] },
};

/** Sends what was asked for, under command ids that are the same each time. */
export class Sender {
  constructor(
    private readonly bus: Bus,
    private readonly refused: Collection<Refused>,
    private readonly retry: Retry,
  ) {}

  /**
   * One after another, each until it is done or refused; a refusal is recorded and gone past. Throws when a command
   * fails in any other way again and again.
   */
  async send(
    by: string,
    cause: LedgerEvent,
    outgoing: readonly Outgoing[],
    commandId: (index: number) => string,
    signal: AbortSignal,
  ): Promise<void> {
    const meta = cause.metadata as Meta;
    const trace = placeOf(meta);
    for (const [index, { command: Command, id, message }] of outgoing.entries()) {
      const caller: Caller = {
        actor: { id: by, role: 'system' },
        commandId: commandId(index),
        correlationId: meta.$correlationId,
        causationId: cause.id,
        purpose: meta.purpose,
        ...(trace && { trace }),
      };
      try {
        await untilDone(() => this.bus.execute(new Command({ id, message, caller })), this.retry, signal);
      } catch (error) {
        if (!isNo(error)) throw error;
        const doc: Refused = {
          by,
          command: message.type,
          target: id,
          code: error.code,
          causeId: cause.id,
          causeStream: cause.stream,
          causeType: cause.type,
          at: meta.recordedAt,
        };
        await this.refused.write([{ key: caller.commandId, expected: undefined, at: cause.position, doc }]);
      }
    }
  }
}

/** The id of the command that an event makes a reaction or an effect send. */
export const commandIdOf =
  (name: string, eventId: string) =>
  (index: number): string =>
    uuidv5(`${name}/${index}`, eventId);
