import type { Position } from '../../domain/kernel/envelope.js';
import type { Collection, CollectionSpec, DocumentWrite, ReadModels } from '../../projections/kernel/read-models.js';
import type { Lease } from './leases.js';

/** A checkpoint, and the token of the lease under which it was written. */
interface Checkpoint {
  readonly position: Position | null;
  readonly token: number;
}

export const CHECKPOINTS: CollectionSpec = { name: 'fencedCheckpoints', version: 1, indexes: { byToken: ['token'] } };

/** Somebody with a newer token writes these checkpoints now. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

interface Waiting {
  readonly name: string;
  readonly position: Position;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const RACES_MAX = 5;

/**
 * Checkpoints that carry the token of a lease. Reading one claims it: from then on whoever held the lease before is
 * refused, however late it wakes. Those saved in one turn are written together.
 */
export class FencedCheckpoints {
  /** Where the documents stand that this holder wrote last. */
  private readonly known = new Map<string, Position>();
  private waiting: Waiting[] = [];
  private flushing: Promise<void> | undefined;

  constructor(
    private readonly readModels: ReadModels,
    private readonly lease: Pick<Lease, 'token' | 'isHeld' | 'lose'>,
  ) {}

  /** Where a reader of the ledger has come, claimed for this holder. Throws Fenced. */
  async claim(name: string): Promise<Position | undefined> {
    for (let race = 1; ; race++) {
      const docs = await this.docs();
      const held = (await docs.load([name])).get(name);
      this.ensureOurs(held?.doc?.token);
      const position = held?.doc?.position ?? null;
      const at = after(held?.at);
      const lost = await docs.write([this.write(name, held?.at, at, position)]);
      if (lost.length === 0) {
        this.known.set(name, at);
        return position ?? undefined;
      }
      if (race === RACES_MAX) throw new Fenced(`${name} is written by somebody else.`);
    }
  }

  /** Throws Fenced when a newer token was seen, or when this holder was silent for too long. */
  save(name: string, position: Position): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ name, position, resolve, reject });
      this.flushing ??= new Promise((begin) => setImmediate(begin)).then(() => this.flush());
    });
  }

  private async flush(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      // The last position of each name; the others are answered with it.
      const latest = new Map(batch.map(({ name, position }) => [name, position]));
      const outcome = await this.saveAll(latest).then(
        () => undefined,
        (error: unknown) => error,
      );
      for (const { resolve, reject } of batch)
        if (outcome === undefined) resolve();
        else reject(outcome);
    }
    this.flushing = undefined;
  }

  private async saveAll(latest: ReadonlyMap<string, Position>): Promise<void> {
    if (!this.lease.isHeld()) this.refuse();
    for (const name of latest.keys()) if (!this.known.has(name)) await this.claim(name);
    const writes = [...latest].map(([name, position]) => {
      const expected = this.known.get(name)!;
      return this.write(name, expected, after(expected), position);
    });
    const lost = new Set(await (await this.docs()).write(writes));
    for (const { key, at } of writes) if (!lost.has(key)) this.known.set(key, at);
    for (const name of lost) {
      // Somebody claimed it, or an earlier write of ours was made although it seemed to fail.
      this.known.delete(name);
      await this.claim(name);
    }
    if (lost.size > 0) await this.saveAll(new Map([...latest].filter(([name]) => lost.has(name))));
  }

  private write(
    key: string,
    expected: Position | undefined,
    at: Position,
    position: Position | null,
  ): DocumentWrite<Checkpoint> {
    return { key, expected, at, doc: { position, token: this.lease.token } };
  }

  private ensureOurs(token: number | undefined): void {
    if (token !== undefined && token > this.lease.token) this.refuse();
  }

  private refuse(): never {
    this.lease.lose();
    throw new Fenced('Another process took over.');
  }

  private docs(): Promise<Collection<Checkpoint>> {
    return this.readModels.open<Checkpoint>(CHECKPOINTS);
  }
}

/** The same read models, for the holder of a lease: their checkpoints are fenced. */
export const fenced = (models: ReadModels, checkpoints: FencedCheckpoints): ReadModels => ({
  open: (spec) => models.open(spec),
  openBeside: (spec) => models.openBeside(spec),
  makeIndexes: (built) => models.makeIndexes(built),
  switchTo: (built) => models.switchTo(built),
  switchBack: (name) => models.switchBack(name),
  dropOld: (name) => models.dropOld(name),
  liveVersion: (name) => models.liveVersion(name),
  checkpoint: (name) => checkpoints.claim(name),
  saveCheckpoint: (name, position) => checkpoints.save(name, position),
  close: () => models.close(),
});

/** A checkpoint as anybody may read it. */
export const checkpointIn = async (models: ReadModels, name: string): Promise<Position | undefined> =>
  (await (await models.open<Checkpoint>(CHECKPOINTS)).get(name))?.doc.position ?? undefined;

const after = (at: Position | undefined): Position => String(Number(at ?? 0) + 1);
