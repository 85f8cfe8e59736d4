import { setTimeout as sleep } from 'node:timers/promises';
import { CheckpointAhead, type Ledger, type LedgerEvent } from '../../application/kernel/ledger.js';
import type { Clock } from '../../application/kernel/ports.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import type { AnyProjection } from '../../projections/kernel/projection.js';
import { type Collection, type ReadModels, Superseded } from '../../projections/kernel/read-models.js';
import { breather, Feed, Router, settled } from './feed.js';
import { type Parked, PARKED, ParkedDocuments } from './parked.js';
import { catchUp, earliest, type Progress } from './rebuild.js';
import { retryParked } from './retry.js';
import { Waiting } from './waiting.js';

/** Where the projector tells what happened. Fields hold ids and codes only. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ProjectorOptions {
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly projections: readonly AnyProjection[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told while a read model is being built. */
  readonly onProgress?: (progress: Progress) => void;
  /** Documents that a rebuild holds in memory before it writes them. */
  readonly documentsMax?: number;
  readonly checkpointEveryMs?: number;
}

/** Documents of one read model that were changed up to a position. */
export interface Change {
  readonly projection: string;
  readonly keys: readonly string[];
  readonly position: Position;
}

/** How far a read model is behind the ledger. */
export interface Lag {
  /** Events that are not applied yet, counted up to LAG_EVENTS_MAX. */
  readonly events: number;
  /** Since the oldest of them was written. */
  readonly seconds: number;
  /** Documents and streams put aside. */
  readonly parked: number;
  /** Being built; the generation before, if there is one, is shown meanwhile. */
  readonly building: boolean;
}

export const LAG_EVENTS_MAX = 1_000;
const BATCH_LIVE = 1_000;
const BATCH_BEHIND = 4_000;
const SLICE_MS = 5;
const CHECKPOINT_EVERY_MS = 100;
const RETRY_FIRST_MS = 50;
const RETRY_LONGEST_MS = 5_000;
/** Another process builds the same; two that keep ending each other's work would never finish. */
const SUPERSEDED_WAIT_MS = 30_000;

/**
 * Reads the ledger once for all read models of the process. Every event changes every document exactly once: a document
 * knows the position of its last event, is written only where it stands as it was read, and the checkpoint follows
 * afterwards. So a redelivery, a crash anywhere, or a second projector costs work, and never a wrong document.
 */
export class Projector {
  /** Why it stands still for good, where it does. */
  failure: Error | undefined;

  private readonly feeds = new Map<string, Feed>();
  private router = new Router([]);
  private parked!: Collection<Parked>;
  /** What the reading of the ledger has passed. */
  private position: Position | undefined;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>[] = [];
  private readonly building = new Map<string, Promise<void>>();
  private turn: Promise<unknown> = Promise.resolve();
  private readonly waiting = new Waiting();
  private readonly listeners = new Set<(changes: readonly Change[]) => void>();

  constructor(private readonly options: ProjectorOptions) {
    const names = options.projections.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new Error(`Two projections are called ${twice}.`);
  }

  /**
   * Begins. Read models that exist follow the ledger at once; new ones, and those that this release declares otherwise,
   * are built beside what is shown. Throws CheckpointAhead when the ledger ends before what was applied.
   */
  async start(): Promise<void> {
    const { ledger, readModels, projections } = this.options;
    this.parked = await readModels.open<Parked>(PARKED);
    const head = await ledger.head();
    const outdated: AnyProjection[] = [];
    for (const projection of projections) {
      const feed = await this.openFeed(projection);
      if (feed.applied !== undefined && (head === undefined || comparePositions(head, feed.applied) < 0))
        throw (this.failure = ahead(projection.name, feed.applied, head));
      if (needsBuilding(projection, feed, head)) outdated.push(projection);
      else this.feeds.set(projection.name, feed);
    }
    this.rearrange();
    this.position = this.feeds.size > 0 ? this.applied() : head;
    this.running.push(this.follow(), this.saveCheckpoints());
    if (outdated.length > 0) this.running.push(this.buildUntilDone(outdated));
  }

