import { DatabaseSync } from 'node:sqlite';

/**
 * What was read, and how far: one file, written in one transaction per event. In your system `events` is whatever you make
 * of an event; keep the two writes of `take` together and the rest holds.
 */
export class Inbox {
  constructor(file) {
    this.db = new DatabaseSync(file);
    this.db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA busy_timeout = 5000;
      CREATE TABLE IF NOT EXISTS events (
        sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, subject TEXT NOT NULL,
        revision INTEGER NOT NULL, data TEXT
      );
      CREATE TABLE IF NOT EXISTS places (partition INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, next_offset TEXT);
    `);
    this.read = this.db.prepare('SELECT sequence, next_offset FROM places WHERE partition = ?');
    this.insert = this.db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)');
    this.move = this.db.prepare(`
      INSERT INTO places VALUES (:partition, :sequence, :nextOffset)
      ON CONFLICT DO UPDATE SET sequence = max(sequence, :sequence), next_offset = coalesce(:nextOffset, next_offset)
    `);
  }

  /** The number of the last event of a partition; 0 before the first. */
  lastSequence(partition) {
    return this.read.get(partition)?.sequence ?? 0;
  }

  /** Where to go on in Kafka; undefined before the first record. */
  nextOffset(partition) {
    return this.read.get(partition)?.next_offset ?? undefined;
  }

  /** Keeps an event and moves on, both or neither. False when it was there already: another process was faster. */
  take(partition, { sequence, id, type, subject, revision, data }, nextOffset = null) {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const isNew = sequence > this.lastSequence(partition);
      if (isNew)
        this.insert.run(sequence, id, type, subject, revision, data === undefined ? null : JSON.stringify(data));
      this.move.run({ partition, sequence, nextOffset });
      this.db.exec('COMMIT');
      return isNew;
    } catch (error) {
      this.db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Moves on past an event that was taken before. */
  skip(partition, nextOffset) {
    this.move.run({ partition, sequence: 0, nextOffset });
  }

  close() {
    this.db.close();
  }
}
