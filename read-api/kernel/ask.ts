import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Parties, type Position } from '../../domain/kernel/envelope.js';
import { Rejection } from '../../domain/kernel/rejection.js';
import { AccessLog } from '../../infrastructure/http/access-log.js';
import { type Asker } from '../../infrastructure/http/door.js';
import { notPermitted } from '../../infrastructure/http/policy.js';
import { NotNow } from '../../infrastructure/http/problems.js';
import type { AnyProjection, DocOf } from '../../projections/kernel/projection.js';
import type { Found, IndexQuery, ReadModels, SearchQuery } from '../../projections/kernel/read-models.js';

export const READ_MODELS = Symbol('ReadModels');
export const FRESHNESS = Symbol('Freshness');

/** Waits until the read models show what lies at a position; false when that takes too long. */
export interface Freshness {
  waitFor(position: Position, timeoutMs: number): Promise<boolean>;
}

/** Fetches what belongs to other things (a name, a portrait) in one batch per page, from its own read model. */
export interface Join {
  /** The document's field that holds the other's key, or a list of keys: then the others are answered by their keys. */
  readonly by: string;
  readonly from: AnyProjection;
  /** The field under which it is answered, and the fields of the other document that are shown. */
  readonly as: string;
  readonly show: readonly string[];
}

/** What is asked of a read model: one document, a page along an index, or a search. */
export type Want = { readonly key: string } | { readonly page: IndexQuery } | { readonly search: SearchQuery };

/** A question to a read model. Every read of the system is one of these. */
export class Ask<Answer = object> extends Query<Answer> {
  constructor(
    readonly from: AnyProjection,
    readonly want: Want,
    readonly asker: Asker,
    readonly how: {
      /** Whom it is about: the policy is asked once about them. Without it a list leaves out what the asker may not see. */
      readonly parties?: Parties;
      /** The policy is asked about each document of the list as well. */
      readonly each?: boolean;
      readonly join?: readonly Join[];
    } = {},
  ) {
    super();
  }
}

/** A document as it is answered: its fields and its key. */
export type Answered<P extends AnyProjection> = DocOf<P> & { readonly id: string };

/** A page as it is answered; `next` is missing on the last one. */
export interface AnsweredPage<P extends AnyProjection> {
  readonly items: readonly Answered<P>[];
  readonly next?: string;
}

export const readOne = <P extends AnyProjection>(
  from: P,
  key: string,
  asker: Asker,
  how: Ask['how'] = {},
): Ask<Answered<P>> => new Ask(from, { key }, asker, how);

export const readPage = <P extends AnyProjection>(
  from: P,
  page: IndexQuery,
  asker: Asker,
  how: Ask['how'],
): Ask<AnsweredPage<P>> => new Ask(from, { page }, asker, how);

export const readSearch = <P extends AnyProjection>(
  from: P,
  search: SearchQuery,
  asker: Asker,
  how: Ask['how'],
): Ask<AnsweredPage<P>> => new Ask(from, { search }, asker, how);

const FRESH_WAIT_MAX_MS = 5_000;

/** Waits for the position that the asker wants to see. Throws NotNow when that takes too long. */
export const untilFresh = async (freshness: Freshness, { minPosition }: Asker): Promise<void> => {
  if (minPosition !== undefined && !(await freshness.waitFor(minPosition, FRESH_WAIT_MAX_MS)))
    throw new NotNow('not-yet-visible', 'The read models have not come that far yet.', 1);
};

/** Every read passes here: freshness, policy, access record, joins. Controllers reach a read model in no other way. */
@QueryHandler(Ask)
export class AskHandler implements IQueryHandler<Ask, object> {
  constructor(
    @Inject(READ_MODELS) private readonly models: ReadModels,
    @Inject(FRESHNESS) private readonly freshness: Freshness,
    @Inject(AccessLog) private readonly accessLog: AccessLog,
  ) {}

  async execute({ from, want, asker, how }: Ask): Promise<object> {
    await untilFresh(this.freshness, asker);
    const collection = await this.models.open<object>(from);
    if ('key' in want) {
      const found = await collection.get(want.key);
      if (!found) return this.missing(asker, want.key);
      await asker.authorize(how.parties ?? from.parties(found.doc), want.key);
      await this.record(from, asker, [found]);
      return (await this.answers([found], how.join))[0]!;
    }
    if (how.parties) await asker.authorize(how.parties);
    const page = 'page' in want ? await collection.query(want.page) : await collection.search(want.search);
    const items = how.parties && !how.each ? page.items : await this.visible(from, asker, page.items);
    await this.record(from, asker, items);
    return { items: await this.answers(items, how.join), ...(page.next !== undefined && { next: page.next }) };
  }

  /** Answered like another's where the asker needs a relation, so that nothing is told about what exists. */
  private missing(asker: Asker, key: string): Promise<never> {
    if (asker.unconditional) throw new Rejection('missing', 'There is no such thing.', 'missing');
    return asker.authorize({}, key).then(() => {
      throw notPermitted();
    });
  }

  private async visible(
    from: AnyProjection,
    asker: Asker,
    items: readonly Found<object>[],
  ): Promise<readonly Found<object>[]> {
    const allowed = await Promise.all(items.map(({ doc }) => asker.mayRead(from.parties(doc))));
    return items.filter((_, i) => allowed[i]);
  }

  private async record(from: AnyProjection, asker: Asker, items: readonly Found<object>[]): Promise<void> {
    if (!from.phi || items.length === 0) return;
    const parties = items.map(({ doc }) => from.parties(doc));
    const subjects = [...new Set(parties.flatMap(({ patientId }) => patientId ?? []))];
    const { actor, hospitalId } = await asker.actsAs(parties[0]!);
    await this.accessLog.read(
      {
        actor,
        operation: asker.operation,
        purpose: asker.purpose,
        correlationId: asker.correlationId,
        subjects,
        hospitalId: parties[0]!.hospitalId ?? hospitalId,
      },
      from.name,
      items.map(({ key }) => key),
    );
  }

  private async answers(items: readonly Found<object>[], joins: readonly Join[] = []): Promise<object[]> {
    const joined = await Promise.all(
      joins.map(async ({ by, from, as, show }) => {
        const namedBy = (doc: object) => (doc as Record<string, string | readonly string[] | undefined>)[by];
        const keys = [...new Set(items.flatMap(({ doc }) => namedBy(doc) ?? []))];
        const others = await (await this.models.open<Record<string, unknown>>(from)).getMany(keys);
        const shown = (key: string): readonly [string, object][] => {
          const other = others.get(key)?.doc;
          return other ? [[key, Object.fromEntries(show.map((field) => [field, other[field]]))]] : [];
        };
        return (doc: object): object => {
          const named = namedBy(doc);
          if (typeof named === 'object') return { [as]: Object.fromEntries(named.flatMap(shown)) };
          const found = named === undefined ? undefined : shown(named)[0];
          return found ? { [as]: found[1] } : {};
        };
      }),
    );
    return items.map(({ key, doc }) => Object.assign({ id: key }, doc, ...joined.map((join) => join(doc))) as object);
  }
}
