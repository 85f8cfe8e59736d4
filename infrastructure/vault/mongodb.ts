import { randomUUID } from 'node:crypto';
import type { Collection as Rows, Filter } from 'mongodb';
import type { Credential, Purpose, Rotation, SigningKey, Standing, Vault } from '../../application/kernel/vault.js';
import {
  ensured,
  ensureFormat,
  isDuplicate,
  type MongoDatabase,
  type MongoOptions,
  openMongo,
  reached,
  secretIn,
} from '../mongodb/client.js';
import { MongoChanges } from './mongodb-changes.js';
import { type CredentialRow, makeIndexes, type OneTimeRow, type RefreshRow, type SessionRow } from './mongodb-rows.js';
import {
  digestOf,
  folded,
  Listeners,
  newRefreshToken,
  ONE_TIME_SECRET,
  oneTimeToken,
  SUCCESSOR_SECRET,
  successorOf,
} from './tokens.js';

/** Raised when what lies in the database changes its shape. */
const FORMAT = 1;
const DATABASE = 'healthstack_vault';
/** Expired sessions and tokens are removed no more often. */
const SWEEP_EVERY_MS = 60_000;

/**
 * The vault in a MongoDB database of its own. Every step is the write of one document or rests on a unique index, so that it
 * needs no transaction and a standalone server will do. Throws Fatal when it cannot be used, Transient when no server answers.
 */
export const openMongoVault = async (options: MongoOptions): Promise<Vault> => {
  const database = await openMongo(options, DATABASE);
  try {
    const { db } = database;
    await ensureFormat(db, FORMAT, 'The keys and credentials');
    await reached(() => makeIndexes(db));
    return new MongoVault(database);
  } catch (error) {
    await database.close();
    throw error;
  }
};

class MongoVault implements Vault {
  private readonly keys: Rows<Omit<SigningKey, 'kid'> & { readonly _id: string }>;
  private readonly credentials: Rows<CredentialRow>;
  private readonly sessions: Rows<SessionRow>;
  private readonly refreshTokens: Rows<RefreshRow>;
  private readonly oneTimeTokens: Rows<OneTimeRow>;
  private readonly changed: MongoChanges;
  private readonly listeners = new Listeners();
  /** They stay the same for ever. */
  private readonly secrets = new Map<string, Buffer>();
  private sweptAt = -Infinity;

  constructor(private readonly database: MongoDatabase) {
    const { db } = database;
    this.keys = db.collection('signingKeys');
    this.credentials = db.collection('credentials');
    this.sessions = db.collection('sessions');
    this.refreshTokens = db.collection('refreshTokens');
    this.oneTimeTokens = db.collection('oneTimeTokens');
    this.changed = new MongoChanges(db.collection('changes'), this.sessions, this.credentials);
  }

  async signingKeys() {
    const keys = await reached(() => this.keys.find().sort({ createdAt: -1, _id: 1 }).toArray());
    return keys.map(({ _id: kid, privateKey, createdAt }) => ({ kid, privateKey, createdAt }));
  }

  async addSigningKey({ kid, privateKey, createdAt }: SigningKey) {
    await reached(() => this.keys.insertOne({ _id: kid, privateKey, createdAt }));
  }

  async reserve({ accountId, login, passwordHash, now, twin = false }: Parameters<Vault['reserve']>[0]) {
    const own = await this.credentialOf(accountId);
    if (own) return own.login === login;
    const taken = !twin && (await reached(() => this.credentials.findOne({ folded: folded(login) })));
    if (taken) return false;
    // Two at once, of which one is no twin, have different claims only where they might have come one after the other.
    const claim = JSON.stringify(twin ? { twin: login } : { login: folded(login) });
    const row = { _id: accountId, login, folded: folded(login), claim, passwordHash, takenAt: now, generation: 0 };
    try {
      await reached(() => this.credentials.insertOne({ ...row, opened: false }));
      return true;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return (await this.credentialOf(accountId))?.login === login;
    }
  }

  async release(accountId: string, takenBefore: number) {
    const unused = { _id: accountId, takenAt: { $lt: takenBefore }, opened: false };
    return (await reached(() => this.credentials.deleteOne(unused))).deletedCount === 1;
  }

  async credential(login: string) {
    const exact = await reached(() => this.credentials.findOne({ login }));
    if (exact) return credentialIn(exact);
    const alike = await reached(() => this.credentials.find({ folded: folded(login) }, { limit: 2 }).toArray());
    return alike.length === 1 ? credentialIn(alike[0]!) : undefined;
  }

  async credentialOf(accountId: string) {
    const row = await reached(() => this.credentials.findOne({ _id: accountId }));
    return row ? credentialIn(row) : undefined;
  }

  async replacePassword(accountId: string, from: string | null, to: string) {
    const held = { _id: accountId, passwordHash: from };
    return (await reached(() => this.credentials.updateOne(held, { $set: { passwordHash: to } }))).matchedCount === 1;
  }

  async openSession({ accountId, now, expiresAt, refreshable = true }: Parameters<Vault['openSession']>[0]) {
    await this.sweep(now);
    const credential = await reached(() =>
      this.credentials.findOneAndUpdate({ _id: accountId }, { $set: { opened: true } }),
    );
    if (!credential) throw new Error('A session needs an account that has a credential.');
    const { generation } = credential;
    const sessionId = randomUUID();
    await reached(() => this.sessions.insertOne({ _id: sessionId, accountId, expiresAt, ended: false }));
    if (!refreshable) return { sessionId, generation };
    const refreshToken = newRefreshToken();
    await this.addRefreshToken(refreshToken, { sessionId, expiresAt });
    return { sessionId, generation, refreshToken };
  }

