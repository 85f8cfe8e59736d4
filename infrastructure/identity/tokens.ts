import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { exportJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { ROLES } from '../../domain/kernel/envelope.js';
import {
  ACCESS_TOKEN_SECONDS,
  type RoleHeld,
  SERVICE_TOKEN_SECONDS,
  type TokenIssuer,
} from '../../application/kernel/access.js';
import type { Vault } from '../../application/kernel/vault.js';

/** What a token that verifies tells about whoever presents it. */
export interface Verified {
  readonly accountId: string;
  readonly sessionId: string;
  readonly roles: readonly RoleHeld[];
  readonly tokenId: string;
}

/** The token is not one of ours, has expired, or its session has ended. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

export interface TokenOptions {
  readonly vault: Vault;
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const ALGORITHM = 'ES256';
const TYPE = 'at+jwt';
const KEY_SIGNS_MS = 90 * 24 * 60 * 60 * 1000;
/** A key verifies for as long as it signs, and then until the last token it may have signed has expired. */
const KEY_VERIFIES_MS = KEY_SIGNS_MS + SERVICE_TOKEN_SECONDS * 1000;

/** Signs access tokens (RFC 9068), and publishes the keys with which they are verified (RFC 7517). */
export const createTokenIssuer = ({ vault, issuer, audience, now = Date.now }: TokenOptions): Issuer => {
  const keyring = new Keyring(vault, now);
  return {
    issue: async ({ accountId, sessionId, roles, generation }, seconds) => {
      const { kid, privateKey } = await keyring.signing();
      const issuedAt = Math.floor(now() / 1000);
      return new SignJWT({
        sid: sessionId,
        gen: generation,
        roles: roles.map(({ role, hospitalId }) => ({ role, hospitalId })),
      })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(accountId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + seconds)
        .sign(privateKey);
    },
    jwks: async () => ({ keys: await Promise.all((await keyring.all()).map(({ jwk }) => jwk)) }),
  };
};

/** Under which the issuer is injected where its public keys are served. */
export const TOKEN_ISSUER = Symbol('Issuer');

export interface Issuer extends TokenIssuer {
  jwks(): Promise<{ readonly keys: readonly JWK[] }>;
}

const TOKEN_CHARACTERS_MAX = 8_192;
const CACHED_MAX = 20_000;
const CHANGES_ASKED_EVERY_MS = 500;
const CLOCK_SKEW_SECONDS = 5;

const Header = z.strictObject({ alg: z.literal(ALGORITHM), typ: z.literal(TYPE), kid: z.uuid() });

const Claims = z.strictObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.uuid(),
  sid: z.uuid(),
  gen: z.int().min(0),
  roles: z.array(z.strictObject({ role: z.enum(ROLES), hospitalId: z.string().optional() })).max(200),
  jti: z.uuid(),
  iat: z.int().min(0),
  exp: z.int().min(0),
});

interface Kept {
  readonly verified: Verified;
  readonly expiresAt: number;
}

/**
 * Verifies access tokens: the one algorithm, a key of the vault, exactly our issuer, audience and type, a session that
 * has not ended. What was verified is kept by its text until it expires or something of its account is revoked: seen
 * at once in this process, and within a second when another process did it. Throws TokenRefused.
 */
export const createTokenVerifier = (options: TokenOptions): ((token: string) => Verified | Promise<Verified>) => {
  const verifier = new Verifier(options);
  return (token) => verifier.verify(token);
};

class Verifier {
  private readonly keyring: Keyring;
  private readonly now: () => number;
  private readonly kept = new LRUCache<string, Kept>({
    max: CACHED_MAX,
    dispose: ({ verified }, token) => this.unlist(verified.accountId, token),
  });
  private readonly tokensOf = new Map<string, Set<string>>();
  private mark = 0;
  private askAt = 0;
  /** Counts revocations of this process, so that a verification that was under way meanwhile is not kept. */
  private revocations = 0;

  constructor(private readonly options: TokenOptions) {
    this.now = options.now ?? Date.now;
    this.keyring = new Keyring(options.vault, this.now);
    options.vault.onChange((accountId) => this.forget(accountId));
  }

  verify(token: string): Verified | Promise<Verified> {
    const now = this.now();
    if (now >= this.askAt) return this.askForChanges(now).then(() => this.look(token, now));
    return this.look(token, now);
  }

  private look(token: string, now: number): Verified | Promise<Verified> {
    const kept = this.kept.get(token);
    return kept !== undefined && now < kept.expiresAt ? kept.verified : this.check(token, now);
  }

