import { isDeepStrictEqual } from 'node:util';
import type { LedgerEvent } from '../../../application/kernel/ledger.js';
import type { Meta } from '../../../domain/kernel/envelope.js';
import { ask, type Delivered, inParts, nameOf, type Operation, operationsOf, sentBy, type World } from './asking.js';
import { type Actor, ACTORS, expected, mayEnter, RULED_OUT } from './expected.js';
import { type Objects, requests } from './requests.js';
import { ghostOf, openWorld } from './world.js';

// Every operation of the description and everybody who might ask: who is let in, who is kept out, and what those who are
// kept out learn of it, which is nothing.

let world: World;
let operations: readonly Operation[];
/** What the ledger held when the first of the matrix's requests was sent. */
let began: string;

beforeAll(async () => {
  world = await openWorld();
  operations = await operationsOf(world);
  began = (await world.embedded.system.ledger.head())!;
}, 60_000);
afterAll(() => world?.embedded.close());

const happened = async (after: string): Promise<LedgerEvent[]> => {
  const { ledger } = world.embedded.system;
  const all: LedgerEvent[] = [];
  for (let from = after; ;) {
    const page = await ledger.readAll({ from, maxCount: 1_000 });
    all.push(...page.filter(({ position }) => position !== from));
    if (page.length < 1_000) return all;
    from = page.at(-1)!.position;
  }
};

const KEPT_OUT = {
  ...{ type: 'about:blank', title: 'Not permitted', status: 403, code: 'not-permitted' },
  detail: 'This does not exist, or you may not do this with it.',
};
/** Of an answer that keeps somebody out: nothing that it could tell differs from what it always tells. */
const told = (answer: Delivered) => ({
  ...answer.json<object>(),
  etag: answer.headers.etag,
  position: answer.headers['ledger-position'],
});

const pairs = (which: (operation: Operation, actor: Actor) => boolean) =>
  operations.flatMap((operation) =>
    ACTORS.filter((actor) => which(operation, actor)).map((actor) => ({ operation, actor })),
  );
const keptOut = ({ name }: Operation, actor: Actor) =>
  actor !== 'nobody' && !mayEnter(name, actor) && !RULED_OUT[name]?.[actor];

test('every operation has its row and its request, and no row is left over', () => {
  const names = operations.map(({ name }) => name).sort();
  expect(Object.keys(expected).sort()).toEqual(names);
  expect(Object.keys(requests(world.objects, { actor: 'patient', name: '', sessionId: '' })).sort()).toEqual(names);
  for (const operation of operations) {
    const { at } = sentBy(world, operation, 'patient', world.objects);
    const [path] = (at.startsWith('/') ? at : `/api/v1/${at}`).split('?');
    expect(path).toMatch(operation.address);
  }
});

