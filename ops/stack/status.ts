import type { Child } from './child.js';
import type { Stack } from './stack.js';

const ANSWER_MAX_MS = 1_500;

interface Answer {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly active?: boolean }>>;
}

/** A line for each process: whether it is up, what it says of itself, how often it was started. */
export const statusOf = (stack: Stack): Promise<string[]> =>
  Promise.all([...stack.children.values()].map((child) => line(child)));

const line = async (child: Child): Promise<string> => {
  const health = await healthOf(child);
  const checks = Object.entries(health?.checks ?? {}).map(([name, { status, active }]) => {
    const turn = active === undefined ? '' : active ? ', at work' : ', standing by';
    return `${name} ${status}${turn}`;
  });
  const state = health?.status ?? (child.pid === undefined ? 'ended' : child.recipe.readyUrl ? 'no answer' : 'runs');
  const started = child.starts > 1 ? ` (started ${child.starts} times)` : '';
  return `${child.name.padEnd(14)} ${String(child.pid ?? '').padEnd(8)} ${state.padEnd(10)} ${checks.join('; ')}${started}`;
};

const healthOf = async ({ recipe: { readyUrl } }: Child): Promise<Answer | undefined> => {
  if (readyUrl === undefined) return undefined;
  try {
    const answer = await fetch(readyUrl.replace(/\/ready$/, ''), { signal: AbortSignal.timeout(ANSWER_MAX_MS) });
    return (await answer.json()) as Answer;
  } catch {
    return undefined;
  }
};
