import { type Retention, StreamNotFound } from '../../../application/kernel/ledger.js';

/** `$tb` of a deleted stream is the largest number of the server's, which JavaScript cannot write. */
const isDeleted = ($tb: unknown): boolean => Number($tb ?? 0) >= Number.MAX_SAFE_INTEGER;

/**
 * A stream's metadata with another retention. What is not retention (access lists, keys of others) stays as it was, and
 * what was hidden stays hidden.
 *
 * @throws StreamNotFound for a stream that was deleted.
 */
export const retentionMetadata = (
  stream: string,
  { $maxAge: _age, $maxCount: _count, $tb: hidden, ...others }: Readonly<Record<string, unknown>>,
  { maxAge, maxCount, truncateBefore }: Retention,
): Record<string, unknown> => {
  if (isDeleted(hidden)) throw new StreamNotFound(`There is no stream ${stream}.`);
  const $tb = Math.max(truncateBefore ?? 0, Number(hidden ?? 0));
  return {
    ...others,
    ...(maxAge !== undefined && { $maxAge: maxAge }),
    ...(maxCount !== undefined && { $maxCount: maxCount }),
    ...($tb > 0 && { $tb }),
  };
};
