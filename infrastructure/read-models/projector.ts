import { setTimeout as sleep } from 'node:timers/promises';
import { CheckpointAhead, type Ledger, type LedgerEvent } from '../../application/kernel/ledger.js';
import type { Clock } from '../../application/kernel/ports.js';
import { comparePositions, type Position } from '../../domain/kernel/envelope.js';
import type { AnyProjection } from '../../projections/kernel/projection.js';
import { type ReadModels, Superseded } from '../../projections/kernel/read-models.js';
import type { Feed } from './feed.js';
import { type Change, Feeds, type Logger } from './feeds.js';
import type { Parked } from './parked.js';
import { catchUp, earliest, type Progress } from './rebuild.js';
import { retryParked } from './retry.js';
import { Waiting } from './waiting.js';

export type { Change, Logger } from './feeds.js';

export interface ProjectorOptions {
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly projections: readonly AnyProjection[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told while a read model is being built. */
  readonly onProgress?: (progress: Progress) => void;
  /** Told of each batch once it can be read, and when (milliseconds since 1970) it was begun. */
  readonly onBatch?: (events: readonly LedgerEvent[], began: number) => void;
  /** Documents that a rebuild holds in memory before it writes them. */
  readonly documentsMax?: number;
  readonly checkpointEveryMs?: number;
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
const BATCH_LIVE = 2_000;
const BATCH_BEHIND = 4_000;
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

  private following: Feeds | undefined;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>[] = [];
  private readonly building = new Map<string, Promise<void>>();
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
    const { ledger, readModels, logger, projections } = this.options;
    const onMoved = () => this.waiting.wake();
    try {
      const options = { ledger, readModels, logger, signal: this.stopping.signal, onMoved };
      const { feeds, outdated } = await Feeds.open(options, projections);
      this.following = feeds;
      this.running.push(this.follow(), this.saveCheckpoints());
      if (outdated.length > 0) this.running.push(this.buildUntilDone(outdated));
    } catch (error) {
      this.failure = error as Error;
      throw error;
    }
  }

  /** Ends after the batch at hand; what was applied is saved. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled([...this.running, ...this.building.values()]);
    if (this.following) await this.save();
    this.waiting.end();
  }

  /** Everything at or before it is in all read models that are shown; undefined before the first event. */
  applied(): Position | undefined {
    return earliest(this.following?.all() ?? []);
  }

  /** Whether a position is applied in time, in one read model or in all that are not being built. */
  async waitFor(position: Position, timeoutMs: number, projection?: string): Promise<boolean> {
    if (this.failure) return false;
    const reached = (): boolean => {
      const feeds = (this.following?.all() ?? []).filter(
        (feed) => (projection ?? feed.projection.name) === feed.projection.name,
      );
      return feeds.length > 0 && feeds.every((feed) => !feed.isBehind(position));
    };
    return this.waiting.until(reached, timeoutMs);
  }

