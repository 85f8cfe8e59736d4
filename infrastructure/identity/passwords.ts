import { argon2, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type Passwords, TooManyRequests } from '../../application/kernel/access.js';

const derive = promisify(argon2);
const stretch = promisify(pbkdf2);

/**
 * OWASP's first choice: 46 MiB, one pass, one lane. Blocks up to 32 MiB glibc keeps when they are freed, in an arena for
 * each thread of the pool; a larger one goes back to the system with each answer.
 */
const COST = { memory: 47_104, passes: 1, parallelism: 1 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Costs found in a stored hash are bounded, so that a foreign one cannot stall the process. */
const MEMORY_MAX_KIB = 262_144;
const PASSES_MAX = 16;
const LANES_MAX = 8;
const ITERATIONS_MAX = 4_000_000;

/**
 * Argon2id in the PHC string format (RFC 9106). Hashes of Django's `pbkdf2_sha256` verify and are reported as outdated.
 * A flood of log-ins waits in a short queue and is refused beyond it.
 */
export const createPasswords = ({ atOnceMax = 2, waitingMax = 64 } = {}): Passwords => {
  const turns = new Turns(atOnceMax, waitingMax);
  // What a password is compared with where there is no hash: the answer must take as long.
  const nobody = phc(randomBytes(SALT_BYTES), randomBytes(KEY_BYTES));
  return {
    hash: (password) => turns.run(() => hash(password)),
    verify: (password, stored) =>
      turns.run(async () => {
        const hashed = stored ?? '';
        if (isArgon(hashed)) return matchesArgon(password, hashed);
        const matches = await matchesDjango(password, hashed);
        // A foreign or missing hash costs the same as ours, and more for what the other system chose.
        if (!matches) await matchesArgon(password, nobody);
        return { matches, outdated: matches };
      }),
  };
};

const hash = async (password: string): Promise<string> => {
  const nonce = randomBytes(SALT_BYTES);
  const key = await derive('argon2id', { message: bytesOf(password), nonce, tagLength: KEY_BYTES, ...COST });
  return phc(nonce, key);
};

const phc = (salt: Uint8Array, key: Uint8Array): string =>
  `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${plain64(salt)}$${plain64(key)}`;

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

const isArgon = (stored: string): boolean => stored.startsWith('$argon2id$');

const matchesArgon = async (password: string, stored: string) => {
  const [, m, t, p, salt, key] = PHC.exec(stored) ?? [];
  const cost = { memory: Number(m), passes: Number(t), parallelism: Number(p) };
  if (!salt || !key || cost.memory > MEMORY_MAX_KIB || cost.passes > PASSES_MAX || cost.parallelism > LANES_MAX)
    return { matches: false, outdated: false };
  const expected = Buffer.from(key, 'base64');
  const nonce = Buffer.from(salt, 'base64');
  const found = await derive('argon2id', { message: bytesOf(password), nonce, tagLength: expected.length, ...cost });
  const matches = timingSafeEqual(found, expected);
  const weaker = cost.memory < COST.memory || cost.passes < COST.passes;
  return { matches, outdated: matches && weaker };
};

const DJANGO = /^pbkdf2_sha256\$(\d{1,8})\$([^$]{1,128})\$([A-Za-z0-9+/]{43}=)$/;

/** Django compares the bytes as they were typed: neither trimmed nor normalised. */
const matchesDjango = async (password: string, stored: string): Promise<boolean> => {
  const [, iterations, salt, key] = DJANGO.exec(stored) ?? [];
  if (!salt || !key || Number(iterations) < 1 || Number(iterations) > ITERATIONS_MAX) return false;
  const expected = Buffer.from(key, 'base64');
  return timingSafeEqual(await stretch(password, salt, Number(iterations), expected.length, 'sha256'), expected);
};

/** Two keyboards may write one letter differently; spaces at the ends are part of the password. */
const bytesOf = (password: string): Buffer => Buffer.from(password.normalize('NFC'), 'utf8');

const plain64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');

/** So many at once, so many waiting, the rest is refused. */
class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnceMax: number,
    private readonly waitingMax: number,
  ) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running >= this.atOnceMax) {
      if (this.waiting.length >= this.waitingMax) throw new TooManyRequests(1);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.running++;
    try {
      return await task();
    } finally {
      // The place passes straight to the next one, so that nobody slips in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
