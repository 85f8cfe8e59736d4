import type { Position } from '../../../domain/kernel/envelope.js';
import { Announcer, type Changed, type Notice, type Notices } from '../../../infrastructure/read-models/announcing.js';
import type { Change } from '../../../infrastructure/read-models/feeds.js';
import { Shown } from '../../../infrastructure/read-models/shown.js';

const silent = { warn: () => undefined };

/** What a projector writes down, and the news between it and those who show. */
class Between implements Notices {
  position: Position | undefined;
  broken = false;
  lost = false;
  private readonly listeners = new Set<(notice: Notice) => void>();
  readonly read = async (): Promise<Position | undefined> => {
    if (this.broken) throw new Error('away');
    return this.position;
  };
  readonly save = async (position: Position): Promise<void> => {
    if (this.broken) throw new Error('away');
    this.position = position;
  };
  publish(notice: Notice): void {
    if (!this.lost) for (const listener of this.listeners) listener(notice);
  }
  subscribe(listener: (notice: Notice) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** A projector that applies what it is told to. */
class Projecting {
  private position: Position | undefined;
  private readonly listeners = new Set<(changes: readonly Change[]) => void>();
  applied = () => this.position;
  onApplied = (listener: (changes: readonly Change[]) => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  apply(position: Position, keys: readonly string[] = []): void {
    this.position = position;
    if (keys.length > 0) for (const listener of this.listeners) listener([{ projection: 'threads', keys, position }]);
  }
}

let between: Between;
let projector: Projecting;
let announcer: Announcer;
const shown: Shown[] = [];
const open = (notices: boolean): Shown => {
  const one = new Shown({ read: between.read, notices: notices ? between : undefined, logger: silent });
  one.start();
  shown.push(one);
  return one;
};
const next = (one: Shown) =>
  new Promise<Changed>((resolve) => {
    const end = one.onApplied((changed) => {
      end();
      resolve(changed);
    });
  });

beforeEach(() => {
  between = new Between();
  projector = new Projecting();
  announcer = new Announcer({ projector, save: between.save, notices: between, logger: silent });
  announcer.start();
});
afterEach(async () => {
  await announcer.stop();
  for (const one of shown.splice(0)) await one.stop();
});

test.each([true, false])('who waits for a position has it when it is applied; with notices: %s', async (notices) => {
  const one = open(notices);
  projector.apply('5');
  expect(await one.waitFor('5', 5_000)).toBe(true);
  expect(one.applied()).toBe('5');
  const waiting = one.waitFor('9', 5_000);
  projector.apply('8');
  projector.apply('10');
  expect(await waiting).toBe(true);
  expect(await one.waitFor('11', 60)).toBe(false);
});

test('a lost notice costs time, not the answer', async () => {
  const one = open(true);
  between.lost = true;
  projector.apply('5');
  expect(await one.waitFor('5', 5_000)).toBe(true);
});

test('a notice alone is believed by nobody', async () => {
  const one = open(true);
  between.publish({ after: null, position: '99', changed: [] });
  expect(await one.waitFor('99', 60)).toBe(false);
});

test('listeners are told which documents changed; where a notice is missing, that any may have', async () => {
  const one = open(true);
  const first = next(one);
  projector.apply('1', ['a']);
  await first;
  const second = next(one);
  projector.apply('2', ['b', 'c']);
  expect(await second).toEqual([{ projection: 'threads', keys: ['b', 'c'] }]);
  between.lost = true;
  projector.apply('3', ['d']);
  await one.waitFor('3', 5_000);
  between.lost = false;
  const third = next(one);
  projector.apply('4', ['e']);
  expect(await third).toBe('unknown');
});

test('without notices listeners are told that any document may have changed', async () => {
  const one = open(false);
  const told = next(one);
  projector.apply('1', ['a']);
  expect(await told).toBe('unknown');
});

test('nothing is announced that was not written down, and it is when it can be', async () => {
  const one = open(true);
  between.broken = true;
  projector.apply('7', ['a']);
  expect(await one.waitFor('7', 100)).toBe(false);
  between.broken = false;
  expect(await one.waitFor('7', 5_000)).toBe(true);
});
