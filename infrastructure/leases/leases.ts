import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '../../domain/kernel/envelope.js';
import type { Collection, CollectionSpec, ReadModels } from '../../projections/kernel/read-models.js';

/** The right to do something that one process at a time may do, until another one takes it over. */
export interface Lease {
  readonly name: string;
  /** Larger than that of everybody who held it before: what they still write can be told from ours. */
  readonly token: number;
  /** Whether nobody can have taken it over yet, by this process's own clock: also right after it was paused. */
  readonly isHeld: () => boolean;
  /** Aborted when it is lost or given back. */
  readonly lost: AbortSignal;
  /** Gives it up at once, because a newer token was seen. */
  readonly lose: () => void;
  /** Gives it back, so that another one need not wait. */
  readonly release: () => Promise<void>;
}

/** Where leases tell what happened. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface LeasesOptions {
  readonly readModels: ReadModels;
  /** This process; never the same for two that live. */
  readonly holder: string;
  /** How long a holder may be silent before another one takes over. */
  readonly ttlMs: number;
  readonly logger: Logger;
  /** Milliseconds of a clock that never jumps. */
  readonly now?: () => number;
}

/** The document changes with each renewal; whoever waits sees by that alone that its holder lives. */
interface Held {
  readonly holder: string | null;
  readonly token: number;
}

export const LEASES: CollectionSpec = { name: 'leases', version: 1, indexes: { byHolder: ['holder'] } };

/** A holder believes itself for this part of the time after which others take over, and renews this often in it. */
const BELIEVED = 0.8;
const RENEWALS = 5;

/**
 * Leases in the read models' database, one document each, taken and renewed by compare-and-set: of those who try at once
 * one succeeds. Nobody compares clocks: a lease is free when its document has not changed for as long as a holder may be
 * silent, measured by the one who waits; a holder counts from before it asked for the renewal. So it stops believing
 * before anybody else can begin, however the clocks of the machines differ.
 */
export class Leases {
  private readonly now: () => number;

  constructor(private readonly options: LeasesOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  /** Waits until it is ours. Rejects with the signal; trouble of the database is waited out. */
  async acquire(name: string, signal: AbortSignal): Promise<Lease> {
    const { ttlMs, logger } = this.options;
    let seen: { readonly at: Position; readonly since: number } | undefined;
    for (;;) {
      signal.throwIfAborted();
      try {
        const docs = await this.docs();
        const held = (await docs.load([name])).get(name);
        if (held && held.at !== seen?.at) seen = { at: held.at, since: this.now() };
        if (!held?.doc?.holder || this.now() - seen!.since >= ttlMs) {
          const lease = await this.take(docs, name, held);
          if (lease) return lease;
        }
      } catch (error) {
        logger.warn({ lease: name, error: (error as Error).name }, 'A lease cannot be asked for; trying again.');
      }
      await sleep(ttlMs / RENEWALS, undefined, { signal });
    }
  }

  /** Who holds it, as it is written; nobody may be alive under that name any more. */
  async holderOf(name: string): Promise<string | undefined> {
    return (await (await this.docs()).get(name))?.doc.holder ?? undefined;
  }

  private docs(): Promise<Collection<Held>> {
    return this.options.readModels.open<Held>(LEASES);
  }

  private async take(
    docs: Collection<Held>,
    name: string,
    held: { readonly at: Position; readonly doc: Held | null } | undefined,
  ): Promise<Lease | undefined> {
    const { holder, logger } = this.options;
    const token = (held?.doc?.token ?? 0) + 1;
    const at = after(held?.at);
    const since = this.now();
    const lost = await docs.write([{ key: name, expected: held?.at, at, doc: { holder, token } }]);
    if (lost.length > 0) return undefined;
    logger.info({ lease: name, token }, 'Took over.');
    return this.hold(name, token, at, since);
  }

  private hold(name: string, token: number, taken: Position, since: number): Lease {
    const { ttlMs, holder, logger } = this.options;
    const losing = new AbortController();
    let at = taken;
    let renewed = since;
    const isHeld = (): boolean => !losing.signal.aborted && this.now() - renewed < ttlMs * BELIEVED;
    const write = async (by: string | null): Promise<boolean> => {
      const next = after(at);
      const lost = await (await this.docs()).write([{ key: name, expected: at, at: next, doc: { holder: by, token } }]);
      if (lost.length === 0) at = next;
      return lost.length === 0;
    };
    const renew = async (): Promise<void> => {
      while (!losing.signal.aborted) {
        await sleep(ttlMs / RENEWALS, undefined, { signal: losing.signal, ref: false }).catch(() => undefined);
        if (losing.signal.aborted) return;
        const asked = this.now();
        // A write that fails may have been made all the same; then the next one does not find what it expects.
        const mine = await write(holder).catch(() => undefined);
        if (mine === true) renewed = asked;
        else if (mine === false || !isHeld()) {
          logger.warn({ lease: name, token }, 'Lost it.');
          losing.abort();
        }
      }
    };
    const renewing = renew();
    return {
      name,
      token,
      isHeld,
      lost: losing.signal,
      lose: () => {
        if (!losing.signal.aborted) logger.warn({ lease: name, token }, 'Gave it up.');
        losing.abort();
      },
      release: async () => {
        losing.abort();
        await renewing;
        await write(null).catch(() => undefined);
      },
    };
  }
}

const after = (at: Position | undefined): Position => String(Number(at ?? 0) + 1);
