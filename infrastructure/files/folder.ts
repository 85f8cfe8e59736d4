import { fileTypeFromBuffer } from 'file-type';
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reject, Rejection } from '../../domain/kernel/rejection.js';
import type { FileLimits, Files, StagedFile } from '../../application/kernel/files.js';
import { StorageFull } from '../../application/kernel/ledger.js';

/** As much as tells the type of every file that is taken. */
const HEAD_BYTES = 4_100;
const STAGED_HOURS_MAX = 24;

/**
 * Contents in a folder: `ab/abcd...` by their hash, `incoming/` for uploads under way. An upload is written, synced and
 * only then renamed, so that a hash that can be opened is whole.
 */
export class FolderFiles implements Files {
  private constructor(private readonly root: string) {}

  /** Makes the folder where it is missing, and clears away uploads that a crash interrupted. */
  static async open(root: string): Promise<FolderFiles> {
    const incoming = join(root, 'incoming');
    await mkdir(incoming, { recursive: true, mode: 0o700 });
    // Another process may be taking an upload in at this moment, so only old ones go.
    const oldest = Date.now() - STAGED_HOURS_MAX * 3_600_000;
    for (const name of await readdir(incoming)) {
      const path = join(incoming, name);
      if ((await stat(path)).mtimeMs < oldest) await rm(path, { force: true });
    }
    return new FolderFiles(root);
  }

  async stage(content: AsyncIterable<Uint8Array>, limits: FileLimits): Promise<StagedFile> {
    const staged = join(this.root, 'incoming', randomUUID());
    try {
      const described = await this.write(staged, arriving(content), limits);
      const path = this.pathOf(described.sha256);
      return {
        ...described,
        keep: async () => {
          await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
          await rename(staged, path);
          await syncFolder(join(path, '..'));
        },
        discard: () => rm(staged, { force: true }),
      };
    } catch (error) {
      await rm(staged, { force: true });
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC'
        ? new StorageFull('There is no room for the file.', { cause: error })
        : error;
    }
  }

  async open(sha256: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    try {
      const file = await open(this.pathOf(sha256), 'r');
      return file.createReadStream();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Refuses as early as it can be told: the type by the first bytes, the size by the first byte too many. */
  private async write(path: string, content: AsyncIterable<Uint8Array>, { bytesMax, mediaTypes }: FileLimits) {
    const hash = createHash('sha256');
    let file: FileHandle | undefined;
    let head = Buffer.alloc(0);
    let mediaType: string | undefined;
    let bytes = 0;
    const begin = async () => {
      mediaType = (await fileTypeFromBuffer(head))?.mime;
      if (mediaType === undefined || !mediaTypes.includes(mediaType))
        reject('file-type', `The content is none of ${mediaTypes.join(', ')}.`, 'unprocessable', 'file');
      file = await open(path, 'wx', 0o600);
      await file.appendFile(head);
    };
    try {
      for await (const chunk of content) {
        bytes += chunk.byteLength;
        if (bytes > bytesMax)
          reject('file-too-large', `The file has more than ${bytesMax} bytes.`, 'unprocessable', 'file');
        hash.update(chunk);
        if (file) await file.appendFile(chunk);
        else if ((head = Buffer.concat([head, chunk])).length >= HEAD_BYTES) await begin();
      }
      if (!file) await begin();
      await file!.sync();
      return { sha256: hash.digest('hex'), bytes, mediaType: mediaType! };
    } finally {
      await file?.close();
    }
  }

  private pathOf(sha256: string): string {
    return join(this.root, sha256.slice(0, 2), sha256);
  }
}

/** What goes wrong with the sender's stream is the sender's; what goes wrong with our disk is not. */
async function* arriving(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    if (error instanceof Rejection) throw error;
    reject('upload-broken-off', 'The upload did not arrive whole.', 'invalid', 'file');
  }
}

/** Makes a rename durable. Windows cannot open folders, and needs no such thing. */
const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
