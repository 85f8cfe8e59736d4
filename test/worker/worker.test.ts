import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { reaction, send, timer } from '../../application/kernel/reaction.js';
import type { Meta } from '../../domain/kernel/envelope.js';
import type { Parked } from '../../infrastructure/worker/parking.js';
import type { Refused } from '../../infrastructure/worker/sender.js';
import { Disk } from './memory.js';
import {
  apologise,
  documents,
  HandClock,
  happened,
  lapse,
  order,
  OrderCommand,
  postParcels,
  processOn,
  takeFromShelf,
  until,
} from './shop.js';

const NINE = '2030-01-01T09:00:00.000Z';

describe('reactions', () => {
  it('send their commands in the name of the reaction, because of the event, under the same correlation', async () => {
    const disk = new Disk();
    const { worker, place } = processOn(disk);
    await worker.start();
    await place('1', 'a');
    await worker.drain();
    await worker.stop();

    const [placed, taken] = disk.events;
    const meta = taken!.metadata as Meta;
    expect(taken).toMatchObject({ stream: 'shelf-a', type: 'Taken' });
    expect(meta.actor).toEqual({ id: 'take-from-shelf-when-order-placed', role: 'system' });
    expect(meta.$causationId).toBe(placed!.id);
    expect(meta.$correlationId).toBe((placed!.metadata as Meta).$correlationId);
  });

  it('catch up with what happened while nobody ran', async () => {
    const disk = new Disk();
    const { worker, place, pay } = processOn(disk);
    await place('1', 'a');
    await pay('1');
    await place('2', 'a');
    await worker.start();
    await worker.drain();
    expect(happened(disk)['shelf-a']).toEqual(['Taken', 'Sold', 'Taken']);
    await worker.stop();
  });

  it('record a refusal and go on', async () => {
    const disk = new Disk();
    const { worker, place } = processOn(disk);
    for (const id of '1234567') await place(id, 'a');
    await place('8', 'b');
    await worker.start();
    await worker.drain();
    expect(happened(disk)).toMatchObject({ 'shelf-a': Array(5).fill('Taken'), 'shelf-b': ['Taken'] });
    const refused = documents<Refused>(disk, 'refusedReactions');
    expect(
      refused.map(({ by, code, command, target, causeStream }) => [by, code, command, target, causeStream]),
    ).toEqual(['6', '7'].map((id) => ['take-from-shelf-when-order-placed', 'empty', 'Take', 'a', `order-${id}`]));
    expect(worker.status().parked).toEqual([]);
    await worker.stop();
  });

  it('keep the order of events at what they change, whatever is slow', async () => {
    const disk = new Disk();
    const running = processOn(disk);
    const arrived: string[] = [];
    const { worker } = processOn(disk, {
      bus: {
        execute: async (command) => {
          await sleep(Math.random() * 4);
          arrived.push(`${command.envelope.caller.causationId}`);
          return running.bus.execute(command);
        },
      },
    });
    for (let i = 0; i < 40; i++) await running.place(String(i), String(i % 4));
    await worker.start();
    await worker.drain();
    await worker.stop();
    for (const id of '0123') {
      const causes = disk.events.filter((e) => e.type === 'Placed' && (e.data as { shelf: string }).shelf === id);
      const there = arrived.filter((cause) => causes.some((e) => e.id === cause));
      expect(there).toEqual(causes.map((e) => e.id));
    }
    expect(arrived).not.toEqual(disk.events.filter((e) => e.type === 'Placed').map((e) => e.id));
  });

  it('park what fails again and again; later events of its stream wait, other streams go on; and mend in order', async () => {
    const disk = new Disk();
    let broken = true;
    const fragile = {
      reactions: [
        reaction({
          ...takeFromShelf,
          on: {
            ...takeFromShelf.on,
            Placed: (event) => {
              if (broken && event.stream === 'order-1') throw new TypeError('holds the name of a patient');
              return takeFromShelf.on.Placed(event);
            },
          },
        }),
      ],
    };
    const first = processOn(disk, fragile);
    await first.place('1', 'a');
    await first.pay('1');
    await first.place('2', 'a');
    await first.worker.start();
    await first.worker.drain();
    expect(happened(disk)['shelf-a']).toEqual(['Taken']);
    const parked = documents<Parked>(disk, 'parkedWork');
    expect(parked.map(({ eventType, reason }) => [eventType, reason.split(' ')[0]])).toEqual([
      ['Placed', 'TypeError'],
      ['Paid', 'waiting'],
    ]);
    expect(JSON.stringify([parked, first.logged])).not.toContain('patient');
    expect(first.worker.status().parked).toEqual([{ by: takeFromShelf.name, stream: 'order-1' }]);
    await first.worker.stop();

    broken = false;
    const second = processOn(disk, fragile);
    await second.worker.start();
    await until(() => second.worker.status().parked.length === 0);
    await second.worker.drain();
    await second.worker.stop();
    expect(happened(disk)['shelf-a']).toEqual(['Taken', 'Taken', 'Sold']);
    expect(documents(disk, 'parkedWork')).toEqual([]);
  });

  it('wait out trouble of the ledger instead of parking', async () => {
    const disk = new Disk();
    const running = processOn(disk);
    const { Transient } = await import('../../application/kernel/ledger.js');
    let failures = 20;
    const { worker } = processOn(disk, {
      bus: {
        execute: (command) =>
          failures-- > 0 ? Promise.reject(new Transient('no room')) : running.bus.execute(command),
      },
    });
    await running.place('1', 'a');
    await worker.start();
    await worker.drain();
    await worker.stop();
    expect(happened(disk)['shelf-a']).toEqual(['Taken']);
    expect(documents(disk, 'parkedWork')).toEqual([]);
  });

  it('stand still, loudly, when the checkpoint lies beyond the ledger', async () => {
    const disk = new Disk();
    disk.checkpoints.set('worker:reactions', '999999');
    const { worker, place, logged } = processOn(disk);
    await place('1', 'a');
    await worker.start();
    await expect(worker.drain()).rejects.toThrow();
    expect(worker.status().parts[0]).toMatchObject({ name: 'worker:reactions', failure: 'CheckpointAhead' });
    expect(logged).toContainEqual(expect.objectContaining({ follower: 'worker:reactions' }));
    await worker.stop();
  });

  it('must not share a name', () => {
    expect(() => processOn(new Disk(), { reactions: [takeFromShelf, takeFromShelf] })).toThrow(takeFromShelf.name);
  });
});