describe('who is kept out', () => {
  const refuse = async (objects: Objects, mark: string) => {
    const wrong = await inParts(pairs(keptOut), async ({ operation, actor }) => {
      const answer = await ask(world, operation, actor, objects, { mark });
      const learnt = answer.statusCode === 403 ? told(answer) : answer.statusCode;
      return isDeepStrictEqual(learnt, { ...KEPT_OUT, etag: undefined, position: undefined })
        ? []
        : [`${operation.name}, ${actor}: ${JSON.stringify(learnt)}`];
    });
    return wrong.flat();
  };

  test('is answered with the same words whatever it is about', async () => {
    expect(await refuse(world.objects, 'real')).toEqual([]);
  }, 60_000);

  test('is answered alike when there is no such thing (N1)', async () => {
    expect(await refuse(ghostOf(world.objects), 'ghost')).toEqual([]);
  }, 60_000);

  test('needs a token for whatever is not open to everybody', async () => {
    const without = pairs(({ name }, actor) => actor === 'nobody' && !mayEnter(name, actor));
    const answers = await inParts(without, async ({ operation }) => {
      const { statusCode, headers } = await ask(world, operation, 'nobody');
      return `${operation.name} ${statusCode} ${String(headers['www-authenticate'])}`;
    });
    expect(answers).toEqual(without.map(({ operation }) => `${operation.name} 401 Bearer`));
  });

  test('leaves a record of the attempt, and nothing else', async () => {
    const left = new Map<string, LedgerEvent[]>();
    for (const event of await happened(began)) {
      const { $correlationId } = event.metadata as Meta;
      left.set($correlationId, [...(left.get($correlationId) ?? []), event]);
    }
    for (const { operation, actor } of pairs(keptOut))
      for (const mark of ['real', 'ghost']) {
        const events = left.get(`${operation.name}.${actor}.${mark}`) ?? [];
        expect({ operation, actor, types: events.map(({ type }) => type) }).toEqual({
          ...{ operation, actor, types: ['AccessRefused'] },
        });
        expect(events[0]!.data).toMatchObject({ operation: operation.name });
        const { id } = world.who[actor];
        if (id !== undefined) expect((events[0]!.metadata as Meta).actor.id).toBe(id);
      }
    expect([...left.keys()].filter((correlation) => /^\w+\.nobody\./.test(correlation))).toEqual([]);
  });
});

test('a message is put right or taken away by who wrote it, the other side learns nothing by trying, and it is recorded', async () => {
  for (const [name, actors] of Object.entries(RULED_OUT))
    for (const [actor, code] of Object.entries(actors) as [Actor, string][]) {
      const operation = operations.find((one) => one.name === name)!;
      const answer = await ask(world, operation, actor, world.objects, { mark: 'ruled' });
      expect(answer.statusCode).toBe(403);
      const left = (await happened(began)).filter(
        ({ metadata }) => (metadata as Meta).$correlationId === `${name}.${actor}.ruled`,
      );
      expect(left.map(({ type, metadata }) => [type, (metadata as Meta).actor.id])).toEqual([
        ['AccessRefused', world.who[actor].id],
      ]);
      expect(told(answer)).toMatchObject({ code, etag: undefined, position: undefined });
      expect(world.secrets.filter((secret) => answer.body.includes(secret))).toEqual([]);
    }
});

describe('who is let in', () => {
  const refusedThough = (statusCode: number) => statusCode === 401 || statusCode === 403;

  test('gets every answer to every question', async () => {
    const open = pairs(({ name, method }, actor) => method === 'GET' && mayEnter(name, actor));
    const wrong = await inParts(open, async ({ operation, actor }) => {
      const { statusCode, body } = await ask(world, operation, actor);
      return statusCode === 200 ? [] : [`${operation.name}, ${actor}: ${statusCode} ${body}`];
    });
    expect(wrong.flat()).toEqual([]);
  }, 60_000);

  test('has every command taken, or a rule speaks against it', async () => {
    const wrong: string[] = [];
    for (const name of Object.keys(requests(world.objects, { actor: 'patient', name: '', sessionId: '' }))) {
      const operation = operations.find((one) => one.name === name)!;
      if (operation.method === 'GET') continue;
      const statuses: number[] = [];
      for (const actor of ACTORS.filter((one) => mayEnter(name, one))) {
        // Whoever logs out is not there any more for the rest.
        const token = name === 'logOut' ? await world.logInAs(nameOf(actor)) : world.who[actor].token;
        const { statusCode, body } = await ask(world, operation, actor, world.objects, { ...(token && { token }) });
        statuses.push(statusCode);
        if (refusedThough(statusCode) || statusCode === 429 || statusCode >= 500 || statusCode === 404)
          wrong.push(`${name}, ${actor}: ${statusCode} ${body}`);
      }
      if (!statuses.some((status) => status < 400)) wrong.push(`${name} was taken from nobody: ${statuses.join()}`);
    }
    expect(wrong).toEqual([]);
  }, 60_000);
});
