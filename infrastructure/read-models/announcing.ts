import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '../../domain/kernel/envelope.js';
import type { Change } from './feeds.js';

/** Documents that changed, by read model; `unknown` where it is not told which. */
export type Changed = readonly { readonly projection: string; readonly keys: readonly string[] }[] | 'unknown';

/** News of a projector for processes elsewhere: everything between two positions can be read now. */
export interface Notice {
  readonly after: Position | null;
  readonly position: Position;
  readonly changed: Changed;
}

/** Carries notices between processes. They may be lost: nothing but speed rests on them. */
export interface Notices {
  publish(notice: Notice): void;
  /** Gives the function that ends it. */
  subscribe(listener: (notice: Notice) => void): () => void;
}

/** The name of the checkpoint under which a projector says how far all that is shown has come. */
export const SHOWN = 'shown';

const ANNOUNCE_EVERY_MS = 15;
const KEYS_MAX = 1_000;

export interface AnnouncerOptions {
  readonly projector: {
    applied(): Position | undefined;
    onApplied(listener: (changes: readonly Change[]) => void): () => void;
  };
  /** Writes down how far it is, before anybody is told. */
  readonly save: (position: Position) => Promise<void>;
  readonly notices: Notices | undefined;
  readonly logger: { warn(fields: object, message: string): void };
}

/** Tells other processes how far the read models of this one are. */
export class Announcer {
  private readonly stopping = new AbortController();
  private changed = new Map<string, Set<string>>();
  private keys = 0;
  private told: Position | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: AnnouncerOptions) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { projector, logger } = this.options;
    const { signal } = this.stopping;
    const end = projector.onApplied((changes) => this.collect(changes));
    while (!signal.aborted) {
      await sleep(ANNOUNCE_EVERY_MS, undefined, { signal }).catch(() => undefined);
      await this.announce().catch((error: Error) =>
        logger.warn({ error: error.name }, 'How far the read models are could not be told.'),
      );
    }
    end();
  }

  private collect(changes: readonly Change[]): void {
    for (const { projection, keys } of changes) {
      const known = this.changed.get(projection) ?? new Set();
      if (this.keys <= KEYS_MAX) for (const key of keys) known.add(key);
      this.keys += keys.length;
      this.changed.set(projection, known);
    }
  }

  private async announce(): Promise<void> {
    const position = this.options.projector.applied();
    if (position === undefined || position === this.told) return;
    const changed = this.keys > KEYS_MAX ? 'unknown' : listOf(this.changed);
    this.changed = new Map();
    this.keys = 0;
    try {
      await this.options.save(position);
    } catch (error) {
      // Which documents these were is forgotten; the next notice says so.
      this.keys = Infinity;
      throw error;
    }
    this.options.notices?.publish({ after: this.told ?? null, position, changed });
    this.told = position;
  }
}

const listOf = (changed: ReadonlyMap<string, ReadonlySet<string>>): Changed =>
  [...changed].map(([projection, keys]) => ({ projection, keys: [...keys] }));