describe('effects', () => {
  it('record what came of them, once, and are tried again when they fail', async () => {
    const disk = new Disk();
    const tried: string[] = [];
    const effects = [
      postParcels((parcel) => {
        tried.push(parcel);
        if (tried.length < 3) throw new Error('no van');
      }),
    ];
    const { worker, place, pay } = processOn(disk, { effects });
    await place('1', 'a');
    await pay('1');
    await worker.start();
    await worker.drain();
    await worker.stop();
    expect(tried).toEqual(Array(3).fill(disk.events.find((e) => e.type === 'Paid')!.id));
    expect(happened(disk)['order-1']).toEqual(['Placed', 'Paid', 'Posted']);
  });

  it('that are slow hold up neither reactions nor each other', async () => {
    const disk = new Disk();
    let open!: () => void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let apologies = 0;
    const effects = [postParcels(() => gate), apologise(async () => void apologies++)];
    const clock = new HandClock('2030-01-01T08:00:00.000Z');
    const { worker, place, pay } = processOn(disk, { effects, clock });
    await worker.start();
    await place('1', 'a');
    await pay('1');
    await place('2', 'a');
    clock.instant = NINE;
    await until(() => apologies === 1 && happened(disk)['shelf-a']?.length === 3);
    expect(happened(disk)['order-1']).toEqual(['Placed', 'Paid']);
    open();
    await worker.drain();
    expect(happened(disk)['order-1']).toEqual(['Placed', 'Paid', 'Posted']);
    await worker.stop();
  });

  it('run a few at a time', async () => {
    const disk = new Disk();
    let now = 0;
    let most = 0;
    const effects = [
      postParcels(async () => {
        most = Math.max(most, ++now);
        await sleep(2);
        now--;
      }),
    ];
    const { worker, place, pay } = processOn(disk, { effects });
    for (let i = 0; i < 20; i++) {
      await place(`${i}`, `${i}`);
      await pay(`${i}`);
    }
    await worker.start();
    await worker.drain();
    await worker.stop();
    expect(most).toBe(4);
    expect(disk.events.filter((e) => e.type === 'Posted')).toHaveLength(20);
  });
});

