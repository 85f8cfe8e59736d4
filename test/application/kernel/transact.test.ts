import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Ledger, Transient, UnknownOutcome } from '../../../application/kernel/ledger.js';
import type { Ports } from '../../../application/kernel/ports.js';
import { Streams } from '../../../application/kernel/streams.js';
import { type Caller, transact } from '../../../application/kernel/transact.js';
import { decider } from '../../../domain/kernel/decider.js';
import type { Meta } from '../../../domain/kernel/envelope.js';
import { event } from '../../../domain/kernel/event.js';
import { reject, Rejection } from '../../../domain/kernel/rejection.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { NOW, SYSTEM } from '../../kernel/spec.js';

/** Eighty seats, one a command. */
const SEATS = 80;
const commands = {
  TakeSeat: z.strictObject({ who: z.string() }),
  Close: z.strictObject({}),
  Leave: z.strictObject({}),
  Burn: z.strictObject({ who: z.string() }),
};
const events = {
  SeatTaken: event(z.object({ who: z.string(), seat: z.int() })),
  Closed: event(z.object({})),
  Left: event(z.object({})),
};
const room = decider<{ taken: number; closed: boolean; last?: string }>()({
  category: 'room',
  commands,
  events,
  initial: { taken: 0, closed: false },
  parties: ({ last }, { who = last }) => ({ hospitalId: 'h', ...(who !== undefined && { patientId: who }) }),
  decide: {
    TakeSeat: ({ taken }, { who }) =>
      taken < SEATS ? [{ type: 'SeatTaken', data: { who, seat: taken + 1 } }] : reject('full', 'No seat is left.'),
    Burn: () => reject('no-fire', 'Nobody may.', 'forbidden'),
    Leave: () => [{ type: 'Left', data: {} }],
    Close: ({ closed }) => (closed ? [] : [{ type: 'Closed', data: {} }]),
  },
  evolve: {
    SeatTaken: (s, { who }) => ({ ...s, taken: s.taken + 1, last: who }),
    Left: (s) => ({ ...s, taken: s.taken - 1, closed: false }),
    Closed: (s) => ({ ...s, closed: true }),
  },
});

