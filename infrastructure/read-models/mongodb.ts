import type { Collection as Rows } from 'mongodb';
import type { Position } from '../../domain/kernel/envelope.js';
import {
  type Collection,
  type CollectionSpec,
  type ReadModels,
  Superseded,
} from '../../projections/kernel/read-models.js';
import {
  ensureFormat,
  isDuplicate,
  type MongoDatabase,
  type MongoOptions,
  openMongo,
  reached,
  secretIn,
} from '../mongodb/client.js';
import { gathered } from '../mongodb/gathered.js';
import { Cursors } from './cursor.js';
import { declared, type Generation, generationOf } from './generation.js';
import { MongoCollection } from './mongodb-collection.js';

/** Raised when what lies in the database changes its shape. */
const FORMAT = 1;
const DATABASE = 'healthstack_read_models';

/** One document per read model, so that a switch is one write. */
interface Registered {
  readonly _id: string;
  /** Counts the changes: each is made where the one before has left it. */
  readonly revision: number;
  /** Numbers given to generations so far. */
  readonly numbered: number;
  readonly live?: Known;
  readonly old?: Known;
  readonly beside?: Known;
  /** Given up, and not removed yet. */
  readonly gone: readonly Known[];
}

interface Known {
  readonly n: number;
  /** As JSON, for names of fields may hold dots. */
  readonly spec: string;
  /** Its collection and its indexes are there. */
  readonly made: boolean;
}

interface Checkpoint {
  readonly _id: string;
  readonly position: Position;
}

/**
 * Read models in a MongoDB database: on a standalone server, a replica set or a sharded cluster. Throws Fatal when it
 * cannot be used (a refused user, a newer release), Transient when no server answers.
 */
export const openMongoReadModels = async (options: MongoOptions): Promise<ReadModels> => {
  const database = await openMongo(options, DATABASE);
  try {
    await ensureFormat(database.db, FORMAT, 'The read models');
    const cursors = new Cursors(await secretIn(database.db, 'cursors'));
    const readModels = new MongoReadModels(database, cursors);
    await readModels.sweep();
    return readModels;
  } catch (error) {
    await database.close();
    throw error;
  }
};

class MongoReadModels implements ReadModels {
  private readonly collections = new Map<string, MongoCollection<object>>();
  private readonly registry: Rows<Registered>;
  private readonly checkpoints: Rows<Checkpoint>;
  /** What is registered of a read model; every question begins with it. */
  private readonly registered = gathered<string, Registered | undefined>(async (names) => {
    const found = await reached(() => this.registry.find({ _id: { $in: [...new Set(names)] } }).toArray());
    return names.map((name) => found.find(({ _id }) => _id === name));
  });
  private readonly save = gathered<Checkpoint, void>(async (saved) => {
    const writes = saved.map(({ _id, position }) => ({
      updateOne: { filter: { _id }, update: { $set: { position } }, upsert: true },
    }));
    await reached(() => this.checkpoints.bulkWrite(writes));
    return saved.map(() => undefined);
  });

  constructor(
    private readonly database: MongoDatabase,
    private readonly cursors: Cursors,
  ) {
    this.registry = database.db.collection('generations');
    this.checkpoints = database.db.collection('checkpoints');
  }

  async open<Doc extends object>(spec: CollectionSpec): Promise<Collection<Doc>> {
    let live = (await this.registered(spec.name))?.live;
    if (!live) {
      const text = JSON.stringify(declared(spec));
      const changed = await this.change(spec.name, (all) => (all.live ? all : numbered(all, 'live', text)));
      live = changed.live!;
    }
    if (!live.made) await this.make(spec.name, live);
    return this.collection(generationIn(live)) as unknown as Collection<Doc>;
  }

  async openBeside<Doc extends object>(spec: CollectionSpec): Promise<Collection<Doc>> {
    const text = JSON.stringify(declared(spec));
    const { beside } = await this.change(spec.name, (all) => numbered(givenUp(all, 'beside'), 'beside', text));
    const collection = this.collection(generationIn(beside!));
    await collection.make();
    await this.sweep(spec.name);
    return collection as unknown as Collection<Doc>;
  }

  async makeIndexes(built: Pick<Collection<object>, 'id' | 'spec'>): Promise<void> {
    await this.collection(built).makeIndexes();
  }

