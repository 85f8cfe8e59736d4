import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fatal } from '../../application/kernel/ledger.js';

const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE signing_keys (kid TEXT PRIMARY KEY, private_key TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
  CREATE TABLE credentials (
    account_id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    folded TEXT NOT NULL,
    password_hash TEXT,
    taken_at INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX credentials_by_folded_login ON credentials (folded);
  CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES credentials,
    expires_at INTEGER NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX sessions_by_account ON sessions (account_id);
  CREATE INDEX sessions_by_expiry ON sessions (expires_at);
  CREATE TABLE refresh_tokens (
    digest BLOB PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
    used_at INTEGER
  ) STRICT;
  CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
  CREATE TABLE one_time_tokens (
    digest BLOB PRIMARY KEY,
    purpose TEXT NOT NULL,
    subject TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    claimant TEXT
  ) STRICT;
  CREATE INDEX one_time_tokens_by_subject ON one_time_tokens (purpose, subject);
  CREATE TABLE changes (mark INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL) STRICT;
  CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
`;

type Value = string | number | null | Uint8Array;

/** The file of a vault, and its statements. Throws Fatal when it is from a newer version. */
export class VaultFile {
  private readonly db: DatabaseSync;
  private readonly statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true });
    // Made with the right mode before a secret is in it; SQLite gives its journal the mode of the file.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    this.db = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: true });
    this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    this.transaction(() => {
      const { user_version: version } = this.get<{ user_version: number }>('PRAGMA user_version')!;
      if (version > SCHEMA_VERSION) throw new Fatal(`The vault ${file} was written by a newer version of HealthStack.`);
      if (version === 0) this.db.exec(`${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION};`);
    });
  }

  close(): void {
    this.statements.clear();
    this.db.close();
  }

  transaction<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private statement(sql: string): ReturnType<DatabaseSync['prepare']> {
    const prepared = this.statements.get(sql) ?? this.db.prepare(sql);
    this.statements.set(sql, prepared);
    return prepared;
  }

  get<T>(sql: string, ...values: Value[]): T | undefined {
    return this.statement(sql).get(...values) as T | undefined;
  }

  all<T>(sql: string, ...values: Value[]): T[] {
    return this.statement(sql).all(...values) as T[];
  }

  run(sql: string, ...values: Value[]): number {
    return Number(this.statement(sql).run(...values).changes);
  }
}