  async rotate(refreshToken: string, now: number, graceMs: number): Promise<Rotation> {
    const _id = idOf(refreshToken);
    const held = await reached(() => this.refreshTokens.findOne({ _id }));
    const session = held && (await this.session(held.sessionId, now));
    if (!session) return { outcome: 'refused' };
    const { accountId, expiresAt } = session;
    const { sessionId } = held;
    const successor = successorOf(refreshToken, await this.secret(SUCCESSOR_SECRET));
    // The successor is there before its token is used up, so that a crash between leaves the token good.
    await this.addRefreshToken(successor, { sessionId, expiresAt });
    const use = await reached(() => this.refreshTokens.updateOne({ _id, usedAt: null }, { $set: { usedAt: now } }));
    if (use.matchedCount === 0 && !(await this.isRepeated(_id, successor, now, graceMs))) {
      const ended = await this.end({ _id: sessionId }, accountId);
      return ended ? { outcome: 'reused', accountId, sessionId } : { outcome: 'refused' };
    }
    const generation = await this.generation(accountId);
    return { outcome: 'rotated', accountId, sessionId, generation, refreshToken: successor, expiresAt };
  }

  async standing(sessionId: string, now: number): Promise<Standing | undefined> {
    const session = await this.session(sessionId, now);
    return session && { accountId: session.accountId, generation: await this.generation(session.accountId) };
  }

  async endSession(sessionId: string) {
    const session = await reached(() => this.sessions.findOne({ _id: sessionId }));
    if (session) await this.end({ _id: sessionId }, session.accountId);
  }

  async endSessions(accountId: string, except = '') {
    await this.end({ accountId, _id: { $ne: except } }, accountId);
  }

  async renewAccess(accountId: string) {
    if (await this.changed.renewAccess(accountId)) this.listeners.tell([accountId]);
  }

  onChange(listener: (accountId: string) => void) {
    return this.listeners.add(listener);
  }

  changes(since: number) {
    return this.changed.since(since);
  }

  async issueOnce({ purpose, subject, nonce, expiresAt }: Parameters<Vault['issueOnce']>[0]) {
    const token = oneTimeToken({ purpose, subject, nonce }, await this.secret(ONE_TIME_SECRET));
    const digest = idOf(token);
    const other = { _id: JSON.stringify([purpose, subject]), digest: { $ne: digest } };
    const set = { $set: { digest, purpose, subject, expiresAt, claimant: null } };
    // Where this one stands already, it is not another one, and there is no room for a second.
    await ensured(() => this.oneTimeTokens.updateOne(other, set, { upsert: true }));
    return token;
  }

  async peekOnce(purpose: Purpose, token: string, now: number) {
    const held = { digest: idOf(token), purpose, expiresAt: { $gt: now } };
    return (await reached(() => this.oneTimeTokens.findOne(held)))?.subject;
  }

  async redeemOnce(purpose: Purpose, token: string, claimant: string, now: number) {
    const free = { digest: idOf(token), purpose, expiresAt: { $gt: now }, claimant: { $in: [null, claimant] } };
    return (await reached(() => this.oneTimeTokens.findOneAndUpdate(free, { $set: { claimant } })))?.subject;
  }

  async secret(name: string) {
    const secret = this.secrets.get(name) ?? (await secretIn(this.database.db, name));
    this.secrets.set(name, secret);
    return secret;
  }

  close() {
    return this.database.close();
  }

  /** Undefined when it has ended, expired, or never was. */
  private async session(sessionId: string, now: number): Promise<SessionRow | undefined> {
    const good = { _id: sessionId, ended: false, expiresAt: { $gt: now } };
    return (await reached(() => this.sessions.findOne(good))) ?? undefined;
  }

  private async generation(accountId: string): Promise<number> {
    return (await reached(() => this.credentials.findOne({ _id: accountId })))!.generation;
  }

  private async addRefreshToken(
    token: string,
    { sessionId, expiresAt }: Pick<RefreshRow, 'sessionId' | 'expiresAt'>,
  ): Promise<void> {
    const fresh = { $setOnInsert: { sessionId, expiresAt, usedAt: null } };
    await ensured(() => this.refreshTokens.updateOne({ _id: idOf(token) }, fresh, { upsert: true }));
  }

  /** Whether a used token comes again early enough, and its successor was not used. */
  private async isRepeated(_id: string, successor: string, now: number, graceMs: number): Promise<boolean> {
    const ids = [_id, idOf(successor)];
    const rows = await reached(() => this.refreshTokens.find({ _id: { $in: ids } }).toArray());
    const [used, next] = ids.map((id) => rows.find((row) => row._id === id)?.usedAt ?? null);
    return next === null && used !== null && now - used! <= graceMs;
  }

  /** Ends sessions of an account; whether there were any. */
  private async end(which: Filter<SessionRow>, accountId: string): Promise<boolean> {
    const ended = await this.changed.endSessions(accountId, which);
    if (ended) this.listeners.tell([accountId]);
    return ended;
  }

  private async sweep(now: number): Promise<void> {
    if (now - this.sweptAt < SWEEP_EVERY_MS) return;
    this.sweptAt = now;
    const expired = { expiresAt: { $lte: now } };
    await reached(() => this.sessions.deleteMany(expired));
    await reached(() => this.refreshTokens.deleteMany(expired));
    await reached(() => this.oneTimeTokens.deleteMany(expired));
  }
}

const credentialIn = ({ _id: accountId, login, passwordHash }: CredentialRow): Credential => ({
  accountId,
  login,
  passwordHash,
});

const idOf = (token: string): string => digestOf(token).toString('base64url');
