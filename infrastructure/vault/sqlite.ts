import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { Fatal } from '../../application/kernel/ledger.js';
import type { Credential, Rotation, SigningKey, Vault } from '../../application/kernel/vault.js';

const SCHEMA_VERSION = 1;
const CHANGES_KEPT_MAX = 1_000;

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

/** The vault in a SQLite file of its own that only its owner may read. Throws Fatal when the file is from a newer version. */
export const openSqliteVault = ({ file }: { readonly file: string }): Vault => new SqliteVault(file);

type Reservation = Parameters<Vault['reserve']>[0];

class SqliteVault implements Vault {
  private readonly db: DatabaseSync;
  private readonly statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  private readonly listeners = new Set<(accountId: string) => void>();
  private readonly reserving: {
    readonly wanted: Reservation;
    readonly resolve: (taken: boolean) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

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

  async signingKeys() {
    return this.all<SigningKey>(
      'SELECT kid, private_key AS privateKey, created_at AS createdAt FROM signing_keys ORDER BY created_at DESC, kid',
    );
  }

  async addSigningKey({ kid, privateKey, createdAt }: SigningKey) {
    this.run('INSERT INTO signing_keys VALUES (?, ?, ?)', kid, privateKey, createdAt);
  }

  /** Reservations that come together share a transaction, and its fsync. */
  reserve(wanted: Reservation): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.reserving.push({ wanted, resolve, reject });
      if (this.reserving.length === 1) setImmediate(() => this.reserveAll());
    });
  }

  private reserveAll(): void {
    const waiting = this.reserving.splice(0);
    try {
      const taken = this.transaction(() => waiting.map(({ wanted }) => this.reserveOne(wanted)));
      for (const [i, { resolve }] of waiting.entries()) resolve(taken[i]!);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  private reserveOne({ accountId, login, passwordHash, now, twin = false }: Reservation): boolean {
    const own = this.get<{ login: string }>('SELECT login FROM credentials WHERE account_id = ?', accountId);
    if (own) return own.login === login;
    const holder = twin
      ? this.get('SELECT 1 FROM credentials WHERE login = ?', login)
      : this.get('SELECT 1 FROM credentials WHERE folded = ?', folded(login));
    if (holder) return false;
    this.run(
      'INSERT INTO credentials (account_id, login, folded, password_hash, taken_at) VALUES (?, ?, ?, ?, ?)',
      accountId,
      login,
      folded(login),
      passwordHash,
      now,
    );
    return true;
  }

  async release(accountId: string, takenBefore: number) {
    return (
      this.run(
        `DELETE FROM credentials WHERE account_id = ?1 AND taken_at < ?2
            AND NOT EXISTS (SELECT 1 FROM sessions WHERE account_id = ?1)`,
        accountId,
        takenBefore,
      ) === 1
    );
  }

  async credential(login: string) {
    const exact = this.get<Credential>(`${CREDENTIAL} WHERE login = ?`, login);
    if (exact) return exact;
    const alike = this.all<Credential>(`${CREDENTIAL} WHERE folded = ? LIMIT 2`, folded(login));
    return alike.length === 1 ? alike[0] : undefined;
  }

  async credentialOf(accountId: string) {
    return this.get<Credential>(`${CREDENTIAL} WHERE account_id = ?`, accountId);
  }

  async replacePassword(accountId: string, from: string | null, to: string) {
    const sql = 'UPDATE credentials SET password_hash = ? WHERE account_id = ? AND password_hash IS ?';
    return this.run(sql, to, accountId, from) === 1;
  }

  async openSession({ accountId, now, expiresAt, refreshable = true }: Parameters<Vault['openSession']>[0]) {
    return this.transaction(() => {
      this.run('DELETE FROM sessions WHERE expires_at <= ?', now);
      this.run('DELETE FROM one_time_tokens WHERE expires_at <= ?', now);
      const sessionId = randomUUID();
      this.run('INSERT INTO sessions VALUES (?, ?, ?, 0)', sessionId, accountId, expiresAt);
      const { generation } = this.get<{ generation: number }>(
        'SELECT generation FROM credentials WHERE account_id = ?',
        accountId,
      )!;
      if (!refreshable) return { sessionId, generation };
      const refreshToken = randomBytes(32).toString('base64url');
      this.addRefreshToken(refreshToken, sessionId);
      return { sessionId, generation, refreshToken };
    });
  }

  async rotate(refreshToken: string, now: number, graceMs: number) {
    const successorKey = this.secretNow('refresh-successor');
    const rotation = this.transaction((): Rotation => {
      const digest = digestOf(refreshToken);
      const held = this.get<{ accountId: string; sessionId: string; expiresAt: number; usedAt: number | null }>(
        `SELECT s.account_id AS accountId, s.session_id AS sessionId, s.expires_at AS expiresAt, r.used_at AS usedAt
           FROM refresh_tokens r JOIN sessions s USING (session_id)
          WHERE r.digest = ? AND s.ended = 0 AND s.expires_at > ?`,
        digest,
        now,
      );
      if (!held) return { outcome: 'refused' };
      const { accountId, sessionId, expiresAt, usedAt } = held;
      // The successor follows from the token, so that two who ask at once are given the same one.
      const successor = createHmac('sha256', successorKey).update(refreshToken).digest('base64url');
      if (usedAt === null) {
        this.run('UPDATE refresh_tokens SET used_at = ? WHERE digest = ?', now, digest);
        this.addRefreshToken(successor, sessionId);
      } else {
        const { used_at: successorUsedAt } = this.get<{ used_at: number | null }>(
          'SELECT used_at FROM refresh_tokens WHERE digest = ?',
          digestOf(successor),
        )!;
        if (successorUsedAt !== null || now - usedAt > graceMs) {
          this.endWhere('session_id = ?', sessionId);
          return { outcome: 'reused', accountId, sessionId };
        }
      }
      const { generation } = this.get<{ generation: number }>(
        'SELECT generation FROM credentials WHERE account_id = ?',
        accountId,
      )!;
      return { outcome: 'rotated', accountId, sessionId, generation, refreshToken: successor, expiresAt };
    });
    if (rotation.outcome === 'reused') this.tell([rotation.accountId]);
    return rotation;
  }

  async standing(sessionId: string, now: number) {
    return this.get<{ accountId: string; generation: number }>(
      `SELECT account_id AS accountId, generation FROM sessions JOIN credentials USING (account_id)
        WHERE session_id = ? AND ended = 0 AND expires_at > ?`,
      sessionId,
      now,
    );
  }

  async endSession(sessionId: string) {
    this.tell(this.transaction(() => this.endWhere('session_id = ?', sessionId)));
  }

  async endSessions(accountId: string, except = '') {
    this.tell(this.transaction(() => this.endWhere('account_id = ? AND session_id <> ?', accountId, except)));
  }

  async renewAccess(accountId: string) {
    this.transaction(() => {
      this.run('UPDATE credentials SET generation = generation + 1 WHERE account_id = ?', accountId);
      this.noteChange(accountId);
    });
    this.tell([accountId]);
  }

  onChange(listener: (accountId: string) => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async changes(since: number) {
    const rows = this.all<{ mark: number; accountId: string }>(
      'SELECT mark, account_id AS accountId FROM changes WHERE mark > ? ORDER BY mark',
      since,
    );
    const first = rows[0];
    if (!first) return { mark: since, accountIds: [] };
    const accountIds = first.mark > since + 1 ? ('all' as const) : rows.map(({ accountId }) => accountId);
    return { mark: rows.at(-1)!.mark, accountIds };
  }

  async issueOnce({ purpose, subject, nonce, expiresAt }: Parameters<Vault['issueOnce']>[0]) {
    const key = this.secretNow('one-time-tokens');
    const token = createHmac('sha256', key)
      .update(JSON.stringify([purpose, subject, nonce]))
      .digest('base64url');
    this.transaction(() => {
      const digest = digestOf(token);
      this.run(
        'DELETE FROM one_time_tokens WHERE purpose = ? AND subject = ? AND digest <> ?',
        purpose,
        subject,
        digest,
      );
      const insert = 'INSERT OR IGNORE INTO one_time_tokens (digest, purpose, subject, expires_at) VALUES (?, ?, ?, ?)';
      this.run(insert, digest, purpose, subject, expiresAt);
    });
    return token;
  }

  async peekOnce(purpose: string, token: string, now: number) {
    return this.get<{ subject: string }>(
      'SELECT subject FROM one_time_tokens WHERE digest = ? AND purpose = ? AND expires_at > ?',
      digestOf(token),
      purpose,
      now,
    )?.subject;
  }

  async redeemOnce(purpose: string, token: string, claimant: string, now: number) {
    return this.get<{ subject: string }>(
      `UPDATE one_time_tokens SET claimant = ?1
        WHERE digest = ?2 AND purpose = ?3 AND expires_at > ?4 AND (claimant IS NULL OR claimant = ?1)
        RETURNING subject`,
      claimant,
      digestOf(token),
      purpose,
      now,
    )?.subject;
  }

  async secret(name: string) {
    return this.secretNow(name);
  }

  async close() {
    this.statements.clear();
    this.db.close();
  }

  private secretNow(name: string): Buffer {
    const read = () => this.get<{ value: Uint8Array }>('SELECT value FROM secrets WHERE name = ?', name);
    // Two processes that start at once agree on the one that came first.
    if (!read()) this.run('INSERT OR IGNORE INTO secrets VALUES (?, ?)', name, randomBytes(32));
    return Buffer.from(read()!.value);
  }

  private addRefreshToken(token: string, sessionId: string): void {
    this.run('INSERT INTO refresh_tokens (digest, session_id) VALUES (?, ?)', digestOf(token), sessionId);
  }

  private endWhere(condition: string, ...values: string[]): string[] {
    const ended = this.all<{ accountId: string }>(
      `UPDATE sessions SET ended = 1 WHERE ended = 0 AND ${condition} RETURNING account_id AS accountId`,
      ...values,
    );
    const accountIds = [...new Set(ended.map(({ accountId }) => accountId))];
    for (const accountId of accountIds) this.noteChange(accountId);
    return accountIds;
  }

  private noteChange(accountId: string): void {
    this.run('INSERT INTO changes (account_id) VALUES (?)', accountId);
    this.run('DELETE FROM changes WHERE mark <= (SELECT max(mark) FROM changes) - ?', CHANGES_KEPT_MAX);
  }

  private tell(accountIds: readonly string[]): void {
    for (const accountId of accountIds) for (const listener of this.listeners) listener(accountId);
  }

  private transaction<T>(work: () => T): T {
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

  private get<T>(sql: string, ...values: Value[]): T | undefined {
    return this.statement(sql).get(...values) as T | undefined;
  }

  private all<T>(sql: string, ...values: Value[]): T[] {
    return this.statement(sql).all(...values) as T[];
  }

  private run(sql: string, ...values: Value[]): number {
    return Number(this.statement(sql).run(...values).changes);
  }
}

type Value = string | number | null | Uint8Array;

const CREDENTIAL = 'SELECT account_id AS accountId, login, password_hash AS passwordHash FROM credentials';

/** Tokens are 256 random bits, so that a plain digest of them tells nothing. */
const digestOf = (token: string): Uint8Array => createHash('sha256').update(token).digest();

const folded = (login: string): string => login.normalize('NFKC').toLowerCase();
