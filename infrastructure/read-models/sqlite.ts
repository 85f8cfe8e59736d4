import { randomBytes } from 'node:crypto';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { Fatal } from '../../application/kernel/ledger.js';
import type { Position } from '../../domain/kernel/envelope.js';
import {
  type Collection,
  type CollectionSpec,
  type ReadModels,
  Superseded,
} from '../../projections/kernel/read-models.js';
import { Cursors } from './cursor.js';
import { declared, type Generation, generationOf } from './generation.js';
import { createIndexes, createTables, dropTables, SqliteCollection } from './sqlite-collection.js';
import { type AtOnce, atOnceOn, failureOf, type SqliteFile, Statement } from './sqlite-file.js';
import { Writer } from './sqlite-writer.js';

/** Raised when what lies in the file changes its shape. */
const FORMAT = 1;
/** Memory is the whole process's; more of it was no quicker with 100,000 documents. */
const CACHE_KIB = 32 * 1024;
const MAP_BYTES = 64 * 1024 ** 2;

export interface SqliteReadModelsOptions {
  /** Made when it is missing. Its folder must exist. */
  readonly file: string;
  /**
   * NORMAL loses the last moments at a power cut, documents and checkpoints alike, and they are projected again; FULL
   * waits for the disk at each commit.
   */
  readonly synchronous?: 'NORMAL' | 'FULL';
}

/** Read models in one SQLite file. Throws Fatal with one clear line when it cannot be used: no database, or from a newer release. */
export const openSqliteReadModels = async (options: SqliteReadModelsOptions): Promise<ReadModels> => {
  const { file, synchronous = 'NORMAL' } = options;
  const opened: DatabaseSync[] = [];
  const connect = (readOnly: boolean): DatabaseSync => {
    const db = new DatabaseSync(file, { readOnly, timeout: 10_000 });
    opened.push(db);
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA mmap_size = ${readOnly ? MAP_BYTES : 0}`);
    return db;
  };
  try {
    const db = connect(false);
    const { user_version: format } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (format > FORMAT) throw new Error(`it is of a newer release (format ${format}; this one knows ${FORMAT})`);
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = 0`);
    db.exec(SCHEMA);
    db.prepare('INSERT OR IGNORE INTO cursor_key VALUES (1, ?)').run(randomBytes(32));
    const { key } = db.prepare('SELECT key FROM cursor_key').get() as { key: Uint8Array };
    // From here on a busy file is waited for without standing in the event loop's way.
    db.exec('PRAGMA busy_timeout = 0');
    const reader = connect(true);
    const [read, load] = [reader, db].map(atOnceOn) as [AtOnce, AtOnce];
    const [writer, cursors] = [new Writer(db, file), new Cursors(key)];
    return new SqliteReadModels({ path: file, reader, writer, read, load, cursors });
  } catch (error) {
    for (const db of opened) db.close();
    throw new Fatal(`The read models in ${file} cannot be opened: ${(error as Error).message}.`, { cause: error });
  }
};

const SCHEMA = `
  BEGIN IMMEDIATE;
  CREATE TABLE IF NOT EXISTS generations (n INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, spec TEXT NOT NULL,
    state TEXT CHECK (state IN ('live', 'old', 'beside')), UNIQUE (name, state));
  CREATE TABLE IF NOT EXISTS checkpoints (name TEXT PRIMARY KEY, position TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS cursor_key (one INTEGER PRIMARY KEY CHECK (one = 1), key BLOB NOT NULL);
  PRAGMA user_version = ${FORMAT};
  COMMIT`;

type State = 'live' | 'old' | 'beside';
type AnyCollection = SqliteCollection<object>;

class SqliteReadModels implements ReadModels {
  private readonly collections = new Map<string, AnyCollection>();
  private readonly live = new Map<string, AnyCollection>();
  private readonly dataVersion: Statement<[number]>;
  private readonly position: Statement<[Position]>;
  private readonly save: Statement;
  private seen: unknown;

  constructor(private readonly file: SqliteFile) {
    const { db } = file.writer;
    this.dataVersion = new Statement(db, 'PRAGMA data_version');
    this.position = new Statement(db, 'SELECT position FROM checkpoints WHERE name = ?');
    this.save = new Statement(
      db,
      'INSERT INTO checkpoints VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position',
    );
  }

  async open<Doc extends object>(spec: CollectionSpec): Promise<Collection<Doc>> {
    const collection = this.current(spec.name) ?? (await this.create(spec, 'live'));
    return collection as unknown as Collection<Doc>;
  }

  async openBeside<Doc extends object>(spec: CollectionSpec): Promise<Collection<Doc>> {
    return (await this.create(spec, 'beside')) as unknown as Collection<Doc>;
  }

