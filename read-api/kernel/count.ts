import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Parties } from '../../domain/kernel/envelope.js';
import type { Asker } from '../../infrastructure/http/door.js';
import type { Count } from '../../projections/kernel/count.js';
import type { ReadModels } from '../../projections/kernel/read-models.js';
import { FRESHNESS, type Freshness, READ_MODELS, untilFresh } from './ask.js';

/** Beyond it a count only says "as many or more": a walk has an end. */
const COUNT_MAX = 1_000_000;

/**
 * Asks how many there are, by name; several counts under one name are added up. It tells nothing about any one of them,
 * so no access to a record is written.
 */
export class HowMany extends Query<Record<string, number>> {
  constructor(
    readonly counts: Readonly<Record<string, readonly Count[]>>,
    readonly asker: Asker,
    /** Whom it is about: the policy is asked about them. */
    readonly parties: Parties,
  ) {
    super();
  }
}

@QueryHandler(HowMany)
export class HowManyHandler implements IQueryHandler<HowMany, Record<string, number>> {
  constructor(
    @Inject(READ_MODELS) private readonly models: ReadModels,
    @Inject(FRESHNESS) private readonly freshness: Freshness,
  ) {}

  async execute({ counts, asker, parties }: HowMany): Promise<Record<string, number>> {
    await untilFresh(this.freshness, asker);
    await asker.authorize(parties);
    const counted = Object.entries(counts).map(async ([name, each]) => {
      const numbers = await Promise.all(
        each.map(async ({ from, ...query }) => (await this.models.open(from)).count(query, COUNT_MAX)),
      );
      return [name, numbers.reduce((sum, n) => sum + n, 0)] as const;
    });
    return Object.fromEntries(await Promise.all(counted));
  }
}
