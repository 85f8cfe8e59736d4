import { MongoClient } from 'mongodb';
import { openMongoVault } from '../../../infrastructure/vault/mongodb.js';
import { MONGODB_URL, mongoDatabase, type TestDatabase } from '../../kernel/mongo.js';

(MONGODB_URL ? describe : describe.skip)('the vault in MongoDB (needs MONGODB_URL)', () => {
  let place: TestDatabase;
  let client: MongoClient;
  beforeEach(() => {
    place = mongoDatabase();
    client = new MongoClient(place.url);
  });
  afterEach(async () => {
    await client.close();
    await place.drop();
  });

  it('holds refresh and one-time tokens as digests only', async () => {
    const vault = await openMongoVault(place);
    await vault.reserve({ accountId: 'a', login: 'x', passwordHash: 'h', now: 0 });
    const { refreshToken } = await vault.openSession({ accountId: 'a', now: 1, expiresAt: 9 });
    const rotation = await vault.rotate(refreshToken!, 2, 1);
    const once = await vault.issueOnce({ purpose: 'invitation', subject: 'i', nonce: 'n', expiresAt: 9 });
    const tokens = [refreshToken!, (rotation as { refreshToken: string }).refreshToken, once];
    const held: string[] = [];
    for (const { name } of await client.db().listCollections().toArray())
      held.push(JSON.stringify(await client.db().collection(name).find().toArray()));
    expect(held.join()).toMatch(/passwordHash/);
    for (const token of tokens) expect(held.join()).not.toContain(token);
    await vault.close();
  });

  it('tells of a change whose maker died before telling it', async () => {
    const vault = await openMongoVault(place);
    for (const id of ['a', 'b']) await vault.reserve({ accountId: id, login: id, passwordHash: null, now: 0 });
    const { sessionId } = await vault.openSession({ accountId: 'a', now: 1, expiresAt: 9 });
    const { mark } = await vault.changes(0);
    const died = { $set: { ended: true, untold: 'one' } };
    await client.db().collection<{ _id: string }>('sessions').updateOne({ _id: sessionId }, died);
    const raised = { $set: { generation: 1, untold: 'other' } };
    await client.db().collection<{ _id: string }>('credentials').updateOne({ _id: 'b' }, raised);
    const told = await vault.changes(mark);
    expect(told.accountIds).toEqual(['a', 'b']);
    expect(await vault.changes(told.mark)).toEqual({ mark: told.mark, accountIds: [] });
    await vault.close();
  });

  it('of a newer version is left alone', async () => {
    await (await openMongoVault(place)).close();
    await client
      .db()
      .collection<{ _id: string }>('settings')
      .updateOne({ _id: 'format' }, { $set: { format: 99 } });
    await expect(openMongoVault(place)).rejects.toThrow(/newer release \(format 99/);
  });
});
