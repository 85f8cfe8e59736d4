import { type AnyDecider, type CommandOf, type Context, type Decided, fold } from '../../domain/kernel/decider.js';
import type { Actor, Meta, Parties, Position, Trace } from '../../domain/kernel/envelope.js';
import { encode, type Events } from '../../domain/kernel/event.js';
import { Rejection } from '../../domain/kernel/rejection.js';
import {
  type Appended,
  type Expected,
  type NewEvent,
  Transient,
  UnknownOutcome,
  WrongExpectedVersion,
} from './ledger.js';
import { eventIdOf } from './event-id.js';
import type { Ports } from './ports.js';
import { type Folded, streamName, type Streams } from './streams.js';

/** Who sends a command, why, and under which ids. */
export interface Caller {
  readonly actor: Actor;
  /** The same id is the same command, for ever. */
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly purpose: string;
  readonly trace?: Trace;
  readonly source?: Meta['source'];
  /** When it happened, for what is imported or simulated; else the clock is asked. */
  readonly at?: string;
  /** The revision the caller last saw (If-Match). Without it a conflict is decided again here. */
  readonly expected?: number;
  /** Whether the command id derives from a key that the client chose: then it may come again. */
  readonly keyed?: boolean;
  /**
   * The actor as which the caller may act on these parties; throws a Rejection, after `beforeRefusal` let it. Commands of
   * the system carry none.
   */
  readonly authorize?: (parties: Parties, key?: string, beforeRefusal?: () => Promise<void>) => Promise<Actor>;
  /** Told when a rule forbids what the policy had let in, before the Rejection is thrown on. */
  readonly refused?: (actor: Actor, parties: Parties, key: string) => Promise<void>;
}

export interface Envelope<D extends AnyDecider = AnyDecider> {
  /** The stream's id, without its category. */
  readonly id: string;
  readonly message: CommandOf<D['commands']>;
  readonly caller: Caller;
}

/** What a command answers, the first time and every time it is repeated. */
export interface Accepted {
  readonly id: string;
  readonly revision: number;
  /** Missing where a command had nothing to do in a stream without events. */
  readonly position?: Position;
}

/** Looks up what a decision must know of other aggregates; given the parsed command. */
export type FactsOf<D extends AnyDecider, F> = (
  command: CommandOf<D['commands']>,
  known: {
    readonly id: string;
    readonly at: string;
    /** Who asks; the policy has not been asked about them yet. */
    readonly actor: Actor;
    readonly load: <O extends AnyDecider>(d: O, id: string) => Promise<O['initial']>;
  },
) => Promise<F> | F;

const DECISIONS_MAX = 4;
const APPENDS_MAX = 3;

