import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import { BadQuery, type Scalar } from '../../projections/kernel/read-models.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Cursors hold the index values at which a page ended. They travel in URLs and the values may be names, so they are
 * sealed (AES-256-GCM), and bound to their query: one that was made up or belongs to another query does not open.
 */
export class Cursors {
  private readonly key: KeyObject;
  /** Random bytes ahead: fetched one by one they take half of the time. */
  private readonly nonces = Buffer.alloc(NONCE_BYTES * 256);
  private used = this.nonces.length;

  constructor(key: Uint8Array) {
    this.key = createSecretKey(key);
  }

  /** `query` is everything that decides which documents follow. */
  seal(query: unknown, ended: readonly Scalar[]): string {
    const nonce = this.nonce();
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(bytesOf(query));
    const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(ended), 'utf8'), cipher.final()]);
    return Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** Throws BadQuery for a cursor that was not given out for this query. */
  open(query: unknown, cursor: string): Scalar[] {
    try {
      const sealed = Buffer.from(cursor, 'base64url');
      const tag = sealed.subarray(-TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(bytesOf(query))
        .setAuthTag(tag);
      const text =
        decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      return JSON.parse(text) as Scalar[];
    } catch {
      throw new BadQuery('This cursor was not given out for this query.');
    }
  }

  private nonce(): Buffer {
    if (this.used === this.nonces.length) {
      randomFillSync(this.nonces);
      this.used = 0;
    }
    return this.nonces.subarray(this.used, (this.used += NONCE_BYTES));
  }
}

const bytesOf = (query: unknown): Buffer => Buffer.from(JSON.stringify(query));
