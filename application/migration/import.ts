import type { Command } from '@nestjs/cqrs';
import { v5 as uuidv5 } from 'uuid';
import { z } from 'zod';
import { legacyRow, legacyRowId } from '../../domain/migration/legacy-row.js';
import { Rejection } from '../../domain/kernel/rejection.js';
import type { Doors } from '../doors.js';
import type { Load } from '../kernel/ports.js';
import type { Accepted, Caller } from '../kernel/transact.js';
import { LegacyRowCommand } from '../migration.js';
import { doctorPlans } from './doctors.js';
import { type Entry, idOf, type LegacyTables, MISSING, type Plan, type Row, type Step, step, TABLES } from './entry.js';
import { hospitalPlans } from './hospitals.js';
import { knownOf } from './known.js';
import { laterPlans } from './later.js';
import { paymentPlans } from './paid.js';
import { peoplePlans } from './people.js';
import { prescriptionPlans } from './prescribed.js';
import { Account, type Report } from './report.js';
import { shopPlans } from './shop.js';
import { messagePlans } from './talk.js';
import { visitPlans } from './visits.js';

/** What an import needs of the running system. */
export interface Target {
  readonly bus: { execute(command: Command<Accepted>): Promise<Accepted> };
  readonly doors: Pick<Doors, 'admit'>;
  readonly load: Load;
}

export interface Progress {
  readonly rowsDone: number;
  readonly rowsAll: number;
}

/** So many lanes share each fsync of the ledger. */
const LANES_AT_ONCE = 512;

/** Each stage needs those before it; the parts of one go on at once. */
const STAGES = [
  [hospitalPlans],
  [peoplePlans],
  [doctorPlans],
  [shopPlans, visitPlans, prescriptionPlans],
  // Invoices have to be numbered one after another; meanwhile there is something else to do.
  [paymentPlans, messagePlans, laterPlans],
];

/**
 * Brings the rows of the original over, each through the commands that everybody uses. Ids and command ids derive from
 * table and row, so that running it again, after an interruption or not, does what is missing and nothing twice.
 * `eventsAppended` is for the caller to count.
 */
export const importHealthStack = async (
  tables: LegacyTables,
  target: Target,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Omit<Report, 'eventsAppended'>> => {
  const known = knownOf(tables, TABLES);
  const account = new Account();
  const rowsAll = Object.keys(TABLES).reduce((sum, table) => sum + known.rows(table as keyof typeof TABLES).length, 0);
  let rowsDone = 0;
  const importer = new Importer(target);
  const bringOver = async (groups: Iterable<readonly Plan[]>): Promise<void> => {
    for (const plans of groups) {
      await inLanes(plans, async (plan) => {
        for (const entry of await importer.run(plan)) {
          account.add(entry);
          rowsDone++;
        }
        if (!plan.counted) onProgress({ rowsDone, rowsAll });
      });
    }
  };
  for (const stage of STAGES) await Promise.all(stage.map((plansOf) => bringOver(plansOf(known))));
  return account.report(0);
};

/** Lanes at once, the plans of a lane one after another. */
const inLanes = async (plans: readonly Plan[], task: (plan: Plan) => Promise<void>): Promise<void> => {
  const lanes = [...Map.groupBy(plans, ({ lane }) => lane).values()].values();
  const walk = async (): Promise<void> => {
    for (const lane of lanes) for (const plan of lane) await task(plan);
  };
  await Promise.all(Array.from({ length: LANES_AT_ONCE }, walk));
};

class Importer {
  constructor(private readonly target: Target) {}

  /** Gives the rows of the plan, with what became of them. */
  async run(plan: Plan): Promise<readonly Entry[]> {
    const { entry, parts = [] } = plan;
    if (!entry.refusal) await this.bringOver(plan);
    const entries = [entry, ...parts];
    if (entry.refusal) for (const part of parts) part.refuse(entry.table, MISSING);
    if (plan.counted) {
      if (entry.refusal) throw new Error(`${entry.table} ${entry.id}: ${entry.refusal.why}`);
      return [];
    }
    for (const each of entries) if (each.kept) await this.send(each, keepStep(each), plan.at);
    return entries;
  }

  private async bringOver({ entry, admission, steps, followUp, at }: Plan): Promise<void> {
    const first = admission
      ? () => this.target.doors.admit(admission, callerOf(entry, 'RegisterAccount', { at }))
      : () => Promise.resolve();
    if (!(await this.attempt(entry, first, true))) return;
    const sent = new Map<string, number>();
    const send = async (each: Step, decisive: boolean): Promise<boolean> => {
      const name = `${each.message.type}/${each.id}`;
      const turn = sent.get(name) ?? 0;
      sent.set(name, turn + 1);
      return this.attempt(entry, () => this.send(entry, each, at, turn === 0 ? name : `${name}/${turn}`), decisive);
    };
    for (const [i, each] of steps.entries()) if (!(await send(each, i === 0 && !admission))) return;
    for (const each of (await followUp?.(this.target.load)) ?? []) await send(each, false);
  }

  /** False when it was refused and nothing more can follow. */
  private async attempt(entry: Entry, task: () => Promise<unknown>, decisive: boolean): Promise<boolean> {
    try {
      await task();
      return true;
    } catch (error) {
      const [what, why] = refusalOf(error);
      if (decisive) entry.refuse(what, why);
      else entry.mend(what, why, 'left out');
      return !decisive;
    }
  }

  private send(entry: Entry, { command: Class, decider, id, message, ...when }: Step, at: string, name = message.type) {
    const data: unknown = (decider.commands as Record<string, z.ZodType>)[message.type]!.parse(message.data);
    const caller = callerOf(entry, name, { at: when.at ?? at, onBehalfOf: when.onBehalfOf });
    return this.target.bus.execute(new Class({ id, message: { type: message.type, data }, caller }));
  }
}

const callerOf = (
  { table, id }: Entry,
  name: string,
  { at, onBehalfOf }: { readonly at: string; readonly onBehalfOf?: string | undefined },
): Caller => {
  const rowId = idOf(table, id);
  return {
    actor: { id: 'import', role: 'system', ...(onBehalfOf !== undefined && { onBehalfOf }) },
    commandId: uuidv5(name, rowId),
    correlationId: rowId,
    causationId: rowId,
    // HL7 v3 ActReason: administration of health systems.
    purpose: 'HSYSADMIN',
    source: { system: 'healthstack', table, row: id },
    at,
  };
};

/** The row as it was received, without what nobody may read. */
const keepStep = ({ table, id, row, kept, about }: Entry): Step =>
  step(LegacyRowCommand, legacyRow, legacyRowId(table, id), {
    type: 'KeepRow',
    data: { table, row: id, why: kept!, values: withoutPassword(row), ...about },
  });

const withoutPassword = ({ password: _, ...values }: Row): Row => values;

/** A rule's no, or a value that fits no field; anything else ends the import, to be run again. */
const refusalOf = (error: unknown): [what: string, why: string] => {
  if (error instanceof Rejection) return [error.field ?? error.code, error.message];
  if (error instanceof z.ZodError) return [error.issues[0]!.path.join('.'), error.issues[0]!.message];
  throw error;
};
