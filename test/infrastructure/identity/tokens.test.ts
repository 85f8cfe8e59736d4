import { createHmac, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactEncrypt, exportJWK, importJWK, jwtVerify } from 'jose';
import { ACCESS_TOKEN_SECONDS, type RoleHeld, SERVICE_TOKEN_SECONDS } from '../../../application/kernel/access.js';
import type { Vault } from '../../../application/kernel/vault.js';
import {
  createTokenIssuer,
  createTokenVerifier,
  TokenRefused,
  type Verified,
} from '../../../infrastructure/identity/tokens.js';
import { openSqliteVault } from '../../../infrastructure/vault/sqlite.js';

const T = Date.parse('2030-01-01T08:00:00.000Z');
const DAY = 86_400_000;
const ACCOUNT = randomUUID();
const roles: RoleHeld[] = [{ role: 'doctor' }, { role: 'pharmacist', hospitalId: 'h1' }];

let folder: string;
let vault: Vault;
let now: number;
let verify: (token: string) => Promise<Verified>;
const file = () => join(folder, 'vault.sqlite');
const options = () => ({ vault, issuer: 'https://issuer.example', audience: 'us', now: () => now });
const verifier = (more: object = {}) => {
  const check = createTokenVerifier({ ...options(), ...more });
  return async (token: string) => check(token);
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  now = T;
  vault = openSqliteVault({ file: file() });
  await vault.reserve({ accountId: ACCOUNT, login: 'x', passwordHash: 'h', now });
  verify = verifier();
});
afterEach(async () => {
  await vault.close();
  rmSync(folder, { recursive: true });
});

const openSession = (expiresAt = now + 7 * DAY) => vault.openSession({ accountId: ACCOUNT, now, expiresAt });
const issue = async (held = roles, seconds = ACCESS_TOKEN_SECONDS, session = openSession()) =>
  createTokenIssuer(options()).issue({ accountId: ACCOUNT, roles: held, ...(await session) }, seconds);

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const partsOf = (token: string) => {
  const [header, payload, signature] = token.split('.') as [string, string, string];
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  return { header: read(header), payload: read(payload), signature };
};
/** Signs with our very key: only what the token says is wrong. */
const forged = async (
  change: (parts: { header: Record<string, unknown>; payload: Record<string, unknown> }) => void,
) => {
  const { header, payload } = partsOf(await issue());
  change({ header, payload });
  return signed(`${encoded(header)}.${encoded(payload)}`);
};
const signed = async (input: string) => {
  const key = createPrivateKey((await vault.signingKeys())[0]!.privateKey);
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};
const refused = (token: string) => expect(verify(token)).rejects.toThrow(TokenRefused);

describe('an access token', () => {
  it('tells who, in which session, with which roles', async () => {
    const session = await openSession();
    const token = await issue(roles, ACCESS_TOKEN_SECONDS, Promise.resolve(session));
    const { header, payload } = partsOf(token);
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: (await vault.signingKeys())[0]!.kid });
    expect(payload).toMatchObject({ iss: 'https://issuer.example', aud: 'us', iat: T / 1000, exp: T / 1000 + 1800 });
    expect(await verify(token)).toEqual({
      accountId: ACCOUNT,
      sessionId: session.sessionId,
      roles,
      tokenId: payload.jti,
    });
  });

  it('verifies with the published keys, which hold nothing secret', async () => {
    const token = await issue();
    const { keys } = await createTokenIssuer(options()).jwks();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    const { payload } = await jwtVerify(token, await importJWK(keys[0]!, 'ES256'), { currentDate: new Date(now) });
    expect(payload.sub).toBe(ACCOUNT);
  });

  it('is good until its second of expiry, also when it is known already', async () => {
    const token = await issue();
    await verify(token);
    now = T + ACCESS_TOKEN_SECONDS * 1000 - 1;
    await verify(token);
    now = T + ACCESS_TOKEN_SECONDS * 1000;
    await refused(token);
    verify = verifier();
    await refused(token);
  });

  it('of a program lives longer, of a person never', async () => {
    const session = openSession(now + 100 * DAY);
    const service = await issue([{ role: 'consumer' }], SERVICE_TOKEN_SECONDS, session);
    now = T + SERVICE_TOKEN_SECONDS * 1000 - 1;
    await verify(service);
    now = T;
    await refused(await issue(roles, SERVICE_TOKEN_SECONDS, session));
    await refused(await issue([], SERVICE_TOKEN_SECONDS, session));
  });
});

