import type { Ledger } from '../application/kernel/ledger.js';
import type { Position } from '../domain/kernel/envelope.js';
import type { Condition, Health } from '../infrastructure/http/health.controller.js';
import type { IntegrationFeed } from '../infrastructure/feed/feed.js';
import type { Projector } from '../infrastructure/read-models/projector.js';
import type { Worker } from '../infrastructure/worker/worker.js';
import type { Ground } from './ground.js';

/** What a process asks of itself when somebody asks how it is, by name. */
export type Checks = Readonly<Record<string, () => Promise<Condition> | Condition>>;

const LAG_EVENTS_MAX = 1_000;
const ANSWER_MAX_MS = 1_000;

/** The ledger and the process's own checks. What does not answer in time, or fails, is down. */
export const healthOf = ({ ledger, stopping }: Pick<Ground, 'ledger' | 'stopping'>, checks: Checks): Health => {
  const all: Checks = { ledger: () => ledger.head().then(() => ({ status: 'up' })), ...checks };
  return {
    check: async () => {
      const answers = Object.entries(all).map(async ([name, check]) => [name, await conditionOf(check)] as const);
      const draining: readonly [string, Condition][] = stopping.aborted ? [['process', DRAINING]] : [];
      return Object.fromEntries([...draining, ...(await Promise.all(answers))]);
    },
  };
};

const DRAINING: Condition = { status: 'down', draining: true };
const DOWN: Condition = { status: 'down' };

const conditionOf = async (check: Checks[string]): Promise<Condition> => {
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<Condition>((resolve) => (timeout = setTimeout(() => resolve(DOWN), ANSWER_MAX_MS)));
  try {
    return await Promise.race([late, (async () => check())()]);
  } catch {
    return DOWN;
  } finally {
    clearTimeout(timeout);
  }
};

export const projectorCondition = async (projector: Projector): Promise<Condition> => {
  const lags = await projector.lag();
  const behind = Object.values(lags).some(({ events }) => events >= LAG_EVENTS_MAX);
  return { status: projector.failure !== undefined ? 'down' : behind ? 'degraded' : 'up', lags };
};

/** Of read models that a projector elsewhere keeps: how far they are, and whether that is all there is. */
export const shownCondition = async (ledger: Ledger, read: () => Promise<Position | undefined>): Promise<Condition> => {
  const [applied, head] = [await read(), await ledger.head()];
  return { status: 'up', applied: applied ?? null, head: head ?? null };
};

export const workerCondition = (worker: Worker): Condition => {
  const { parts, parked } = worker.status();
  const stopped = parts.filter(({ failure }) => failure !== undefined).map(({ name }) => name);
  return { status: stopped.length + parked.length > 0 ? 'degraded' : 'up', stopped, parked: parked.length };
};

export const feedCondition = ({ failure }: IntegrationFeed): Condition => ({ status: failure ? 'degraded' : 'up' });
