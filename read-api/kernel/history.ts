import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Meta, Parties, Position } from '../../domain/kernel/envelope.js';
import { AccessLog } from '../../infrastructure/http/access-log.js';
import type { Asker } from '../../infrastructure/http/door.js';

export const HISTORY = Symbol('History');

/** One event of an object, and which parts of the object's state it changed, before and after. */
export interface HistoryStep {
  readonly eventId: string;
  readonly type: string;
  readonly revision: number;
  readonly position: Position;
  readonly meta: Meta;
  readonly changes: readonly { readonly path: string; readonly before?: unknown; readonly after?: unknown }[];
}

/** The events of one stream in order, from a revision on; none for a stream that does not exist. */
export type History = (
  stream: string,
  page: { readonly from: number; readonly limit: number },
) => Promise<readonly HistoryStep[]>;

/** Asks what became of an object, event by event. It is read from the ledger itself, not from a read model. */
export class AskHistory extends Query<HistoryPage> {
  constructor(
    readonly stream: string,
    readonly page: { readonly from: number; readonly limit: number },
    readonly asker: Asker,
  ) {
    super();
  }
}

export interface HistoryPage {
  readonly items: readonly Line[];
  /** The revision to go on with; missing on the last page. */
  readonly next?: number;
}

type Line = Omit<HistoryStep, 'meta'> &
  Pick<Meta, 'actor' | 'command' | 'commandId' | 'purpose' | 'source'> & {
    readonly at: string;
    readonly patientId?: string | undefined;
    readonly tenant?: string | undefined;
    readonly correlationId: string;
    readonly causationId: string;
  };

@QueryHandler(AskHistory)
export class HistoryHandler implements IQueryHandler<AskHistory, HistoryPage> {
  constructor(
    @Inject(HISTORY) private readonly history: History,
    @Inject(AccessLog) private readonly accessLog: AccessLog,
  ) {}

  async execute({ stream, page, asker }: AskHistory): Promise<HistoryPage> {
    const steps = await this.history(stream, { from: page.from, limit: page.limit + 1 });
    const shown = steps.slice(0, page.limit);
    // Each event belongs to the hospital where it was made: of a shared object everybody sees the own part.
    const visible = asker.unconditional
      ? shown
      : await kept(shown, ({ meta }) => asker.mayRead({ hospitalId: meta.tenant, patientId: meta.subject }));
    if (visible.length === 0) await asker.authorize(partiesOf(shown[0]), stream);
    else await this.record(stream, asker, visible);
    return { items: visible.map(line), ...(steps.length > page.limit && { next: page.from + page.limit }) };
  }

  private async record(stream: string, asker: Asker, steps: readonly HistoryStep[]): Promise<void> {
    const parties = partiesOf(steps[0]);
    await this.accessLog.read(
      {
        actor: (await asker.actsAs(parties)).actor,
        operation: asker.operation,
        purpose: asker.purpose,
        correlationId: asker.correlationId,
        subjects: [...new Set(steps.flatMap(({ meta }) => meta.subject ?? []))],
        hospitalId: parties.hospitalId,
      },
      'history',
      [stream],
    );
  }
}

const partiesOf = (step: HistoryStep | undefined): Parties => ({
  hospitalId: step?.meta.tenant,
  patientId: step?.meta.subject,
});

const kept = async <T>(items: readonly T[], keeps: (item: T) => Promise<boolean>): Promise<T[]> => {
  const verdicts = await Promise.all(items.map(keeps));
  return items.filter((_, i) => verdicts[i]);
};

const line = ({ meta, ...step }: HistoryStep): Line => ({
  ...step,
  at: meta.recordedAt,
  actor: meta.actor,
  command: meta.command,
  commandId: meta.commandId,
  purpose: meta.purpose,
  ...(meta.subject !== undefined && { patientId: meta.subject }),
  ...(meta.tenant !== undefined && { tenant: meta.tenant }),
  correlationId: meta.$correlationId,
  causationId: meta.$causationId,
  ...(meta.source && { source: meta.source }),
});
