import { randomBytes } from 'node:crypto';
import type { Binary, Db, MongoClient, MongoClientOptions } from 'mongodb';
import { Fatal, Transient, UnknownOutcome } from '../../application/kernel/ledger.js';

/**
 * Written is what a majority has in its journal, and read is what a majority has, so that nothing that was told to anybody
 * is taken back when the primary changes. A standalone server takes both for its own journal.
 */
const OPTIONS: MongoClientOptions = {
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: 30_000 },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  // Once, by the driver, where the server can tell a repetition (not on a standalone one). Those who write do not rest on it.
  retryWrites: true,
  retryReads: true,
  minPoolSize: 1,
  maxPoolSize: 50,
  maxIdleTimeMS: 300_000,
  waitQueueTimeoutMS: 10_000,
  connectTimeoutMS: 5_000,
  serverSelectionTimeoutMS: 5_000,
  heartbeatFrequencyMS: 2_000,
  ignoreUndefined: true,
  promoteLongs: true,
};
/**
 * No answer for so long means that there will be none: a server that came back after a crash was seen to take a question
 * and forget it, while it went on to answer others.
 */
const SOCKET_TIMEOUT_MS = 20_000;

export interface MongoOptions {
  /** `mongodb://user:password@host,host/database?options`, TLS and the replica set included. */
  readonly url: string;
}

/** A database, and the connections to it. */
export interface MongoDatabase {
  readonly db: Db;
  /** The same over connections that wait as long as it takes: for making indexes, say. */
  readonly patient: () => Db;
  readonly close: () => Promise<void>;
}

/**
 * Connects to the database that the URL names, or to `database` where it names none. Throws Fatal for a URL that is none
 * and for a user that is refused, Transient when no server answers.
 */
export const openMongo = async ({ url }: MongoOptions, database: string): Promise<MongoDatabase> => {
  // Loaded when it is needed: who runs without MongoDB does not pay for it.
  const { MongoClient } = await import('mongodb');
  const name = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(url)?.[1] ?? database;
  const opened: MongoClient[] = [];
  const connect = (socketTimeoutMS: number): MongoClient => {
    const client = new MongoClient(url, { ...OPTIONS, socketTimeoutMS, appName: 'healthstack' });
    opened.push(client);
    return client;
  };
  const close = async (): Promise<void> => {
    for (const client of opened.splice(0)) await client.close();
  };
  try {
    const db = connect(SOCKET_TIMEOUT_MS).db(name);
    // The first question is the one that finds out whether we are let in.
    await reached(() => db.command({ ping: 1 }));
    let patient: Db | undefined;
    return { db, patient: () => (patient ??= connect(0).db(name)), close };
  } catch (error) {
    await close();
    if (error instanceof Transient) throw error;
    throw new Fatal(`The MongoDB database ${name} cannot be opened: ${(error as Error).name}.`, { cause: error });
  }
};

/** Does something with a database; throws Transient or UnknownOutcome for what is worth another try, else as it came. */
export const reached = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw mapped(error);
  }
};

interface DriverError {
  readonly name?: string;
  readonly code?: unknown;
  readonly hasErrorLabel?: (label: string) => boolean;
  /** What a bulk was cut off by, inside the error of the bulk. */
  readonly errorResponse?: unknown;
}

/** Nothing was sent. */
const NOT_SENT = [
  'MongoServerSelectionError',
  'MongoWaitQueueTimeoutError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoClientClosedError',
];
/** It was sent, and what became of it nobody knows. */
const NOT_ANSWERED = ['MongoNetworkError', 'MongoNetworkTimeoutError', 'MongoWriteConcernError'];
/** The server steps down, shuts down, was interrupted, or could not confirm in time. */
const CODES = [6, 7, 64, 89, 91, 100, 189, 262, 9001, 10107, 10058, 11600, 11602, 13435, 13436];

const mapped = (error: unknown): unknown => {
  const { name = '', code, hasErrorLabel, errorResponse } = error as DriverError;
  if (name === 'MongoBulkWriteError' && errorResponse instanceof Error) {
    const cause = mapped(errorResponse);
    // Another part of it may have been sent before.
    return cause === errorResponse ? error : new UnknownOutcome('MongoDB did not answer.', { cause: error });
  }
  if (NOT_SENT.includes(name)) return new Transient('MongoDB cannot be reached.', { cause: error });
  const labelled = hasErrorLabel?.call(error, 'RetryableWriteError') ?? false;
  if (NOT_ANSWERED.includes(name) || labelled || CODES.includes(code as number))
    return new UnknownOutcome('MongoDB did not answer.', { cause: error });
  return error;
};

/** Whether a write was refused for there is such a document already. */
export const isDuplicate = (error: unknown): boolean => (error as DriverError).code === 11_000;

/** An upsert of which it does not matter who of several made it first. */
export const ensured = async (work: () => Promise<unknown>): Promise<void> => {
  try {
    await reached(work);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
};

/** Notes the shape of what lies in a database. Throws Fatal when a newer release has given it another one. */
export const ensureFormat = async (db: Db, format: number, what: string): Promise<void> => {
  const formats = db.collection<{ _id: 'format'; format: number }>('settings');
  await ensured(() => formats.updateOne({ _id: 'format' }, { $setOnInsert: { format } }, { upsert: true }));
  const found = (await reached(() => formats.findOne({ _id: 'format' })))!;
  if (found.format > format)
    throw new Fatal(
      `${what} in the MongoDB database ${db.databaseName} are of a newer release ` +
        `(format ${found.format}; this one knows ${format}).`,
    );
};

/** 32 random bytes under a name, made when they are asked for first and the same ever after. */
export const secretIn = async (db: Db, name: string): Promise<Buffer> => {
  const secrets = db.collection<{ _id: string; value: Binary }>('secrets');
  const held = await reached(() => secrets.findOne({ _id: name }));
  if (held) return Buffer.from(held.value.buffer);
  const value = randomBytes(32) as never;
  await ensured(() => secrets.updateOne({ _id: name }, { $setOnInsert: { value } }, { upsert: true }));
  return secretIn(db, name);
};
