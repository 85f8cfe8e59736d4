import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CheckpointAhead, type LedgerEvent, type SubscriptionMessage } from '../../../application/kernel/ledger.js';
import {
  event,
  eventually,
  firstOf,
  happened,
  ids,
  messagesOf,
  oneTo,
  revisions,
  type Subject,
  untilCaughtUp,
} from './subject.js';

export const subscribing = (subject: Subject): void => {
  const prefixed = (kind: string) => ({ streamPrefixes: [`${subject.prefix}${kind}-`] });

  test('25 from the start while more is appended: every event once, in order, without a gap at the seam', async () => {
    const kind = 'seam';
    const expected: string[] = [];
    const appendMore = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const events = happened(3);
        await subject.ledger.append(subject.stream(kind), events, 'noStream');
        expected.push(...ids(events));
      }
    };
    await appendMore(200);
    const reading = messagesOf(
      subject.ledger.subscribe({ after: subject.start, filter: prefixed(kind), batchMax: 16 }),
      (_, events) => events.length >= 1_800,
    );
    await appendMore(400);
    const { messages, events } = await reading;
    expect(ids(events)).toEqual(expected);
    expect(messages.some(untilCaughtUp)).toBe(true);
    for (const message of messages)
      if (message.kind === 'events') expect(message.events.length).toBeLessThanOrEqual(16);
  });

  test('26 after an event: not that one, the next', async () => {
    const { stream } = await subject.filled(3);
    const [, at, next] = await subject.ledger.readStream(stream);
    const all = subject.ledger.subscribe({ after: at!.position, filter: subject.own });
    expect((await firstOf(all)).id).toBe(next!.id);
    expect((await firstOf(subject.ledger.subscribeToStream(stream, { after: 1 }))).id).toBe(next!.id);
    const whole = await messagesOf(subject.ledger.subscribeToStream(stream), untilCaughtUp);
    expect(revisions(whole.events)).toEqual([0, 1, 2]);
  });

  test('27 from the end: only what is appended from then on', async () => {
    const { stream } = await subject.filled(2);
    for (const subscribe of [
      () => subject.ledger.subscribe({ after: 'end', filter: subject.own }),
      () => subject.ledger.subscribeToStream(stream, { after: 'end' }),
    ]) {
      const live = subscribe();
      const confirmed = await live[Symbol.asyncIterator]().next();
      expect(confirmed.value).toEqual({ kind: 'caughtUp' });
      const later = event();
      const reading = firstOf(live);
      await subject.ledger.append(stream, [later], 'any');
      expect((await reading).id).toBe(later.id);
    }
  });

  test('28 one event in 500 matches: only those come, checkpoints move past the others, nothing comes twice', async () => {
    const start = await subject.head();
    const wanted: string[] = [];
    for (let i = 0; i < 6; i++) {
      const match = event();
      await subject.ledger.append(subject.stream('rare'), [match], 'noStream');
      wanted.push(match.id);
      await subject.ledger.append(subject.stream('noise'), happened(499), 'noStream');
    }
    const last = await subject.head();
    const subscription = () => subject.ledger.subscribe({ after: start, filter: prefixed('rare'), batchMax: 2 });
    const passed = (message: SubscriptionMessage) =>
      message.kind === 'checkpoint' && subject.ledger.compare(message.position, last) >= 0;
    const { messages, events } = await messagesOf(subscription(), passed);
    expect(ids(events)).toEqual(wanted);

    let confirmed: LedgerEvent[] = [];
    for (const message of messages) {
      if (message.kind === 'events') confirmed = [...confirmed, ...message.events];
      if (message.kind !== 'checkpoint') continue;
      const filter = prefixed('rare');
      const rest = await messagesOf(subject.ledger.subscribe({ after: message.position, filter }), untilCaughtUp);
      expect([...ids(confirmed), ...ids(rest.events)]).toEqual(wanted);
    }
  });

  test('29 stopped between an event and its checkpoint: it comes again, and a read model that keeps both is right', async () => {
    const kind = 'again';
    for (let n = 1; n <= 20; n++)
      await subject.ledger.append(subject.stream(kind), [event({ data: { n } })], 'noStream');
    let checkpoint = subject.start;
    let counted = 0;
    let model = { sum: 0, at: '0' };
    const run = async (stopAt: number) => {
      for await (const message of subject.ledger.subscribe({
        after: checkpoint,
        filter: prefixed(kind),
        batchMax: 3,
      })) {
        if (message.kind === 'caughtUp') return;
        if (message.kind !== 'events') continue;
        for (const e of message.events) {
          const { n } = e.data as { n: number };
          counted++;
          if (subject.ledger.compare(e.position, model.at) > 0) model = { sum: model.sum + n, at: e.position };
          if (n === stopAt) throw new Error('stopped before the checkpoint');
        }
        checkpoint = message.events.at(-1)!.position;
      }
    };
    for (const stopAt of [2, 9, 14]) await expect(run(stopAt)).rejects.toThrow('stopped');
    await run(0);
    expect(counted).toBeGreaterThan(20);
    expect(model.sum).toBe(210);
  });

  test('30 the store is lost and comes back: what was acknowledged is delivered once, in order; repeats add nothing', async () => {
    const kind = 'lost';
    const last = event({ type: 'Ended' });
    const seen: LedgerEvent[] = [];
    const ended = () => seen.some((e) => e.id === last.id);
    const consume = async () => {
      for await (const message of subject.ledger.subscribe({
        after: seen.at(-1)?.position ?? subject.start,
        filter: prefixed(kind),
      })) {
        if (message.kind === 'events') seen.push(...message.events);
        if (ended()) return;
      }
    };
    // An adapter that reconnects never ends a subscription; one that was closed is subscribed to again.
    const consumeAll = () =>
      eventually(async () => {
        await consume().catch(() => undefined);
        return ended();
      });
    const wanted = oneTo(300).map(() => ({ stream: subject.stream(kind), events: happened(2) }));
    const store = async ({ stream, events }: (typeof wanted)[number]): Promise<void> => {
      try {
        await subject.ledger.append(stream, events, 'noStream');
      } catch {
        await eventually(() =>
          subject.ledger.append(stream, events, 'noStream').then(
            () => true,
            () => false,
          ),
        );
      }
    };
    const consuming = consumeAll();
    await Promise.all(wanted.slice(0, 100).map(store));
    const inFlight = wanted.slice(100, 200).map(store);
    const interrupted = await subject.interrupt();
    await Promise.all([...inFlight, ...wanted.slice(200).map(store)]);
    await subject.ledger.append(subject.stream(kind), [last], 'noStream');
    await consuming;

    expect(interrupted).toBe(true);
    expect(new Set(ids(seen)).size).toBe(seen.length);
    expect(ids(seen).sort()).toEqual([...wanted.flatMap(({ events }) => ids(events)), last.id].sort());
    const positions = seen.map((e) => e.position);
    expect(positions).toEqual(positions.toSorted(subject.ledger.compare));
  });

  test('31 a slow reader of 20,000 events while others come: nothing lost, in order, in bounded memory', async () => {
    const kind = 'slow';
    const text = 'x'.repeat(2_000);
    const expected: string[] = [];
    const append = async (count: number) => {
      const events = oneTo(count).map((n) => event({ data: { n, text } }));
      await subject.ledger.append(subject.stream(kind), events, 'noStream');
      expected.push(...ids(events));
    };
    for (let i = 0; i < 100; i++) await append(200);
    const collectGarbage = garbageCollector();
    collectGarbage();
    const heapBefore = process.memoryUsage().heapUsed;
    const ids31: string[] = [];
    let heapMost = 0;
    let appending = true;
    const live = (async () => {
      for (; appending; await new Promise((resolve) => setTimeout(resolve, 1))) await append(1);
    })();
    let collectedAt = 0;
    for await (const message of subject.ledger.subscribe({ after: subject.start, filter: prefixed(kind) })) {
      if (message.kind === 'events') ids31.push(...ids(message.events));
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (ids31.length >= collectedAt + 2_000) {
        collectedAt = ids31.length;
        // What is held, not what was let go of and not collected yet.
        collectGarbage();
        heapMost = Math.max(heapMost, process.memoryUsage().heapUsed - heapBefore);
      }
      if (ids31.length >= 20_000) appending = false;
      if (!appending && ids31.length === expected.length) break;
    }
    await live;
    expect(ids31).toEqual(expected.slice(0, ids31.length));
    expect(heapMost).toBeLessThan(30 * 1024 * 1024);
  }, 120_000);

  test('32 150 reads and subscriptions left early: later calls are answered', async () => {
    const { stream, events } = await subject.filled(5);
    for (let i = 0; i < 50; i++) {
      for await (const message of subject.ledger.subscribe({ after: subject.start, filter: subject.own, batchMax: 1 }))
        if (message) break;
      for await (const message of subject.ledger.subscribeToStream(stream)) if (message) break;
      await subject.ledger.readAll({ maxCount: 1 });
      const waiting = subject.ledger.subscribe({ after: 'end', filter: subject.own })[Symbol.asyncIterator]();
      await waiting.next();
      const ended = waiting.next();
      await waiting.return!();
      expect((await ended).done).toBe(true);
    }
    expect(ids(await subject.ledger.readStream(stream))).toEqual(ids(events));
    expect((await subject.ledger.append(stream, happened(1), 4)).revision).toBe(5);
  });

  test('38 after a checkpoint beyond the head: an alarm, not a wait', async () => {
    const { stream } = await subject.filled(1);
    const beyond = String(BigInt(await subject.head()) + 1_000_000n);
    await expect(firstOf(subject.ledger.subscribe({ after: beyond }))).rejects.toBeInstanceOf(CheckpointAhead);
    await expect(firstOf(subject.ledger.subscribeToStream(stream, { after: 5 }))).rejects.toBeInstanceOf(
      CheckpointAhead,
    );
  });
};

const garbageCollector = (): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
};
