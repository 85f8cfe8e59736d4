import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';

/** A MongoDB, or a server that speaks its protocol, that the tests may make databases on. */
export const MONGODB_URL = process.env.MONGODB_URL;

export interface TestDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** A database of its own on the server that the environment names. */
export const mongoDatabase = (): TestDatabase => {
  const [, server, options = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)[^?]*(\?.*)?$/.exec(MONGODB_URL!)!;
  const url = `${server}/healthstack_test_${randomBytes(6).toString('hex')}${options}`;
  const drop = async (): Promise<void> => {
    const client = new MongoClient(url);
    await client.db().dropDatabase();
    await client.close();
  };
  return { url, drop };
};
