/** Runs tasks that share a key one after another, in the order given; others at once. */
export class Lanes {
  private readonly tails = new Map<string, Promise<unknown>>();

  run(keys: readonly string[], task: () => Promise<void>): Promise<void> {
    const before = keys.flatMap((key) => this.tails.get(key) ?? []);
    const done = Promise.allSettled(before).then(task);
    const settled = done.catch(() => undefined);
    for (const key of keys) this.tails.set(key, settled);
    void settled.then(() => {
      for (const key of keys) if (this.tails.get(key) === settled) this.tails.delete(key);
    });
    return done;
  }
}