  /** Ends after the batch at hand; what was applied is saved. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled([...this.running, ...this.building.values()]);
    await this.save();
    this.waiting.end();
  }

  /** Everything at or before it is in all read models that are shown; undefined before the first event. */
  applied(): Position | undefined {
    return earliest([...this.feeds.values()]);
  }

  /** Whether a position is applied in time, in one read model or in all that are not being built. */
  waitFor(position: Position, timeoutMs: number, projection?: string): Promise<boolean> {
    const reached = (): boolean => {
      const feeds = [...this.feeds.values()].filter(
        (feed) => (projection ?? feed.projection.name) === feed.projection.name,
      );
      return feeds.length > 0 && feeds.every((feed) => !feed.isBehind(position));
    };
    return this.waiting.until(reached, this.failure ? 0 : timeoutMs);
  }

  /** Tells what changed, once it can be read. Gives the function that ends it. */
  onApplied(listener: (changes: readonly Change[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Of every read model, by name. */
  async lag(): Promise<Record<string, Lag>> {
    const { ledger, projections, clock } = this.options;
    const now = Date.parse(clock.now());
    const read = new Map<Position | undefined, Promise<LedgerEvent[]>>();
    const missingAfter = (from: Position | undefined): Promise<LedgerEvent[]> => {
      const all = ledger.readAll({ maxCount: LAG_EVENTS_MAX + 1, ...(from !== undefined && { from }) });
      return all.then((events) =>
        events.filter(({ position }) => from === undefined || comparePositions(position, from) > 0),
      );
    };
    const lags: Record<string, Lag> = {};
    for (const { name } of projections) {
      const feed = this.feeds.get(name);
      const missing = read.get(feed?.applied) ?? missingAfter(feed?.applied);
      read.set(feed?.applied, missing);
      const [oldest, ...others] = await missing;
      lags[name] = {
        events: oldest ? Math.min(others.length + 1, LAG_EVENTS_MAX) : 0,
        seconds: oldest ? Math.max(0, (now - Date.parse(oldest.created)) / 1_000) : 0,
        parked: feed?.parked.size ?? 0,
        building: this.building.has(name),
      };
    }
    return lags;
  }

  /** What was put aside, of all read models that are shown. */
  allParked(): readonly Parked[] {
    return [...this.feeds.values()].flatMap(({ parked }) => parked.all());
  }

  /**
   * Tries what was put aside again, once its cause was mended; afterwards all is as if nothing had been put aside. Gives
   * how many documents and streams are still parked.
   */
  async retryParked(): Promise<number> {
    for (const feed of [...this.feeds.values()].filter(({ parked }) => parked.size > 0)) {
      const { name } = feed.projection;
      const mended = await this.alone(() => retryParked(this.options.ledger, feed));
      if (!mended) await this.rebuild([name]);
      else if (mended.length > 0) this.tell([{ projection: name, keys: mended, position: feed.applied! }]);
    }
    return this.allParked().length;
  }

  /**
   * Builds read models from the first event, beside what is shown, and switches. The generation before is kept until
   * `dropOld`. Throws Superseded when another rebuild of one of them was begun meanwhile.
   */
  async rebuild(names: readonly string[], onProgress = this.options.onProgress): Promise<void> {
    const projections = names.map((name) => this.declared(name));
    const busy = names.find((name) => this.building.has(name));
    if (busy !== undefined) throw new Superseded(`${busy} is being built.`);
    const built = this.build(projections, onProgress);
    for (const name of names) this.building.set(name, built);
    try {
      await built;
    } finally {
      for (const name of names) this.building.delete(name);
    }
  }

  /** Shows the generation before the last switch again, brought up to date. */
  async switchBack(name: string): Promise<void> {
    const projection = this.declared(name);
    await this.alone(async () => {
      await this.saveNow();
      await this.options.readModels.switchBack(name);
      await this.join([await this.openFeed(projection)]);
    });
  }

  /** Gives up the generation before the last switch. */
  async dropOld(name: string): Promise<void> {
    const { collection } = await this.openFeed(this.declared(name));
    await this.options.readModels.dropOld(name);
    if (!this.building.has(name)) await ParkedDocuments.sweep(this.parked, name, [collection.id]);
  }

  private async follow(): Promise<void> {
    const { ledger, logger } = this.options;
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted;) {
      const after = this.position;
      const subscription = ledger.subscribe({ batchMax: BATCH_BEHIND, ...(after !== undefined && { after }) });
      const cancel = () => subscription.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        for await (const message of subscription) {
          if (message.kind === 'events') await this.takeAll(message.events);
          else if (message.kind === 'checkpoint') await this.alone(async () => this.advance(message.position));
          failures = 0;
          if (signal.aborted) return;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof CheckpointAhead) return this.fail(error);
        failures++;
        logger.warn({ error: (error as Error).name, failures }, 'The read models fell behind; trying again.');
      } finally {
        signal.removeEventListener('abort', cancel);
        cancel();
      }
      await this.pause(backOff(failures));
    }
  }

  private fail(error: Error): void {
    this.failure = error;
    this.options.logger.error({ error: error.name }, error.message);
    this.waiting.end();
  }

  /** A full message means that much lies behind: then larger batches cost less; else smaller ones are seen earlier. */
  private async takeAll(events: readonly LedgerEvent[]): Promise<void> {
    const size = events.length < BATCH_BEHIND ? BATCH_LIVE : BATCH_BEHIND;
    for (let i = 0; i < events.length && !this.stopping.signal.aborted; i += size)
      await this.alone(() => this.apply(events.slice(i, i + size)));
  }

  private async apply(events: readonly LedgerEvent[]): Promise<void> {
    const { feeds } = this.router;
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
      this.advance(position);
      this.tell(feeds.map(({ projection }, i) => ({ projection: projection.name, keys: keys[i]!, position })));
    } catch (error) {
      for (const feed of feeds) feed.forget();
      throw error;
    }
  }