describe('what is not one of our tokens (RFC 8725)', () => {
  it.each(['none', 'None', 'nOnE', 'NONE', ''])('alg %p, with and without a signature', async (alg) => {
    const { header, payload, signature } = partsOf(await issue());
    const bare = `${encoded({ ...header, alg })}.${encoded(payload)}`;
    await refused(`${bare}.`);
    await refused(`${bare}.${signature}`);
    await refused(bare);
  });

  it.each(['HS256', 'HS384', 'HS512'])('%s, keyed with our public key', async (alg) => {
    const { header, payload } = partsOf(await issue());
    const [jwk] = (await createTokenIssuer(options()).jwks()).keys;
    const input = `${encoded({ ...header, alg })}.${encoded(payload)}`;
    for (const key of [JSON.stringify(jwk), Buffer.from(jwk!.x!, 'base64url'), jwk!.kid!])
      await refused(`${input}.${createHmac(alg.replace('HS', 'sha'), key).update(input).digest('base64url')}`);
  });

  it.each(['ES384', 'RS256', 'PS256', 'EdDSA', 'ES256K', 'es256'])('alg %s', async (alg) => {
    await refused(await forged(({ header }) => (header.alg = alg)));
  });

  it.each([
    '../../../dev/null',
    "' OR 1=1 --",
    'https://evil.example/jwks.json',
    '',
    'null',
    '00000000-0000-4000-8000-000000000000',
    1,
    null,
    ['a'],
    undefined,
  ])('kid %p', async (kid) => {
    await refused(await forged(({ header }) => (header.kid = kid)));
  });

  it('a key that comes with the token', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = await exportJWK(publicKey);
    const { header, payload } = partsOf(await issue());
    for (const more of [
      { jwk },
      { jku: 'https://evil.example/jwks.json' },
      { x5u: 'https://evil.example/c' },
      { x5c: ['MII'] },
    ]) {
      const input = `${encoded({ ...header, ...more })}.${encoded(payload)}`;
      const own = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      await refused(`${input}.${own.toString('base64url')}`);
      await refused(await forged((parts) => Object.assign(parts.header, more)));
    }
  });

  it.each([{ crit: ['exp'] }, { crit: [] }, { b64: false, crit: ['b64'] }, { zip: 'DEF' }, { cty: 'JWT' }])(
    'the header %j',
    async (more) => {
      await refused(await forged(({ header }) => Object.assign(header, more)));
    },
  );

  it.each(['JWT', 'id+jwt', 'application/at+jwt', 'AT+JWT', 'logout+jwt', undefined])('typ %p', async (typ) => {
    await refused(await forged(({ header }) => (header.typ = typ)));
  });

  it.each<[string, unknown]>([
    ['aud', 'others'],
    ['aud', ['us']],
    ['aud', ['us', 'others']],
    ['aud', undefined],
    ['iss', 'https://issuer.example/'],
    ['iss', 'https://evil.example'],
    ['iss', undefined],
    ['exp', String(T / 1000 + 60)],
    ['exp', T / 1000 + 60.5],
    ['exp', T / 1000 + ACCESS_TOKEN_SECONDS + 1],
    ['exp', 1e300],
    ['exp', Number.MAX_SAFE_INTEGER],
    ['exp', -1],
    ['exp', null],
    ['exp', undefined],
    ['iat', T / 1000 + 60],
    ['iat', undefined],
    ['iat', String(T / 1000)],
    ['nbf', T / 1000 + 3600],
    ['nbf', T / 1000],
    ['sub', 'root'],
    ['sub', undefined],
    ['sub', randomUUID()],
    ['sid', randomUUID()],
    ['sid', undefined],
    ['gen', 1],
    ['gen', -1],
    ['gen', '0'],
    ['roles', [{ role: 'god' }]],
    ['roles', 'system'],
    ['roles', undefined],
    ['admin', true],
    ['act', { sub: 'root' }],
  ])('the claim %s: %p, though we signed it', async (claim, value) => {
    await refused(await forged(({ payload }) => (payload[claim] = value)));
  });

  it('a claim or a header member that stands twice', async () => {
    const { header, payload } = partsOf(await issue());
    const twice = JSON.stringify(payload).replace('"sub"', `"sub":"${randomUUID()}","sub"`);
    await refused(await signed(`${encoded(header)}.${Buffer.from(twice).toString('base64url')}`));
    const headers = JSON.stringify(header).replace('"alg"', '"alg":"none","alg"');
    await refused(await signed(`${Buffer.from(headers).toString('base64url')}.${encoded(payload)}`));
    const spaced = JSON.stringify(payload, null, 1);
    await refused(await signed(`${encoded(header)}.${Buffer.from(spaced).toString('base64url')}`));
  });

  it('another spelling of a good token', async () => {
    const token = await issue();
    await verify(token);
    for (const bad of [
      `${token}A`,
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      `${token}.`,
      `${token}..`,
      token.toUpperCase(),
    ])
      await refused(bad);
    // The last letter of the signature holds four bits that mean nothing.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    await refused(token.slice(0, -1) + letters[letters.indexOf(token.at(-1)!) + 1]!);
  });

  it('a signature that is empty, zero, of another encoding or of another token', async () => {
    const { header, payload } = partsOf(await issue());
    const input = `${encoded(header)}.${encoded(payload)}`;
    const other = partsOf(await issue()).signature;
    const key = createPrivateKey((await vault.signingKeys())[0]!.privateKey);
    const der = sign('sha256', Buffer.from(input), key).toString('base64url');
    for (const bad of [
      '',
      Buffer.alloc(64).toString('base64url'),
      Buffer.alloc(64, 255).toString('base64url'),
      der,
      other,
    ])
      await refused(`${input}.${bad}`);
  });

  it('any token with one bit changed', async () => {
    const token = await issue();
    const [header, payload, signature] = token.split('.').map((part) => Buffer.from(part, 'base64url'));
    for (const [part, bytes] of [header!, payload!, signature!].entries())
      for (let bit = 0; bit < bytes.length * 8; bit += 13) {
        const changed = [header!, payload!, signature!].map((b) => Buffer.from(b));
        changed[part]![bit >> 3]! ^= 1 << (bit & 7);
        await refused(changed.map((b) => b.toString('base64url')).join('.'));
      }
    await verify(token);
  });

  it('an encrypted token, a bomb, a megabyte, and rubbish', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwe = await new CompactEncrypt(Buffer.alloc(100_000))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
      .encrypt(publicKey);
    for (const bad of [
      jwe,
      'a'.repeat(1_000_000),
      `${'a'.repeat(300)}.`.repeat(20),
      '',
      '.',
      '..',
      '...',
      '{}',
      'Bearer x',
      '\0.\0.\0',
    ])
      await refused(bad);
  });
});