  async makeIndexes({ id, spec }: Pick<Collection<object>, 'id' | 'spec'>): Promise<void> {
    await this.file.writer.background.exec(createIndexes(id, spec)).catch((error: unknown) => {
      throw failureOf(error, id);
    });
  }

  async switchTo({ id, spec }: Pick<Collection<object>, 'id' | 'spec'>): Promise<void> {
    const { name } = spec;
    await this.change(() => {
      if (this.find(name, 'beside')?.id !== id) throw new Superseded(`Another rebuild of ${name} was begun.`);
      this.db.exec(createIndexes(id, spec));
      this.giveUp(name, 'old');
      this.move(name, 'live', 'old');
      this.move(name, 'beside', 'live');
    });
  }

  async switchBack(name: string): Promise<void> {
    await this.change(() => {
      if (!this.find(name, 'old')) throw new Superseded(`There is no older ${name} to go back to.`);
      this.giveUp(name, 'beside');
      this.move(name, 'live', 'beside');
      this.move(name, 'old', 'live');
      this.move(name, 'beside', 'old');
    });
  }

  dropOld(name: string): Promise<void> {
    return this.change(() => this.giveUp(name, 'old'));
  }

  async liveVersion(name: string): Promise<number | undefined> {
    return this.current(name)?.spec.version;
  }

  async checkpoint(name: string): Promise<Position | undefined> {
    return this.position.get(name)?.[0];
  }

  async saveCheckpoint(name: string, position: Position): Promise<void> {
    const { save } = this;
    await this.file.writer.run(function* () {
      save.run(name, position);
    });
  }

  async close(): Promise<void> {
    // The last one that closes moves the log into the file, so that is the one that may write.
    this.file.reader.close();
    await this.file.writer.close();
  }

  private get db(): DatabaseSync {
    return this.file.writer.db;
  }

  /** The live generation as it is now; another process may have switched. */
  private current(name: string): AnyCollection | undefined {
    const [seen] = this.dataVersion.get()!;
    if (seen !== this.seen) {
      this.seen = seen;
      this.live.clear();
    }
    let collection = this.live.get(name);
    if (!collection) {
      const found = this.find(name, 'live');
      if (found) this.live.set(name, (collection = this.collection(found)));
    }
    return collection;
  }

  private collection({ id, spec }: Generation): AnyCollection {
    let collection = this.collections.get(id);
    if (!collection) this.collections.set(id, (collection = new SqliteCollection(id, spec, this.file)));
    return collection;
  }

  private async create(wanted: CollectionSpec, state: State): Promise<AnyCollection> {
    const spec = declared(wanted);
    const { name } = spec;
    const made = await this.change(() => {
      // Another process may have been quicker.
      const found = state === 'live' ? this.find(name, state) : undefined;
      if (found) return found;
      this.giveUp(name, state);
      const insert = this.db.prepare('INSERT INTO generations (name, spec, state) VALUES (?, ?, ?)');
      insert.run(name, JSON.stringify(spec), state);
      const created = this.find(name, state)!;
      this.db.exec(createTables(created.id, spec));
      if (state === 'live') this.db.exec(createIndexes(created.id, spec));
      return created;
    });
    return this.collection(made);
  }

  /** Changes the generations, and drops those that were given up by it. */
  private async change<T>(work: () => T): Promise<T> {
    const result = await this.file.writer.run(function* () {
      return work();
    });
    this.live.clear();
    await this.dropGivenUp();
    return result;
  }

  private async dropGivenUp(): Promise<void> {
    for (const row of this.db.prepare('SELECT n, spec FROM generations WHERE state IS NULL').all()) {
      const { id } = generationIn(row);
      this.collections.delete(id);
      await this.file.writer.background.exec(`${dropTables(id)}; DELETE FROM generations WHERE n = ${row.n as number}`);
    }
  }

  private find(name: string, state: State): Generation | undefined {
    const row = this.db.prepare('SELECT n, spec FROM generations WHERE name = ? AND state = ?').get(name, state);
    return row && generationIn(row);
  }

  private move(name: string, from: State, to: State): void {
    this.db.prepare('UPDATE generations SET state = ? WHERE name = ? AND state = ?').run(to, name, from);
  }

  /** Part of a change. */
  private giveUp(name: string, state: State): void {
    const found = this.find(name, state);
    if (!found) return;
    this.db.prepare('DELETE FROM checkpoints WHERE name = ?').run(found.id);
    this.db.prepare('UPDATE generations SET state = NULL WHERE name = ? AND state = ?').run(name, state);
  }
}

const generationIn = ({ n, spec }: Record<string, SQLOutputValue>): Generation =>
  generationOf(JSON.parse(spec as string) as CollectionSpec, n as number);
