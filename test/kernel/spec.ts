import type { AnyDecider, CommandOf, Context } from '../../domain/kernel/decider.js';
import { fold } from '../../domain/kernel/decider.js';
import type { Actor } from '../../domain/kernel/envelope.js';
import { encode, type EventOf } from '../../domain/kernel/event.js';
import { Rejection } from '../../domain/kernel/rejection.js';

export const NOW = '2030-01-01T08:00:00.000Z';
export const SYSTEM: Actor = { id: 'system', role: 'system' };

/**
 * `given(past).when(command, { facts, at, actor }).then(events)` or `.rejects(code)`. The past and the outcome pass
 * through the events' schemas, as they do in the ledger; the command through its own, as it does at the door.
 */
export const spec =
  <D extends AnyDecider>(d: D, id: string) =>
  (...past: EventOf<D['events']>[]) => ({
    when: (command: CommandOf<D['commands']>, known: Partial<Context> = {}) => {
      const decide = () => {
        const context: Context = { id, at: NOW, commandId: 'command-1', actor: SYSTEM, facts: undefined, ...known };
        const state = fold(
          d,
          past.map((e) => encode(d.events, e)),
        );
        const data: unknown = d.commands[command.type]!.parse(command.data);
        const decided = d.decide[command.type]!(state, data, context) as EventOf<D['events']>[];
        return decided.map((e) => {
          const { type, data: checked } = encode(d.events, e);
          return { type, data: checked } as EventOf<D['events']>;
        });
      };
      return {
        events: decide,
        then: (...events: EventOf<D['events']>[]) => expect(decide()).toEqual(events),
        rejects: (code: string) => {
          expect(decide).toThrow(Rejection);
          expect(decide).toThrow(expect.objectContaining({ code }));
        },
      };
    },
  });
