import { randomUUID } from 'node:crypto';
import type { Actor, Meta } from '../../domain/kernel/envelope.js';
import { encode } from '../../domain/kernel/event.js';
import { events } from '../../domain/kernel/access.js';
import { APPEND_EVENTS_MAX, type NewEvent, UnknownOutcome, Transient } from '../../application/kernel/ledger.js';
import type { Ports } from '../../application/kernel/ports.js';

/** One access, read or refused. */
export interface Access {
  readonly actor: Actor;
  readonly operation: string;
  readonly purpose: string;
  readonly correlationId: string;
  readonly subjects: readonly string[];
  readonly hospitalId?: string | undefined;
}

const APPENDS_MAX = 3;
const STREAM_LENGTH_MAX = 5_000;

/**
 * Writes accesses to the ledger before the answer leaves. What is read in one turn of the event loop shares one append.
 * It fails closed: when the ledger refuses, the read fails with it.
 */
export class AccessLog {
  private stream = this.nextStream();
  private revision = -1;
  private waiting: { event: NewEvent; resolve: () => void; reject: (error: unknown) => void }[] = [];
  private writing = false;

  constructor(private readonly ports: Pick<Ports, 'ledger' | 'clock' | 'software'>) {}

  read(access: Access, model: string, keys: readonly string[]): Promise<void> {
    const { operation, subjects } = access;
    return this.write(access, { type: 'RecordsRead', data: { operation, model, keys, subjects } });
  }

  refused(access: Access, key?: string): Promise<void> {
    const { operation, subjects } = access;
    return this.write(access, { type: 'AccessRefused', data: { operation, ...(key && { key }), subjects } });
  }

  private write(access: Access, fact: { type: string; data: unknown }): Promise<void> {
    const { type, version, data } = encode(events, fact);
    const id = randomUUID();
    const metadata: Meta = {
      commandId: id,
      command: access.operation,
      fingerprint: '',
      $correlationId: access.correlationId,
      $causationId: id,
      actor: access.actor,
      ...(access.hospitalId !== undefined && { tenant: access.hospitalId }),
      ...(access.subjects.length === 1 && { subject: access.subjects[0] }),
      purpose: access.purpose,
      recordedAt: this.ports.clock.now(),
      schemaVersion: version,
      software: this.ports.software,
    };
    return new Promise((resolve, reject) => {
      this.waiting.push({ event: { id, type, data, metadata }, resolve, reject });
      if (!this.writing) void this.flush();
    });
  }

  private async flush(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, APPEND_EVENTS_MAX / 4);
      try {
        await this.append(batch.map(({ event }) => event));
        batch.forEach(({ resolve }) => resolve());
      } catch (error) {
        // Whether it was written is not known any more: a fresh stream is certain to be at its beginning.
        this.stream = this.nextStream();
        this.revision = -1;
        batch.forEach(({ reject }) => reject(error));
      }
    }
    this.writing = false;
  }

  private async append(events: NewEvent[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const expected = this.revision < 0 ? 'noStream' : this.revision;
        ({ revision: this.revision } = await this.ports.ledger.append(this.stream, events, expected));
        break;
      } catch (error) {
        const again = error instanceof UnknownOutcome || error instanceof Transient;
        if (!again || attempt === APPENDS_MAX) throw error;
      }
    }
    if (this.revision >= STREAM_LENGTH_MAX) {
      this.stream = this.nextStream();
      this.revision = -1;
    }
  }

  /** A stream of this process alone, so that it never conflicts. */
  private nextStream(): string {
    return `access-${randomUUID()}`;
  }
}