  private advance(position: Position): void {
    for (const feed of this.router.feeds) if (feed.isBehind(position)) feed.applied = position;
    if (this.position === undefined || comparePositions(this.position, position) < 0) this.position = position;
    this.waiting.wake();
  }

  private tell(all: readonly Change[]): void {
    const changes = all.filter(({ keys }) => keys.length > 0);
    if (changes.length === 0) return;
    for (const listener of this.listeners)
      try {
        listener(changes);
      } catch (error) {
        this.options.logger.warn({ error: (error as Error).name }, 'A listener of the read models failed.');
      }
  }

  /** Saving lags on purpose: what comes again after a crash changes nothing, and one write serves many batches. */
  private async saveCheckpoints(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.pause(this.options.checkpointEveryMs ?? CHECKPOINT_EVERY_MS);
      await this.save();
    }
  }

  private save(): Promise<void> {
    const saved = this.alone(async () => {
      await this.saveNow();
      await this.followSwitches();
    });
    return saved.catch((error: Error) =>
      this.options.logger.warn({ error: error.name }, 'The checkpoints could not be saved.'),
    );
  }

  /** Another process may show another generation by now: that one is to be fed. */
  private async followSwitches(): Promise<void> {
    for (const feed of this.feeds.values()) {
      const { projection, collection } = feed;
      const { id, spec } = await this.options.readModels.open(projection);
      if (id === collection.id) continue;
      if (spec.version === projection.version) await this.join([await this.openFeed(projection)]);
      else {
        this.options.logger.warn(
          { projection: projection.name },
          'A newer release projects it; this one does no more.',
        );
        this.feeds.delete(projection.name);
        this.rearrange();
      }
    }
  }

  private async saveNow(): Promise<void> {
    await settled(Array.from(this.feeds.values(), (feed) => feed.saveCheckpoint(this.options.readModels)));
  }

  private async buildUntilDone(projections: readonly AnyProjection[]): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted;) {
      try {
        return await this.rebuild(projections.map(({ name }) => name));
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        this.options.logger.error(
          { error: (error as Error).name, failures },
          'Read models could not be built; trying again.',
        );
        await this.pause(error instanceof Superseded ? SUPERSEDED_WAIT_MS : backOff(failures));
      }
    }
  }

  private async build(
    projections: readonly AnyProjection[],
    onProgress: ProjectorOptions['onProgress'],
  ): Promise<void> {
    const { ledger, readModels, documentsMax } = this.options;
    const built: Feed[] = [];
    for (const projection of projections) {
      const collection = await readModels.openBeside<object>(projection);
      const parked = await ParkedDocuments.open(this.parked, projection.name, collection.id);
      built.push(new Feed(projection, collection, parked, undefined, true));
    }
    const options = { signal: this.stopping.signal, ...(documentsMax !== undefined && { documentsMax }) };
    await catchUp(ledger, built, { ...options, ...(onProgress && { onProgress }) });
    // The ledger went on meanwhile. Once more beside the others, and the little that is left while they wait.
    await catchUp(ledger, built, options);
    await this.alone(async () => {
      await this.bringUp(built);
      for (const feed of built) await feed.saveCheckpoint(readModels);
      for (const feed of built) await readModels.switchTo(feed.collection);
      for (const feed of built) feed.building = false;
      for (const { name } of projections) this.building.delete(name);
      await this.join(built);
    });
  }

  /** To where the others are, so that one reading of the ledger serves all. */
  private async bringUp(feeds: readonly Feed[]): Promise<void> {
    const until = this.position;
    if (until !== undefined) await catchUp(this.options.ledger, feeds, { until, signal: this.stopping.signal });
  }

  /** Takes feeds among those that follow the ledger, in the place of what was there under their names. */
  private async join(feeds: readonly Feed[]): Promise<void> {
    await this.bringUp(feeds);
    for (const feed of feeds) this.feeds.set(feed.projection.name, feed);
    this.rearrange();
    this.waiting.wake();
  }

  private rearrange(): void {
    this.router = new Router([...this.feeds.values()]);
  }

  private async openFeed(projection: AnyProjection): Promise<Feed> {
    const { readModels } = this.options;
    const { name, version } = projection;
    const collection = await readModels.open<object>(projection);
    if (collection.spec.version > version)
      throw new Error(
        `The read model ${name} is of version ${collection.spec.version}; this release knows ${version}.`,
      );
    const parked = await ParkedDocuments.open(this.parked, name, collection.id);
    return new Feed(projection, collection, parked, await readModels.checkpoint(collection.id));
  }

  private declared(name: string): AnyProjection {
    const projection = this.options.projections.find((each) => each.name === name);
    if (!projection) throw new Error(`There is no projection ${name}.`);
    return projection;
  }

  /** One after another: batches, switches and retries never run beside each other. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

const backOff = (failures: number): number =>
  failures === 0 ? 0 : Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** (failures - 1));

const ahead = (name: string, applied: Position, head: Position | undefined): CheckpointAhead =>
  new CheckpointAhead(
    `The read model ${name} is at ${applied}, the ledger ends at ${head ?? 'its beginning'}. ` +
      'Was an older backup restored? Remove the read models; they are built again from this ledger.',
  );

/** Whether what is shown was not made by what is declared, or never made while there was something to show. */
const needsBuilding = (
  { version, indexes, search = [], searchFilters = [] }: AnyProjection,
  { collection: { spec }, applied }: Feed,
  head: Position | undefined,
): boolean => {
  const declared = JSON.stringify([version, indexes, search, searchFilters]);
  const made = JSON.stringify([spec.version, spec.indexes, spec.search ?? [], spec.searchFilters ?? []]);
  return declared !== made || (applied === undefined && head !== undefined);
};
