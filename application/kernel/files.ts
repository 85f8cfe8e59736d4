/** What an upload may be. */
export interface FileLimits {
  readonly bytesMax: number;
  readonly mediaTypes: readonly string[];
}

/** Content that arrived whole and is durable, but that nobody can see yet. */
export interface StagedFile {
  readonly sha256: string;
  readonly bytes: number;
  /** Told from the content, whatever the sender said. */
  readonly mediaType: string;
  /** Makes it visible under its hash. */
  keep(): Promise<void>;
  /** Leaves nothing behind, unless it was kept. */
  discard(): Promise<void>;
}

/** Contents by their SHA-256: the same content is kept once. */
export interface Files {
  /**
   * Takes an upload in. Throws a Rejection (`file-type`, `file-too-large`, `upload-broken-off`) or StorageFull, and then
   * nothing of it stays behind.
   */
  stage(content: AsyncIterable<Uint8Array>, limits: FileLimits): Promise<StagedFile>;
  /** Undefined when there is no such content. */
  open(sha256: string): Promise<AsyncIterable<Uint8Array> | undefined>;
}

export const FILES = Symbol('Files');
