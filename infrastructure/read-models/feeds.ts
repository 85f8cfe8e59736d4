import { CheckpointAhead, type Ledger, type LedgerEvent } from '../../application/kernel/ledger.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import type { AnyProjection } from '../../projections/kernel/projection.js';
import type { Collection, ReadModels } from '../../projections/kernel/read-models.js';
import { breather, Feed, Router, settled } from './feed.js';
import { type Parked, PARKED, ParkedDocuments } from './parked.js';
import { catchUp, earliest } from './rebuild.js';

/** Where the projector tells what happened. Fields hold ids and codes only. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Documents of one read model that were changed up to a position. */
export interface Change {
  readonly projection: string;
  readonly keys: readonly string[];
  readonly position: Position;
}

export interface FeedsOptions {
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Something was applied, or joined: who waits may be served. */
  readonly onMoved: () => void;
}

const SLICE_MS = 5;

/** The read models that follow the ledger, all at the pace of one reading. */
export class Feeds {
  /** What the reading of the ledger has passed. */
  position: Position | undefined;
  private readonly byName = new Map<string, Feed>();
  private router = new Router([]);
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: FeedsOptions,
    private readonly parked: Collection<Parked>,
  ) {}

  /**
   * Opens read models as they are shown. Gives apart those that must be built: new ones, and those that are declared
   * otherwise by now. Throws CheckpointAhead when the ledger ends before what was applied.
   */
  static async open(
    options: FeedsOptions,
    projections: readonly AnyProjection[],
  ): Promise<{ feeds: Feeds; outdated: AnyProjection[] }> {
    const feeds = new Feeds(options, await options.readModels.open<Parked>(PARKED));
    const outdated: AnyProjection[] = [];
    const shown: Feed[] = [];
    for (const projection of projections) shown.push(await feeds.shown(projection));
    // Asked for after the checkpoints: another projector may be at work and save newer ones all the time.
    const head = await options.ledger.head();
    for (const feed of shown) {
      const { applied, collection, projection } = feed;
      if (applied !== undefined && (head === undefined || comparePositions(head, applied) < 0))
        throw ahead(projection.name, applied, head);
      if (!isDeclared(projection, collection) || (applied === undefined && head !== undefined))
        outdated.push(projection);
      else feeds.byName.set(projection.name, feed);
    }
    feeds.rearrange();
    feeds.position = feeds.byName.size > 0 ? earliest(feeds.all()) : head;
    return { feeds, outdated };
  }

  all(): readonly Feed[] {
    return this.router.feeds;
  }

  get(name: string): Feed | undefined {
    return this.byName.get(name);
  }

  /** One after another: batches, switches and retries never run beside each other. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** Applies a batch to all of them. What fails is begun again from what is stored. */
  async apply(events: readonly LedgerEvent[]): Promise<readonly Change[]> {
    const feeds = this.all();
    const { position } = events.at(-1)!;
    const breathe = breather(SLICE_MS);
    try {
      for (const event of events) {
        this.router.route(event);
        const pause = breathe();
        if (pause) await pause;
      }
      for (const feed of feeds) await feed.fold(breathe);
      // Asked for in one turn, so that a store that can do so commits them together.
      const keys = await settled(feeds.map((feed) => feed.flush()));
      this.pass(position);
      const changes = feeds.map(({ projection }, i) => ({ projection: projection.name, keys: keys[i]!, position }));
      return changes.filter((change) => change.keys.length > 0);
    } catch (error) {
      for (const feed of feeds) feed.forget();
      throw error;
    }
  }

  /** Nothing up to this position is missing any more. */
  pass(position: Position): void {
    for (const feed of this.all()) if (feed.isBehind(position)) feed.applied = position;
    if (this.position === undefined || comparePositions(this.position, position) < 0) this.position = position;
    this.options.onMoved();
  }

  async saveCheckpoints(): Promise<void> {
    await settled(this.all().map((feed) => feed.saveCheckpoint(this.options.readModels)));
  }

  /** A fresh generation to be built. */
  async beside(projection: AnyProjection): Promise<Feed> {
    const collection = await this.options.readModels.openBeside<object>(projection);
    const parked = await ParkedDocuments.open(this.parked, projection.name, collection.id);
    return new Feed(projection, collection, parked, undefined, true);
  }

  /** What is shown of a read model now. */
  async shown(projection: AnyProjection): Promise<Feed> {
    const { readModels } = this.options;
    const { name, version } = projection;
    const collection = await readModels.open<object>(projection);
    const shown = collection.spec.version;
    if (shown > version)
      throw new Error(`The read model ${name} is of version ${shown}; this release knows ${version}.`);
    const parked = await ParkedDocuments.open(this.parked, name, collection.id);
    return new Feed(projection, collection, parked, await readModels.checkpoint(collection.id));
  }

  /** To where the others are, so that one reading of the ledger serves all. */
  async bringUp(feeds: readonly Feed[]): Promise<void> {
    const { ledger, signal } = this.options;
    if (this.position !== undefined) await catchUp(ledger, feeds, { until: this.position, signal });
  }

  /** Takes feeds among those that follow, in the place of what was there under their names. */
  async join(feeds: readonly Feed[]): Promise<void> {
    await this.bringUp(feeds);
    for (const feed of feeds) this.byName.set(feed.projection.name, feed);
    this.rearrange();
    this.options.onMoved();
  }

  /** Another process may show another generation by now: that one is to be fed, unless a newer release does so. */
  async followSwitches(): Promise<void> {
    const { readModels, logger } = this.options;
    const feeds = this.all();
    // Asked for in one turn, so that a store that can do so answers them together.
    const live = await settled(feeds.map(({ projection }) => readModels.open(projection)));
    for (const [i, { projection, collection }] of feeds.entries()) {
      const { id, spec } = live[i]!;
      if (id === collection.id) continue;
      if (spec.version === projection.version) await this.join([await this.shown(projection)]);
      else {
        logger.warn({ projection: projection.name }, 'A newer release projects it; this one does no more.');
        this.byName.delete(projection.name);
        this.rearrange();
      }
    }
  }

  /** Gives up the generation before the last switch. */
  async dropOld(projection: AnyProjection): Promise<void> {
    const { collection } = await this.shown(projection);
    await this.options.readModels.dropOld(projection.name);
    await ParkedDocuments.sweep(this.parked, projection.name, [collection.id]);
  }

  private rearrange(): void {
    this.router = new Router([...this.byName.values()]);
  }
}

const ahead = (name: string, applied: Position, head: Position | undefined): CheckpointAhead =>
  new CheckpointAhead(
    `The read model ${name} is at ${applied}, the ledger ends at ${head ?? 'its beginning'}. ` +
      'Was an older backup restored? Remove the read models; they are built again from this ledger.',
  );

/** Whether what is shown was made as it is declared now. */
const isDeclared = (
  { version, indexes, search = [], searchFilters = [] }: AnyProjection,
  { spec }: Collection<object>,
): boolean =>
  JSON.stringify([version, indexes, search, searchFilters]) ===
  JSON.stringify([spec.version, spec.indexes, spec.search ?? [], spec.searchFilters ?? []]);
