import type { DatabaseSync } from 'node:sqlite';

/** Marks the file as a ledger of ours (`PRAGMA application_id`): "HSLG". */
export const APPLICATION_ID = 0x48534c47;
/** Raised by every change of the tables below; a file with a higher one is refused. */
export const SCHEMA_VERSION = 1;

/** Ids of the store's own event types; those of the application follow. */
export const METADATA_TYPE = 1;
export const DELETED_TYPE = 2;

/**
 * Streams and types are named once and numbered, so that an event's keys are small and new streams land at the end of
 * the index. The metadata stream `$$s` of stream number n is number -n: it needs no name.
 *
 * The triggers hold for every program that opens the file: events and names are never changed or removed, positions
 * only grow, and a stream's revisions are 0, 1, 2, ... The rule for inserts also stops INSERT OR REPLACE, which removes
 * rows without asking the triggers for DELETE. It rolls back instead of aborting, as the writer's INSERT does: a
 * statement that could be undone alone makes SQLite copy every page it touches.
 */
const SCHEMA = `
CREATE TABLE streams (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE types (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO types (id, name) VALUES (${METADATA_TYPE}, '$metadata'), (${DELETED_TYPE}, '$streamDeleted');

CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  type INTEGER NOT NULL,
  id TEXT NOT NULL,
  created INTEGER NOT NULL,
  data ANY NOT NULL,
  metadata ANY
) STRICT;

CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);

CREATE TRIGGER events_only_appended BEFORE INSERT ON events
WHEN NEW.position <= (SELECT ifnull(max(position), 0) FROM events)
  OR NEW.revision <> (SELECT ifnull(max(revision), -1) + 1 FROM events WHERE stream = NEW.stream)
BEGIN SELECT RAISE(ROLLBACK, 'the ledger is append-only: the next position and the next revision only'); END;

${['streams', 'types', 'events']
  .flatMap((table) => ['UPDATE', 'DELETE'].map((change) => [table, change] as const))
  .map(
    ([table, change]) => `
CREATE TRIGGER ${table}_no_${change.toLowerCase()} BEFORE ${change} ON ${table}
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;`,
  )
  .join('\n')}

${['streams', 'types']
  .map(
    (table) => `
CREATE TRIGGER ${table}_only_added BEFORE INSERT ON ${table}
WHEN EXISTS (SELECT 1 FROM ${table} WHERE id = NEW.id OR name = NEW.name)
BEGIN SELECT RAISE(ROLLBACK, 'the ledger is append-only'); END;`,
  )
  .join('\n')}

PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Makes an empty database a ledger, all or nothing. */
export const createSchema = (db: DatabaseSync): void => {
  db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
};