  async switchTo(built: Pick<Collection<object>, 'id' | 'spec'>): Promise<void> {
    const { name } = built.spec;
    const isBuilt = ({ beside }: Registered): boolean => {
      if (!beside || generationIn(beside).id !== built.id)
        throw new Superseded(`Another rebuild of ${name} was begun.`);
      return true;
    };
    isBuilt((await this.registered(name)) ?? none(name));
    await this.makeIndexes(built);
    await this.change(name, (all) => {
      isBuilt(all);
      const { beside, live, ...rest } = givenUp(all, 'old');
      return { ...rest, live: { ...beside!, made: true }, ...(live && { old: live }) };
    });
    await this.sweep(name);
  }

  async switchBack(name: string): Promise<void> {
    await this.change(name, (all) => {
      const { live, old } = all;
      if (!live || !old) throw new Superseded(`There is no older ${name} to go back to.`);
      return { ...givenUp(all, 'beside'), live: old, old: live };
    });
    await this.sweep(name);
  }

  async dropOld(name: string): Promise<void> {
    await this.change(name, (all) => givenUp(all, 'old'));
    await this.sweep(name);
  }

  async liveVersion(name: string): Promise<number | undefined> {
    const live = (await this.registered(name))?.live;
    return live && generationIn(live).spec.version;
  }

  async checkpoint(name: string): Promise<Position | undefined> {
    return (await reached(() => this.checkpoints.findOne({ _id: name })))?.position;
  }

  saveCheckpoint(name: string, position: Position): Promise<void> {
    return this.save({ _id: name, position });
  }

  close(): Promise<void> {
    return this.database.close();
  }

  /** Removes what was given up; also what a process that died half-way has left. */
  async sweep(name?: string): Promise<void> {
    const given = name === undefined ? { 'gone.0': { $exists: true } } : { _id: name };
    for (const { _id, gone } of await reached(() => this.registry.find(given).toArray()))
      for (const known of gone) {
        const generation = generationIn(known);
        await reached(() => this.checkpoints.deleteOne({ _id: generation.id }));
        await this.collection(generation).drop();
        this.collections.delete(generation.id);
        await reached(() =>
          this.registry.updateOne({ _id }, { $pull: { gone: { n: known.n } }, $inc: { revision: 1 } }),
        );
      }
  }

  private collection(generation: Generation): MongoCollection<object> {
    const { id, spec } = generation;
    let collection = this.collections.get(id);
    if (!collection)
      this.collections.set(id, (collection = new MongoCollection(id, spec, this.database, this.cursors)));
    return collection;
  }

  /** The first generation of a read model. Whoever finds it not made makes it, for who has begun may have died. */
  private async make(name: string, { n, spec, made }: Known): Promise<void> {
    const collection = this.collection(generationIn({ n, spec, made }));
    await collection.make();
    await collection.makeIndexes();
    await this.change(name, (all) => (all.live?.n === n ? { ...all, live: { ...all.live, made: true } } : all));
  }

  /** Changes what is registered of a read model, in one write; tried again when somebody else has changed it meanwhile. */
  private async change(name: string, to: (all: Registered) => Registered): Promise<Registered> {
    for (;;) {
      const found = await this.registered(name);
      const all = found ?? none(name);
      const next = to(all);
      if (next === all) return all;
      const changed = { ...next, revision: all.revision + 1 };
      const write = found
        ? this.registry.replaceOne({ _id: name, revision: all.revision }, changed).then((r) => r.matchedCount)
        : this.registry.insertOne(changed).then(() => 1);
      const done = await reached(() => write).catch((error: unknown) => {
        if (isDuplicate(error)) return 0;
        throw error;
      });
      if (done === 1) return changed;
    }
  }
}

const none = (_id: string): Registered => ({ _id, revision: 0, numbered: 0, gone: [] });

const generationIn = ({ n, spec }: Known): Generation => generationOf(JSON.parse(spec) as CollectionSpec, n);

const numbered = (all: Registered, as: 'live' | 'beside', spec: string): Registered => {
  const n = all.numbered + 1;
  return { ...all, numbered: n, [as]: { n, spec, made: false } };
};

const givenUp = (all: Registered, as: 'old' | 'beside'): Registered => {
  const { [as]: known, ...rest } = all;
  return known ? { ...rest, gone: [...all.gone, known] } : all;
};
