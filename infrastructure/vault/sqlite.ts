import { randomBytes, randomUUID } from 'node:crypto';
import type { Credential, Purpose, Rotation, SigningKey, Vault } from '../../application/kernel/vault.js';
import { VaultFile } from './sqlite-file.js';
import {
  CHANGES_KEPT_MAX,
  digestOf,
  folded,
  Listeners,
  newRefreshToken,
  ONE_TIME_SECRET,
  oneTimeToken,
  SUCCESSOR_SECRET,
  successorOf,
} from './tokens.js';

/** The vault in a SQLite file of its own that only its owner may read. Throws Fatal when the file is from a newer version. */
export const openSqliteVault = ({ file }: { readonly file: string }): Vault => new SqliteVault(new VaultFile(file));

type Reservation = Parameters<Vault['reserve']>[0];

class SqliteVault implements Vault {
  private readonly listeners = new Listeners();
  private readonly reserving: {
    readonly wanted: Reservation;
    readonly resolve: (taken: boolean) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  constructor(private readonly file: VaultFile) {}

  async signingKeys() {
    return this.file.all<SigningKey>(
      'SELECT kid, private_key AS privateKey, created_at AS createdAt FROM signing_keys ORDER BY created_at DESC, kid',
    );
  }

  async addSigningKey({ kid, privateKey, createdAt }: SigningKey) {
    this.file.run('INSERT INTO signing_keys VALUES (?, ?, ?)', kid, privateKey, createdAt);
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
      const taken = this.file.transaction(() => waiting.map(({ wanted }) => this.reserveOne(wanted)));
      for (const [i, { resolve }] of waiting.entries()) resolve(taken[i]!);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  private reserveOne({ accountId, login, passwordHash, now, twin = false }: Reservation): boolean {
    const own = this.file.get<{ login: string }>('SELECT login FROM credentials WHERE account_id = ?', accountId);
    if (own) return own.login === login;
    const holder = twin
      ? this.file.get('SELECT 1 FROM credentials WHERE login = ?', login)
      : this.file.get('SELECT 1 FROM credentials WHERE folded = ?', folded(login));
    if (holder) return false;
    this.file.run(
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
      this.file.run(
        `DELETE FROM credentials WHERE account_id = ?1 AND taken_at < ?2
            AND NOT EXISTS (SELECT 1 FROM sessions WHERE account_id = ?1)`,
        accountId,
        takenBefore,
      ) === 1
    );
  }

  async credential(login: string) {
    const exact = this.file.get<Credential>(`${CREDENTIAL} WHERE login = ?`, login);
    if (exact) return exact;
    const alike = this.file.all<Credential>(`${CREDENTIAL} WHERE folded = ? LIMIT 2`, folded(login));
    return alike.length === 1 ? alike[0] : undefined;
  }

  async credentialOf(accountId: string) {
    return this.file.get<Credential>(`${CREDENTIAL} WHERE account_id = ?`, accountId);
  }

  async replacePassword(accountId: string, from: string | null, to: string) {
    const sql = 'UPDATE credentials SET password_hash = ? WHERE account_id = ? AND password_hash IS ?';
    return this.file.run(sql, to, accountId, from) === 1;
  }

  async openSession({ accountId, now, expiresAt, refreshable = true }: Parameters<Vault['openSession']>[0]) {
    return this.file.transaction(() => {
      this.file.run('DELETE FROM sessions WHERE expires_at <= ?', now);
      this.file.run('DELETE FROM one_time_tokens WHERE expires_at <= ?', now);
      const sessionId = randomUUID();
      this.file.run('INSERT INTO sessions VALUES (?, ?, ?, 0)', sessionId, accountId, expiresAt);
      const { generation } = this.file.get<{ generation: number }>(
        'SELECT generation FROM credentials WHERE account_id = ?',
        accountId,
      )!;
      if (!refreshable) return { sessionId, generation };
      const refreshToken = newRefreshToken();
      this.addRefreshToken(refreshToken, sessionId);
      return { sessionId, generation, refreshToken };
    });
  }

  async rotate(refreshToken: string, now: number, graceMs: number) {
    const successorKey = this.secretNow(SUCCESSOR_SECRET);
    const rotation = this.file.transaction((): Rotation => {
      const digest = digestOf(refreshToken);
      const held = this.file.get<{ accountId: string; sessionId: string; expiresAt: number; usedAt: number | null }>(
        `SELECT s.account_id AS accountId, s.session_id AS sessionId, s.expires_at AS expiresAt, r.used_at AS usedAt
           FROM refresh_tokens r JOIN sessions s USING (session_id)
          WHERE r.digest = ? AND s.ended = 0 AND s.expires_at > ?`,
        digest,
        now,
      );
      if (!held) return { outcome: 'refused' };
      const { accountId, sessionId, expiresAt, usedAt } = held;
      const successor = successorOf(refreshToken, successorKey);
      if (usedAt === null) {
        this.file.run('UPDATE refresh_tokens SET used_at = ? WHERE digest = ?', now, digest);
        this.addRefreshToken(successor, sessionId);
      } else {
        const { used_at: successorUsedAt } = this.file.get<{ used_at: number | null }>(
          'SELECT used_at FROM refresh_tokens WHERE digest = ?',
          digestOf(successor),
        )!;
        if (successorUsedAt !== null || now - usedAt > graceMs) {
          this.endWhere('session_id = ?', sessionId);
          return { outcome: 'reused', accountId, sessionId };
        }
      }
      const { generation } = this.file.get<{ generation: number }>(
        'SELECT generation FROM credentials WHERE account_id = ?',
        accountId,
      )!;
      return { outcome: 'rotated', accountId, sessionId, generation, refreshToken: successor, expiresAt };
    });
    if (rotation.outcome === 'reused') this.listeners.tell([rotation.accountId]);
    return rotation;
  }

  async standing(sessionId: string, now: number) {
    return this.file.get<{ accountId: string; generation: number }>(
      `SELECT account_id AS accountId, generation FROM sessions JOIN credentials USING (account_id)
        WHERE session_id = ? AND ended = 0 AND expires_at > ?`,
      sessionId,
      now,
    );
  }

  async endSession(sessionId: string) {
    this.listeners.tell(this.file.transaction(() => this.endWhere('session_id = ?', sessionId)));
  }

  async endSessions(accountId: string, except = '') {
    this.listeners.tell(
      this.file.transaction(() => this.endWhere('account_id = ? AND session_id <> ?', accountId, except)),
    );
  }

  async renewAccess(accountId: string) {
    this.file.transaction(() => {
      this.file.run('UPDATE credentials SET generation = generation + 1 WHERE account_id = ?', accountId);
      this.noteChange(accountId);
    });
    this.listeners.tell([accountId]);
  }

  onChange(listener: (accountId: string) => void) {
    return this.listeners.add(listener);
  }

  async changes(since: number) {
    const rows = this.file.all<{ mark: number; accountId: string }>(
      'SELECT mark, account_id AS accountId FROM changes WHERE mark > ? ORDER BY mark',
      since,
    );
    const first = rows[0];
    if (!first) return { mark: since, accountIds: [] };
    const accountIds = first.mark > since + 1 ? ('all' as const) : rows.map(({ accountId }) => accountId);
    return { mark: rows.at(-1)!.mark, accountIds };
  }

  async issueOnce({ purpose, subject, nonce, expiresAt }: Parameters<Vault['issueOnce']>[0]) {
    const token = oneTimeToken({ purpose, subject, nonce }, this.secretNow(ONE_TIME_SECRET));
    this.file.transaction(() => {
      const digest = digestOf(token);
      this.file.run(
        'DELETE FROM one_time_tokens WHERE purpose = ? AND subject = ? AND digest <> ?',
        purpose,
        subject,
        digest,
      );
      const insert = 'INSERT OR IGNORE INTO one_time_tokens (digest, purpose, subject, expires_at) VALUES (?, ?, ?, ?)';
      this.file.run(insert, digest, purpose, subject, expiresAt);
    });
    return token;
  }

  async peekOnce(purpose: Purpose, token: string, now: number) {
    return this.file.get<{ subject: string }>(
      'SELECT subject FROM one_time_tokens WHERE digest = ? AND purpose = ? AND expires_at > ?',
      digestOf(token),
      purpose,
      now,
    )?.subject;
  }

  async redeemOnce(purpose: Purpose, token: string, claimant: string, now: number) {
    return this.file.get<{ subject: string }>(
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
    this.file.close();
  }

  private secretNow(name: string): Buffer {
    const read = () => this.file.get<{ value: Uint8Array }>('SELECT value FROM secrets WHERE name = ?', name);
    // Two processes that start at once agree on the one that came first.
    if (!read()) this.file.run('INSERT OR IGNORE INTO secrets VALUES (?, ?)', name, randomBytes(32));
    return Buffer.from(read()!.value);
  }

  private addRefreshToken(token: string, sessionId: string): void {
    this.file.run('INSERT INTO refresh_tokens (digest, session_id) VALUES (?, ?)', digestOf(token), sessionId);
  }

  private endWhere(condition: string, ...values: string[]): string[] {
    const ended = this.file.all<{ accountId: string }>(
      `UPDATE sessions SET ended = 1 WHERE ended = 0 AND ${condition} RETURNING account_id AS accountId`,
      ...values,
    );
    const accountIds = [...new Set(ended.map(({ accountId }) => accountId))];
    for (const accountId of accountIds) this.noteChange(accountId);
    return accountIds;
  }

  private noteChange(accountId: string): void {
    this.file.run('INSERT INTO changes (account_id) VALUES (?)', accountId);
    this.file.run('DELETE FROM changes WHERE mark <= (SELECT max(mark) FROM changes) - ?', CHANGES_KEPT_MAX);
  }
}

const CREDENTIAL = 'SELECT account_id AS accountId, login, password_hash AS passwordHash FROM credentials';