describe('timers', () => {
  const lapsed = (disk: Disk) => disk.events.filter((e) => e.type === 'Lapsed').map((e) => e.stream);

  it('fire when the time has come, in order of time, once', async () => {
    const disk = new Disk();
    const clock = new HandClock('2030-01-01T08:00:00.000Z');
    const { worker, place } = processOn(disk, { clock });
    await worker.start();
    await place('late', 'a', '2030-01-01T10:00:00Z');
    await place('second', 'b', '2030-01-01T09:30:00+00:00');
    await place('first', 'c', '2030-01-01T15:15:00+06:00');
    await worker.drain();
    expect(lapsed(disk)).toEqual([]);
    clock.instant = '2030-01-01T09:30:00.000Z';
    await worker.drain();
    await worker.drain();
    expect(lapsed(disk)).toEqual(['order-first', 'order-second']);
    await worker.stop();
    expect(documents(disk, 'dueTimers')).toHaveLength(1);
  });

  it('fire by themselves when a nearer one arrives while a later one is waited for', async () => {
    const disk = new Disk();
    const { worker, place } = processOn(disk, { clock: { now: () => new Date().toISOString() } });
    await worker.start();
    await place('far', 'a', new Date(Date.now() + 60_000).toISOString());
    await worker.drain();
    await place('near', 'a', new Date(Date.now() + 30).toISOString());
    const started = performance.now();
    await until(() => lapsed(disk).length === 1);
    expect(performance.now() - started).toBeLessThan(900);
    await worker.stop();
  });

  it('catch up what came due during a downtime, knowing all that happened meanwhile', async () => {
    const disk = new Disk();
    const clock = new HandClock('2030-01-01T08:00:00.000Z');
    const first = processOn(disk, { clock });
    await first.worker.start();
    await first.place('paid-in-time', 'a');
    await first.place('unpaid', 'a');
    await first.worker.drain();
    await first.worker.stop();

    await first.pay('paid-in-time');
    await first.place('came-and-went', 'a', '2030-01-01T08:30:00Z');
    clock.instant = '2030-01-03T00:00:00.000Z';
    const second = processOn(disk, { clock });
    await second.worker.start();
    await second.worker.drain();
    await second.worker.stop();
    expect(lapsed(disk)).toEqual(['order-came-and-went', 'order-unpaid']);
    const at = disk.events.filter((e) => e.type === 'Lapsed').map((e) => (e.data as { at: string }).at);
    expect(new Set(at)).toEqual(new Set(['2030-01-03T00:00:00.000Z']));
  });

  it('hear of a payment that a reaction still had to bring before they fire', async () => {
    const disk = new Disk();
    const { Placed } = order.events;
    const payByStandingOrder = reaction({
      name: 'pay-when-order-placed',
      from: { Placed },
      on: { Placed: ({ stream }) => [send(OrderCommand, stream.slice('order-'.length), { type: 'Pay', data: {} })] },
    });
    const clock = { now: () => '2030-02-01T00:00:00.000Z' };
    const running = processOn(disk, { clock });
    const { worker, place } = processOn(disk, {
      reactions: [payByStandingOrder],
      clock,
      bus: {
        execute: async (command) => {
          if (command.envelope.message.type === 'Pay') await sleep(20);
          return running.bus.execute(command);
        },
      },
    });
    await place('1', 'a');
    await worker.start();
    await until(() => disk.events.length === 2 && documents(disk, 'dueTimers').length === 0);
    await worker.stop();
    expect(happened(disk)['order-1']).toEqual(['Placed', 'Paid']);
  });

  it('that have fired are not set again by an event that comes again', async () => {
    const disk = new Disk();
    const clock = { now: () => NINE };
    const first = processOn(disk, { clock });
    await first.place('1', 'a');
    await first.worker.start();
    await first.worker.drain();
    await first.worker.stop();
    disk.checkpoints.delete('worker:timers');
    let sent = 0;
    const execute = () => Promise.resolve(sent++);
    const second = processOn(disk, { clock, bus: { execute } });
    await second.worker.start();
    await second.worker.drain();
    await second.worker.stop();
    expect(sent).toBe(0);
  });

  it('are parked when firing fails, and fire after the mend', async () => {
    const disk = new Disk();
    const clock = { now: () => NINE };
    const running = processOn(disk, { clock });
    let broken = true;
    const fragile: Parameters<typeof processOn>[1] = {
      clock,
      bus: {
        execute: (command) => {
          if (broken && command.envelope.message.type === 'Lapse') return Promise.reject(new TypeError('broken'));
          return running.bus.execute(command);
        },
      },
    };
    await running.place('1', 'a', '2030-01-01T08:00:00Z');
    const first = processOn(disk, fragile);
    await first.worker.start();
    await first.worker.drain();
    await first.worker.stop();
    expect(documents(disk, 'dueTimers')).toMatchObject([{ timer: lapse.name, status: 'parked' }]);

    broken = false;
    const second = processOn(disk, fragile);
    await second.worker.start();
    await until(() => lapsed(disk).length === 1);
    await second.worker.stop();
  });

  it('on a clock at the wall keep its time across the change to summer time', async () => {
    // Europe/Berlin skips 02:00 to 03:00 on 31 March 2030: nine in the evening before to nine in the morning is 11 hours.
    const { Temporal } = await import('temporal-polyfill');
    const { Placed } = order.events;
    const lapseNextMorning = timer({
      ...lapse,
      from: { Placed },
      on: {
        Placed: ({ stream, data }) => {
          const id = stream.slice('order-'.length);
          const evening = Temporal.Instant.from(data.closesAt).toZonedDateTimeISO('Europe/Berlin');
          const morning = evening.add({ days: 1 }).with({ hour: 9 }).toInstant().toString();
          return [{ key: id, at: morning, outgoing: [send(OrderCommand, id, { type: 'Lapse', data: {} })] }];
        },
      },
    });
    const disk = new Disk();
    const clock = new HandClock('2030-03-30T20:00:00.000Z');
    const { worker, place } = processOn(disk, { clock, timers: [lapseNextMorning], reactions: [] });
    await place('1', 'a', '2030-03-30T21:00:00+01:00');
    await worker.start();
    clock.instant = '2030-03-31T06:59:59.999Z';
    await worker.drain();
    expect(lapsed(disk)).toEqual([]);
    clock.instant = '2030-03-31T07:00:00.000Z';
    await worker.drain();
    expect(lapsed(disk)).toEqual(['order-1']);
    await worker.stop();
  });
});

