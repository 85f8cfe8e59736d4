import { createHash, randomBytes } from 'node:crypto';
import type { Files } from '../../application/kernel/files.js';

/** What a store of files is set up with, and how the test looks behind it. */
export interface FilesUnderTest {
  readonly files: Files;
  /** How many contents lie there, seen or unseen. */
  readonly contents: () => Promise<number>;
}

const IMAGES = { bytesMax: 100_000, mediaTypes: ['image/png', 'image/jpeg', 'image/webp'] };
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890001000049444154', 'hex');
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
const WEBP = Buffer.concat([Buffer.from('RIFF'), Buffer.from([36, 0, 0, 0]), Buffer.from('WEBPVP8 ')]);
const PDF = Buffer.from('%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n');
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
const HTML = Buffer.from('<!doctype html><html><body>hello</body></html>');

async function* inChunks(content: Buffer, size = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

const all = async (content: AsyncIterable<Uint8Array> | undefined): Promise<Buffer | undefined> => {
  if (!content) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const picture = (bytes: number, head = PNG): Buffer => Buffer.concat([head, randomBytes(bytes - head.length)]);

/** What every adapter of the files' port promises. */
export const filesContract = (setUp: () => Promise<FilesUnderTest>): void => {
  let files: Files;
  let contents: () => Promise<number>;
  beforeEach(async () => {
    ({ files, contents } = await setUp());
  });

  it.each([
    ['smaller than a head', 200],
    ['a head', 4_100],
    ['larger', 99_999],
    ['as large as can be', 100_000],
  ])('keeps a picture that is %s, byte for byte, under its hash', async (_, bytes) => {
    const content = picture(bytes);
    const staged = await files.stage(inChunks(content), IMAGES);
    expect(staged).toMatchObject({ sha256: sha256(content), bytes, mediaType: 'image/png' });
    await staged.keep();
    expect(await all(await files.open(staged.sha256))).toEqual(content);
  });

  it('shows nothing before it is kept', async () => {
    const staged = await files.stage(inChunks(picture(500)), IMAGES);
    expect(await files.open(staged.sha256)).toBeUndefined();
    await staged.discard();
    expect(await contents()).toBe(0);
  });

  it('keeps equal contents once, and what is kept is not discarded', async () => {
    const content = picture(5_000);
    const [one, other] = await Promise.all([
      files.stage(inChunks(content), IMAGES),
      files.stage(inChunks(content), IMAGES),
    ]);
    await Promise.all([one.keep(), other.keep()]);
    await Promise.all([one.discard(), other.discard()]);
    expect(await contents()).toBe(1);
    expect(await all(await files.open(one.sha256))).toEqual(content);
  });

  it.each([
    ['image/jpeg', JPEG],
    ['image/webp', WEBP],
    ['application/pdf', PDF],
  ])('tells %s by the content', async (mediaType, head) => {
    const staged = await files.stage(inChunks(picture(300, head)), { ...IMAGES, mediaTypes: [mediaType] });
    expect(staged.mediaType).toBe(mediaType);
    await staged.discard();
  });

  it.each([
    ['a PDF among pictures', picture(300, PDF)],
    ['a drawing with a script', SVG],
    ['a page', HTML],
    ['noise', Buffer.alloc(6_000, 7)],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s and leaves nothing behind', async (_, content) => {
    await expect(files.stage(inChunks(content), IMAGES)).rejects.toMatchObject({ code: 'file-type' });
    expect(await contents()).toBe(0);
  });

  it('refuses one byte too many, without reading on, and leaves nothing behind', async () => {
    let given = 0;
    async function* endless() {
      yield PNG;
      for (;;) {
        given += 1_000;
        yield randomBytes(1_000);
      }
    }
    await expect(files.stage(endless(), IMAGES)).rejects.toMatchObject({ code: 'file-too-large' });
    expect(given).toBeLessThanOrEqual(101_000);
    await expect(files.stage(inChunks(picture(100_001)), IMAGES)).rejects.toMatchObject({ code: 'file-too-large' });
    expect(await contents()).toBe(0);
  });

  it('leaves nothing of an upload that breaks off, early or late', async () => {
    for (const bytes of [100, 50_000]) {
      async function* broken() {
        yield* inChunks(picture(bytes));
        throw new Error('aborted');
      }
      await expect(files.stage(broken(), IMAGES)).rejects.toMatchObject({ code: 'upload-broken-off' });
    }
    expect(await contents()).toBe(0);
  });

  it.each(['f'.repeat(64), '../../etc/passwd', '', 'F'.repeat(64)])('opens nothing under %j', async (name) =>
    expect(await files.open(name)).toBeUndefined(),
  );
};