let folder: string;
let ledger: Ledger;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'transact-'));
  ledger = await openSqliteLedger({ file: join(folder, 'ledger.sqlite') });
});
afterEach(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

const portsOn = (l: Ledger, earlier = new Map<string, string>()): Ports => ({
  ledger: l,
  clock: { now: () => NOW },
  fingerprint: (data) => JSON.stringify(data),
  fingerprintOf: (id) => Promise.resolve(earlier.get(id)),
  software: 'test',
});
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const caller = (n: number, more: Partial<Caller> = {}): Caller => ({
  actor: SYSTEM,
  commandId: uuid(n),
  correlationId: 'c',
  causationId: 'c',
  purpose: 'TREAT',
  ...more,
});
const take = (who: string) => ({ type: 'TakeSeat' as const, data: { who } });
const inRoom = (id: string, message: ReturnType<typeof take>, c: Caller) => ({ id, message, caller: c });
const stored = (id = 'r') => ledger.readStream(`room-${id}`);

test('a command becomes events with their envelope', async () => {
  const answer = await transact(portsOn(ledger), new Streams(ledger), room, inRoom('r', take('p'), caller(1)));
  const [first] = await stored();
  expect(answer).toEqual({ id: 'r', revision: 0, position: first!.position });
  expect(first).toMatchObject({ type: 'SeatTaken', data: { who: 'p', seat: 1 } });
  expect(first!.metadata).toMatchObject({
    commandId: uuid(1),
    command: 'TakeSeat',
    actor: SYSTEM,
    tenant: 'h',
    subject: 'p',
    schemaVersion: 1,
    recordedAt: NOW,
  } satisfies Partial<Meta>);
});

test('the same command again is answered as the first time, also by a process that never saw it', async () => {
  const ports = portsOn(ledger);
  const streams = new Streams(ledger);
  const first = await transact(ports, streams, room, inRoom('r', take('p'), caller(1)));
  await transact(ports, streams, room, inRoom('r', take('q'), caller(2)));
  expect(await transact(ports, streams, room, inRoom('r', take('p'), caller(1)))).toEqual(first);
  expect(await transact(ports, new Streams(ledger), room, inRoom('r', take('p'), caller(1)))).toEqual(first);
  expect(await stored()).toHaveLength(2);
});

test('1,000 keys sent eight times at once through two processes are 1,000 seats asked, each once', async () => {
  const [one, other] = [new Streams(ledger), new Streams(ledger)];
  const ports = portsOn(ledger);
  const sends = Array.from({ length: 8_000 }, (_, i) => {
    const n = i % 1_000;
    const roomId = `r${n % 50}`;
    return transact(ports, i % 2 ? one : other, room, inRoom(roomId, take(`p${n}`), caller(n))).catch((e: Error) => e);
  });
  const answers = await Promise.all(sends);
  // A process that lost too often says so; asked again it is answered.
  const busy = answers.flatMap((a, i) => (a instanceof Error ? [i] : []));
  for (const i of busy) {
    const n = i % 1_000;
    await transact(ports, one, room, inRoom(`r${n % 50}`, take(`p${n}`), caller(n)));
  }
  const all = (await Promise.all(Array.from({ length: 50 }, (_, r) => stored(`r${r}`)))).flat();
  expect(new Set(all.map(({ metadata }) => (metadata as Meta).commandId)).size).toBe(1_000);
  expect(all).toHaveLength(1_000);
});

test('500 at once for 80 seats: 80 have one, 420 are told that none is left', async () => {
  const streams = new Streams(ledger);
  const ports = portsOn(ledger);
  const answers = await Promise.allSettled(
    Array.from({ length: 500 }, (_, n) => transact(ports, streams, room, inRoom('r', take(`p${n}`), caller(n)))),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(SEATS);
  const codes = answers.flatMap((a) => (a.status === 'rejected' ? [(a.reason as { code: string }).code] : []));
  expect(new Set(codes)).toEqual(new Set(['full']));
  expect((await stored()).map(({ data }) => (data as { seat: number }).seat)).toEqual(
    Array.from({ length: SEATS }, (_, i) => i + 1),
  );
});

test('a stale state costs a conflict and is decided again', async () => {
  const ports = portsOn(ledger);
  const [one, other] = [new Streams(ledger), new Streams(ledger)];
  await transact(ports, one, room, inRoom('r', take('a'), caller(1)));
  await transact(ports, other, room, inRoom('r', take('b'), caller(2)));
  await transact(ports, one, room, inRoom('r', take('c'), caller(3)));
  expect((await stored()).map(({ data }) => (data as { seat: number }).seat)).toEqual([1, 2, 3]);
});

test('If-Match: a revision that is not the current one is stale, also when the cache is', async () => {
  const ports = portsOn(ledger);
  const [one, other] = [new Streams(ledger), new Streams(ledger)];
  await transact(ports, one, room, inRoom('r', take('a'), caller(1)));
  await transact(ports, other, room, inRoom('r', take('b'), caller(2)));
  await expect(transact(ports, one, room, inRoom('r', take('c'), caller(3, { expected: 0 })))).rejects.toMatchObject({
    kind: 'stale',
  });
  await transact(ports, one, room, inRoom('r', take('c'), caller(4, { expected: 1 })));
  expect(await stored()).toHaveLength(3);
});

test('If-Match: a process whose cache is behind believes the ledger, not its cache', async () => {
  const ports = portsOn(ledger);
  const [one, other] = [new Streams(ledger), new Streams(ledger)];
  await transact(ports, one, room, inRoom('r', take('a'), caller(1)));
  await transact(ports, other, room, inRoom('r', take('b'), caller(2)));
  await transact(ports, one, room, inRoom('r', take('c'), caller(3, { expected: 1 })));
  expect(await stored()).toHaveLength(3);
});

test('the same key with other data is refused, in this stream and in another', async () => {
  const ports = portsOn(ledger);
  const streams = new Streams(ledger);
  await transact(ports, streams, room, inRoom('r', take('a'), caller(1, { keyed: true })));
  const refused = { code: 'idempotency-key-reused', kind: 'unprocessable' };
  await expect(
    transact(ports, streams, room, inRoom('r', take('b'), caller(1, { keyed: true }))),
  ).rejects.toMatchObject(refused);
  await expect(
    transact(ports, streams, room, inRoom('s', take('a'), caller(1, { keyed: true }))),
  ).rejects.toMatchObject(refused);
  const later = portsOn(ledger, new Map([[uuid(1), 'of another command']]));
  await expect(
    transact(later, new Streams(ledger), room, inRoom('t', take('a'), caller(1, { keyed: true }))),
  ).rejects.toMatchObject(refused);
});

test('what nothing is left to do for is no event', async () => {
  const ports = portsOn(ledger);
  const streams = new Streams(ledger);
  const close = { type: 'Close' as const, data: {} };
  await transact(ports, streams, room, { id: 'r', message: close, caller: caller(1) });
  expect(await transact(ports, streams, room, { id: 'r', message: close, caller: caller(2) })).toMatchObject({
    revision: 0,
  });
});

test.each([
  ['was not applied', new Transient('down'), false],
  ['is unknown', new UnknownOutcome('late'), true],
])('an append whose outcome %s is repeated with the same ids and happens once', async (_, error, applied) => {
  let failures = 2;
  const shaky: Ledger = Object.assign(Object.create(ledger) as Ledger, {
    append: async (...args: Parameters<Ledger['append']>) => {
      if (failures-- <= 0) return ledger.append(...args);
      if (applied) await ledger.append(...args);
      throw error;
    },
  });
  const answer = await transact(portsOn(shaky), new Streams(shaky), room, inRoom('r', take('a'), caller(1)));
  expect(answer.revision).toBe(0);
  expect(await stored()).toHaveLength(1);
});

test('nothing is written when the caller may not', async () => {
  const authorize = () => Promise.reject(Object.assign(new Error('no'), { code: 'not-permitted' }));
  await expect(
    transact(portsOn(ledger), new Streams(ledger), room, inRoom('r', take('a'), caller(1, { authorize }))),
  ).rejects.toThrow('no');
  expect(await ledger.head()).toBeUndefined();
});

test('what a rule forbids is told, with whom it concerns; any other no is not', async () => {
  const told: unknown[] = [];
  const refused = (...what: unknown[]) => Promise.resolve(void told.push(what));
  const run = (message: { type: 'Burn' | 'TakeSeat'; data: { who: string } }, n: number) =>
    transact(portsOn(ledger), new Streams(ledger), room, { id: 'r', message, caller: caller(n, { refused }) });
  await expect(run({ type: 'Burn', data: { who: 'p' } }, 1)).rejects.toMatchObject({ code: 'no-fire' });
  expect(told).toEqual([[SYSTEM, { hospitalId: 'h', patientId: 'p' }, 'r']]);
  for (let seat = 0; seat < SEATS; seat++) await run(take('q'), seat + 2);
  await expect(run(take('q'), SEATS + 2)).rejects.toMatchObject({ code: 'full' });
  expect(told).toHaveLength(1);
});

describe('several processes on one ledger', () => {
  const shared = () => new Streams(ledger, true);
  const claims = () => {
    const taken = new Map<string, string>();
    return async (id: string, fingerprint: string) => {
      if (!taken.has(id)) taken.set(id, fingerprint);
      return taken.get(id)!;
    };
  };
  const close = (n: number) => ({ id: 'r', message: { type: 'Close' as const, data: {} }, caller: caller(n) });

  test('a no rests on what the ledger holds, not on what this process remembers', async () => {
    const ports = portsOn(ledger);
    const [one, other] = [shared(), shared()];
    for (let n = 0; n < SEATS; n++) await transact(ports, one, room, inRoom('r', take(`p${n}`), caller(n)));
    await expect(transact(ports, other, room, inRoom('r', take('x'), caller(100)))).rejects.toMatchObject({
      code: 'full',
    });
    await transact(ports, one, room, { id: 'r', message: { type: 'Leave', data: {} }, caller: caller(101) });
    expect(await transact(ports, other, room, inRoom('r', take('x'), caller(102)))).toMatchObject({ revision: 81 });
  });

  test('nothing to do is said of what the ledger holds', async () => {
    const ports = portsOn(ledger);
    const [one, other] = [shared(), shared()];
    await transact(ports, one, room, close(1));
    expect(await transact(ports, other, room, close(2))).toMatchObject({ revision: 0 });
    await transact(ports, one, room, { id: 'r', message: { type: 'Leave', data: {} }, caller: caller(3) });
    expect(await transact(ports, other, room, close(4))).toMatchObject({ revision: 2 });
  });

  test('nobody is refused, nor recorded as refused, because of what another process changed', async () => {
    const ports = portsOn(ledger);
    const [one, other] = [shared(), shared()];
    const refusals: unknown[] = [];
    const authorize: Caller['authorize'] = async ({ patientId }, _key, beforeRefusal) => {
      if (patientId === 'a') return SYSTEM;
      await beforeRefusal?.();
      refusals.push(patientId);
      throw new Rejection('not-permitted', 'No.', 'forbidden');
    };
    const leave = (n: number) => ({
      id: 'r',
      message: { type: 'Leave' as const, data: {} },
      caller: caller(n, { authorize }),
    });
    await transact(ports, one, room, inRoom('r', take('b'), caller(1)));
    await expect(transact(ports, other, room, leave(2))).rejects.toMatchObject({ kind: 'forbidden' });
    expect(refusals).toEqual(['b']);
    await transact(ports, one, room, inRoom('r', take('a'), caller(3)));
    await transact(ports, other, room, leave(4));
    expect(refusals).toEqual(['b']);
  });

  test('facts are those of the ledger', async () => {
    const ports = portsOn(ledger);
    const [one, other] = [shared(), shared()];
    const seen: number[] = [];
    const looking = (streams: Streams, n: number) =>
      transact(ports, streams, room, inRoom('r', take('p'), caller(n)), async (_message, { load }) => {
        seen.push((await load(room, 'facts')).taken);
      });
    await transact(ports, one, room, inRoom('facts', take('a'), caller(1)));
    await looking(other, 2);
    await transact(ports, one, room, inRoom('facts', take('b'), caller(3)));
    await looking(other, 4);
    expect(seen).toEqual([1, 2]);
  });

  test('one key with two bodies at once, at two processes: one of them happens, the other is told', async () => {
    for (const [a, b] of [
      ['same', 'same'],
      ['here', 'there'],
    ] as const)
      for (let n = 0; n < 50; n++) {
        // Within a stream the ledger itself tells them apart.
        const ports = { ...portsOn(ledger), ...(a !== b && { claim: claims() }) };
        const keyed = caller(n + (a === b ? 0 : 500), { keyed: true });
        const answers = await Promise.allSettled([
          transact(ports, shared(), room, inRoom(`${a}${n}`, take('p'), keyed)),
          transact(ports, shared(), room, inRoom(`${b}${n}`, take('q'), keyed)),
        ]);
        const codes = answers.map((it) => (it.status === 'rejected' ? (it.reason as Rejection).code : 'done'));
        expect(codes.sort()).toEqual(['done', 'idempotency-key-reused']);
        const rooms = [...new Set([a, b])].map((name) => stored(`${name}${n}`).catch(() => []));
        expect((await Promise.all(rooms)).flat()).toHaveLength(1);
      }
  });

  test('one key with one body at once, at two processes, happens once and is answered alike', async () => {
    const ports = { ...portsOn(ledger), claim: claims() };
    for (let n = 0; n < 50; n++) {
      const send = () => transact(ports, shared(), room, inRoom(`k${n}`, take('p'), caller(n, { keyed: true })));
      const [first, second] = await Promise.all([send(), send()]);
      expect(first).toEqual(second);
      expect(await stored(`k${n}`)).toHaveLength(1);
    }
  });

  test('the only writer reads nothing again', async () => {
    const ports = portsOn(ledger);
    const streams = new Streams(ledger);
    await transact(ports, streams, room, close(1));
    const reads = jest.spyOn(ledger, 'readStream');
    await transact(ports, streams, room, close(2));
    await expect(
      transact(ports, streams, room, { id: 'r', message: { type: 'Burn', data: { who: 'p' } }, caller: caller(3) }),
    ).rejects.toMatchObject({ code: 'no-fire' });
    expect(reads).not.toHaveBeenCalled();
    reads.mockRestore();
  });
});
