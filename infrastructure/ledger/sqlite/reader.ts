import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import {
  Fatal,
  type Filter,
  type LedgerEvent,
  LedgerError,
  READ_ALL_MAX,
  type ReadAllOptions,
  type ReadStreamOptions,
  StreamDeleted,
  StreamNotFound,
} from '../../../application/kernel/ledger.js';
import type { Clock } from '../../../application/kernel/ports.js';
import { type Head, isDeleted, type Names } from './names.js';
import { DELETED_TYPE } from './schema.js';

/** What one look at the ledger found, and the position up to which nothing else matches. */
export interface Scanned {
  readonly events: LedgerEvent[];
  readonly upTo: number;
}

type Row = SQLOutputValue[];

const COLUMNS = 'e.position, e.stream, e.revision, e.type, e.id, e.created, e.data, e.metadata';

/** Reads events as they were appended. Never waits and never keeps a snapshot open between calls. */
export class Reader {
  private readonly statements = new Map<string, StatementSync>();

  constructor(
    private readonly db: DatabaseSync,
    private readonly names: Names,
    private readonly clock: Clock,
  ) {}

  /** @throws StreamNotFound, StreamDeleted */
  readStream(stream: string, { from, direction, maxCount }: ReadStreamOptions = {}): LedgerEvent[] {
    const head = this.names.head(stream);
    if (head.tombstoned) throw new StreamDeleted(`${stream} was deleted.`);
    if (head.revision < 0 || isDeleted(head)) throw new StreamNotFound(`There is no stream ${stream}.`);
    const { first, after } = this.visible(head);
    const backwards = direction === 'backwards';
    const low = backwards ? first : Math.max(from ?? 0, first);
    const high = backwards ? Math.min(from ?? head.revision, head.revision) : head.revision;
    const rows = this.rows(
      `SELECT ${COLUMNS} FROM events e
       WHERE e.stream = ? AND e.revision BETWEEN ? AND ? AND e.created > ? AND e.type <> ${DELETED_TYPE}
       ORDER BY e.revision ${backwards ? 'DESC' : 'ASC'} LIMIT ?`,
      [head.id, low, high, after, limit(maxCount)],
    );
    return rows.map((row) => this.event(row, stream));
  }

  readAll({ from, direction, maxCount, filter, systemEvents }: ReadAllOptions = {}): LedgerEvent[] {
    const backwards = direction === 'backwards';
    const { sql, values } = conditions(filter, systemEvents);
    const range = backwards ? 'e.position < ?' : 'e.position >= ?';
    const rows = this.rows(
      `SELECT ${COLUMNS}, ${NAME} FROM events e JOIN streams s ON s.id = abs(e.stream)
       WHERE ${range} ${sql} ORDER BY e.position ${backwards ? 'DESC' : 'ASC'} LIMIT ?`,
      [
        from === undefined ? (backwards ? Number.MAX_SAFE_INTEGER : 0) : numberOf(from),
        ...values,
        limit(maxCount ?? READ_ALL_MAX),
      ],
    );
    return rows.map((row) => this.event(row, row[8] as string));
  }

  /** The next `max` matching events behind `after`, looking no further than `upTo`. */
  scan(after: number, upTo: number, filter: Filter | undefined, max: number): Scanned {
    const { sql, values } = conditions(filter, false);
    const rows = this.rows(
      `SELECT ${COLUMNS}, ${NAME} FROM events e JOIN streams s ON s.id = abs(e.stream)
       WHERE e.position > ? AND e.position <= ? ${sql} ORDER BY e.position LIMIT ?`,
      [after, upTo, ...values, max],
    );
    const events = rows.map((row) => this.event(row, row[8] as string));
    return { events, upTo: rows.length === max ? (rows.at(-1)![0] as number) : upTo };
  }

  /** The position of the last event; 0 without events. */
  head(): number {
    return this.rows('SELECT ifnull(max(position), 0) FROM events', [])[0]![0] as number;
  }

  /** From which revision on, and created after which moment (milliseconds), a stream shows its events. */
  private visible({ revision, metadata: { $tb, $maxCount, $maxAge } }: Head): { first: number; after: number } {
    return {
      first: Math.max($tb ?? 0, $maxCount === undefined ? 0 : revision - $maxCount + 1),
      after: $maxAge === undefined ? -1 : Date.parse(this.clock.now()) - $maxAge * 1_000,
    };
  }

  private rows(sql: string, values: readonly (string | number)[]): Row[] {
    try {
      return this.statement(sql).all(...values) as unknown as Row[];
    } catch (cause) {
      throw new Fatal(`The ledger cannot be read: ${(cause as Error).message}`, { cause });
    }
  }

  private statement(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = this.db.prepare(sql);
      statement.setReturnArrays(true);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  private event(row: Row, stream: string): LedgerEvent {
    return {
      id: row[4] as string,
      stream,
      revision: row[2] as number,
      position: String(row[0]),
      type: this.names.typeName(row[3] as number),
      data: payload(row[6]),
      metadata: payload(row[7]),
      created: new Date(row[5] as number).toISOString(),
    };
  }
}

/** The metadata stream of stream n is number -n and called `$$` and its name. */
const NAME = `iif(e.stream < 0, '$$' || s.name, s.name)`;

const conditions = (
  filter: Filter | undefined,
  systemEvents: boolean | undefined,
): { sql: string; values: (string | number)[] } => {
  const sql = systemEvents ? [] : [`AND e.type > ${DELETED_TYPE}`];
  const values: (string | number)[] = [];
  if (filter) {
    sql.push(`AND (${filter.streamPrefixes.map(() => `substr(${NAME}, 1, ?) = ?`).join(' OR ') || 'false'})`);
    for (const prefix of filter.streamPrefixes) values.push([...prefix].length, prefix);
  }
  return { sql: sql.join(' '), values };
};

/** SQLite's -1 is no limit. */
const limit = (maxCount: number | undefined): number =>
  maxCount === undefined || maxCount === Infinity ? -1 : Math.max(0, maxCount);

const payload = (stored: SQLOutputValue | undefined): unknown =>
  typeof stored === 'string' ? JSON.parse(stored) : stored === null ? undefined : stored;

/** @throws LedgerError for what is no position of this store. */
export const numberOf = (position: string): number => {
  const number = Number(position);
  if (!/^\d+$/.test(position) || !Number.isSafeInteger(number)) throw new LedgerError(`Not a position: ${position}`);
  return number;
};