/** Load, decide, append. Nothing else in the system writes events of the domain. */
export const transact = async <D extends AnyDecider>(
  ports: Ports,
  streams: Streams,
  d: D,
  { id, message, caller }: Envelope<D>,
  factsOf?: FactsOf<D, unknown>,
): Promise<Accepted> => {
  const stream = streamName(d, id);
  // An id that no client chose comes again with the same data only.
  const fingerprint = caller.keyed ? ports.fingerprint([message.type, id, message.data]) : '';

  return streams.inTurn(stream, async () => {
    let folded = await streams.load(d, id);
    // An append tells by a conflict that the state was stale. What appends nothing has to look.
    const unlessStale = async (): Promise<void> => {
      const now = await streams.confirm(d, id, folded);
      if (now.revision === folded.revision) return;
      folded = now;
      throw new Stale();
    };
    const decideAndAppend = async (): Promise<Accepted> => {
      const done = folded.outcomes.get(caller.commandId);
      if (done) {
        if (done.fingerprint !== fingerprint) throw keyReused();
        return { id, revision: done.revision, position: done.position };
      }
      if (caller.keyed && (await wasElsewhere(ports, streams, caller.commandId, fingerprint))) throw keyReused();
      if (caller.expected !== undefined && caller.expected !== folded.revision) folded = await streams.reload(d, id);
      if (caller.expected !== undefined && caller.expected !== folded.revision)
        throw new Rejection('revision-stale', 'It was changed since you looked at it.', 'stale');

      const at = caller.at ?? ports.clock.now();
      const known = {
        id,
        at,
        actor: caller.actor,
        load: async <O extends AnyDecider>(o: O, oid: string) => (await streams.fresh(o, oid)).state as O['initial'],
      };
      const facts = await factsOf?.(message, known);
      const asked: Context = { id, at, commandId: caller.commandId, actor: caller.actor, facts };
      const parties = d.parties(folded.state, message.data, asked);
      const actor = (await caller.authorize?.(parties, id, unlessStale)) ?? caller.actor;
      const context: Context = { ...asked, actor };

      let decided: Decided<Events>[];
      try {
        decided = d.decide[message.type]!(folded.state, message.data, context);
      } catch (error) {
        if (error instanceof Rejection) await unlessStale();
        if (error instanceof Rejection && error.kind === 'forbidden') await caller.refused?.(actor, parties, id);
        throw error;
      }
      if (decided.length === 0) {
        await unlessStale();
        return { id, revision: folded.revision, ...(folded.position !== undefined && { position: folded.position }) };
      }

      const encoded = decided.map((e) => encode(d.events, e));
      const meta: Omit<Meta, 'schemaVersion' | 'tenant' | 'subject'> = {
        commandId: caller.commandId,
        command: message.type,
        fingerprint,
        $correlationId: caller.correlationId,
        $causationId: caller.causationId,
        actor,
        purpose: caller.purpose,
        recordedAt: ports.clock.now(),
        software: ports.software,
        ...caller.trace,
        ...(caller.source !== undefined && { source: caller.source }),
      };
      // The store takes the same id for the same event: what another process decides, or another body, is another one.
      const decision = `${stream}/${at}/${fingerprint}`;
      const events = encoded.map(({ type, version, data }, i) => ({
        id: eventIdOf(caller.commandId, decision, i),
        type,
        data,
        metadata: { ...meta, ...namesOf({ ...parties, ...decided[i]!.about }), schemaVersion: version },
      }));
      if (caller.keyed && ports.claim && (await ports.claim(caller.commandId, fingerprint)) !== fingerprint)
        throw keyReused();
      const expected = folded.revision < 0 ? 'noStream' : folded.revision;
      const appended = await appendSurely(ports, stream, events, expected);
      if (caller.keyed) streams.remember(caller.commandId, fingerprint);
      streams.keep(stream, advanced(d, folded, encoded, { ...appended, fingerprint }, caller.commandId));
      return { id, ...appended };
    };

    for (let decision = 1; ; decision++)
      try {
        return await decideAndAppend();
      } catch (error) {
        if (!(error instanceof WrongExpectedVersion || error instanceof Stale)) {
          // It may have been applied all the same; a no that rests on the state before would be wrong then.
          if (error instanceof UnknownOutcome) streams.forget(stream);
          throw error;
        }
        if (decision === DECISIONS_MAX) throw new Rejection('busy', 'Too many changes at once. Try again.', 'conflict');
        if (error instanceof WrongExpectedVersion) folded = await streams.reload(d, id);
      }
  });
};

/** Another process appended: what was decided rests on an older state. */
class Stale extends Error {}

const namesOf = ({ hospitalId, patientId }: Parties): Pick<Meta, 'tenant' | 'subject'> => ({
  ...(hospitalId !== undefined && { tenant: hospitalId }),
  ...(patientId !== undefined && { subject: patientId }),
});

/** Whether the same key carried another command, which may lie in any stream. */
const wasElsewhere = async (
  ports: Ports,
  streams: Streams,
  commandId: string,
  fingerprint: string,
): Promise<boolean> => {
  const earlier = streams.remembered(commandId) ?? (await ports.fingerprintOf(commandId));
  return earlier !== undefined && earlier !== fingerprint;
};

/** An unknown outcome is learnt by the same append again; a transient failure was not applied. */
const appendSurely = async (
  ports: Ports,
  stream: string,
  events: readonly NewEvent[],
  expected: Expected,
): Promise<Appended> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ports.ledger.append(stream, events, expected);
    } catch (error) {
      const again = error instanceof UnknownOutcome || error instanceof Transient;
      if (!again || attempt === APPENDS_MAX) throw error;
    }
  }
};

const advanced = <D extends AnyDecider>(
  d: D,
  before: Folded<unknown>,
  events: readonly { type: string; data: unknown }[],
  outcome: { fingerprint: string; revision: number; position: Position },
  commandId: string,
): Folded<unknown> => ({
  state: fold(d, events, before.state),
  revision: outcome.revision,
  position: outcome.position,
  // The map goes with the newest state only; a superseded one is never asked again.
  outcomes: before.outcomes.set(commandId, outcome),
});

export const keyReused = (): Rejection =>
  new Rejection('idempotency-key-reused', 'This Idempotency-Key was used for another command.', 'unprocessable');
