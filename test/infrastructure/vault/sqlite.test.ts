import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteVault } from '../../../infrastructure/vault/sqlite.js';
import { vaultContract } from '../../contract/vault.contract.js';

const inFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'vault-'));
  const file = join(folder, 'vault.sqlite');
  return { folder, file, open: () => openSqliteVault({ file }), remove: () => rmSync(folder, { recursive: true }) };
};

vaultContract('sqlite', () => {
  const { open, remove } = inFolder();
  return { open: async () => open(), remove: async () => remove() };
});

describe('the vault file', () => {
  let place: ReturnType<typeof inFolder>;
  beforeEach(() => (place = inFolder()));
  afterEach(() => place.remove());

  const onPosix = process.platform === 'win32' ? it.skip : it;
  onPosix('may be read by its owner only, its journal too', async () => {
    const vault = place.open();
    await vault.secret('x');
    const files = readdirSync(place.folder);
    expect(files.length).toBeGreaterThan(1);
    for (const name of files) expect(statSync(join(place.folder, name)).mode & 0o777).toBe(0o600);
    await vault.close();
  });

  it('holds refresh and one-time tokens as digests only', async () => {
    const vault = place.open();
    await vault.reserve({ accountId: 'a', login: 'x', passwordHash: 'h', now: 0 });
    const { refreshToken } = await vault.openSession({ accountId: 'a', now: 1, expiresAt: 9 });
    const rotation = await vault.rotate(refreshToken!, 2, 1);
    const once = await vault.issueOnce({ purpose: 'invitation', subject: 'i', nonce: 'n', expiresAt: 9 });
    const tokens = [refreshToken!, (rotation as { refreshToken: string }).refreshToken, once];
    const bytes = readdirSync(place.folder).map((name) => readFileSync(join(place.folder, name)));
    for (const token of tokens)
      for (const file of bytes) {
        expect(file.includes(token)).toBe(false);
        expect(file.includes(Buffer.from(token, 'base64url'))).toBe(false);
      }
    await vault.close();
  });

  it('of a newer version is left alone', () => {
    const db = new DatabaseSync(place.file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(place.open).toThrow(/newer version/);
  });
});
