import type { DatabaseSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import { DELETED_TYPE, METADATA_TYPE } from './schema.js';

/** A stream as it stands: what an append and a read must know of it. Kept up to date by the writer. */
export interface Head {
  readonly name: string;
  /** 0 while nothing was ever written of the stream. */
  id: number;
  /** -1 without events. */
  revision: number;
  /** Of its metadata stream; -1 without. */
  metaRevision: number;
  metadata: StreamMetadata;
  tombstoned: boolean;
}

/** Data of `$metadata` events, in EventStoreDB's words: seconds, a count, the first revision still shown. */
export interface StreamMetadata {
  readonly $maxAge?: number;
  readonly $maxCount?: number;
  readonly $tb?: number;
}

/** `$tb` of a stream that was deleted: beyond every revision. EventStoreDB's clients write a larger one. */
export const ALL_HIDDEN = Number.MAX_SAFE_INTEGER;

export const isDeleted = ({ metadata: { $tb = 0 } }: Head): boolean => $tb >= ALL_HIDDEN;

const HEADS_MAX = 50_000;

/** Names to numbers and back, and the heads of the streams used last. */
export class Names {
  private readonly heads = new LRUCache<string, Head>({ max: HEADS_MAX });
  private readonly typeIds = new Map<string, number>();
  private readonly typeNames: string[] = [];
  private nextStream = 1;

  private readonly selectStream;
  private readonly selectLast;
  private readonly insertStream;
  private readonly insertType;

  constructor(private readonly db: DatabaseSync) {
    this.selectStream = db.prepare('SELECT id FROM streams WHERE name = ?');
    this.selectLast = db.prepare(
      'SELECT revision, type, data FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1',
    );
    this.insertStream = db.prepare('INSERT OR ROLLBACK INTO streams (id, name) VALUES (?, ?)');
    this.insertType = db.prepare('INSERT OR ROLLBACK INTO types (id, name) VALUES (?, ?)');
    this.reload();
  }

  /** Forgets what was kept in memory: after a transaction that was rolled back. */
  reload(): void {
    this.heads.clear();
    this.typeIds.clear();
    this.typeNames.length = 0;
    for (const { id, name } of this.db.prepare('SELECT id, name FROM types').all() as { id: number; name: string }[]) {
      this.typeIds.set(name, id);
      this.typeNames[id] = name;
    }
    const { last } = this.db.prepare('SELECT ifnull(max(id), 0) AS last FROM streams').get() as { last: number };
    this.nextStream = last + 1;
  }

  head(name: string): Head {
    const kept = this.heads.get(name);
    if (kept) return kept;
    const head = this.loadHead(name);
    this.heads.set(name, head);
    return head;
  }

  /** The number of the stream, given now if it has none. Within a transaction. */
  numbered(head: Head): number {
    if (head.id === 0) {
      this.insertStream.run(this.nextStream, head.name);
      head.id = this.nextStream++;
    }
    return head.id;
  }

  /** The number of the type, given now if it has none. Within a transaction. */
  typeId(name: string): number {
    const known = this.typeIds.get(name);
    if (known !== undefined) return known;
    const id = this.typeNames.length;
    this.insertType.run(id, name);
    this.typeIds.set(name, id);
    this.typeNames[id] = name;
    return id;
  }

  typeName(id: number): string {
    return this.typeNames[id]!;
  }

  private loadHead(name: string): Head {
    const head: Head = { name, id: 0, revision: -1, metaRevision: -1, metadata: {}, tombstoned: false };
    const row = this.selectStream.get(name);
    if (!row) return head;
    head.id = row['id'] as number;
    const last = this.selectLast.get(head.id);
    if (last) {
      head.revision = last['revision'] as number;
      head.tombstoned = last['type'] === DELETED_TYPE;
    }
    const meta = this.selectLast.get(-head.id);
    if (meta?.['type'] === METADATA_TYPE) {
      head.metaRevision = meta['revision'] as number;
      head.metadata = JSON.parse(meta['data'] as string) as StreamMetadata;
    }
    return head;
  }
}