describe('a process that ends anywhere', () => {
  class Killed extends Error {}

  /** What a fortunate process makes of it; then, what is left when one is killed at its n-th write, and another goes on. */
  const story = async (killAt: number[]) => {
    const disk = new Disk();
    const clock = new HandClock('2030-01-01T08:00:00.000Z');
    const customer = processOn(disk, { clock });
    for (const id of '123456') await customer.place(id, 'a');
    await customer.pay('1');
    await customer.pay('2');
    clock.instant = NINE;
    const parcels = new Set<string>();
    const options = { clock, effects: [postParcels((parcel) => void parcels.add(parcel))] };
    let writes = 0;
    for (const at of killAt) {
      let left = at;
      const { worker } = processOn(disk, options, () => {
        if (left-- <= 0) throw new Killed();
      });
      await worker.start().catch(() => undefined);
      let drained = false;
      void worker.drain().then(
        () => (drained = true),
        () => (drained = true),
      );
      await until(() => drained || left < 0);
      await worker.stop();
    }
    const { worker } = processOn(disk, options, () => void writes++);
    await worker.start();
    await worker.drain();
    await worker.stop();
    const refused = documents<Refused>(disk, 'refusedReactions').map(({ code, target }) => [code, target]);
    const parked = documents<Parked>(disk, 'parkedWork');
    return {
      end: { ...happened(disk), refused, parked, timers: documents(disk, 'dueTimers'), parcels: parcels.size },
      writes,
    };
  };

  it('leaves the same end wherever it is killed', async () => {
    const { end, writes } = await story([]);
    expect(end).toMatchObject({
      'shelf-a': ['Taken', 'Taken', 'Taken', 'Taken', 'Taken', 'Sold', 'Sold'],
      'order-1': ['Placed', 'Paid', 'Posted'],
      'order-6': ['Placed', 'Lapsed'],
      refused: [['empty', 'a']],
      parked: [],
      timers: [],
      parcels: 2,
    });
    expect(writes).toBeGreaterThan(30);
    for (let n = 0; n < writes; n++) expect([n, (await story([n])).end]).toEqual([n, end]);
  }, 60_000);

  it('leaves the same end when it is killed again and again', async () => {
    const { end } = await story([]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(25), { minLength: 2, maxLength: 6 }), async (kills) => {
        expect((await story(kills)).end).toEqual(end);
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it('leaves the same end from whatever older checkpoints it starts again', async () => {
    const disk = new Disk();
    const effects = [postParcels(() => undefined)];
    const clock = new HandClock('2030-01-01T08:00:00.000Z');
    const first = processOn(disk, { clock, effects });
    await first.worker.start();
    for (const id of '123456') await first.place(id, 'a');
    await first.pay('1');
    await first.pay('2');
    clock.instant = NINE;
    await first.worker.drain();
    await first.worker.stop();
    const end = happened(disk);
    const positions = ['0', ...disk.events.map((e) => e.position)];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...positions), { minLength: 3, maxLength: 3 }), async (starts) => {
        for (const [i, name] of [...disk.checkpoints.keys()].entries()) disk.checkpoints.set(name, starts[i]!);
        const again = processOn(disk, { clock, effects });
        await again.worker.start();
        await again.worker.drain();
        await again.worker.stop();
        expect(happened(disk)).toEqual(end);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('does no harm beside another that does the same work', async () => {
    const disk = new Disk();
    const clock = new HandClock('2030-01-01T08:00:00.000Z');
    const processes = [processOn(disk, { clock }), processOn(disk, { clock }), processOn(disk, { clock })];
    for (const { worker } of processes) await worker.start();
    for (const id of '12345') await processes[0]!.place(id, 'a');
    clock.instant = NINE;
    for (const { worker } of processes) await worker.drain();
    for (const { worker } of processes) await worker.stop();
    expect(happened(disk)['shelf-a']).toEqual(Array(5).fill('Taken'));
    for (const id of '12345') expect(happened(disk)[`order-${id}`]).toEqual(['Placed', 'Lapsed']);
  });
});
