import { argon2Sync, pbkdf2Sync } from 'node:crypto';
import { TooManyRequests } from '../../../application/kernel/access.js';
import { createPasswords } from '../../../infrastructure/identity/passwords.js';

const django = (password: string, iterations = 1_000, salt = 'NaCl') =>
  `pbkdf2_sha256$${iterations}$${salt}$${pbkdf2Sync(password, salt, iterations, 32, 'sha256').toString('base64')}`;

describe('passwords', () => {
  const passwords = createPasswords();

  it('are hashed with argon2id at OWASP cost, each time with another salt, in the PHC format', async () => {
    const [one, two] = [await passwords.hash('correct horse battery'), await passwords.hash('correct horse battery')];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(two).not.toBe(one);
    expect(await passwords.verify('correct horse battery', one)).toEqual({ matches: true, outdated: false });
    expect(await passwords.verify('correct horse batterY', one)).toEqual({ matches: false, outdated: false });
  });

  it('verify hashes that other implementations wrote', async () => {
    // From the reference implementation's test.c: version 19, t = 2, m = 2^16, p = 1, "password", "somesalt".
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await passwords.verify('password', reference)).toEqual({ matches: true, outdated: false });
    expect(await passwords.verify('differentpassword', reference)).toEqual({ matches: false, outdated: false });
  });

  it('verify hashes of lower cost and call them outdated', async () => {
    const salt = Buffer.from('0123456789abcdef');
    const cost = { memory: 8_192, passes: 1, parallelism: 1 };
    const key = argon2Sync('argon2id', { message: 'a password', nonce: salt, tagLength: 32, ...cost });
    const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
    const weak = `$argon2id$v=19$m=8192,t=1,p=1$${text(salt)}$${text(key)}`;
    expect(await passwords.verify('a password', weak)).toEqual({ matches: true, outdated: true });
  });

  it('verify hashes of Django, with the bytes as they were typed, and call them outdated', async () => {
    for (const password of ['patient-legacy-1', ' leading and trailing ', 'পাসওয়ার্ড-২০২৫', 'e\u0301te\u0301-2025']) {
      expect(await passwords.verify(password, django(password))).toEqual({ matches: true, outdated: true });
      expect((await passwords.verify(`${password} `, django(password))).matches).toBe(false);
    }
    expect((await passwords.verify(' leading and trailing '.trim(), django(' leading and trailing '))).matches).toBe(
      false,
    );
  });

  it.each([
    // From Django's own tests, tests/auth_tests/test_hashers.py, of 1.8 and 5.1.
    'pbkdf2_sha256$12000$seasalt$Ybw8zsFxqja97tY/o6G+Fy1ksY4U/Hw3DRrGED6Up4s=',
    'pbkdf2_sha256$870000$seasalt$wJSpLMQRQz0Dhj/pFpbyjMj71B2gUYp6HJS5AU+32Ac=',
  ])('verify %s, which Django wrote', async (published) => {
    expect(await passwords.verify('l\u00e8tmein', published)).toEqual({ matches: true, outdated: true });
    expect(await passwords.verify('l\u00e8tmeinz', published)).toEqual({ matches: false, outdated: false });
  });

  it('are the same however a keyboard composes its letters', async () => {
    const hash = await passwords.hash('caf\u00e9 au lait');
    expect((await passwords.verify('cafe\u0301 au lait', hash)).matches).toBe(true);
  });

  it.each([
    null,
    undefined,
    '',
    '!unusable',
    'plain',
    'md5$salt$hash',
    '$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    'pbkdf2_sha256$99999999$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  ])('match nothing for the hash %p', async (hash) => {
    expect(await passwords.verify('', hash)).toEqual({ matches: false, outdated: false });
    expect(await passwords.verify('!unusable', hash)).toEqual({ matches: false, outdated: false });
  });

  it('cost the same work where there is no hash', async () => {
    const spent = async (hash: string | undefined) => {
      const times: number[] = [];
      for (let i = 0; i < 9; i++) {
        const before = process.hrtime.bigint();
        await passwords.verify('wrong', hash);
        times.push(Number(process.hrtime.bigint() - before));
      }
      return times.sort((a, b) => a - b)[4]!;
    };
    const [known, unknown] = [await spent(await passwords.hash('right')), await spent(undefined)];
    // A missing hash that was answered without hashing would be a thousand times faster.
    expect(unknown / known).toBeGreaterThan(0.2);
    expect(unknown / known).toBeLessThan(5);
  });

  it('wait for their turn, and are refused when too many wait', async () => {
    const few = createPasswords({ atOnceMax: 1, waitingMax: 2 });
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => few.hash('some password')));
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect((asked[4] as PromiseRejectedResult).reason).toBeInstanceOf(TooManyRequests);
    expect(await few.hash('some password')).toMatch(/^\$argon2id/);
  });
});
