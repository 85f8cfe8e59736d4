import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderFiles } from '../../../infrastructure/files/folder.js';
import { filesContract } from '../../contract/files.contract.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(() => rm(root, { recursive: true }));

const contents = async () => {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
};

describe('a folder of files', () => {
  filesContract(async () => ({ files: await FolderFiles.open(root), contents }));

  it('clears away what a crash left of an upload, and no upload under way', async () => {
    await FolderFiles.open(root);
    const [old, young] = [join(root, 'incoming', 'old'), join(root, 'incoming', 'young')];
    await Promise.all([writeFile(old, 'x'), writeFile(young, 'x')]);
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(old, longAgo, longAgo);
    await FolderFiles.open(root);
    expect(await readdir(join(root, 'incoming'))).toEqual(['young']);
  });

  it('is closed to other users of the machine', async () => {
    if (process.platform === 'win32') return;
    const files = await FolderFiles.open(join(root, 'closed'));
    async function* png() {
      yield Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890001000049444154', 'hex');
    }
    const staged = await files.stage(png(), { bytesMax: 1_000, mediaTypes: ['image/png'] });
    await staged.keep();
    const kept = join(root, 'closed', staged.sha256.slice(0, 2), staged.sha256);
    expect((await stat(kept)).mode & 0o077).toBe(0);
    expect((await stat(join(kept, '..'))).mode & 0o077).toBe(0);
  });
});
