import { type AnyDecider } from '../../domain/kernel/decider.js';
import type { Meta, Position } from '../../domain/kernel/envelope.js';
import { decode } from '../../domain/kernel/event.js';
import { type Ledger, type LedgerEvent, StreamNotFound } from './ledger.js';

/** A part of an object's state that an event changed, by path (`bookings.a.status`). Missing where there was nothing. */
export interface Change {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** One event of an object: who, what, when, and what it made of the object. */
export interface HistoryStep {
  readonly eventId: string;
  readonly type: string;
  readonly revision: number;
  readonly position: Position;
  readonly meta: Meta;
  readonly changes: readonly Change[];
}

/** The events of one stream in order, from a revision on, at most so many. Empty for a stream that does not exist. */
export type History = (
  stream: string,
  page: { readonly from: number; readonly limit: number },
) => Promise<HistoryStep[]>;

const PAGE = 1_000;

/** Folds a stream with its own decider and tells what each event changed. Streams without a decider change nothing. */
export const historyIn =
  (ledger: Pick<Ledger, 'readStream'>, deciders: readonly AnyDecider[]): History =>
  async (stream, { from, limit }) => {
    const decider = deciders.find(({ category }) => stream.startsWith(`${category}-`));
    const steps: HistoryStep[] = [];
    let state: unknown = decider?.initial;
    // What a page begins with is only known by folding all before it; streams are short.
    for (let next = 0; steps.length < limit;) {
      const events = await page(ledger, stream, next);
      for (const event of events) {
        if (steps.length === limit) break;
        const before = state;
        if (decider) state = evolved(decider, before, event);
        if (event.revision >= from) steps.push(step(event, changesBetween(before, state)));
      }
      if (events.length < PAGE) break;
      next = events.at(-1)!.revision + 1;
    }
    return steps;
  };

const page = async (ledger: Pick<Ledger, 'readStream'>, stream: string, from: number): Promise<LedgerEvent[]> => {
  try {
    return await ledger.readStream(stream, { from, maxCount: PAGE });
  } catch (error) {
    if (error instanceof StreamNotFound) return [];
    throw error;
  }
};

const evolved = (decider: AnyDecider, state: unknown, { type, data, metadata }: LedgerEvent): unknown => {
  const decoded = decode(decider.events, { type, version: (metadata as Meta).schemaVersion, data });
  return decoded ? decider.evolve[decoded.type]!(state, decoded.data) : state;
};

const step = ({ id, type, revision, position, metadata }: LedgerEvent, changes: readonly Change[]): HistoryStep => ({
  eventId: id,
  type,
  revision,
  position,
  meta: metadata as Meta,
  changes,
});

/** Where two JSON values differ, down to the smallest parts that do. */
export const changesBetween = (before: unknown, after: unknown, path = ''): Change[] => {
  if (before === after) return [];
  if (!isNested(before) || !isNested(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
  const [old, now] = [parts(before), parts(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) =>
    changesBetween(old.get(name), now.get(name), path === '' ? name : `${path}.${name}`),
  );
};

/** By name; of a list by the id that each of its things begins with, so that a path names the thing and not its place. */
const parts = (value: Readonly<Record<string, unknown>> | readonly unknown[]): ReadonlyMap<string, unknown> => {
  const named = new Map(
    Array.isArray(value) ? value.map((each, i) => [idOf(each) ?? String(i), each]) : Object.entries(value),
  );
  const size = Object.keys(value).length;
  return named.size === size ? named : new Map(Object.entries(value));
};

const idOf = (value: unknown): string | undefined => {
  const [name, id] = (isNested(value) && Object.entries(value)[0]) || [];
  return name?.endsWith('Id') && typeof id === 'string' ? id : undefined;
};

const isNested = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