  private async check(token: string, now: number): Promise<Verified> {
    const { revocations, mark } = this;
    const { kid } = readable(token);
    const key = (await this.keyring.find(kid)) ?? refuse();
    const { issuer, audience, vault } = this.options;
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer,
      audience,
      clockTolerance: 0,
      currentDate: new Date(now),
    }).catch(refuse);
    const claims = Claims.safeParse(payload).data ?? refuse();
    const lifetime = claims.exp - claims.iat;
    const service = claims.roles.length > 0 && claims.roles.every(({ role }) => role === 'consumer');
    if (
      claims.iat > now / 1000 + CLOCK_SKEW_SECONDS ||
      lifetime > (service ? SERVICE_TOKEN_SECONDS : ACCESS_TOKEN_SECONDS)
    )
      refuse();

    const standing = await vault.standing(claims.sid, now);
    if (standing?.accountId !== claims.sub || standing.generation !== claims.gen) refuse();

    const verified: Verified = {
      accountId: claims.sub,
      sessionId: claims.sid,
      roles: claims.roles,
      tokenId: claims.jti,
    };
    if (revocations === this.revocations && mark === this.mark) this.keep(token, verified, claims.exp * 1000);
    return verified;
  }

  private keep(token: string, verified: Verified, expiresAt: number): void {
    this.kept.set(token, { verified, expiresAt });
    const listed = this.tokensOf.get(verified.accountId) ?? new Set();
    this.tokensOf.set(verified.accountId, listed.add(token));
  }

  private unlist(accountId: string, token: string): void {
    const listed = this.tokensOf.get(accountId);
    listed?.delete(token);
    if (listed?.size === 0) this.tokensOf.delete(accountId);
  }

  private forget(accountId: string): void {
    this.revocations++;
    for (const token of this.tokensOf.get(accountId) ?? []) this.kept.delete(token);
  }

  /** What cannot be asked is not trusted: a vault that fails fails the verification. */
  private async askForChanges(now: number): Promise<void> {
    const { mark, accountIds } = await this.options.vault.changes(this.mark);
    if (accountIds === 'all') this.kept.clear();
    else for (const accountId of accountIds) this.forget(accountId);
    this.mark = Math.max(this.mark, mark);
    this.askAt = now + CHANGES_ASKED_EVERY_MS;
  }
}

/** The header of a compact JWS in the very spelling in which we write tokens; anything else is not one of ours. */
const readable = (token: string): z.output<typeof Header> => {
  if (token.length > TOKEN_CHARACTERS_MAX) refuse();
  const parts = token.split('.');
  if (parts.length !== 3) refuse();
  const [header, payload, signature] = parts.map((part) => {
    const bytes = Buffer.from(part, 'base64url');
    return bytes.toString('base64url') === part ? bytes : refuse();
  }) as [Buffer, Buffer, Buffer];
  if (signature.length !== 64) refuse();
  const parsed = Header.safeParse(canonical(header)).data ?? refuse();
  canonical(payload);
  return parsed;
};

/** JSON as JSON.stringify writes it: no member twice, no other spelling of a number. */
const canonical = (bytes: Buffer): unknown => {
  const text = bytes.toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? value : refuse();
  } catch {
    return refuse();
  }
};

const refuse = (): never => {
  throw new TokenRefused('The token is not valid.');
};

interface Key {
  readonly kid: string;
  readonly createdAt: number;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Promise<JWK>;
}

const KEYS_ASKED_EVERY_MS = 1_000;

/** The vault's signing keys: made when there is none, succeeded when old, unknown ids looked up once a second at most. */
class Keyring {
  private keys: readonly Key[] = [];
  private loadedAt = -Infinity;
  private making: Promise<void> | undefined;

  constructor(
    private readonly vault: Vault,
    private readonly now: () => number,
  ) {}

  /** Those that verify, the newest first. */
  async all(): Promise<readonly Key[]> {
    await this.reload();
    return this.keys;
  }

  async signing(): Promise<Key> {
    const fresh = () => this.keys.find(({ createdAt }) => this.now() - createdAt < KEY_SIGNS_MS);
    if (!fresh()) await this.reload();
    if (!fresh()) await (this.making ??= this.make());
    return fresh()!;
  }

  async find(kid: string): Promise<KeyObject | undefined> {
    const held = () => this.keys.find((key) => key.kid === kid)?.publicKey;
    if (!held() && this.now() - this.loadedAt >= KEYS_ASKED_EVERY_MS) await this.reload();
    return held();
  }

  private async make(): Promise<void> {
    await this.vault.addSigningKey(newSigningKey(this.now()));
    await this.reload();
    this.making = undefined;
  }

  private async reload(): Promise<void> {
    const now = this.now();
    const stored = await this.vault.signingKeys();
    const known = new Map(this.keys.map((key) => [key.kid, key]));
    this.keys = stored
      .filter(({ createdAt }) => now - createdAt < KEY_VERIFIES_MS)
      .map(({ kid, privateKey, createdAt }) => known.get(kid) ?? keyOf(kid, createPrivateKey(privateKey), createdAt));
    this.loadedAt = now;
  }
}

const keyOf = (kid: string, privateKey: KeyObject, createdAt: number): Key => {
  const publicKey = createPublicKey(privateKey);
  const jwk = exportJWK(publicKey).then((bare) => ({ ...bare, kid, alg: ALGORITHM, use: 'sig' }));
  return { kid, createdAt, privateKey, publicKey, jwk };
};

const newSigningKey = (createdAt: number) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid: randomUUID(), privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, createdAt };
};
