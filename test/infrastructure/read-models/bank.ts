import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Ledger, LedgerEvent, Subscription, SubscriptionMessage } from '../../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../../domain/kernel/envelope.js';
import { event } from '../../../domain/kernel/event.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { Projector, type ProjectorOptions } from '../../../infrastructure/read-models/projector.js';
import { openMongoReadModels } from '../../../infrastructure/read-models/mongodb.js';
import { openSqliteReadModels } from '../../../infrastructure/read-models/sqlite.js';
import { type AnyProjection, projection } from '../../../projections/kernel/projection.js';
import type { ReadModels } from '../../../projections/kernel/read-models.js';
import { MONGODB_URL, mongoDatabase, type TestDatabase } from '../../kernel/mongo.js';

/** Each account's events are in its stream; a payment is one event in the payer's stream that touches two accounts. */
export const events = {
  Opened: event(z.strictObject({ account: z.string(), name: z.string() })),
  Paid: event(z.strictObject({ number: z.int(), from: z.string(), to: z.string(), amount: z.int().min(0) })),
  Closed: event(z.strictObject({ account: z.string() })),
};

export interface Account {
  readonly name: string;
  readonly sum: number;
  /** The payments that touched it, in the order in which they did. */
  readonly numbers: readonly number[];
}

const empty: Account = { name: '', sum: 0, numbers: [] };

export const accounts = projection<Account>()({
  name: 'accounts',
  version: 1,
  from: events,
  key: (e) => (e.type === 'Paid' ? [e.data.from, e.data.to] : e.data.account),
  on: {
    Opened: (doc, { data: { name } }) => ({ ...(doc ?? empty), name }),
    Paid: (doc, { data: { number, from, amount } }, key) => {
      const { sum, numbers, name } = doc ?? empty;
      return { name, sum: sum + (key === from ? -amount : amount), numbers: [...numbers, number] };
    },
    Closed: () => null,
  },
  indexes: { bySum: ['sum'] },
  search: ['name'],
  parties: () => ({}),
  phi: false,
});

export interface Total {
  readonly payments: number;
  readonly amount: number;
}

export const totals = projection<Total>()({
  name: 'totals',
  version: 1,
  from: { Paid: events.Paid },
  key: () => 'all',
  on: {
    Paid: (doc, { data: { amount } }) => ({ payments: (doc?.payments ?? 0) + 1, amount: (doc?.amount ?? 0) + amount }),
  },
  indexes: {},
  parties: () => ({}),
  phi: false,
});

export const payments = projection<{ number: number; revision: number }>()({
  name: 'payments',
  version: 1,
  from: { Paid: events.Paid },
  key: ({ id }) => id,
  on: { Paid: (_doc, { data: { number }, revision }) => ({ number, revision }) },
  indexes: { byNumber: ['number'] },
  parties: () => ({}),
  phi: false,
});

/** What the tests did, kept beside the ledger; from this, and not from any fold, it is known what must be shown. */
export class Bank {
  private readonly opened = new Map<string, string>();
  private readonly paid: { number: number; from: string; to: string; amount: number }[] = [];
  private readonly closed = new Map<string, number>();

  constructor(readonly ledger: Ledger) {}

  static async open(folder: string): Promise<Bank> {
    return new Bank(await openSqliteLedger({ file: join(folder, 'ledger.db') }));
  }

  async openAccount(account: string, name = `Owner of ${account}`): Promise<Position> {
    this.opened.set(account, name);
    return this.append(account, 'Opened', { account, name });
  }

  async close(account: string): Promise<Position> {
    this.closed.set(account, this.paid.length);
    this.opened.delete(account);
    return this.append(account, 'Closed', { account });
  }

  async pay(from: string, to: string, amount: number): Promise<Position> {
    const number = this.paid.length;
    this.paid.push({ number, from, to, amount });
    return this.append(from, 'Paid', { number, from, to, amount });
  }

  /** So many payments among so many accounts, one after the other. */
  async payments(count: number, among: number): Promise<Position> {
    let position: Position = '';
    for (let i = 0; i < count; i++) position = await this.pay(`a${(i * 7) % among}`, `b${(i * 5) % among}`, i % 11);
    return position;
  }

  append(account: string, type: string, data: object): Promise<Position> {
    const metadata = { schemaVersion: 1, recordedAt: '2030-01-01T00:00:00.000Z' };
    return this.ledger
      .append(`account-${account}`, [{ id: randomUUID(), type, data, metadata }], 'any')
      .then(({ position }) => position);
  }

  /** Every account with the payments since it was closed last, counted one by one. */
  accounts(): Record<string, Account> {
    const names = new Set([...this.opened.keys(), ...this.paid.flatMap(({ from, to }) => [from, to])]);
    const shown: Record<string, Account> = {};
    for (const account of names) {
      const mine = this.paid
        .slice(this.closed.get(account) ?? 0)
        .filter(({ from, to }) => from === account || to === account);
      if (mine.length === 0 && !this.opened.has(account)) continue;
      const gains = mine.filter(({ from }) => from !== account).map(({ amount }) => amount);
      const losses = mine.filter(({ from }) => from === account).map(({ amount }) => amount);
      const sum = gains.reduce((a, b) => a + b, 0) - losses.reduce((a, b) => a + b, 0);
      shown[account] = { name: this.opened.get(account) ?? '', sum, numbers: mine.map(({ number }) => number) };
    }
    return shown;
  }