  /** Tells what changed, once it can be read. Gives the function that ends it. */
  onApplied(listener: (changes: readonly Change[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Of every read model, by name. */
  async lag(): Promise<Record<string, Lag>> {
    const now = Date.parse(this.options.clock.now());
    const read = new Map<Position | undefined, LedgerEvent[]>();
    const lags: Record<string, Lag> = {};
    for (const { name } of this.options.projections) {
      const feed = this.following?.get(name);
      const missing = read.get(feed?.applied) ?? (await this.missingAfter(feed?.applied));
      read.set(feed?.applied, missing);
      lags[name] = {
        events: Math.min(missing.length, LAG_EVENTS_MAX),
        seconds: missing[0] ? Math.max(0, (now - Date.parse(missing[0].created)) / 1_000) : 0,
        parked: feed?.parked.size ?? 0,
        building: this.building.has(name),
      };
    }
    return lags;
  }

  /** What was put aside, of all read models that are shown. */
  allParked(): readonly Parked[] {
    return (this.following?.all() ?? []).flatMap(({ parked }) => parked.all());
  }

  /**
   * Tries what was put aside again, once its cause was mended; afterwards all is as if nothing had been put aside. Gives
   * how many documents and streams are still parked.
   */
  async retryParked(): Promise<number> {
    for (const feed of this.feeds.all().filter(({ parked }) => parked.size > 0)) {
      const { name } = feed.projection;
      const mended = await this.feeds.alone(() => retryParked(this.options.ledger, feed));
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
    await this.feeds.alone(async () => {
      await this.feeds.saveCheckpoints();
      await this.options.readModels.switchBack(name);
      await this.feeds.join([await this.feeds.shown(projection)]);
    });
  }

  /** Gives up the generation before the last switch. */
  async dropOld(name: string): Promise<void> {
    if (this.building.has(name)) throw new Superseded(`${name} is being built.`);
    await this.feeds.dropOld(this.declared(name));
  }

  private async build(
    projections: readonly AnyProjection[],
    onProgress: ProjectorOptions['onProgress'],
  ): Promise<void> {
    const { ledger, readModels, documentsMax } = this.options;
    const { feeds } = this;
    const built: Feed[] = [];
    for (const projection of projections) built.push(await feeds.beside(projection));
    const options = { signal: this.stopping.signal, ...(documentsMax !== undefined && { documentsMax }) };
    await catchUp(ledger, built, { ...options, ...(onProgress && { onProgress }) });
    for (const { collection } of built) await readModels.makeIndexes(collection);
    // The ledger went on meanwhile. Once more beside the others, and the little that is left while they wait.
    await catchUp(ledger, built, options);
    await feeds.alone(async () => {
      await feeds.bringUp(built);
      for (const feed of built) await feed.saveCheckpoint(readModels);
      for (const feed of built) await readModels.switchTo(feed.collection);
      for (const feed of built) feed.building = false;
      for (const { name } of projections) this.building.delete(name);
      await feeds.join(built);
    });
  }

  private async buildUntilDone(projections: readonly AnyProjection[]): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 1; !signal.aborted; failures++)
      try {
        return await this.rebuild(projections.map(({ name }) => name));
      } catch (error) {
        if (signal.aborted) return;
        const what = { error: (error as Error).name, failures };
        this.options.logger.error(what, 'Read models could not be built; trying again.');
        await this.pause(error instanceof Superseded ? SUPERSEDED_WAIT_MS : backOff(failures));
      }
  }

  private async follow(): Promise<void> {
    const { ledger, logger } = this.options;
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; await this.pause(backOff(failures))) {
      const after = this.feeds.position;
      const subscription = ledger.subscribe({ batchMax: BATCH_BEHIND, ...(after !== undefined && { after }) });
      const cancel = () => subscription.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        for await (const message of subscription) {
          if (message.kind === 'events') await this.takeAll(message.events);
          else if (message.kind === 'checkpoint') await this.feeds.alone(async () => this.feeds.pass(message.position));
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
    }
  }

  /** A full message means that much lies behind: then larger batches cost less; else smaller ones are seen earlier. */
  private async takeAll(events: readonly LedgerEvent[]): Promise<void> {
    const size = events.length < BATCH_BEHIND ? BATCH_LIVE : BATCH_BEHIND;
    for (let i = 0; i < events.length && !this.stopping.signal.aborted; i += size)
      await this.feeds.alone(() => this.take(events.slice(i, i + size)));
  }

  private async take(batch: readonly LedgerEvent[]): Promise<void> {
    const began = Date.now();
    this.tell(await this.feeds.apply(batch));
    this.options.onBatch?.(batch, began);
  }

  private tell(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    for (const listener of this.listeners)
      try {
        listener(changes);
      } catch (error) {
        this.options.logger.warn({ error: (error as Error).name }, 'A listener of the read models failed.');
      }
  }

  private fail(error: Error): void {
    this.failure = error;
    this.options.logger.error({ error: error.name }, error.message);
    this.waiting.end();
  }

  /** Saving lags on purpose: what comes again after a crash changes nothing, and one write serves many batches. */
  private async saveCheckpoints(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.pause(this.options.checkpointEveryMs ?? CHECKPOINT_EVERY_MS);
      await this.save();
    }
  }

  private save(): Promise<void> {
    const saved = this.feeds.alone(async () => {
      await this.feeds.saveCheckpoints();
      await this.feeds.followSwitches();
    });
    return saved.catch((error: Error) =>
      this.options.logger.warn({ error: error.name }, 'The checkpoints could not be saved.'),
    );
  }

  private async missingAfter(from: Position | undefined): Promise<LedgerEvent[]> {
    const { ledger } = this.options;
    const events = await ledger.readAll({ maxCount: LAG_EVENTS_MAX + 1, ...(from !== undefined && { from }) });
    return events.filter(({ position }) => from === undefined || comparePositions(position, from) > 0);
  }

  private get feeds(): Feeds {
    if (this.following) return this.following;
    throw new Error('The projector was not started.');
  }

  private declared(name: string): AnyProjection {
    const projection = this.options.projections.find((each) => each.name === name);
    if (!projection) throw new Error(`There is no projection ${name}.`);
    return projection;
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

const backOff = (failures: number): number =>
  failures === 0 ? 0 : Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