describe('what was revoked', () => {
  it('is seen at once in this process, for the session that ended and no other', async () => {
    const [one, two] = [await openSession(), await openSession()];
    const tokens = [
      await issue(roles, 60, Promise.resolve(one)),
      await issue(roles, 60, Promise.resolve(two)),
    ] as const;
    for (const token of tokens) await verify(token);
    await vault.endSession(one.sessionId);
    await refused(tokens[0]);
    await verify(tokens[1]);
    await vault.endSessions(ACCOUNT);
    await refused(tokens[1]);
  });

  it('is the access when roles change: the token of before is refused, one of after is good', async () => {
    const session = await openSession();
    const before = await issue(roles, 60, Promise.resolve(session));
    await verify(before);
    await vault.renewAccess(ACCOUNT);
    await refused(before);
    await verify(await issue([], 60, Promise.resolve({ ...session, generation: session.generation + 1 })));
  });

  it('is seen within a second when another process did it', async () => {
    const session = await openSession();
    const token = await issue(roles, 600, Promise.resolve(session));
    const another = openSqliteVault({ file: file() });
    const there = verifier({ vault: another });
    await there(token);
    await vault.endSession(session.sessionId);
    now += 1_000;
    await expect(there(token)).rejects.toThrow(TokenRefused);
    await another.close();
  });

  it('is not guessed: a vault that does not answer lets nobody in', async () => {
    const token = await issue();
    await verify(token);
    const silent = { ...vault, onChange: () => () => undefined, changes: () => Promise.reject(new Error('away')) };
    await expect(verifier({ vault: silent })(token)).rejects.toThrow('away');
  });

  it('is not kept when it happens while the token is being verified', async () => {
    const session = await openSession();
    const token = await issue(roles, 600, Promise.resolve(session));
    let ended = false;
    const racing: Pick<Vault, 'standing'> = {
      standing: async (...args) => {
        const standing = await vault.standing(...args);
        if (!ended) await vault.endSession(session.sessionId);
        ended = true;
        return standing;
      },
    };
    const check = verifier({ vault: Object.assign(Object.create(vault) as Vault, racing) });
    await check(token).catch(() => undefined);
    await expect(check(token)).rejects.toThrow(TokenRefused);
  });
});

describe('keys', () => {
  it('are succeeded, and verify until the last token they signed has expired', async () => {
    const issuer = createTokenIssuer(options());
    const first = await issue();
    now += 91 * DAY;
    const second = await issue();
    expect(partsOf(second).header.kid).not.toBe(partsOf(first).header.kid);
    expect((await issuer.jwks()).keys.map(({ kid }) => kid)).toEqual([
      partsOf(second).header.kid,
      partsOf(first).header.kid,
    ]);
    await verify(second);
    now = T + 180 * DAY;
    expect((await issuer.jwks()).keys.map(({ kid }) => kid)).toEqual([partsOf(second).header.kid]);
  });

  it('are made once when many ask at once', async () => {
    const issuer = createTokenIssuer(options());
    const session = await openSession();
    await Promise.all(Array.from({ length: 10 }, () => issuer.issue({ accountId: ACCOUNT, roles, ...session }, 60)));
    expect(await vault.signingKeys()).toHaveLength(1);
  });

  it('that another process made are found', async () => {
    await verify(await issue());
    const another = openSqliteVault({ file: file() });
    now += 91 * DAY;
    const token = await createTokenIssuer({ ...options(), vault: another }).issue(
      { accountId: ACCOUNT, roles, ...(await openSession()) },
      60,
    );
    await verify(token);
    await another.close();
  });
});

it('a token that is known costs about a microsecond', async () => {
  const check = createTokenVerifier(options());
  const token = await issue();
  await check(token);
  const before = process.hrtime.bigint();
  for (let i = 0; i < 20_000; i++) void check(token);
  // Verified anew it would be a hundred; ten leaves room for a busy machine.
  expect(Number(process.hrtime.bigint() - before) / 20_000 / 1000).toBeLessThan(10);
});
