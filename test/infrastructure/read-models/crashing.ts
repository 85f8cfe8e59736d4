import type { ReadModels } from '../../../projections/kernel/read-models.js';

const EFFECTS = ['write', 'saveCheckpoint', 'openBeside', 'switchTo'];

/**
 * Read models whose process dies at a point: before its n-th effect (an odd point) or right after it, before anybody
 * learns of it (an even one). After that nothing is done any more.
 */
export const crashing = (inner: ReadModels, point: number) => {
  let effects = 0;
  let dead = false;
  const { promise: crash, resolve } = Promise.withResolvers<void>();
  const die = (): never => {
    dead = true;
    resolve();
    throw new Error('The process is gone.');
  };
  const effect = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) return die();
    const mine = ++effects;
    if (mine * 2 - 1 === point) return die();
    const result = await work();
    return mine * 2 === point ? die() : result;
  };
  const watched = <O extends object>(target: O): O =>
    new Proxy(target, {
      get: (_, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => value.apply(target, args);
        if (EFFECTS.includes(property as string))
          return (...args: unknown[]) => effect(async () => opened(property, await call(...args)));
        return property === 'open' ? async (...args: unknown[]) => opened(property, await call(...args)) : call;
      },
    });
  const opened = (property: string | symbol, result: unknown): unknown =>
    property === 'open' || property === 'openBeside' ? watched(result as object) : result;
  return { readModels: watched(inner), crash, crashed: () => dead };
};
