import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** SHA-256 over keys and canonical documents (RFC 8785), one a line, in key order: the same on every adapter. */
export class Digest {
  documents = 0;
  private readonly hash = createHash('sha256');

  add(key: string, doc: object): void {
    this.documents++;
    this.hash.update(`${JSON.stringify(key)} ${canonicalize(doc)!}\n`);
  }

  end(): { readonly documents: number; readonly sha256: string } {
    return { documents: this.documents, sha256: this.hash.digest('hex') };
  }
}
