import { MongoClient } from 'mongodb';
import { Fatal, Transient } from '../../../application/kernel/ledger.js';
import { openMongoReadModels } from '../../../infrastructure/read-models/mongodb.js';
import { BadQuery, type CollectionSpec, type ReadModels, Superseded } from '../../../projections/kernel/read-models.js';
import { MONGODB_URL, mongoDatabase, type TestDatabase } from '../../kernel/mongo.js';

const SPEC: CollectionSpec = { name: 'people', version: 1, indexes: { byCity: ['address.city'] }, search: ['name'] };

it('says that no server answers, and that a URL is none', async () => {
  await expect(openMongoReadModels({ url: 'mongodb://127.0.0.1:9/x?serverSelectionTimeoutMS=50' })).rejects.toThrow(
    Transient,
  );
  await expect(openMongoReadModels({ url: 'mongodb://' })).rejects.toThrow(Fatal);
});

(MONGODB_URL ? describe : describe.skip)('read models in MongoDB (needs MONGODB_URL)', () => {
  let place: TestDatabase;
  let client: MongoClient;
  let readModels: ReadModels;
  beforeEach(async () => {
    place = mongoDatabase();
    client = new MongoClient(place.url);
    readModels = await openMongoReadModels(place);
  });
  afterEach(async () => {
    await readModels.close();
    await client.close();
    await place.drop();
  });

  const write = async (key: string, doc: object, expected?: string) =>
    (await readModels.open(SPEC)).write([{ key, expected, at: `${Number(expected ?? 0) + 1}`, doc }]);

  it('lie there as documents that others can read', async () => {
    await write('p1', { name: 'Rahim', address: { city: 'Dhaka' } });
    const { id } = await readModels.open(SPEC);
    expect(await client.db().collection<{ _id: string }>(id).findOne({ _id: 'p1' })).toMatchObject({
      doc: { name: 'Rahim', address: { city: 'Dhaka' } },
      on: { 'address:city': 'Dhaka' },
    });
  });

  it.each<[what: string, doc: object]>([
    ['a reference', { $ref: 'x', $id: 'y' }],
    ['a type of BSON', { _bsontype: 'ObjectId', id: 'x' }],
    ['an operator', { $set: { a: '$b' } }],
    ['a field of this store', { 'a.b': { c: ['$$ROOT'] } }],
    ['a name that ends a name', { 'a\0b': 1 }],
    ['a prototype', JSON.parse('{"__proto__": {"x": 1}}') as object],
  ])('give back what looks like %s', async (_what, odd) => {
    const docs = await readModels.open(SPEC);
    await write('a', { odd });
    await write('a', { odd, again: true }, '1');
    expect(JSON.stringify((await docs.get('a'))!.doc)).toBe(JSON.stringify({ odd, again: true }));
  });

  it('keep no word of a document that is gone', async () => {
    await write('a', { name: 'Zubaida Khatun' });
    await write('b', { name: 'Salma Khatun' });
    const docs = await readModels.open(SPEC);
    await docs.write([{ key: 'a', expected: '1', at: '2', doc: null }]);
    const words = await client.db().collection(`${docs.id}.words`).distinct('_id');
    expect(words.sort()).toEqual(['khatun', 'salma']);
  });

  it('find a word that one writer takes away while another one brings it back', async () => {
    const docs = await readModels.open<{ name: string }>(SPEC);
    const other = await openMongoReadModels(place);
    const there = await other.open<{ name: string }>(SPEC);
    await docs.write([{ key: 'a', expected: undefined, at: '1', doc: { name: 'Zubaida' } }]);
    for (let at = 1; at < 20; at++) {
      const next = { expected: at === 1 ? undefined : `${at}`, at: `${at + 1}` };
      const [leaving, coming] = at % 2 === 1 ? ['a', 'b'] : ['b', 'a'];
      const from = at === 1 ? '1' : `${at}`;
      await Promise.all([
        docs.write([{ key: leaving, expected: from, at: next.at, doc: null }]),
        there.write([{ key: coming, expected: next.expected, at: next.at, doc: { name: 'Zubaida' } }]),
      ]);
      expect((await docs.search({ text: 'zubaidda', limit: 5 })).items.map(({ key }) => key)).toEqual([coming]);
    }
    await other.close();
  });

  it('leave nothing behind of a write into a generation that is gone', async () => {
    const beside = await readModels.openBeside<object>(SPEC);
    await readModels.openBeside(SPEC);
    await expect(beside.write([{ key: 'a', expected: undefined, at: '1', doc: { name: 'x' } }])).rejects.toThrow(
      Superseded,
    );
    await expect(readModels.makeIndexes(beside)).rejects.toThrow(Superseded);
    const names = (await client.db().listCollections().toArray()).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith(beside.id))).toEqual([]);
  });

  it('are finished and swept by the next process when the one before died', async () => {
    await readModels.open(SPEC);
    const registry = client.db().collection<{ _id: string; gone: object[] }>('generations');
    const spec = JSON.stringify(SPEC);
    await client.db().collection<{ _id: string }>('people_v1_9').insertOne({ _id: '' });
    await registry.updateOne({ _id: 'people' }, { $push: { gone: { n: 9, spec, made: true } } });
    await registry.insertOne({
      _id: 'begun',
      revision: 1,
      numbered: 1,
      live: { n: 1, spec: spec.replace('people', 'begun'), made: false },
      gone: [],
    } as never);
    const next = await openMongoReadModels(place);
    const names = (await client.db().listCollections().toArray()).map(({ name }) => name);
    expect(names).not.toContain('people_v1_9');
    const begun = await next.open<{ name: string }>({ ...SPEC, name: 'begun' });
    await begun.write([{ key: 'a', expected: undefined, at: '1', doc: { name: 'Rahim' } }]);
    expect((await begun.query({ index: 'byCity', limit: 5 })).items).toHaveLength(1);
    await next.close();
  });

  it('give no cursor of one database for another, and keep theirs over a restart', async () => {
    for (const key of ['a', 'b']) await write(key, { name: key });
    const { next } = await (await readModels.open(SPEC)).query({ index: 'byCity', limit: 1 });
    const again = await openMongoReadModels(place);
    expect((await (await again.open(SPEC)).query({ index: 'byCity', limit: 1, after: next! })).items[0]!.key).toBe('b');
    await again.close();
    const elsewhere = mongoDatabase();
    const other = await openMongoReadModels(elsewhere);
    await expect((await other.open(SPEC)).query({ index: 'byCity', limit: 1, after: next! })).rejects.toThrow(BadQuery);
    await other.close();
    await elsewhere.drop();
  });

  it('of a newer release are left alone', async () => {
    await client
      .db()
      .collection<{ _id: string }>('settings')
      .updateOne({ _id: 'format' }, { $set: { format: 99 } });
    await expect(openMongoReadModels(place)).rejects.toThrow(/newer release \(format 99/);
  });
});