  total(): Total | undefined {
    if (this.paid.length === 0) return undefined;
    return { payments: this.paid.length, amount: this.paid.map(({ amount }) => amount).reduce((a, b) => a + b) };
  }

  paymentNumbers(): number[] {
    return this.paid.map(({ number }) => number);
  }
}

/** All documents of a read model, by key. */
export const shown = async <Doc extends object>(
  readModels: ReadModels,
  p: AnyProjection,
  keys: readonly string[],
): Promise<Record<string, Doc>> => {
  const found = await (await readModels.open<Doc>(p)).getMany(keys);
  return Object.fromEntries([...found].map(([key, { doc }]) => [key, doc]));
};

/** Everything that is shown is what the bank knows. */
export const expectTruth = async (readModels: ReadModels, bank: Bank): Promise<void> => {
  const truth = bank.accounts();
  expect(await shown(readModels, accounts, Object.keys(truth))).toEqual(truth);
  const docs = await readModels.open<Account>(accounts);
  expect((await docs.digest()).documents).toBe(Object.keys(truth).length);
  expect((await (await readModels.open<Total>(totals)).get('all'))?.doc).toEqual(bank.total());
  const numbers: number[] = [];
  const each = await readModels.open<{ number: number }>(payments);
  for (let after: string | undefined; ;) {
    const page = await each.query({ index: 'byNumber', limit: 200, ...(after !== undefined && { after }) });
    numbers.push(...page.items.map(({ doc }) => doc.number));
    if ((after = page.next) === undefined) break;
  }
  expect(numbers).toEqual(bank.paymentNumbers());
};

export const PROJECTIONS: readonly AnyProjection[] = [accounts, totals, payments];

/** Where read models may lie: in a file, and in a MongoDB when there is one. */
export const STORES = ['sqlite', ...(MONGODB_URL ? (['mongodb'] as const) : [])] as const;
export type Store = (typeof STORES)[number];

/** A folder, a bank, and what was opened on them; all gone with `end`. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'projector-'));
  bank!: Bank;
  store: Store = 'sqlite';
  private readonly databases = new Map<string, TestDatabase>();
  readonly logged: { readonly level: string; readonly fields: object; readonly message: string }[] = [];
  private readonly ends: (() => Promise<void>)[] = [];

  static async begin(): Promise<World> {
    const world = new World();
    world.bank = await Bank.open(world.folder);
    world.ends.push(() => world.bank.ledger.close());
    return world;
  }

  async readModels(name = 'read-models.db'): Promise<ReadModels> {
    const readModels =
      this.store === 'sqlite'
        ? await openSqliteReadModels({ file: join(this.folder, name) })
        : await openMongoReadModels(this.database(name));
    this.ends.push(() => readModels.close());
    return readModels;
  }

  projector(readModels: ReadModels, options: Partial<ProjectorOptions> = {}): Projector {
    const log = (level: string) => (fields: object, message: string) =>
      void this.logged.push({ level, fields, message });
    const projector = new Projector({
      ledger: this.bank.ledger,
      readModels,
      projections: PROJECTIONS,
      clock: { now: () => new Date().toISOString() },
      logger: { info: log('info'), warn: log('warn'), error: log('error') },
      ...options,
    });
    this.ends.push(() => projector.stop());
    return projector;
  }

  async end(): Promise<void> {
    for (const end of this.ends.reverse()) await end();
    for (const { drop } of this.databases.values()) await drop();
    rmSync(this.folder, { recursive: true });
  }

  private database(name: string): TestDatabase {
    const database = this.databases.get(name) ?? mongoDatabase();
    this.databases.set(name, database);
    return database;
  }
}

/** A ledger whose subscriptions deliver what `messages` makes of the events that are there, then wait. */
export const delivering = (
  ledger: Ledger,
  messages: (events: readonly LedgerEvent[]) => Iterable<SubscriptionMessage>,
): Ledger =>
  Object.assign(Object.create(ledger) as Ledger, {
    subscribe: ({ after }: { after?: Position } = {}): Subscription => {
      let cancel!: () => void;
      const cancelled = new Promise<void>((resolve) => (cancel = resolve));
      async function* deliver(): AsyncGenerator<SubscriptionMessage> {
        const events = await ledger.readAll();
        yield* messages(events.filter(({ position }) => after === undefined || comparePositions(position, after) > 0));
        await cancelled;
      }
      return Object.assign(deliver(), { cancel });
    },
    // Seems empty at the start, so that nothing is built beside and everything comes through the subscription.
    head: async () => undefined,
  });
