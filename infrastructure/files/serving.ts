import { Inject, Injectable, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { type Files, FILES } from '../../application/kernel/files.js';
import { reject } from '../../domain/kernel/rejection.js';

/** What is said of a file beside its content. */
export interface Described {
  readonly sha256: string;
  readonly mediaType: string;
  readonly bytes: number;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'application/pdf': 'pdf',
};

/** Answers with a file's content, as what it is and as nothing else. */
@Injectable()
export class FileServer {
  constructor(@Inject(FILES) private readonly files: Files) {}

  /** A file never changes, so it may be kept: by everybody where it is `public`, else by the asker's browser alone. */
  async serve(
    { sha256, mediaType, bytes }: Described,
    whose: 'public' | 'private',
    { headers }: FastifyRequest,
    reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const etag = `"${sha256}"`;
    void reply.headers({
      etag,
      // Whether the asker still may is asked each time.
      'cache-control': whose === 'public' ? 'public, max-age=86400' : 'private, no-cache',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    if (headers['if-none-match']?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) {
      void reply.status(304);
      return undefined;
    }
    const content = await this.files.open(sha256);
    if (!content) return reject('content-missing', 'The content of this file is not there.', 'missing');
    const name = `${sha256.slice(0, 12)}.${EXTENSIONS[mediaType] ?? 'bin'}`;
    return new StreamableFile(Readable.from(content, { objectMode: false }), {
      type: mediaType,
      length: bytes,
      disposition: `${mediaType.startsWith('image/') ? 'inline' : 'attachment'}; filename="${name}"`,
    });
  }
}
